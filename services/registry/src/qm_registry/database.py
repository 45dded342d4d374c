"""One database behind the registry: opens it, creates the tables, and hands out transactions.

Guarantees: on SQLite, writers are serial from their first read on (``BEGIN IMMEDIATE``) and readers
never wait for them (WAL). Every failure to reach the database is ``Unavailable``; a broken
uniqueness rule stays ``IntegrityError``, which the store answers by looking again.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from qm_registry.tables import append_only_rules, create_or_extend
from qmcore.errors import CorruptData, OptionError, Unavailable

BUSY_TIMEOUT_MS = 10_000
_CREATE_LOCK = 0x716D7265  # "qmre": Postgres advisory lock, so that two first starts do not collide


def sqlite_url(path: Path) -> str:
    """URL of an embedded database at ``path``."""
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise OptionError(option="QM_REGISTRY_URL", value="(hidden)", allowed="a SQLAlchemy URL") from None
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise OptionError(
            option="QM_REGISTRY_URL",
            value=url,
            allowed="sqlite:///FILE; a registry in memory would forget everything",
        )
    return parsed


class Database:
    """An open registry database. Threads may share it."""

    def __init__(self, url: str) -> None:
        """Open ``url``, creating file and tables as needed. Raises OptionError, CorruptData or Unavailable."""
        parsed = _parsed(url)
        self.label = parsed.render_as_string(hide_password=True)
        try:
            self._engine = self._open(parsed)
        except (NoSuchModuleError, ModuleNotFoundError) as error:
            raise OptionError(
                option="QM_REGISTRY_URL",
                value=self.label,
                allowed=f"a database whose driver is installed ({error})",
            ) from None
        with self.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CREATE_LOCK})
            create_or_extend(connection)
            for rule in append_only_rules(connection.dialect.name):
                connection.exec_driver_sql(rule)

    def _open(self, url: URL) -> Engine:
        if url.get_backend_name() != "sqlite":
            return create_engine(url, pool_pre_ping=True)
        assert url.database is not None
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(what=f"registry database {self.label}", problem=str(error)) from error
        _log_ahead(url.database)
        engine = create_engine(url, pool_size=8, max_overflow=32)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database."""
        with self._transaction(write=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that commits at the end, or not at all."""
        with self._transaction(write=True) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                connection = connection.execution_options(registry_write=write)
                with connection.begin():
                    yield connection
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise Unavailable(what=f"registry database {self.label}", problem=str(error.orig)) from error
        except SQLAlchemyError as error:
            raise Unavailable(what=f"registry database {self.label}", problem=str(error)) from error

    def check(self) -> None:
        """Raises Unavailable when the database does not answer."""
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def _log_ahead(path: str) -> None:
    """Give the file its write-ahead log, once and for all.

    SQLite does not wait for locks in this one statement, so processes that open a new file at once
    must take turns here. Raises CorruptData where the file is something else.
    """
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if time.monotonic() > deadline:
                raise Unavailable(what=f"registry database {path}", problem=str(error)) from error
        except sqlite3.DatabaseError as error:
            raise CorruptData(path=path, problem=f"{error}; it cannot be a registry") from error
        time.sleep(0.02)


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver leaves transactions to _begin_sqlite
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA synchronous = FULL")


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("registry_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
