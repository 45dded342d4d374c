"""The dense spectrum: bins 0 to 3 by hand."""

from __future__ import annotations

import numpy as np
import pytest

from qmcore.reference.spectrum import DenseSpectrum, composite, robust_z
from tests.streams.configs import small_config

DT = 0.1


def column(*values: float) -> np.ndarray:
    return np.array(values)[:, np.newaxis]


def test_composite_is_the_force_balance_with_a_floor() -> None:
    pressure, vacuum = np.array([[3.0, 0.0, 1e-9]]), np.array([[1.0, 0.0, 0.0]])
    np.testing.assert_allclose(
        composite(pressure, vacuum, 1e-6), [[2 / 4.000001, 0.0, 1e-9 / 1.001e-6]], rtol=1e-14
    )


def test_bins_0_to_3_by_hand() -> None:
    config = small_config(flow_windows=(1, 2, 3), flow_rollup_weights=(1.0, 1.0, 2.0))
    spectrum = DenseSpectrum(column(0.4, 0.8, 0.0, -0.4), config, DT)
    # Means over 1, 2 and 3 bins, fewer while filling; weights 1/4, 1/4, 1/2.
    rolled = [
        0.4,
        0.25 * 0.8 + 0.25 * 0.6 + 0.5 * 0.6,
        0.25 * 0.0 + 0.25 * 0.4 + 0.5 * 0.4,
        0.25 * -0.4 + 0.25 * -0.2 + 0.5 * (0.4 / 3),
    ]
    d1 = [0.0, *(np.diff(rolled) / DT)]
    d2 = [0.0, d1[1] / DT, (d1[2] - d1[1]) / DT, (d1[3] - d1[2]) / DT]
    d3 = [0.0, d2[1] / DT, (d2[2] - d2[1]) / DT, (d2[3] - d2[2]) / DT]
    for ours, by_hand in zip(
        (spectrum.rolled, spectrum.d1, spectrum.d2, spectrum.d3), (rolled, d1, d2, d3), strict=True
    ):
        np.testing.assert_allclose(ours[:, 0], by_hand, rtol=1e-12)
    assert spectrum.d3[0, 0] == 0.0


def test_a_window_longer_than_the_history_divides_by_the_bins_there_are() -> None:
    config = small_config(flow_windows=(40,), flow_rollup_weights=(7.0,))
    spectrum = DenseSpectrum(column(1.0, 0.0, 0.5), config, DT)
    np.testing.assert_allclose(spectrum.rolled[:, 0], [1.0, 0.5, 0.5])


def test_robust_z_by_hand() -> None:
    # Median of 1, 2, 3, 10 is 2.5; deviations 1.5, 0.5, 0.5, 7.5 have median 1.
    assert robust_z(column(1.0, 2.0, 3.0, 10.0), min_periods=4) == pytest.approx([7.5 / 1.4826])


def test_robust_z_waits_for_its_samples_and_for_a_scale() -> None:
    assert robust_z(column(1.0, 2.0, 10.0), min_periods=4) == [0.0]
    assert robust_z(column(1.0, 1.0, 1.0, 10.0), min_periods=4) == [0.0]


def test_flow_score_by_hand() -> None:
    config = small_config(
        flow_windows=(1,),
        flow_rollup_weights=(1.0,),
        flow_derivative_weights=(2.0, 0.0, 0.0),
        flow_zscore_min_periods=4,
    )
    spectrum = DenseSpectrum(column(0.0, 0.1, 0.3, 0.6), config, 1.0)
    # d1 = 0, .1, .2, .3: median .15, deviations .15 .05 .05 .15 with median .1
    z = 0.15 / (1.4826 * 0.1)
    assert spectrum.flow_score(3) == pytest.approx([np.tanh(z / 3.0)])
    assert spectrum.flow_score(2) == [0.0]


def test_the_z_window_forgets() -> None:
    config = small_config(
        flow_windows=(1,),
        flow_rollup_weights=(1.0,),
        flow_derivative_weights=(1.0, 0.0, 0.0),
        flow_zscore_window_bins=4,
    )
    tail = (0.0, 0.1, 0.3, 0.6)
    long = DenseSpectrum(column(0.9, -0.9, *tail), config, 1.0)
    # The window's first sample, d1 at the value 0.0, still looks back at -0.9: d1 = .9, .1, .2, .3.
    z = (0.3 - 0.25) / (1.4826 * 0.1)
    assert long.flow_score(5) == pytest.approx([np.tanh(z / 3.0)])


def test_state_codes_at_the_threshold() -> None:
    config = small_config(flow_neutral_threshold=0.25)
    spectrum = DenseSpectrum(column(0.0), config, DT)
    codes = spectrum.flow_state_code(np.array([0.25, 0.2499, 0.0, -0.2499, -0.25]))
    assert codes.tolist() == [1, 0, 0, 0, -1]
    assert codes.dtype == np.int8
