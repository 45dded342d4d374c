"""``Tracker``: tells MLflow of a sweep in a thread of its own, while the sweep goes on.

Guarantees: whatever happens to MLflow, the sweep does not notice: it waits for the thread only at its end, a few
seconds where it was interrupted, and otherwise as long as MLflow answers; the first problem ends the tracking and is
kept to be reported. What was not told is told when the experiment is run again.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from qm_harness.results.store import Run
from qm_harness.tracking.entries import Entry, entry_of
from qm_harness.tracking.sweep_entry import SweepEnd, SweepEntry

INTERRUPTED_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Opened:
    """What is there of a sweep: ids of its points, and whether it had come to its end."""

    points: frozenset[str]
    ended: bool


class TrackingStore(Protocol):
    """Where a sweep is kept."""

    def open(self, sweep: SweepEntry) -> Opened:
        """Begin, or go on with what was begun."""

    def add(self, entries: Sequence[Entry]) -> None:
        """Children for ``entries``, none of which is there."""

    def end(self, ending: SweepEnd) -> None:
        """Say how the sweep ended."""


class _Stop:
    """Nothing comes any more."""


class Tracker:
    """Of one sweep. Its methods are called by one thread, and return at once, but for ``close``."""

    def __init__(self, open_store: Callable[[], TrackingStore], sweep: Callable[[], SweepEntry]) -> None:
        self._open_store, self._sweep = open_store, sweep
        self._waiting: queue.SimpleQueue[Sequence[Run] | _Stop] = queue.SimpleQueue()
        self._ending: Callable[[], SweepEnd] = lambda: SweepEnd("FAILED")
        self._rest: Callable[[set[str]], Iterable[Sequence[Run]]] = lambda there: ()
        self.problem: str | None = None
        # A daemon, so that a server that keeps us waiting does not keep the process.
        self._thread = threading.Thread(target=self._work, name="mlflow", daemon=True)
        self._thread.start()

    def add(self, runs: Sequence[Run]) -> None:
        """Points that have ended."""
        if self.problem is None:
            self._waiting.put(runs)

    def finish(
        self, ending: Callable[[], SweepEnd], rest: Callable[[set[str]], Iterable[Sequence[Run]]]
    ) -> None:
        """All has ended: add the ``rest`` of the sweep's points, given those that are there, and say the ``ending``.

        Both are called in the thread. Waits for it.
        """
        self._ending, self._rest = ending, rest
        self._waiting.put(_Stop())
        self._thread.join()

    def give_up(self, ending: SweepEnd) -> None:
        """The sweep was interrupted or failed; waits INTERRUPTED_SECONDS at most."""
        self._ending = lambda: ending
        self._waiting.put(_Stop())
        self._thread.join(INTERRUPTED_SECONDS)

    def _work(self) -> None:
        try:
            store = self._open_store()
            opened = store.open(self._sweep())
            there = set(opened.points)
            for runs in self._arrivals():
                _add(store, runs, there)
            for rest in self._rest(there):
                _add(store, rest, there)
            # What was said of a sweep that had ended still holds where nothing is new.
            still = opened.ended and there == opened.points
            store.end(SweepEnd("FINISHED") if still else self._ending())
        except Exception as error:
            lines = str(error).strip().splitlines() or [""]
            self.problem = f"{type(error).__name__}: {lines[0]}"

    def _arrivals(self) -> Iterator[list[Run]]:
        """What has come since the last time, until nothing comes any more."""
        while True:
            found: list[Run] = []
            came = self._waiting.get()
            while not isinstance(came, _Stop):
                found += came
                if self._waiting.empty():
                    break
                came = self._waiting.get()
            yield found
            if isinstance(came, _Stop):
                return


def _add(store: TrackingStore, runs: Sequence[Run], there: set[str]) -> None:
    new = {run.meta.run_id: run for run in runs if run.meta.run_id not in there}
    if new:
        store.add([entry_of(run) for run in new.values()])
        there.update(new)
