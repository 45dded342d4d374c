"""What signals measure in one bin's grid, over n bins at once, with the same bits whatever n is."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Dense = NDArray[np.float64]


class Sides:
    """Rows below and above spot by distance. k = 0 belongs to neither side, as in the state model."""

    def __init__(self, radius: int) -> None:
        self.radius = radius

    def below(self, near: int, far: int) -> slice:
        """Rows -far <= k <= -near, as far as the grid goes."""
        return slice(self.radius - min(far, self.radius), max(self.radius - near + 1, 0))

    def above(self, near: int, far: int) -> slice:
        """Rows near <= k <= far, as far as the grid goes."""
        return slice(self.radius + near, self.radius + min(far, self.radius) + 1)


def mean(column: NDArray[Any], rows: slice) -> Dense:
    """Mean over ``rows``, shape (n,); 0 where the grid has none of them."""
    part = column[:, rows]
    total: Dense = part.sum(axis=1, dtype=np.float64) / max(part.shape[1], 1)
    return total


_LN2_HIGH: Final = 0.693147180369123816490
_LN2_LOW: Final = 1.90821492927058770002e-10
_SQRT_HALF: Final = 0.7071067811865476
_ODD: Final = tuple(1.0 / (2 * i + 1) for i in range(11, 0, -1))


def ln(x: NDArray[Any]) -> Dense:
    """Natural logarithm of positive numbers, within 2 ulp of its magnitude or of 1.

    By IEEE arithmetic alone, so that it has the same bits on every machine (numpy's and libc's do not):
    x = m 2^e with m around 1, ln m = 2 atanh((m - 1) / (m + 1)).
    """
    m, e = np.frexp(np.asarray(x, np.float64))
    small = m < _SQRT_HALF
    m = np.where(small, 2.0 * m, m)
    power = (e - small).astype(np.float64)
    s = (m - 1.0) / (m + 1.0)
    square = s * s
    series = np.zeros_like(s)
    for odd in _ODD:
        series = (series + odd) * square
    value: Dense = power * _LN2_HIGH + (power * _LN2_LOW + 2.0 * s * (1.0 + series))
    return value
