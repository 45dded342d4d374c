"""Nothing in the registry is deleted or rewritten: the database itself refuses, whoever asks."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from qm_registry.local import LocalRegistry
from qm_registry.opening import open_store
from qm_registry.tables import EVENTS, SERVINGS
from qmcore.errors import CorruptData, Unavailable
from tests.unit.registry.servings import back, numbered, to

REWRITES = [
    "DELETE FROM servings",
    "DELETE FROM events WHERE seq = 1",
    "UPDATE servings SET document = '{}'",
    "UPDATE events SET who = 'nobody'",
    "UPDATE events SET at_us = 0 WHERE alias = 'demo'",
    "INSERT OR REPLACE INTO servings SELECT seq, serving_id, name, '{}', document_sha256, 0 FROM servings",
    "INSERT OR REPLACE INTO servings SELECT NULL, serving_id, name, '{}', document_sha256, 0 FROM servings",
    "REPLACE INTO events SELECT seq, 0, action, outcome, 'nobody', why, alias, version, parent, from_id,"
    " to_id, detail, evidence, override FROM events",
    "REPLACE INTO events SELECT NULL, 0, action, outcome, 'nobody', why, alias, version, parent, from_id,"
    " to_id, detail, evidence, override FROM events WHERE version IS NOT NULL",
]


def _rows(path: Path) -> list[list[tuple[object, ...]]]:
    with sqlite3.connect(path) as connection:
        return [connection.execute(f"SELECT * FROM {table.name}").fetchall() for table in (SERVINGS, EVENTS)]


@pytest.fixture
def path(local: LocalRegistry, lake: Path) -> Path:
    """The database file of a registry with two servings and three moves."""
    first, second = numbered(2)
    for spec in (first, second):
        local.publish(spec, who="tester", why="a test")
        local.promote("demo", to(spec))
    local.rollback("demo", back())
    return lake / "research/harness/serving_registry.sqlite"


@pytest.mark.parametrize("statement", REWRITES)
def test_the_database_refuses_to_rewrite_or_delete(path: Path, statement: str) -> None:
    before = _rows(path)
    with (
        sqlite3.connect(path) as connection,
        pytest.raises(sqlite3.IntegrityError, match="deleted or rewritten"),
    ):
        connection.execute(statement)
    assert _rows(path) == before


def test_every_change_leaves_all_earlier_rows_as_they_were(path: Path, local: LocalRegistry) -> None:
    servings, events = _rows(path)
    extra = numbered(3)[2]
    local.publish(extra, who="tester", why="a test")
    local.promote("demo", to(extra))
    local.rollback("demo", back())
    later_servings, later_events = _rows(path)
    assert later_servings[: len(servings)] == servings
    assert later_events[: len(events)] == events
    assert (len(later_servings), len(later_events)) == (len(servings) + 1, len(events) + 3)


def test_the_embedded_database_keeps_a_write_ahead_log(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_file_that_is_no_database_is_refused_in_words(lake: Path) -> None:
    path = lake / "research/harness/serving_registry.sqlite"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not a database, " * 100)
    with pytest.raises(CorruptData, match="not a database; it cannot be a registry"):
        open_store(lake)
    assert path.read_bytes() == b"not a database, " * 100


def test_a_folder_that_cannot_be_written_is_said_to_be_unavailable(lake: Path) -> None:
    lake.write_text("a file where the lake should be")
    with pytest.raises(Unavailable, match="registry database"):
        open_store(lake)
