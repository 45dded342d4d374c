import numpy as np
from numpy.typing import NDArray

def optimal_block_length(values: NDArray[np.float64]) -> float: ...
def resampled_means(
    values: NDArray[np.float64], block_length: int, resamples: int, draws: NDArray[np.uint32]
) -> NDArray[np.float64]: ...
