"""Random histories: whatever is published, promoted and rolled back, the past replays to the present."""

from __future__ import annotations

import datetime as dt_
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qm_registry import journal
from qm_registry.local import LocalRegistry
from qm_registry.opening import open_store
from qmcore.config.serving import PublishedServingSpec
from qmcore.contracts.registry import AuditEvent
from qmcore.errors import AliasConflict, Conflict, NotFound, QmError
from tests.unit.registry.servings import back, numbered, to

SERVINGS = numbered(4)
aliases = st.sampled_from(["demo", "live"])
servings = st.sampled_from(SERVINGS)
expectations = st.none() | st.just("") | servings.map(lambda spec: spec.serving_id)


class Histories(RuleBasedStateMachine):
    """The registry against a model that is nothing but one stack of ids for each alias."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.registry: LocalRegistry = open_store(Path(self.folder.name))
        self.published: set[str] = set()
        self.stacks: dict[str, list[str]] = {}
        self.attempts = 0
        self.seen: list[AuditEvent] = []

    def teardown(self) -> None:
        if hasattr(self, "registry"):
            self.registry.database.close()
            self.folder.cleanup()

    def _try(self, change: Callable[[], object], expected: type[QmError] | None) -> None:
        self.attempts += 1
        if expected is None:
            change()
            return
        with pytest.raises(QmError) as caught:
            change()
        assert caught.type is expected

    @rule(spec=servings)
    def publish(self, spec: PublishedServingSpec) -> None:
        self._try(lambda: self.registry.publish(spec, who="tester", why="a test"), None)
        self.published.add(spec.serving_id)

    @rule(alias=aliases, spec=servings, expected=expectations)
    def promote(self, alias: str, spec: PublishedServingSpec, expected: str | None) -> None:
        target = spec.serving_id
        stack = self.stacks.get(alias, [])
        now = stack[-1] if stack else ""
        error: type[QmError] | None = None
        if expected is not None and expected != now:
            error = AliasConflict
        elif target not in self.published:
            error = NotFound
        self._try(lambda: self.registry.promote(alias, to(target, expected)), error)
        if error is None and target != now:
            self.stacks[alias] = [*stack, target]

    @rule(alias=aliases, expected=st.none() | servings.map(lambda spec: spec.serving_id))
    def rollback(self, alias: str, expected: str | None) -> None:
        stack = self.stacks.get(alias, [])
        error: type[QmError] | None = None
        if not stack:
            error = NotFound
        elif expected is not None and expected != stack[-1]:
            error = AliasConflict
        elif len(stack) == 1:
            error = Conflict
        self._try(lambda: self.registry.rollback(alias, back(expected)), error)
        if error is None:
            stack.pop()

    @rule()
    def reopen(self) -> None:
        self.registry.database.close()
        self.registry = open_store(Path(self.folder.name))

    @invariant()
    def the_present_is_the_top_of_each_stack(self) -> None:
        present = {state.alias: state.serving_id for state in self.registry.aliases().items}
        assert present == {alias: stack[-1] for alias, stack in self.stacks.items()}
        for alias, serving_id in present.items():
            assert self.registry.resolve(alias).serving.serving_id == serving_id

    @invariant()
    def history_replays_to_the_present_and_to_every_past_instant(self) -> None:
        replayed: dict[str, str] = {}
        events = list(reversed(self.registry.events(limit=500).items))
        instants = [event.at for event in events if event.version is not None]
        for event in events:
            if event.version is not None:
                assert event.alias is not None
                assert event.to_id is not None
                assert event.from_id == replayed.get(event.alias)
                replayed[event.alias] = event.to_id
        assert replayed == {state.alias: state.serving_id for state in self.registry.aliases().items}
        for instant in instants:
            self._check_instant(events, instant)

    def _check_instant(self, events: list[AuditEvent], instant: dt_.datetime) -> None:
        then = {e.alias: e.to_id for e in events if e.version is not None and e.at <= instant}
        for alias in self.stacks:
            if alias in then:
                assert self.registry.alias(alias, at=instant).serving_id == then[alias]

    @invariant()
    def every_attempt_is_recorded_once_and_what_was_recorded_never_changes(self) -> None:
        events = list(reversed(self.registry.events(limit=500).items))
        assert len(events) == self.attempts
        assert events[: len(self.seen)] == self.seen
        self.seen = events

    @invariant()
    def versions_of_an_alias_count_up_without_a_gap_and_never_go_back_in_time(self) -> None:
        for alias in self.stacks:
            moves = [
                e for e in reversed(self.registry.history(alias, limit=500).items) if e.version is not None
            ]
            assert [move.version for move in moves] == list(range(1, len(moves) + 1))
            assert [move.at for move in moves] == sorted(move.at for move in moves)


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=25, stateful_step_count=20, deadline=None, derandomize=True)


def test_the_past_holds_also_when_the_clock_goes_back(
    local: LocalRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = SERVINGS[:2]
    for spec in (first, second):
        local.publish(spec, who="tester", why="a test")
    was = local.promote("demo", to(first)).promoted_at
    monkeypatch.setattr(journal, "now_us", lambda: journal.to_us(was) - 3_600_000_000)
    moved = local.promote("demo", to(second)).promoted_at
    assert moved == was
    assert local.alias("demo", at=was).serving_id == second.serving_id
    assert local.alias("demo").serving_id == second.serving_id
