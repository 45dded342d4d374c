from typing import Final

import numpy as np
from numpy.typing import NDArray

NEAR_LEVELS: Final[int]
TABLE_LENGTH: Final[int]

class Market:
    def __init__(
        self,
        *,
        seed: int,
        publisher_id: int,
        instrument_id: int,
        start_ns: int,
        end_ns: int,
        tick_int: int,
        start_tick: int,
        first_order_id: int,
        target_orders: int,
        max_events: int,
        peak_rate: float,
        floor_rate: float,
        decay_s: float,
        horizon_s: float,
        regime_s: float,
        trend: float,
        theta: float,
        theta_reinit: float,
        partial_share: float,
        iceberg_share: float,
        near_target: NDArray[np.float64],
        near_rate: NDArray[np.float64],
        far_target: NDArray[np.float64],
        far_ladder: NDArray[np.int32],
        near_sizes: NDArray[np.int32],
        far_sizes: NDArray[np.int32],
        market_sizes: NDArray[np.int32],
    ) -> None: ...
    @property
    def live_orders(self) -> int: ...
    def snapshot(self, out: NDArray[np.uint8], clear: bool, last: bool) -> int: ...
    def run(self, out: NDArray[np.uint8]) -> int: ...
