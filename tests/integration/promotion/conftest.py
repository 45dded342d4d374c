"""A lake in which an experiment was run once; every test gets a copy of it to promote from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from qm_harness.experiments.chain import ExperimentChain, load_experiment
from qm_harness.results.rows import RunMeta
from qm_harness.results.store import ResultStore
from qmcore.lake import Lake
from qmcore.signals import names
from tests.fixtures.market import MarketLake
from tests.integration.datasets.conftest import CAPTURE, make_lake

SIGNALS = names()
FEW_BINS = {"min_train_bins": 60, "retrain_bins": 50, "horizon_bins": 5, "embargo_bins": 0}
PARAMS: dict[str, dict[str, int]] = {
    "gbm": FEW_BINS | {"min_leaf_bins": 5},
    "logit": FEW_BINS,
    "microprice": {"refit_bins": 60},
}
"""What has to learn does so within the twenty seconds that there are."""
SETTINGS = (
    "QMACHINA_INSTRUMENT_CONFIG_PATH",
    "VP_INSTRUMENT_CONFIG_PATH",
    "QM_LAKE",
    "QM_REGISTRY_URL",
    "QM_REGISTRY_ENDPOINT",
    "QM_WHO",
)
EXPERIMENT = {
    "name": "sweep",
    "serving": "live",
    "eval": {
        "tp_ticks": 2,
        "sl_ticks": 2,
        "cooldown_bins": 2,
        "warmup_bins": 50,
        "thresholds": [0.1, 0.3],
        "min_signals": 3,
    },
    "sweep": {"per_signal": {name: PARAMS.get(name, {}) for name in SIGNALS}},
}


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A lake with the runs of an experiment, one a signal."""

    lake: Lake

    @property
    def file(self) -> Path:
        """The experiment's."""
        return self.lake.config_dir("experiments") / "sweep.yaml"

    @property
    def chain(self) -> ExperimentChain:
        """The experiment as its files are now."""
        return load_experiment(self.file, self.lake)

    def run(self, signal: str) -> RunMeta:
        """The first run of a signal: what ``qm run`` made of it."""
        meta = next(meta for meta in ResultStore(self.lake).metas() if meta.signal == signal)
        assert meta.status == "ok", meta.error
        return meta

    def edit(self, kind: str, name: str, **changes: object) -> None:
        """Change sections of a file."""
        path = self.lake.root / "research/harness/configs" / kind / f"{name}.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | changes))


def qm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """``qm`` in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    command = [str(Path(sys.executable).parent / "qm"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=clean, timeout=240)


@pytest.fixture(scope="session")
def original(market: MarketLake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake after ``qm run``; do not change it."""
    lake = make_lake(tmp_path_factory.mktemp("evaluated") / "lake", market.file)
    for kind, name, document in (
        ("pipelines", "market", {"name": "market", "capture": CAPTURE}),
        ("serving", "live", {"name": "live", "pipeline": "market"}),
        ("experiments", "sweep", EXPERIMENT),
    ):
        folder = lake.root / "research/harness/configs" / kind
        folder.mkdir(parents=True)
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(document))
    done = qm("run", "sweep", "--lake-root", str(lake.root), "--workers", "2")
    assert done.returncode == 0, done.stderr
    return lake.root


@pytest.fixture
def evaluated(original: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluated:
    """A copy of the lake."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(original, tmp_path / "lake")
    return Evaluated(Lake(tmp_path / "lake"))
