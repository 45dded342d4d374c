"""The disk of the lake is full: what was being written is not there, what was there is whole, and the error says why.

A quota (the system's limit on the size of a file) fills it for everybody; a file system of a few megabytes, where this
user may mount one, does so for real.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qm_harness.results.store import ResultStore
from qmcore.lake import Lake
from tests.fixtures.market import MarketLake
from tests.integration.datasets.conftest import make_lake
from tests.integration.experiments.conftest import make_laboratory

COMMAND = [sys.executable, "-c", "from qmcore.cli import main; main()"]
FULL = ("No space left on device", "File too large")


def qm(lake: Lake, *arguments: str, limit: int | None = None) -> tuple[int, str]:
    """Exit code and standard error of ``qm`` that may write no file longer than ``limit`` bytes."""

    def with_limit() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [*COMMAND, *arguments],
        env=os.environ | {"QM_LAKE": str(lake.root)},
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=with_limit,
    )
    return done.returncode, done.stderr


def left_in(folder: Path) -> list[str]:
    """What is there, hidden leftovers too; not the locks."""
    if not folder.exists():
        return []
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and p.name != ".lock")


def assert_says_so(code: int, error: str) -> None:
    """One clear line."""
    assert code == 1, error
    assert any(words in error for words in FULL), error
    assert "Traceback" not in error


@pytest.fixture
def lake(tmp_path: Path, market: MarketLake) -> Lake:
    """A lake with an experiment that was never run."""
    lake = make_lake(tmp_path / "lake", market.file)
    make_laboratory(lake, tmp_path / "packages")
    return lake


@pytest.mark.parametrize("limit", [1, 100_000, 1_000_000])
def test_no_part_of_a_dataset_is_left(lake: Lake, limit: int) -> None:
    assert_says_so(*qm(lake, "generate", "market", limit=limit))
    assert left_in(lake.datasets_dir) == []
    assert qm(lake, "generate", "market")[0] == 0
    assert qm(lake, "list-datasets", "--verify")[0] == 0


@pytest.mark.parametrize("limit", [1_000, 20_000])
def test_results_are_there_or_not_and_the_sweep_goes_on_when_there_is_room(lake: Lake, limit: int) -> None:
    assert qm(lake, "generate", "market")[0] == 0
    code, error = qm(lake, "run", "sweep", limit=limit)
    assert_says_so(code, error)
    before = ResultStore(lake).runs()
    assert all(run.meta.status != "ok" or run.rows for run in before)
    assert qm(lake, "run", "sweep", "--retry-failed")[0] == 0
    assert sum(run.meta.status == "ok" for run in ResultStore(lake).runs()) == 16


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path, tmp_path: Path, market: MarketLake) -> None:
    lake = make_lake(small_disk / "lake", market.file)
    make_laboratory(lake, tmp_path / "packages")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(_free(small_disk) - 150_000))
    assert_says_so(*qm(lake, "generate", "market"))
    assert left_in(lake.datasets_dir) == []
    ballast.unlink()
    assert qm(lake, "generate", "market")[0] == 0
    made = left_in(lake.datasets_dir)
    ballast.write_bytes(bytes(_free(small_disk) - 20_000))
    assert_says_so(*qm(lake, "run", "sweep"))
    assert left_in(lake.datasets_dir) == made
    ballast.unlink()
    assert qm(lake, "list-datasets", "--verify")[0] == 0


def test_a_column_that_does_not_fit_is_an_error_and_no_dead_process(
    small_disk: Path, tmp_path: Path, market: MarketLake
) -> None:
    lake = make_lake(small_disk / "lake", market.file)
    make_laboratory(lake, tmp_path / "packages")
    assert qm(lake, "generate", "market")[0] == 0
    (small_disk / "ballast").write_bytes(bytes(_free(small_disk) - 100_000))
    code = f"""
from pathlib import Path
from qm_harness.columns_cache import ColumnCache
from qm_harness.dataset import Dataset
from qmcore.lake import Lake
lake = Lake(Path({str(lake.root)!r}))
ColumnCache(lake, Dataset.open(lake, lake.dataset_ids()[0])).grid("composite")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stderr
    assert "No space left on device" in done.stderr


def _free(folder: Path) -> int:
    usage = os.statvfs(folder)
    return usage.f_bavail * usage.f_frsize
