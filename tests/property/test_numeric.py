"""The kernels' own elementary functions and sorted windows, at any argument."""

from __future__ import annotations

import math

import mpmath  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmcore.kernels.numeric import exp, exp_divided_difference, tanh
from qmcore.kernels.rolling import rolling_median_mad
from qmcore.reference.physics import exp_difference, exp_second_difference

few_values = st.lists(st.sampled_from((0.0, 1.0, -1.0, 2.5, -7.0, 1e-9, 1e9)), min_size=1, max_size=40)
any_values = st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=40)
points = st.one_of(
    st.floats(-700.0, 0.0), st.floats(-1.5, 0.0), st.sampled_from((-0.3, -0.3 - 1e-12, -0.3 - 1e-7))
)


@given(x=st.floats(-707.9, 708.9))
def test_exp_is_within_two_and_a_quarter_ulp(x: float) -> None:
    with mpmath.workdps(40):
        exact = mpmath.exp(mpmath.mpf(x))
        error = abs(mpmath.mpf(exp(np.array([x]))[0]) - exact) / mpmath.mpf(math.ulp(float(exact)))
    assert error < 2.25


@given(x=st.one_of(st.floats(-40.0, 40.0), st.floats(-0.11, 0.11)))
def test_tanh_keeps_its_relative_accuracy(x: float) -> None:
    assert tanh(np.array([x]))[0] == pytest.approx(math.tanh(x), rel=4e-15, abs=0.0)


@given(x=points, y=points, z=points)
def test_divided_differences_of_exp_are_the_plain_ones(x: float, y: float, z: float) -> None:
    first, second = exp_divided_difference(x, y, z)
    assert first == pytest.approx(exp_difference(x, y), rel=1e-13, abs=1e-300)
    assert second == pytest.approx(exp_second_difference(x, y, z), rel=1e-12, abs=1e-300)


@given(values=st.one_of(few_values, any_values), window=st.integers(1, 12))
def test_rolling_median_and_mad_are_numpys(values: list[float], window: int) -> None:
    medians, mads = rolling_median_mad(np.array(values), window)
    for i in range(len(values)):
        seen = np.array(values[max(0, i - window + 1) : i + 1])
        assert medians[i] == pytest.approx(np.median(seen), rel=1e-15, abs=0.0)
        assert mads[i] == pytest.approx(np.median(np.abs(seen - medians[i])), rel=1e-15, abs=0.0)
