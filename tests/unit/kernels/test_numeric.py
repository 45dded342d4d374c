"""The deterministic elementary functions against mpmath and numpy."""

import mpmath
import numpy as np
import pytest

from qmcore.kernels import numeric


def test_exp_is_within_two_ulp() -> None:
    x = np.concatenate([np.linspace(-700, 700, 200_001), np.linspace(-1, 1, 100_001)])
    wanted = np.exp(x)
    assert np.max(np.abs(numeric.exp(x) - wanted) / np.spacing(wanted)) <= 2.0


def test_exp_of_quiet_times_is_exact_at_its_ends() -> None:
    np.testing.assert_array_equal(
        numeric.exp(np.array([0.0, -0.0, -709.0, -1e9, -np.inf])), [1.0, 1.0, 0.0, 0.0, 0.0]
    )


def test_tanh_is_within_1e_15() -> None:
    x = np.concatenate([np.linspace(-30, 30, 100_001), np.linspace(-0.2, 0.2, 100_001), [-1e300, 1e300, 0.0]])
    assert np.max(np.abs(numeric.tanh(x) - np.tanh(x))) < 1e-15


@pytest.mark.parametrize("gap", [0.0, 1e-14, 1e-9, 1e-5, 1e-2, 0.3, 1.0, 3.0, 40.0])
def test_divided_differences_of_exp_are_accurate_however_close(gap: float) -> None:
    x, y, z = -0.7, -0.7 - gap, -0.7 - 0.37 * gap
    with mpmath.workdps(60):
        exact = [mpmath.mpf(v) for v in (x, y, z)]

        def first(a: mpmath.mpf, b: mpmath.mpf) -> mpmath.mpf:
            return mpmath.exp(a) if a == b else (mpmath.exp(a) - mpmath.exp(b)) / (a - b)

        a, b, c = exact
        second = mpmath.exp(a) / 2 if a == b == c else (first(a, b) - first(b, c)) / (a - c)
        wanted = float(first(a, b)), float(second)
    np.testing.assert_allclose(numeric.exp_divided_difference(x, y, z), wanted, rtol=1e-13)
