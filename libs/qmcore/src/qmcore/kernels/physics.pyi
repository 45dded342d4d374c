from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from qmcore.config.instrument import PhysicsConfig

STATE_DTYPE: np.dtype[np.void]

class TickPhysics:
    def __init__(self, config: PhysicsConfig, n_slots: int) -> None: ...
    def impulse(
        self,
        tick: int,
        t_ns: int,
        *,
        add: float = 0,
        pull: float = 0,
        fill: float = 0,
        d_bid: float = 0,
        d_ask: float = 0,
        event_id: int = 0,
    ) -> None: ...
    def state(self, tick: int, t_ns: int) -> np.void: ...
    def forces_at(self, tick: int, t_ns: int) -> tuple[float, float]: ...
    def export_state(self) -> dict[str, NDArray[np.generic]]: ...
    def import_state(self, state: Mapping[str, NDArray[np.generic]]) -> None: ...
