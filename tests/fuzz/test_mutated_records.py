"""Mutated records through reader and pipeline, in a process of their own: no crash, no hang, counters only.

``QM_FUZZ_RECORDS`` says how many (``make fuzz``: ten million), ``QM_FUZZ_SEED`` where to begin.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

RECORDS = int(os.environ.get("QM_FUZZ_RECORDS", "400000"))
SEED = int(os.environ.get("QM_FUZZ_SEED", "1"))
RECORDS_PER_SECOND = 2_000
"""What even a very busy machine does."""


def driven(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The driver's run."""
    command = [sys.executable, "-m", "tests.fuzz.record_driver", *arguments]
    patience_s = 120 + RECORDS / RECORDS_PER_SECOND
    return subprocess.run(command, capture_output=True, text=True, timeout=patience_s, check=False)


def last_seed(errors: str) -> str:
    """Of the round that was under way."""
    return next((line for line in reversed(errors.splitlines()) if line.startswith("seed ")), "no seed")


@pytest.mark.timeout(240 + RECORDS / RECORDS_PER_SECOND)
def test_mutated_records_only_count() -> None:
    run = driven("--records", str(RECORDS), "--seed", str(SEED))
    assert run.returncode == 0, f"{last_seed(run.stderr)} fails:\n{run.stderr[-4000:]}"
    report = json.loads(run.stdout)
    print(json.dumps(report))
    assert report["applied"] >= RECORDS
    assert report["served_bins"] > 0
    never_seen = {name for name, count in report["anomalies"].items() if not count}
    assert not never_seen, "the damage does not reach these counters"


def test_a_round_that_fails_names_its_seed(tmp_path: Path) -> None:
    """The driver is no good if it cannot fail."""
    (tmp_path / "broken_driver.py").write_text(
        "import tests.fuzz.record_driver as d\nd._look_at_book = lambda p: d._must(False, 'levels')\nd.main()\n"
    )
    run = subprocess.run(
        [sys.executable, str(tmp_path / "broken_driver.py"), "--only", "7"],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
        check=False,
    )
    assert run.returncode != 0
    assert last_seed(run.stderr) == "seed 7"
    assert "AssertionError: levels" in run.stderr
