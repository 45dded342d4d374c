"""A lake with a simulated minute, and pipelines that use it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from qmcore.config.pipeline import PipelineSpec
from qmcore.lake import Lake
from tests.fixtures.market import MarketLake

INSTRUMENT = {"product_type": "future_mbo", "symbol": "ESH5", "symbol_root": "ES", "tick_size": 0.25}
CAPTURE = {
    "product_type": "future_mbo",
    "symbol": "ESH5",
    "dt": "2025-02-03",
    "start_time": "09:30:20",
    "end_time": "09:30:40",
}


def make_lake(root: Path, file: Path) -> Lake:
    """An instrument lock and a copy of ``file``, nothing else."""
    lake = Lake(root)
    folder = lake.raw_dir("future_mbo", "ES")
    folder.mkdir(parents=True)
    shutil.copy(file, folder)
    (root / "instrument.yaml").write_text(yaml.safe_dump(INSTRUMENT))
    return lake


def pipeline(**changes: object) -> PipelineSpec:
    """Twenty seconds of the simulated minute; ``changes`` are of the capture, or of the grid and physics."""
    capture = {key: changes.pop(key, value) for key, value in CAPTURE.items()}
    return PipelineSpec.model_validate({"name": "test", "capture": capture, "pipeline": changes})


@pytest.fixture
def lake(tmp_path: Path, market: MarketLake, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A fresh lake."""
    for name in ("QMACHINA_INSTRUMENT_CONFIG_PATH", "VP_INSTRUMENT_CONFIG_PATH", "QM_LAKE"):
        monkeypatch.delenv(name, raising=False)
    return make_lake(tmp_path / "lake", market.file)
