import numpy as np
from numpy.typing import NDArray

def rolling_median_mad(
    values: NDArray[np.float64], window: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
def rolling_median_mad3(
    values: NDArray[np.float64], window: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
