from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

class TreeEnsemble:
    def __init__(
        self,
        n_features: int,
        baseline: float,
        roots: NDArray[np.generic],
        feature: NDArray[np.generic],
        threshold: NDArray[np.generic],
        left: NDArray[np.generic],
        right: NDArray[np.generic],
        value: NDArray[np.generic],
    ) -> None: ...
    @property
    def n_features(self) -> int: ...
    @property
    def n_trees(self) -> int: ...
    def margin(self, row: Sequence[float]) -> float: ...
    def margins(self, rows: NDArray[np.float64]) -> NDArray[np.float64]: ...
