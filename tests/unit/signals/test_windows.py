"""The windows that signals are made of, against their plain twins and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qmcore.kernels.windows import Ema, EwmRidge, Ring, RobustZ, Slope, WindowSum, tanh
from qmcore.reference import windows as plain

SERIES = {
    "normal": lambda rng: rng.normal(size=300),
    "repeated": lambda rng: rng.integers(-2, 3, 300).astype(float),
    "mostly zero": lambda rng: np.where(rng.random(300) < 0.8, 0.0, rng.normal(size=300)),
    "huge": lambda rng: rng.normal(size=300) * 1e22,
}


@pytest.fixture(params=SERIES)
def values(request: pytest.FixtureRequest) -> np.ndarray:
    return SERIES[request.param](np.random.default_rng(1))


def test_ema(values: np.ndarray) -> None:
    for span in (1.0, 5.0, 20.0):
        window = Ema(span)
        got = [window.update(x) for x in values]
        wanted = [plain.ema(values[: t + 1], span) for t in range(len(values))]
        np.testing.assert_allclose(got, wanted, rtol=1e-12, atol=1e-12 * np.abs(values).max())


def test_an_ema_never_leaves_the_range_of_its_values() -> None:
    rng = np.random.default_rng(9)
    for span in (1.0, 1.1, 3.7, 20.0):
        window = Ema(span)
        assert all(-1.0 <= window.update(x) <= 1.0 for x in rng.choice([-1.0, 1.0, 1 / 3], 2000))
    assert window.update(1.0) < 1.0
    immediate = Ema(1.0)
    assert [immediate.update(x) for x in (0.3, -0.7, 0.1)] == [0.3, -0.7, 0.1]


def test_robust_z(values: np.ndarray) -> None:
    for size, least in ((2, 2), (7, 3), (240, 60)):
        window = RobustZ(size, least)
        got = [window.update(x) for x in values]
        wanted = [plain.robust_z(values[: t + 1], size, least) for t in range(len(values))]
        np.testing.assert_array_equal(got, wanted)


def test_window_sum(values: np.ndarray) -> None:
    for size in (1, 3, 50):
        window = WindowSum(size)
        got = [window.update(x) for x in values]
        wanted = [plain.window_sum(values[: t + 1], size) for t in range(len(values))]
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-13 * size * np.abs(values).max())


def test_a_sum_forgets_what_was_huge() -> None:
    window = WindowSum(4)
    for x in (1.0, 1e30, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0):
        total = window.update(x)
    assert total == 4.0


def test_slope(values: np.ndarray) -> None:
    for size in (2, 3, 50):
        window = Slope(size)
        got = [window.update(x) for x in values]
        wanted = [plain.slope(values[: t + 1], size) for t in range(len(values))]
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-13 * np.abs(values).max())


def test_the_slope_of_a_line_is_its_rise_per_bin() -> None:
    window = Slope(5)
    assert [window.update(3.0 * t - 7.0) for t in range(8)] == [0.0, 0.0, 0.0, 0.0, 3.0, 3.0, 3.0, 3.0]


def test_ring_gives_what_it_pushes_out() -> None:
    window = Ring(3)
    assert [window.update(x) for x in (1.0, 2.0, 3.0, 4.0, 5.0)] == [0.0, 0.0, 0.0, 1.0, 2.0]


def test_ridge() -> None:
    rng = np.random.default_rng(2)
    x, beta = rng.normal(size=(400, 5)), np.array([1.0, 0.5, 0.0, -0.25, 0.1])
    y, prior = x @ beta + 0.1 * rng.normal(size=400), np.array([1.0, 0.0, 0.0, 0.0, 0.0])
    fit = EwmRidge(prior.tolist(), 0.99, 2.0)
    np.testing.assert_allclose(fit.coefficients(), prior, rtol=1e-15)
    for t in range(400):
        fit.observe(x[t].tolist(), y[t])
        if t in (0, 3, 50, 399):
            wanted = plain.ridge(x[: t + 1], y[: t + 1], prior, 0.99, 2.0)
            np.testing.assert_allclose(fit.coefficients(), wanted, rtol=0, atol=1e-10)
    assert fit.predict([1.0, 0.0, 0.0, 0.0, 0.0]) == fit.coefficients()[0]
    np.testing.assert_allclose(fit.coefficients(), beta, atol=0.05)


def test_tanh() -> None:
    for x in (-40.0, -1.0, -1e-9, 0.0, 0.3, 2.0, 40.0):
        assert tanh(x) == pytest.approx(math.tanh(x), rel=1e-15)


MADE = {
    "ema": lambda: Ema(5.0),
    "ring": lambda: Ring(7),
    "robust z": lambda: RobustZ(20, 5),
    "sum": lambda: WindowSum(9),
    "slope": lambda: Slope(11),
}


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("cut", [0, 1, 8, 120])
def test_state_goes_on_bit_for_bit(kind: str, cut: int, values: np.ndarray) -> None:
    whole, first, second = MADE[kind](), MADE[kind](), MADE[kind]()
    wanted = [whole.update(x) for x in values]
    got = [first.update(x) for x in values[:cut]]
    second.import_state(first.export_state())
    got += [second.update(x) for x in values[cut:]]
    assert got == wanted
    np.testing.assert_array_equal(second.export_state(), whole.export_state())


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("state", [[], np.zeros(100), [[1.0, 2.0]], [-3.0, 1.0, 1.0, 1.0]])
def test_a_state_that_does_not_fit_is_refused(kind: str, state: object) -> None:
    with pytest.raises(ValueError):
        MADE[kind]().import_state(np.asarray(state))


def test_a_ridge_state_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="a state of 6 to 6 numbers is needed"):
        EwmRidge([1.0, 0.0], 0.9, 1.0).import_state(np.zeros(5))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Ema(0.5),
        lambda: Ring(0),
        lambda: RobustZ(0, 1),
        lambda: WindowSum(1 << 21),
        lambda: Slope(1),
        lambda: EwmRidge([], 0.9, 1.0),
        lambda: EwmRidge([1.0], 0.0, 1.0),
        lambda: EwmRidge([1.0], 0.9, 0.0),
        lambda: EwmRidge([0.0] * 9, 0.9, 1.0),
    ],
)
def test_sizes_out_of_range_are_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"must be|needs"):
        make()  # type: ignore[operator]
