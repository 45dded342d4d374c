"""Parts of ``qm bench`` at a tiny size: they run, and say what they measured. No figure is asserted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qm_local.bench import dataset, first_passage, kernels, sweep
from qm_local.bench.figures import Figure
from qm_local.bench.market import Market
from qm_local.bench.report import report

TINY = Market("tiny", minutes=1, events=3000, live_orders=1000)
TEN_MINUTES = Market("ten", minutes=10, events=30_000, live_orders=1000)


def check(figures: list[Figure], units: list[str]) -> None:
    assert [figure.unit for figure in figures] == units
    assert all(figure.value > 0 for figure in figures)


def test_kernels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kernels, "BURST", TEN_MINUTES)
    monkeypatch.setattr(kernels, "BIN_SAMPLE", 60)
    check(list(kernels.run(tmp_path, 1)), ["ns/event", "ns/event", "us/bin"])


def test_dataset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dataset, "HOUR", TINY)
    check(list(dataset.run(tmp_path, 1)), ["s", "MB"])


def test_sweep(tmp_path: Path) -> None:
    few = sweep.Sweep(TINY, ticks=(2.0, 3.0), cooldown_bins=(0,), windows=(60,), d2_weights=(0.0, 0.5))
    seconds, memory = sweep.measured(tmp_path, 1, few)
    check([seconds, memory], ["s", "MB"])
    assert "8 points" in seconds.what


def test_the_full_sweep_has_a_thousand_points() -> None:
    assert len(sweep.FULL) == 1000


def test_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(first_passage, "N_BINS", 2000)
    monkeypatch.setattr(first_passage, "REFERENCE_BINS", 400)
    report(["first-passage"], runs=1, as_json=True, folder=tmp_path)
    (figure,) = json.loads(capsys.readouterr().out)
    assert figure["what"] == "first passage, 16 thresholds x 2,000 bins"
    assert figure["unit"] == "ms"
    assert figure["value"] > 0
