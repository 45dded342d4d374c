"""Processes that change one registry at the same instant."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

from qm_registry.local import LocalRegistry
from qm_registry.opening import open_store
from qmcore.errors import QmError

ROOT = Path(__file__).parents[3]
Change = Callable[[LocalRegistry, int], object]


def _racer(change: Change, lake: Path, url: str | None, number: int, start: Barrier, answers: object) -> None:
    start.wait(timeout=30)
    registry = open_store(lake, url)
    try:
        outcome = str(change(registry, number))
    except QmError as error:
        outcome = type(error).__name__
    registry.database.close()
    answers.put(outcome)  # type: ignore[attr-defined]


def race(change: Change, lake: Path, *, url: str | None = None, racers: int = 4) -> list[str]:
    """What ``change(registry, number)`` answered, or its error's class, in each of ``racers`` real processes."""
    sys.path[:] = [str(ROOT), *(path for path in sys.path if path != str(ROOT))]  # racers import the tests
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(racers), context.Queue()
    processes = [
        context.Process(target=_racer, args=(change, lake, url, number, start, answers))
        for number in range(racers)
    ]
    for process in processes:
        process.start()
    outcomes = [answers.get(timeout=45) for _ in processes]
    for process in processes:
        process.join(timeout=30)
    return outcomes
