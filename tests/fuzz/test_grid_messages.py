"""Damaged grid messages are refused or read, and end no process. ``QM_FUZZ_MESSAGES`` says how many."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

MESSAGES = int(os.environ.get("QM_FUZZ_MESSAGES", "2000"))


@pytest.mark.timeout(120 + MESSAGES / 50)
def test_damaged_grid_messages_are_refused_or_read() -> None:
    command = [sys.executable, "-m", "tests.fuzz.grid_message_driver", "0", str(MESSAGES)]
    patience_s = 100 + MESSAGES / 50
    run = subprocess.run(command, capture_output=True, text=True, timeout=patience_s, check=False)
    last = next((line for line in reversed(run.stderr.splitlines()) if line.startswith("seed ")), "")
    assert run.returncode == 0, f"{last}\n{run.stderr[-3000:]}"
    refused, read = map(int, run.stdout.split())
    assert refused + read == MESSAGES
    assert refused > 0 < read
