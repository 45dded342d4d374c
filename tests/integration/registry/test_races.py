"""Real processes and threads racing for one SQLite file: exactly one wins, and everybody is told."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from qm_registry.local import LocalRegistry
from qm_registry.opening import open_store
from qmcore.errors import AliasConflict
from tests.integration.registry.racing import race
from tests.unit.registry.servings import back, numbered, serving, to

SERVINGS = numbered(8)
FIRST = SERVINGS[0]


def _create(registry: LocalRegistry, number: int) -> str:
    registry.publish(SERVINGS[number], who=f"racer {number}", why="a race")
    return registry.promote("demo", to(SERVINGS[number], expected="")).serving_id


def _move(registry: LocalRegistry, number: int) -> str:
    return registry.promote("demo", to(SERVINGS[number + 1], expected=FIRST.serving_id)).serving_id


def _move_without_looking(registry: LocalRegistry, number: int) -> str:
    return registry.promote("demo", to(SERVINGS[number + 1])).serving_id


def _publish_the_same(registry: LocalRegistry, number: int) -> bool:
    return registry.publish(serving(), who=f"racer {number}", why="a race").created


def _roll_back(registry: LocalRegistry, number: int) -> str:
    return registry.rollback("demo", back(expected=SERVINGS[7].serving_id)).serving_id


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A lake whose registry holds eight servings; alias ``demo`` was promoted to the first."""
    registry = open_store(tmp_path)
    for spec in SERVINGS:
        registry.publish(spec, who="tester", why="a test")
    registry.promote("demo", to(FIRST))
    registry.database.close()
    return tmp_path


def test_the_first_process_to_create_an_alias_in_a_new_registry_wins(tmp_path: Path) -> None:
    outcomes = race(_create, tmp_path)
    winners = [outcome for outcome in outcomes if outcome != "AliasConflict"]
    assert len(winners) == 1
    registry = open_store(tmp_path)
    assert registry.resolve("demo").serving.serving_id == winners[0]
    assert registry.servings().total == 4
    events = registry.history("demo").items
    assert sorted(event.outcome for event in events) == ["done", "refused", "refused", "refused"]


def test_exactly_one_process_moves_the_alias_and_the_others_are_recorded_as_refused(lake: Path) -> None:
    outcomes = race(_move, lake)
    assert sorted(outcomes)[:3] == ["AliasConflict"] * 3
    registry = open_store(lake)
    assert registry.resolve("demo").serving.serving_id == sorted(outcomes)[3]
    assert registry.history("demo", outcome="refused").total == 3
    assert registry.history("demo", outcome="done").total == 2


def test_without_compare_and_set_every_process_moves_the_alias_once_in_some_order(lake: Path) -> None:
    outcomes = race(_move_without_looking, lake)
    assert set(outcomes) == {spec.serving_id for spec in SERVINGS[1:5]}
    registry = open_store(lake)
    moves = list(reversed(registry.history("demo").items))
    assert [move.version for move in moves] == [1, 2, 3, 4, 5]
    assert [move.from_id for move in moves[1:]] == [move.to_id for move in moves[:-1]]


def test_of_racing_publications_of_one_content_one_creates_it(tmp_path: Path) -> None:
    outcomes = race(_publish_the_same, tmp_path)
    assert sorted(outcomes) == ["False", "False", "False", "True"]
    registry = open_store(tmp_path)
    assert registry.servings().total == 1
    assert registry.serving(serving().serving_id) == serving()


def test_racing_rollbacks_of_one_mistake_go_one_step_back_in_all(lake: Path) -> None:
    registry = open_store(lake)
    registry.promote("demo", to(SERVINGS[6]))
    registry.promote("demo", to(SERVINGS[7]))
    outcomes = race(_roll_back, lake)
    assert sorted(outcomes) == ["AliasConflict"] * 3 + [SERVINGS[6].serving_id]
    assert registry.resolve("demo").serving == SERVINGS[6]


def test_threads_of_one_process_race_as_processes_do(lake: Path) -> None:
    registry = open_store(lake)
    start = threading.Barrier(8)
    outcomes: list[str] = []

    def run(number: int) -> None:
        start.wait()
        try:
            spec = SERVINGS[1 + number % 7]
            outcomes.append(registry.promote("demo", to(spec, expected=FIRST.serving_id)).serving_id)
        except AliasConflict:
            outcomes.append("AliasConflict")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes)[:7] == ["AliasConflict"] * 7
    assert registry.resolve("demo").serving.serving_id == sorted(outcomes)[7]


def test_readers_do_not_wait_for_a_writer(lake: Path) -> None:
    registry = open_store(lake)
    with registry.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO events (at_us, action, outcome, who, why, detail)"
            " VALUES (0, 'publish', 'refused', 'x', 'x', 'x')"
        )
        read: list[str] = []
        reader = threading.Thread(target=lambda: read.append(registry.resolve("demo").serving.serving_id))
        reader.start()
        reader.join(timeout=5)
        assert read == [FIRST.serving_id]
