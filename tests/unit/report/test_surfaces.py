"""Heatmaps: means over all trials, axes as they were varied."""

from __future__ import annotations

import json

import pytest

from qm_harness.report.findings import Findings
from qm_harness.report.surfaces import LEVELS, surfaces_of
from qm_harness.results.store import ResultStore, Run
from qmcore.lake import Lake
from tests.unit.results.rows import meta, row


def surfaces(lake: Lake, points: list[tuple[dict[str, object], dict[str, object]]], **changes: object):
    """Of runs with these parameters and these trading rules; each earns its number at its only threshold."""
    made = [
        Run(
            meta(f"r{i}", i, params=json.dumps(params), **trading),
            (row(f"r{i}", **({"mean_pnl_ticks": float(i)} | changes)),),
        )
        for i, (params, trading) in enumerate(points)
    ]
    ResultStore(lake).append(made)
    return {(s.row_axis, s.column_axis): s for s in surfaces_of(Findings.gather(lake, "sweep"))}


def cells(surface) -> list[list[tuple[float, int] | None]]:
    return [[cell and (cell.mean_pnl_ticks, cell.n_trials) for cell in line] for line in surface.cells]


def test_a_cell_is_the_mean_of_all_trials_with_its_values(tmp_path):
    points = [
        ({"lag": lag}, {"tp_ticks": tp, "cooldown_bins": cooldown})
        for lag in (1, 2)
        for tp in (4.0, 8.0)
        for cooldown in (10, 20)
    ]
    made = surfaces(Lake(tmp_path), points)
    assert list(made) == [("tp_ticks", "cooldown_bins"), ("lag", "tp_ticks"), ("lag", "cooldown_bins")]
    lag_tp = made["lag", "tp_ticks"]
    assert (lag_tp.title, lag_tp.row_labels, lag_tp.column_labels) == ("derivative", ("1", "2"), ("4", "8"))
    assert cells(lag_tp) == [[(0.5, 2), (2.5, 2)], [(4.5, 2), (6.5, 2)]]
    assert [[c.level for c in line if c] for line in lag_tp.cells] == [[1, 2], [4, LEVELS]]


def test_what_was_not_tried_is_empty(tmp_path):
    made = surfaces(
        Lake(tmp_path),
        [({}, {"tp_ticks": 4.0, "sl_ticks": 2.0}), ({}, {"tp_ticks": 8.0, "sl_ticks": 3.0})],
    )
    assert cells(made["tp_ticks", "sl_ticks"]) == [[(0.0, 1), None], [None, (1.0, 1)]]


def test_an_axis_of_many_numbers_is_cut_into_ranges_and_one_of_many_names_left_out(tmp_path):
    points = [({"x": i / 100, "name": f"n{i}"}, {"tp_ticks": 4.0 + i % 2}) for i in range(40)]
    made = surfaces(Lake(tmp_path), points)
    assert list(made) == [("x", "tp_ticks")]
    assert made["x", "tp_ticks"].row_labels[:2] == ("0 to 0.04", "0.05 to 0.09")
    assert sum(cell.n_trials for line in made["x", "tp_ticks"].cells for cell in line if cell) == 40


def test_trials_with_too_few_signals_are_in_no_cell(tmp_path):
    assert surfaces(Lake(tmp_path), [({"lag": 1}, {}), ({"lag": 2}, {})], mean_pnl_ticks=None) == {}


@pytest.mark.parametrize("value", [None, True, [1, 2]])
def test_parameters_of_every_kind_are_axes(tmp_path, value):
    made = surfaces(
        Lake(tmp_path), [({"x": x}, {"tp_ticks": tp}) for x in (value, "other") for tp in (4.0, 8.0)]
    )
    assert {cell.n_trials for line in made["x", "tp_ticks"].cells for cell in line if cell} == {1}
