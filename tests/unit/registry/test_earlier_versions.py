"""A database of a version without the promotion gate: it gets the new columns, and keeps every row as it is."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from qm_registry.opening import open_store
from tests.unit.registry.servings import back, numbered, to
from tests.unit.registry.test_gate import evidence, of_a_run

EARLIER = """
CREATE TABLE servings (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, serving_id VARCHAR(77) NOT NULL, name VARCHAR(64) NOT NULL,
    document TEXT NOT NULL, document_sha256 VARCHAR(64) NOT NULL, registered_at_us BIGINT NOT NULL, UNIQUE (serving_id)
);
CREATE INDEX ix_servings_name ON servings (name);
CREATE TABLE events (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, at_us BIGINT NOT NULL, action VARCHAR(16) NOT NULL,
    outcome VARCHAR(16) NOT NULL, who VARCHAR(128) NOT NULL, why TEXT NOT NULL, alias VARCHAR(64), version INTEGER,
    parent INTEGER, from_id VARCHAR(77), to_id VARCHAR(77), detail TEXT NOT NULL,
    CONSTRAINT one_move_per_version UNIQUE (alias, version)
);
CREATE INDEX events_by_alias ON events (alias, seq);
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'no'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'no'); END;
"""
COLUMNS = "seq, at_us, action, outcome, who, why, alias, version, parent, from_id, to_id, detail"


def _events(path: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        return connection.execute(f"SELECT {COLUMNS} FROM events").fetchall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An earlier version's database with two servings and three moves."""
    new, path = tmp_path / "new", tmp_path / "lake/research/harness/serving_registry.sqlite"
    registry = open_store(new)
    for spec in numbered(2):
        registry.publish(spec, who="tester", why="a test")
        registry.promote("demo", to(spec))
    registry.rollback("demo", back())
    registry.database.close()
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as connection:
        connection.executescript(EARLIER)
        connection.execute(f"ATTACH '{new}/research/harness/serving_registry.sqlite' AS new")
        connection.execute("INSERT INTO servings SELECT * FROM new.servings")
        connection.execute(f"INSERT INTO events SELECT {COLUMNS} FROM new.events")
    return path


def test_an_earlier_database_is_used_as_it_is_and_nothing_in_it_is_rewritten(
    tmp_path: Path, path: Path
) -> None:
    before = _events(path)
    registry = open_store(tmp_path / "lake")
    first, second = numbered(2)
    assert registry.resolve("demo").serving == first
    assert [event.evidence for event in registry.events().items] == [None] * 5
    registry.publish(of_a_run(), who="tester", why="a test", evidence=evidence())
    registry.promote("demo", to(of_a_run(), expected=first.serving_id))
    assert registry.events().items[1].evidence == evidence()
    assert registry.serving(second.serving_id) == second
    registry.database.close()
    assert _events(path)[: len(before)] == before


def test_opening_it_twice_adds_the_columns_once(tmp_path: Path, path: Path) -> None:
    for _ in range(2):
        open_store(tmp_path / "lake").database.close()
    with sqlite3.connect(path) as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(events)")]
    assert names == [*COLUMNS.split(", "), "evidence", "override"]


def test_the_earlier_version_goes_on_writing_beside_the_later_one(tmp_path: Path, path: Path) -> None:
    registry = open_store(tmp_path / "lake")
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO events (at_us, action, outcome, who, why, to_id, detail)"
            " VALUES (1, 'publish', 'unchanged', 'earlier', 'x', 'demo-000000000000', '')"
        )
    newest = registry.events().items[0]
    assert (newest.who, newest.evidence, newest.override) == ("earlier", None, None)
