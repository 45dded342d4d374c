"""Rolling median and MAD against numpy, with repeated values and short windows."""

import numpy as np
import pytest

from qmcore.kernels.rolling import rolling_median_mad, rolling_median_mad3


def expected(values: np.ndarray, window: int) -> tuple[np.ndarray, np.ndarray]:
    medians, mads = [], []
    for i in range(len(values)):
        part = values[max(0, i - window + 1) : i + 1]
        medians.append(np.median(part))
        mads.append(np.median(np.abs(part - medians[-1])))
    return np.array(medians), np.array(mads)


SERIES = {
    "normal": lambda rng: rng.normal(size=700),
    "repeated": lambda rng: rng.integers(-2, 3, 700).astype(float),
    "mostly zero": lambda rng: np.where(rng.random(700) < 0.8, 0.0, rng.normal(size=700)),
    "constant": lambda rng: np.full(700, 3.5),
    "rising": lambda rng: np.arange(700.0),
    "falling": lambda rng: -np.arange(700.0),
}


@pytest.mark.parametrize("window", [1, 2, 3, 7, 300])
@pytest.mark.parametrize("kind", SERIES)
def test_one_series_equals_numpy(kind: str, window: int) -> None:
    values = SERIES[kind](np.random.default_rng(7))
    for got, wanted in zip(rolling_median_mad(values, window), expected(values, window), strict=True):
        np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("window", [1, 2, 3, 7, 300])
def test_three_series_in_step_equal_numpy(window: int) -> None:
    rng = np.random.default_rng(8)
    values = np.ascontiguousarray(
        np.stack([SERIES[k](rng) for k in ("normal", "repeated", "mostly zero")], axis=1)
    )
    medians, mads = rolling_median_mad3(values, window)
    for k in range(3):
        wanted_medians, wanted_mads = expected(values[:, k], window)
        np.testing.assert_array_equal(medians[:, k], wanted_medians)
        np.testing.assert_array_equal(mads[:, k], wanted_mads)


def test_a_window_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="window must be >= 1, got 0"):
        rolling_median_mad(np.zeros(3), 0)
