from collections.abc import Sequence
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

NO_TRADE: Final[int]
TAKE_PROFIT: Final[int]
STOP_LOSS: Final[int]
TIMEOUT: Final[int]
UP: Final[int]
DOWN: Final[int]
TRADE_DTYPE: Final[np.dtype[np.void]]

class _Rules(Protocol):
    @property
    def tp_ticks(self) -> float: ...
    @property
    def sl_ticks(self) -> float: ...
    @property
    def max_hold_bins(self) -> int: ...
    @property
    def latency_bins(self) -> int: ...
    @property
    def entry(self) -> Literal["mid", "touch"]: ...
    @property
    def fee_ticks(self) -> float: ...
    @property
    def slippage_ticks(self) -> float: ...

class _Params(_Rules, Protocol):
    @property
    def warmup_bins(self) -> int: ...
    @property
    def cooldown_bins(self) -> int: ...

class TouchPath:
    def __init__(
        self,
        best_bid_price_int: NDArray[np.int64],
        best_ask_price_int: NDArray[np.int64],
        mid_price: NDArray[np.float64],
        tick_int: int,
    ) -> None: ...
    @property
    def n_bins(self) -> int: ...
    @property
    def bid_ticks(self) -> NDArray[np.float64]: ...
    @property
    def ask_ticks(self) -> NDArray[np.float64]: ...
    @property
    def mid_ticks(self) -> NDArray[np.float64]: ...

class FirstPassage:
    def __init__(self, path: TouchPath, rules: _Rules) -> None: ...
    @property
    def path(self) -> TouchPath: ...
    def table(self) -> NDArray[np.void]: ...
    def trades_on(
        self,
        values: NDArray[np.float64],
        thresholds: Sequence[float],
        warmup_bins: int,
        cooldown_bins: int,
    ) -> list[NDArray[np.void]]: ...

def evaluate(
    values: NDArray[np.float64], path: TouchPath, thresholds: Sequence[float], params: _Params
) -> list[NDArray[np.void]]: ...
