"""A dataset's id says what is in it: another content, another id; the same content, the same id."""

from __future__ import annotations

import re

import pytest

from qm_harness import identity
from qm_harness.identity import dataset_id
from tests.streams.configs import small_config


def test_the_readable_part_says_instrument_day_hours_and_name():
    config = small_config(symbol="BRN FMJ0024!", start_time="09:30", end_time="09:30:02.5")
    assert re.fullmatch(
        r"BRN-FMJ0024!_20240508_0930_0930025__open-drive__[0-9a-f]{8}", dataset_id("open-drive", config)
    )


@pytest.mark.parametrize(
    "change",
    [
        {"symbol": "OTHER"},
        {"dt": "2024-05-09"},
        {"start_time": "09:30:01"},
        {"end_time": "09:30:03"},
        {"cell_width_ms": 50},
        {"grid_radius_ticks": 7},
        {"tau_velocity": 2.5},
        {"flow_tanh_scale": 2.0},
        {"state_source": "force"},
    ],
    ids=str,
)
def test_what_reaches_a_bin_changes_the_hash(change):
    before, after = (dataset_id("x", c).rsplit("__", 1)[1] for c in (small_config(), small_config(**change)))
    assert before != after


@pytest.mark.parametrize(
    "change",
    [
        {"signal": {"name": "ofi"}},
        {"stream_schema": {"columns": ["composite"], "float_dtype": "float32"}},
        {"projection_horizons_bins": (7,)},
        {"projection_use_cubic": True},
    ],
    ids=str,
)
def test_what_does_not_reach_a_bin_does_not(change):
    assert dataset_id("x", small_config(**change)) == dataset_id("x", small_config())


def test_other_code_makes_other_datasets(monkeypatch):
    before = dataset_id("x", small_config())
    monkeypatch.setattr(identity, "code_version", lambda: "0.1.0+000000000000")
    assert dataset_id("x", small_config()) != before
