"""A lake with an experiment on twenty simulated seconds, and a user's package with signals that misbehave."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from qm_harness.experiments.chain import ExperimentChain, load_experiment
from qm_harness.results.store import ResultStore
from qmcore.lake import Lake
from tests.integration.datasets.conftest import CAPTURE
from tests.integration.datasets.conftest import lake as lake

SIGNALS = '''
import os
import signal
import time

from qmcore.config.base import Spec
from qmcore.signals import Signal


class Params(Spec):
    """How many milliseconds a bin takes."""

    number: int = 0


class Sober(Signal):
    """Bids against asks, slowly."""

    name = "sober"
    Params = Params

    def next(self, header, grid):
        time.sleep(self.params.number / 1e6)
        return (header["best_bid_qty"] - header["best_ask_qty"]) / (header["best_bid_qty"] + header["best_ask_qty"])


class Raising(Sober):
    """Raises where its number is odd."""

    name = "raising"

    def next(self, header, grid):
        if self.params.number % 2:
            raise ValueError(f"{self.params.number} is odd")
        return super().next(header, grid)


class Deadly(Sober):
    """Kills its process where its number is 3."""

    name = "deadly"

    def next(self, header, grid):
        if self.params.number == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().next(header, grid)
'''
EXPERIMENT = {
    "name": "sweep",
    "serving": "live",
    "eval": {
        "tp_ticks": [2, 4],
        "sl_ticks": [2, 4],
        "cooldown_bins": [2, 5],
        "warmup_bins": 50,
        "thresholds": [0.1, 0.3],
        "costs": {"entry": "mid"},
    },
    "sweep": {"per_signal": {"derivative": {}, "ofi": {}}},
    "tracking": {"enabled": False},
}


@dataclass(frozen=True, slots=True)
class Laboratory:
    """A lake, and ``qm`` in processes of its own that know the user's signals."""

    lake: Lake
    packages: Path

    @property
    def file(self) -> Path:
        """The experiment's."""
        return self.lake.config_dir("experiments") / "sweep.yaml"

    @property
    def store(self) -> ResultStore:
        """What has been found."""
        return ResultStore(self.lake)

    def write(self, **changes: object) -> None:
        """The experiment, with other sections."""
        self.file.write_text(yaml.safe_dump(EXPERIMENT | changes))

    def plan(self) -> ExperimentChain:
        """The experiment as the harness understands it; without the user's signals."""
        return load_experiment(self.file, self.lake)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start ``qm``."""
        environment = os.environ | {"PYTHONPATH": str(self.packages), "QM_LAKE": str(self.lake.root)}
        command = [sys.executable, "-c", "from qmcore.cli import main; main()", *arguments]
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def qm(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=120)
            return process.returncode, out, err


def make_laboratory(lake: Lake, packages: Path) -> Laboratory:
    """The experiment in ``lake``, not run yet, and the user's signals in ``packages``."""
    described = packages / "misbehaving-1.dist-info"
    described.mkdir(parents=True)
    (packages / "misbehaving.py").write_text(SIGNALS)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: misbehaving\nVersion: 1\n")
    (described / "entry_points.txt").write_text(
        "[qm.signals]\nsober = misbehaving:Sober\nraising = misbehaving:Raising\ndeadly = misbehaving:Deadly\n"
    )
    for kind, name, document in (
        ("pipelines", "market", {"name": "market", "capture": CAPTURE}),
        ("serving", "live", {"name": "live", "pipeline": "market"}),
        ("experiments", "sweep", EXPERIMENT),
    ):
        folder = lake.config_dir(kind)
        folder.mkdir(parents=True)
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(document))
    return Laboratory(lake, packages)


@pytest.fixture
def laboratory(lake: Lake, tmp_path: Path) -> Laboratory:
    """The experiment, not run yet."""
    return make_laboratory(lake, tmp_path / "packages")
