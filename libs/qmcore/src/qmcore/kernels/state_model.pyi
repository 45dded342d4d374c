import numpy as np
from numpy.typing import NDArray

from qmcore.config.runtime import RuntimeConfig

class StateModel:
    def __init__(
        self, config: RuntimeConfig, radius: int, bin_seconds: float, score_only: bool = False
    ) -> None: ...
    def step(self, ask_sign: int, bid_sign: int, composite: NDArray[np.float64]) -> float: ...
    def scores(
        self,
        ask_signs: NDArray[np.int8],
        bid_signs: NDArray[np.int8],
        composite: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]: ...
    def export_state(self) -> dict[str, NDArray[np.generic]]: ...
    def import_state(self, state: dict[str, NDArray[np.generic]]) -> None: ...
