import numpy as np
from numpy.typing import NDArray

def winners_elsewhere(
    sums: NDArray[np.float64], squares: NDArray[np.float64], chosen: NDArray[np.uint8], block_length: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
