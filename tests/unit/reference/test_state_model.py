"""The state model: the table of SPEC section 4 cell by cell, and a few bins by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qmcore.reference.state_model import (
    ModelOutput,
    ReferenceStateModel,
    TouchMove,
    project,
    spatial_weights,
    states_by_force,
    states_by_reprice,
    z_score,
)
from tests.streams.configs import small_config

K = np.arange(-2, 3, dtype=np.int32)
DT = 0.1
PLAIN = small_config(
    state_model_spatial_decay_power=0.0,
    state_model_d2_weight=0.0,
    state_model_d3_weight=0.0,
    grid_radius_ticks=2,
)


@pytest.mark.parametrize(
    ("ask", "bid", "above", "below", "microstate"),
    [
        (-1, -1, -1, -2, 0),
        (-1, 0, -1, -2, 1),
        (-1, 1, 0, 0, 2),
        (0, -1, -1, -2, 3),
        (0, 0, 0, 0, 4),
        (0, 1, 2, 1, 5),
        (1, -1, -1, -2, 6),
        (1, 0, -1, -2, 7),
        (1, 1, 2, 1, 8),
    ],
)
def test_the_table_of_states(ask: int, bid: int, above: int, below: int, microstate: int) -> None:
    move = TouchMove(ask_ticks=5 * ask, bid_ticks=3 * bid)
    assert states_by_reprice(K, move).tolist() == [below, below, 0, above, above]
    assert move.microstate_id == microstate


@pytest.mark.parametrize(
    ("ask", "bid", "up", "down"), [(2, 1, 1, 0), (-1, -4, 0, 1), (1, -1, 0, 0), (0, 1, 0, 0)]
)
def test_chase_flags(ask: int, bid: int, up: int, down: int) -> None:
    columns = TouchMove(ask_ticks=ask, bid_ticks=bid).columns(rows=3)
    assert columns["chase_up_flag"].tolist() == [up] * 3
    assert columns["chase_down_flag"].tolist() == [down] * 3
    assert columns["best_ask_move_ticks"].tolist() == [ask] * 3


def test_states_by_force() -> None:
    balance = np.array([0.5, -0.5, 0.9, -0.5, 0.5])
    assert states_by_force(K, balance, neutral=0.15).tolist() == [1, -2, 0, 2, -1]
    assert states_by_force(K, balance / 10, neutral=0.15).tolist() == [0] * 5


def test_spatial_weights() -> None:
    np.testing.assert_allclose(spatial_weights(K, PLAIN), [0.2] * 5)
    decaying = small_config(state_model_spatial_decay_power=1.0)
    np.testing.assert_allclose(spatial_weights(K, decaying), np.array([0.5, 1, 1, 1, 0.5]) / 4)
    hollow = small_config(state_model_spatial_decay_power=0.0, state_model_center_exclusion_radius=1)
    np.testing.assert_allclose(spatial_weights(K, hollow), [0.5, 0, 0, 0, 0.5])
    empty = small_config(state_model_center_exclusion_radius=2)
    np.testing.assert_array_equal(spatial_weights(K, empty), np.zeros(5))


def test_one_bin_by_hand() -> None:
    config = small_config(
        state_model_spatial_decay_power=0.0,
        state_model_bull_vacuum_weight=2.0,
        state_model_bear_vacuum_weight=3.0,
        state_model_mixed_weight=0.5,
    )
    out = ReferenceStateModel(config, DT).update(K, np.array([-2, 1, 0, 2, 2], np.int8))
    assert (out.bull_vacuum, out.bull_pressure, out.mixed) == pytest.approx((0.4, 0.2, 0.2))
    assert (out.bull, out.bear) == pytest.approx((0.2 + 0.8, 0.6))
    assert out.base == pytest.approx(0.4 * (1 - 0.1))
    assert (out.d1, out.ready, out.sample_count, out.dominant_state5_code) == (0.0, False, 1, 2)


@pytest.mark.parametrize(
    ("codes", "dominant"),
    [
        ([0, 0, 0, 2, 2], 0),
        ([1, 1, 0, 2, 2], 1),
        ([-2, -2, 0, -1, -1], -1),
        ([-2, -2, 0, 2, 2], 2),
        ([1, 0, 0, -1, 2], 0),
    ],
)
def test_ties_go_to_the_code_nearest_0_then_to_the_positive(codes: list[int], dominant: int) -> None:
    out = ReferenceStateModel(PLAIN, DT).update(K, np.array(codes, np.int8))
    assert out.dominant_state5_code == dominant


def test_differences_and_score_by_hand() -> None:
    model = ReferenceStateModel(PLAIN, DT)
    bulls = np.array([1, 1, 0, 2, 2], np.int8)
    outs = [model.update(K, codes) for codes in (bulls * 0, bulls, bulls, bulls * 0)]
    base = [0.0, 0.8, 0.8, 0.0]
    assert [o.base for o in outs] == pytest.approx(base)
    d1 = [0.0, 8.0, 0.0, -8.0]
    assert [o.d1 for o in outs] == pytest.approx(d1)
    assert [o.d2 for o in outs] == pytest.approx([0.0, 80.0, -80.0, -80.0])
    assert [o.d3 for o in outs] == pytest.approx([0.0, 800.0, -1600.0, 0.0])
    assert [o.ready for o in outs] == [False, False, True, True]
    # Bin 2: d1 = 0, 8, 0 has MAD 0, so mean 8/3 and population deviation; bin 3: median 0, MAD 4.
    mean, deviation = 8 / 3, math.sqrt(((8 / 3) ** 2 * 2 + (16 / 3) ** 2) / 3)
    assert outs[2].z1 == pytest.approx(-mean / deviation)
    assert outs[3].z1 == pytest.approx(-8.0 / (1.4826 * 4.0))
    assert outs[3].score == pytest.approx(math.tanh(outs[3].z1 / 3.0))


def test_a_constant_has_no_z() -> None:
    assert z_score(np.array([3.0, 3.0, 3.0])) == 0.0


def test_a_scale_below_the_floor_falls_back_to_mean_and_deviation() -> None:
    # MAD 1e-10; mean 5/4 and population deviation 5 sqrt(3)/4.
    assert z_score(np.array([0.0, 1e-10, 2e-10, 5.0])) == pytest.approx(math.sqrt(3))


def test_the_window_forgets() -> None:
    model = ReferenceStateModel(PLAIN, DT)
    for _ in range(25):
        out = model.update(K, np.zeros(5, np.int8))
    assert out.sample_count == PLAIN.state_model_zscore_window_bins


def test_before_the_first_bin_everything_is_0() -> None:
    assert ReferenceStateModel(PLAIN, DT).output == ModelOutput()


def test_projections_by_hand() -> None:
    scores = [0.0, 0.1, 0.3, 0.4]
    d1, d2, d3 = 1.0, (1.0 - 2.0) / DT, (-10.0 - 10.0) / DT
    config = small_config(projection_horizons_bins=(1, 3), projection_damping_lambda=2.0)
    assert project(scores, config, DT) == pytest.approx(
        [(0.4 + d1 * h + d2 * h**2 / 2) * math.exp(-2 * h) for h in (0.1, 0.3)]
    )
    cubic = small_config(projection_horizons_bins=(1,), projection_use_cubic=True, projection_cubic_scale=0.5)
    assert project(scores, cubic, DT) == pytest.approx([0.4 + 0.1 - 0.05 + 0.5 * d3 * 1e-3])


def test_projections_are_clipped() -> None:
    config = small_config(projection_horizons_bins=(40,))
    assert project([0.0, 0.5, 1.0], config, DT) == [1.0]
