"""ads, spg, erd, pfp, jad and iirc: by hand on small grids, and their definitions written out plainly."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from qmcore.config.runtime import SignalSpec
from qmcore.reference import windows as plain
from qmcore.signals import MeasuredSignal, create, replay
from tests.fixtures.signal_data import Columns, blank, random_columns
from tests.streams.configs import small_config

WIDE = small_config(grid_radius_ticks=20)
K = np.arange(-20, 21)
QUICK = {"zscore_window_bins": 40, "zscore_min_periods": 5}
Dense = NDArray[np.float64]


def at(**values: float) -> Dense:
    """A grid row of zeros but for ``k3=..`` (above spot) and ``m3=..`` (below)."""
    row = np.zeros(41)
    for name, value in values.items():
        row[20 + int(name[1:]) * (1 if name[0] == "k" else -1)] = value
    return row


def measured(name: str, **columns: Dense) -> list[float]:
    """What the signal measures in one bin with these grid columns."""
    signal, data = create(SignalSpec(name=name), WIDE), blank(1, WIDE, **columns)
    assert isinstance(signal, MeasuredSignal)
    grid = {column: data.grid(column) for column in signal.reads_grid}
    row: list[float] = signal.measure({}, grid)[0].tolist()
    return row


def z(series: Dense) -> Dense:
    """Robust z-scores of every value of ``series`` with the windows of QUICK."""
    return np.array([plain.robust_z(series[: t + 1], 40, 5) for t in range(len(series))])


def slopes(series: Dense, window: int) -> Dense:
    return np.array([plain.slope(series[: t + 1], window) for t in range(len(series))])


def emas(series: Dense, span: float) -> Dense:
    return np.array([plain.ema(series[: t + 1], span) for t in range(len(series))])


def side(column: Dense, low: int, high: int) -> Dense:
    """Mean over low <= k <= high."""
    return column[:, (low <= K) & (high >= K)].mean(axis=1)


# --- what is measured, by hand ---


def test_ads_weighs_bands_by_one_over_root_width() -> None:
    weights = np.array([3, 8, 12]) ** -0.5
    one_below = measured("ads", v_add=at(m2=24.0))
    np.testing.assert_allclose(one_below, [weights @ [8.0, 3.0, 2.0] / weights.sum()], rtol=1e-15)
    far_above = measured("ads", v_add=at(k10=24.0), v_pull=at(m20=5.0))
    np.testing.assert_allclose(far_above, [weights @ [0.0, 0.0, -2.0] / weights.sum()], rtol=1e-15)
    assert measured("ads", v_add=at(m1=7.0, k1=7.0), v_pull=at(m3=2.0, k3=2.0)) == [0.0]


def test_spg_of_pressure_that_rises_towards_spot_from_below() -> None:
    ramp = np.where(K < 0, 20.0 + K, 0.0)  # one more a tick up to k = -1 with 19, then nothing
    # below: gradient 1 but for k = -1, where (0 - 18) / 2 = -9; curvature 0 but for k = -1: 0 - 38 + 18 = -20
    # above: gradient 0, curvature 0 (k = 0 is 0, too)
    assert measured("spg", pressure_variant=ramp) == pytest.approx([(15 - 9) / 16 + 0.5 * 8.5 * -20 / 16])
    parabola = K.astype(float) ** 2  # gradient 2k, curvature 2: means -+17 and 2
    assert measured("spg", pressure_variant=parabola) == pytest.approx([0.0])
    line = 3.0 * K
    assert measured("spg", pressure_variant=line) == pytest.approx([6.0])
    bend = np.where(K > 0, 1.0, 0.0) * K**2  # above: gradient 2k but 2 at k = 1, curvature 2; below: 0, 0
    assert measured("spg", pressure_variant=bend) == pytest.approx([17.0 - 0.5 * 8.5 * 2.0])


def test_erd_entropies() -> None:
    assert measured("erd", flow_state_code=np.zeros(41)) == pytest.approx([0.0, 0.0], abs=1e-15)
    thirds = np.where(K > 0, K % 3 - 1, 0)  # above: 6, 7 and 7 of 20; below all neutral
    assert [(thirds[K > 0] == code).sum() for code in (-1, 0, 1)] == [6, 7, 7]

    def entropy(*shares: float) -> float:
        return -sum(p * math.log(p) for p in shares) / math.log(3)

    whole, above = entropy(6 / 41, 28 / 41, 7 / 41), entropy(6 / 20, 7 / 20, 7 / 20)
    assert measured("erd", flow_state_code=thirds) == pytest.approx([whole, above], rel=1e-14)
    even = np.where(K < 0, np.where(K % 2 == 0, 1, -1), 0)
    assert measured("erd", flow_state_code=even)[1] == pytest.approx(-math.log(2) / math.log(3), rel=1e-14)


def test_pfp_means() -> None:
    row = measured("pfp", v_add=at(m1=3.0, m12=16.0, k4=9.0), v_pull=at(k2=6.0, k5=8.0, m20=1.0))
    inner_and_outer = {"add_below": (1, 2), "add_above": (0, 0), "pull_below": (0, 0), "pull_above": (2, 1)}
    assert row == [value for pair in inner_and_outer.values() for value in pair]


def test_jad_weighs_by_distance() -> None:
    total = sum(1 / k for k in range(1, 17))
    row = measured(
        "jad", a_add=at(m2=4.0), a_pull=at(k4=8.0), j_add=at(k1=1.0), j_pull=at(m16=16.0, m17=99.0)
    )
    assert row == pytest.approx([(4 / 2 + 8 / 4) / total, (-16 / 16 - 1) / total], rel=1e-14)


def test_iirc_log_ratio() -> None:
    row = measured("iirc", v_add=at(m1=2.0, m16=0.9, m17=50.0), v_pull=at(k3=4.9))
    assert row == pytest.approx([math.log(3.0 / 0.1) - math.log(0.1 / 5.0)], rel=1e-14)
    assert measured("iirc") == [0.0]


# --- how a front travels ---


def front(first: str, second: str, column: str, below: bool) -> Columns:
    """Bursts every 40 bins, at ``first`` and five bins later at ``second`` ("inner" or "outer")."""
    inner, outer = (at(m2=30.0), at(m8=80.0)) if below else (at(k2=30.0), at(k8=80.0))
    rows = {"inner": inner, "outer": outer}
    grid = np.zeros((400, 41))
    for start in range(20, 390, 40):
        grid[start : start + 3] += rows[first]
        grid[start + 5 : start + 8] += rows[second]
    return blank(400, WIDE, **{column: grid})


@pytest.mark.parametrize(
    ("first", "column", "below", "sign"),
    [
        ("inner", "v_add", True, 1),
        ("inner", "v_add", False, -1),
        ("inner", "v_pull", True, -1),
        ("inner", "v_pull", False, 1),
        ("outer", "v_add", True, -1),
        ("outer", "v_pull", False, -1),
    ],
)
def test_pfp_knows_which_way_a_front_runs(first: str, column: str, below: bool, sign: int) -> None:
    second = "outer" if first == "inner" else "inner"
    values = replay(SignalSpec(name="pfp", params=QUICK), front(first, second, column, below))
    arrival = values[26]  # the first front has arrived: before it, everything was 0
    assert np.sign(arrival) in (0.0, sign)
    strongest = values[np.abs(values).argmax()]
    assert np.sign(strongest) == sign


# --- the whole definition, plainly ---


def ads(data: Columns) -> Dense:
    net = data.grid("v_add") - data.grid("v_pull")
    widths = np.array([3, 8, 12])
    parts = np.stack([side(net, -w, -1) - side(net, 1, w) for w in widths], axis=1)
    asymmetry = (parts * widths**-0.5).sum(axis=1) / (widths**-0.5).sum()
    return sum(np.tanh(z(slopes(asymmetry, m)) / 3) for m in (10, 25, 50)) / 3


def spg(data: Columns) -> Dense:
    p = data.grid("pressure_variant")
    g, c = np.zeros_like(p), np.zeros_like(p)
    g[:, 1:-1] = (p[:, 2:] - p[:, :-2]) / 2
    c[:, 1:-1] = p[:, 2:] - 2 * p[:, 1:-1] + p[:, :-2]
    carry = 0.5 * 17 / 2
    raw = side(g, -16, -1) + carry * side(c, -16, -1) + side(g, 1, 16) - carry * side(c, 1, 16)
    return np.tanh(z(emas(raw, 5) - emas(raw, 20)) / 3)


def erd(data: Columns) -> Dense:
    codes = data.grid("flow_state_code")

    def entropy(rows: NDArray[np.bool_]) -> Dense:
        share = np.stack([(codes[:, rows] == c).mean(axis=1) for c in (-1, 0, 1)], axis=1)
        return -(share * np.log(np.maximum(share, 1e-300))).sum(axis=1) / math.log(3)

    spike = z(entropy(np.ones(41, bool))) > 0.5
    return np.where(spike, np.tanh(z(entropy(K > 0) - entropy(K < 0)) / 3), 0.0)


def pfp(data: Columns) -> Dense:
    def lead(name: str, sign: int) -> Dense:
        column = data.grid(name)
        bands = [sorted((sign * a, sign * b)) for a, b in ((1, 3), (5, 12))]
        inner, outer = (side(column, *band) for band in bands)
        before = [np.concatenate((np.zeros(5), x[:-5])) for x in (inner, outer)]
        x, y = emas(before[0] * outer, 20), emas(before[1] * inner, 20)
        return (x - y) / (x + y + 1e-9)

    adds, pulls = lead("v_add", -1) - lead("v_add", 1), lead("v_pull", 1) - lead("v_pull", -1)
    return np.tanh(z(0.6 * adds + 0.4 * pulls) / 3)


def jad(data: Columns) -> Dense:
    weights = np.where((K != 0) & (np.abs(K) <= 16), -np.sign(K) / np.maximum(np.abs(K), 1), 0.0)
    weights /= weights[K < 0].sum()
    a, j = (
        np.tanh(z((data.grid(f"{stage}_add") - data.grid(f"{stage}_pull")) @ weights) / 3) for stage in "aj"
    )
    return np.where(a * j >= 0, 0.4 * j + 0.6 * a, 0.8 * j + 0.2 * a)


def iirc(data: Columns) -> Dense:
    def ratio(low: int, high: int) -> Dense:
        add, pull = (data.grid(name)[:, (low <= K) & (high >= K)].sum(axis=1) for name in ("v_add", "v_pull"))
        return np.log((add + 0.1) / (pull + 0.1))

    imbalance = ratio(-16, -1) - ratio(1, 16)
    return (np.tanh(z(slopes(imbalance, 10)) / 3) + np.tanh(z(slopes(imbalance, 30)) / 3)) / 2


GRID_SIGNALS = pytest.mark.parametrize(
    "definition", [ads, spg, erd, pfp, jad, iirc], ids=lambda f: f.__name__
)


@GRID_SIGNALS
def test_the_definition_written_out(definition: Callable[[Columns], Dense]) -> None:
    data = random_columns(200, 31, WIDE)
    values = replay(SignalSpec(name=definition.__name__, params=dict(QUICK)), data)
    np.testing.assert_allclose(values, definition(data), rtol=0, atol=1e-9)
    assert np.unique(values).size > 20


@GRID_SIGNALS
def test_a_mirrored_market_gives_the_opposite_value(definition: Callable[[Columns], Dense]) -> None:
    data = random_columns(200, 32, WIDE)
    mirrored: dict[str, NDArray[Any]] = {
        n: np.ascontiguousarray(v[:, ::-1]) for n, v in data.grid_columns.items()
    }
    spec = SignalSpec(name=definition.__name__, params=dict(QUICK))
    values = replay(spec, Columns(data.bin_columns, mirrored, data.config))
    np.testing.assert_allclose(values, -replay(spec, data), rtol=0, atol=1e-9)


def test_jad_counts_jerk_for_more_where_it_disagrees() -> None:
    # A rises and J falls in the last bin, by the same z-score
    quiet = np.tile([-1.0, 0.0, 1.0, 0.0], 5)
    a, j = np.append(quiet, 4.0), np.append(quiet, -4.0)
    grid = {name: series[:, np.newaxis] * at(m1=1.0) for name, series in (("a_add", a), ("j_add", j))}
    last = replay(SignalSpec(name="jad", params=QUICK), blank(21, WIDE, **grid))[-1]
    strength = math.tanh(plain.robust_z(a, 40, 5) / 3)
    assert last == pytest.approx(-0.8 * strength + 0.2 * strength, rel=1e-12)
    grid["j_add"] = grid["a_add"]
    assert replay(SignalSpec(name="jad", params=QUICK), blank(21, WIDE, **grid))[-1] == pytest.approx(
        strength
    )


def test_erd_is_silent_without_a_spike() -> None:
    codes = np.zeros((60, 41), np.int8)
    codes[:, 30] = np.arange(60) % 2  # a little noise above
    codes[59, 25:40:2], codes[59, 26:40:2] = 1, -1  # then disorder above
    params = QUICK | {"spike_z": 3.0}
    values = replay(SignalSpec(name="erd", params=params), blank(60, WIDE, flow_state_code=codes))
    assert values[:59].tolist() == [0.0] * 59
    assert values[59] > 0.9
