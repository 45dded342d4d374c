"""The two tables of the registry, both append-only: triggers refuse every UPDATE, DELETE and REPLACE.

``servings`` holds the documents, ``events`` every attempted change. An alias is not stored anywhere
else: it points where its newest move (an event with a version) points, so its history and its
present state cannot disagree. ``UNIQUE (alias, version)`` lets exactly one of two racing promotions
make the next move, on any database.

A later version only ever adds columns that may be null, so a database of an earlier one gets them when it is opened: no
row of it is rewritten, and the earlier version goes on working beside the later one.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
)
from sqlalchemy.schema import CreateColumn

METADATA = MetaData()

SERVINGS = Table(
    "servings",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("serving_id", String(77), nullable=False, unique=True),
    Column("name", String(64), nullable=False, index=True),
    Column("document", Text, nullable=False, doc="canonical JSON of the PublishedServingSpec"),
    Column("document_sha256", String(64), nullable=False),
    Column("registered_at_us", BigInteger, nullable=False, doc="UTC microseconds since the epoch"),
    sqlite_autoincrement=True,
)

EVENTS = Table(
    "events",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column(
        "at_us", BigInteger, nullable=False, doc="UTC microseconds; never decreases along an alias's moves"
    ),
    Column("action", String(16), nullable=False, doc="publish, promote, rollback"),
    Column("outcome", String(16), nullable=False, doc="done, unchanged, refused"),
    Column("who", String(128), nullable=False),
    Column("why", Text, nullable=False),
    Column("alias", String(64), doc="null for a publication"),
    Column("version", Integer, doc="ordinal of the alias's move; null when the event moved nothing"),
    Column("parent", Integer, doc="the version that a rollback from here returns to; null at the first"),
    Column("from_id", String(77)),
    Column("to_id", String(77)),
    Column("detail", Text, nullable=False, doc="why it was refused or what was overridden, else empty"),
    Column("evidence", Text, doc="JSON of the PromotionEvidence; null where no run was published"),
    Column("override", Text, doc="why a run was published that the gate would refuse, else null"),
    UniqueConstraint("alias", "version", name="one_move_per_version"),
    Index("events_by_alias", "alias", "seq"),
    sqlite_autoincrement=True,
)

_REFUSAL = "nothing in the registry is deleted or rewritten"


def _sqlite_triggers(table: str, already_there: str) -> list[str]:
    """``REPLACE`` deletes without firing delete triggers, so inserts over an existing row are refused too."""
    rules = {
        "no_update": f"BEFORE UPDATE ON {table}",
        "no_delete": f"BEFORE DELETE ON {table}",
        "no_replace": f"BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {already_there})",
    }
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_{name} {rule} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        for name, rule in rules.items()
    ]


def _postgres_triggers(table: str) -> list[str]:
    return [
        "CREATE OR REPLACE FUNCTION registry_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
        f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION registry_is_append_only()",
    ]


_ALREADY_THERE = {
    SERVINGS.name: "serving_id = NEW.serving_id OR seq = NEW.seq",
    EVENTS.name: "seq = NEW.seq OR (alias = NEW.alias AND version = NEW.version)",
}


def append_only_rules(dialect: str) -> list[str]:
    """Statements that make ``dialect`` refuse every change of a row; repeatable. Other dialects have none."""
    match dialect:
        case "sqlite":
            return [
                rule for table, there in _ALREADY_THERE.items() for rule in _sqlite_triggers(table, there)
            ]
        case "postgresql":
            return [rule for table in _ALREADY_THERE for rule in _postgres_triggers(table)]
        case _:
            return []


def create_or_extend(connection: Connection) -> None:
    """Make the tables, or add the columns that those of an earlier version lack."""
    METADATA.create_all(connection)
    for table in METADATA.sorted_tables:
        there = {column["name"] for column in inspect(connection).get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                spelled = CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {spelled}")
