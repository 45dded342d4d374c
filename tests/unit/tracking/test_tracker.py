"""The tracker: tells a store of a sweep from a thread of its own, and is never in its way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from qm_harness.tracking import tracker as tracker_module
from qm_harness.tracking.entries import Entry
from qm_harness.tracking.sweep_entry import SweepEnd, SweepEntry
from qm_harness.tracking.tracker import Opened, Tracker
from tests.unit.results.rows import run

SWEEP = SweepEntry("id", "sweep", {}, {}, {})


@dataclass
class Remembering:
    """A store that remembers what it was told, and does before what it is told to do."""

    opened: Opened = field(default_factory=lambda: Opened(frozenset(), ended=False))
    before_add: Callable[[], None] = lambda: None
    added: list[str] = field(default_factory=list)
    ended: list[SweepEnd] = field(default_factory=list)

    def open(self, sweep: SweepEntry) -> Opened:
        assert sweep is SWEEP
        return self.opened

    def add(self, entries: Sequence[Entry]) -> None:
        self.before_add()
        self.added += [entry.run_id for entry in entries]

    def end(self, ending: SweepEnd) -> None:
        self.ended.append(ending)


def tracking(store: Remembering) -> Tracker:
    return Tracker(lambda: store, lambda: SWEEP)


def test_every_point_is_told_once_also_those_of_before():
    store = Remembering(Opened(frozenset({"a"}), ended=False))
    tracker = tracking(store)
    for ids in (["a", "b"], ["c"], ["b", "d"]):
        tracker.add([run(run_id) for run_id in ids])
    asked: list[set[str]] = []

    def rest(there: set[str]) -> list[list[object]]:
        asked.append(set(there))
        return [[run("e")], [run("e"), run("f")]]

    end = SweepEnd("FINISHED", {"best": "b"})
    tracker.finish(lambda: end, rest)
    assert store.added == ["b", "c", "d", "e", "f"]
    assert asked == [{"a", "b", "c", "d"}]
    assert (store.ended, tracker.problem) == ([end], None)


@pytest.mark.parametrize("new", [False, True])
def test_of_a_sweep_that_had_ended_the_end_is_worked_out_again_where_something_is_new(new):
    store = Remembering(Opened(frozenset({"a"}), ended=True))
    tracker = tracking(store)
    end = SweepEnd("FINISHED", {"best": "a"})
    tracker.finish(lambda: end, lambda there: [[run("b")]] if new else [])
    assert store.ended == [end if new else SweepEnd("FINISHED")]


def test_telling_does_not_wait_for_the_store():
    held = threading.Event()
    store = Remembering(before_add=lambda: held.wait(30) and None)
    tracker = tracking(store)
    begun = time.monotonic()
    for number in range(100):
        tracker.add([run(str(number))])
    assert time.monotonic() - begun < 5
    held.set()
    tracker.finish(lambda: SweepEnd("FINISHED"), lambda there: [])
    assert store.added == [str(number) for number in range(100)]


def test_a_store_that_hangs_is_left_behind_when_the_sweep_is_interrupted(monkeypatch):
    monkeypatch.setattr(tracker_module, "INTERRUPTED_SECONDS", 0.2)
    held = threading.Event()
    tracker = tracking(Remembering(before_add=lambda: held.wait(30) and None))
    tracker.add([run("a")])
    begun = time.monotonic()
    tracker.give_up(SweepEnd("KILLED"))
    assert time.monotonic() - begun < 5
    held.set()


def test_an_interrupted_sweep_says_so():
    store = Remembering()
    tracker = tracking(store)
    tracker.add([run("a")])
    tracker.give_up(SweepEnd("KILLED"))
    assert (store.added, store.ended) == (["a"], [SweepEnd("KILLED")])


def test_the_first_problem_ends_the_tracking_and_is_kept():
    def fail() -> None:
        raise OSError("no space left\nfor a long story")

    store = Remembering(before_add=fail)
    tracker = tracking(store)
    tracker.add([run("a")])
    tracker.add([run("b")])
    tracker.finish(lambda: SweepEnd("FINISHED"), lambda there: [])
    assert tracker.problem == "OSError: no space left"
    assert (store.added, store.ended) == ([], [])
    tracker.add([run("c")])
    assert tracker._waiting.qsize() <= 1
