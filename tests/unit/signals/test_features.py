"""Features of trained signals against small hand-made grids, and against what they were when models were trained."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from qmcore.signals.features import BANDS, FEATURE_NAMES, FEATURES, READS_BINS, READS_GRID, GridFeatures
from tests.fixtures.signal_data import Columns, blank, random_columns
from tests.streams.configs import small_config

WIDE = small_config(grid_radius_ticks=30)


def features(data: Columns) -> dict[str, np.ndarray]:
    """Every feature of every bin by name."""
    made = GridFeatures(data.config).of(
        {name: data.bins(name) for name in READS_BINS}, {name: data.grid(name) for name in READS_GRID}
    )
    assert made.shape == (data.n_bins, len(FEATURES))
    return dict(zip(FEATURE_NAMES, made.T, strict=True))


def rows(value: float, *ks: int) -> np.ndarray:
    """A grid column of 61 rows that is ``value`` at the offsets ``ks``."""
    column = np.zeros((1, 61))
    column[0, [30 + k for k in ks]] = value
    return column


def test_names_are_different_and_every_feature_has_a_unit_and_a_sentence() -> None:
    assert len(set(FEATURE_NAMES)) == len(FEATURES) == 52
    assert all(feature.unit and feature.doc for feature in FEATURES)


def test_an_empty_bin_is_all_zero_but_for_its_spread() -> None:
    made = features(blank(1, WIDE))
    assert {name for name, values in made.items() if values[0] != 0} == {"spread"}
    assert made["spread"][0] == 1.0


@pytest.mark.parametrize(("near", "far"), BANDS)
@pytest.mark.parametrize(
    "column", ["rest_depth", "v_add", "v_pull", "v_fill", "pressure_variant", "vacuum_variant"]
)
def test_an_asymmetry_is_of_the_means_of_its_band(column: str, near: int, far: int) -> None:
    width, name = far - near + 1, f"{column}_asymmetry_{near}_{far}"
    grid = rows(6.0, near, far) + rows(3.0, -near)
    made = features(blank(1, WIDE, **{column: grid}))
    above, below = 12.0 / width, 3.0 / width
    assert made[name][0] == pytest.approx((above - below) / (above + below + 0.1), rel=1e-14)
    other = [n for n, values in made.items() if "asymmetry" in n and n != name and values[0] != 0]
    assert other == []
    outside = rows(5.0, near - 1, far + 1, 1 - near, -far - 1)
    assert features(blank(1, WIDE, **{column: outside}))[name][0] == 0.0


def test_building_weighs_adding_against_pulling_on_its_side() -> None:
    made = features(blank(1, WIDE, v_add=rows(9.0, 2), v_pull=rows(3.0, 2) + rows(6.0, -12)))
    assert made["build_above_1_3"][0] == pytest.approx((3.0 - 1.0) / (3.0 + 1.0 + 0.1))
    assert made["build_below_11_25"][0] == pytest.approx(-0.4 / (0.4 + 0.1))
    assert made["build_below_1_3"][0] == made["build_above_4_10"][0] == 0.0


def test_scores_are_means_by_side_and_the_row_at_spot() -> None:
    made = features(blank(1, WIDE, composite=rows(0.7, 0, 4), flow_score=rows(-0.5, -1, -2, -3)))
    assert made["composite_at_spot"][0] == 0.7
    assert made["composite_above_4_10"][0] == pytest.approx(0.1)
    assert made["flow_score_below_1_3"][0] == pytest.approx(-0.5)
    assert made["flow_score_above_1_3"][0] == made["flow_score_at_spot"][0] == 0.0


def test_touch_and_flow() -> None:
    tick = WIDE.tick_int
    made = features(
        blank(
            1,
            WIDE,
            best_bid_qty=30,
            best_ask_qty=10,
            mlofi_1=20,
            mlofi_5=-60,
            buy_volume=3,
            sell_volume=1,
            trade_vwap=100.5,
            bin_event_count=6,
            best_ask_price_int=403 * tick,
            best_ask_move_ticks=2,
            best_bid_move_ticks=-99,
            rest_depth=rows(3.0, 1, -2),
        )
    )
    wanted = {
        "touch_imbalance": 0.5,
        "mlofi_1_share": 0.5,
        "mlofi_5_share": -0.75,
        "trade_imbalance": 0.5,
        "trade_volume": np.log(5.0),
        "event_count": np.log(7.0),
        "spread": 3.0,
        "ask_move": 2.0,
        "bid_move": -20.0,
        "trade_distance": 2.0,
        "near_depth": np.log(3.0),
    }
    assert {name: made[name][0] for name in wanted} == pytest.approx(wanted, rel=1e-14)


def test_a_bin_has_the_same_bits_alone_and_among_others() -> None:
    for radius in (1, 2, 6, 50):
        config = small_config(grid_radius_ticks=radius)
        data = random_columns(1024, radius, config)
        measure = GridFeatures(config)
        many = np.stack(list(features(data).values()), axis=1)
        for t in range(0, 1024, 37):
            one = measure.of(
                {name: data.bins(name)[t : t + 1] for name in READS_BINS},
                {name: data.grid(name)[t : t + 1] for name in READS_GRID},
            )
            np.testing.assert_array_equal(one[0], many[t])


def test_a_changed_meaning_needs_a_changed_name() -> None:
    """Artifacts are matched by the names of features. Where this fails, rename what has changed, then the numbers."""
    data = random_columns(50, 3, WIDE)
    made = np.stack(list(features(data).values()), axis=1)
    names = hashlib.sha256(" ".join(FEATURE_NAMES).encode()).hexdigest()[:12]
    values = hashlib.sha256(np.round(made, 9).tobytes()).hexdigest()[:12]
    assert (names, values) == ("b77bdce49db5", "af5b62806154")
