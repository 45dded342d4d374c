"""The registry on PostgreSQL, a real server: another database, the same rules."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from qm_registry.local import LocalRegistry
from qm_registry.opening import open_store
from qmcore.errors import CorruptData, PromotionRefused, Unavailable
from tests.integration.registry.racing import race
from tests.integration.registry.test_process import Service
from tests.unit.registry.servings import back, numbered, to
from tests.unit.registry.test_gate import evidence, of_a_run

pytest.importorskip("psycopg", reason="the PostgreSQL driver is not installed (qm-registry[postgres])")
SERVINGS = numbered(8)


class Postgres:
    """A PostgreSQL server of its own, reachable through a socket in its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # The server refuses to run as root.
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self.url = f"postgresql+psycopg://registry@/postgres?host={folder}"

    def run(self, *command: str) -> None:
        """Run one of the server's programs."""
        subprocess.run(command, user=self._user, cwd=self._folder, check=True, stdout=subprocess.DEVNULL)

    def create(self) -> None:
        """Make an empty cluster."""
        self.run("initdb", "-D", str(self._folder / "data"), "-U", "registry", "-A", "trust", "--no-sync")

    def start(self) -> None:
        """Start and wait until it answers."""
        options = f"-k {self._folder} -c listen_addresses='' -c fsync=off"
        log = str(self._folder / "log")
        self.run("pg_ctl", "-D", str(self._folder / "data"), "-o", options, "-l", log, "-w", "start")

    def stop(self) -> None:
        """Stop at once."""
        self.run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A running server with an empty database."""
    if shutil.which("initdb") is None or shutil.which("pg_ctl") is None:
        pytest.skip("initdb and pg_ctl are not on PATH")
    with tempfile.TemporaryDirectory(prefix="qm-pg-") as folder:
        server = Postgres(Path(folder))
        server.create()
        server.start()
        yield server
        server.stop()


@pytest.fixture
def registry(postgres: Postgres) -> Iterator[LocalRegistry]:
    """A registry with eight servings; alias ``demo`` was promoted to the first."""
    store = open_store(None, postgres.url)
    for spec in SERVINGS:
        store.publish(spec, who="tester", why="a test")
    store.promote("demo", to(SERVINGS[0]))
    yield store
    store.database.close()


def test_publish_promote_roll_back_and_look_back(registry: LocalRegistry) -> None:
    assert not registry.publish(SERVINGS[0], who="tester", why="again").created
    moved = registry.promote("demo", to(SERVINGS[1], expected=SERVINGS[0].serving_id))
    registry.rollback("demo", back())
    assert registry.resolve("demo").serving == SERVINGS[0]
    assert registry.alias("demo", at=moved.promoted_at).serving_id == SERVINGS[1].serving_id
    assert [event.version for event in registry.history("demo").items] == [3, 2, 1]
    assert (registry.servings(limit=3).total, registry.aliases().total) == (8, 1)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM servings",
        "UPDATE servings SET document = '{}'",
        "TRUNCATE events",
        "UPDATE events SET who = 'nobody'",
        "INSERT INTO servings SELECT * FROM servings ON CONFLICT (seq) DO UPDATE SET document = '{}'",
    ],
)
def test_the_database_refuses_to_rewrite_or_delete(registry: LocalRegistry, statement: str) -> None:
    with (
        pytest.raises(Unavailable, match="deleted or rewritten"),
        registry.database.writing() as connection,
    ):
        connection.execute(text(statement))
    assert registry.servings().total == 8


def test_the_promotion_gate_refuses_and_records(registry: LocalRegistry) -> None:
    weak = evidence(holm_p=0.9)
    with pytest.raises(PromotionRefused):
        registry.publish(of_a_run(), who="tester", why="a test", evidence=weak)
    registry.publish(of_a_run(), who="tester", why="a test", evidence=weak, override="a demonstration")
    done, refused = registry.events(limit=2).items
    assert (done.outcome, done.override, refused.outcome, refused.override) == (
        "done",
        "a demonstration",
        "refused",
        None,
    )
    assert done.evidence == refused.evidence == weak


def test_a_database_of_an_earlier_version_gets_the_columns_that_it_lacks(
    registry: LocalRegistry, postgres: Postgres
) -> None:
    before = registry.events().items
    with registry.database.writing() as connection:
        connection.execute(text("ALTER TABLE events DROP COLUMN evidence, DROP COLUMN override"))
    registry.database.close()
    later = open_store(None, postgres.url)
    assert later.events().items == before
    later.publish(of_a_run(), who="tester", why="a test", evidence=evidence())
    assert later.events(limit=1).items[0].evidence == evidence()
    later.database.close()


def test_a_tampered_row_is_refused(registry: LocalRegistry) -> None:
    with registry.database.writing() as connection:
        connection.execute(text("DROP TRIGGER servings_append_only ON servings"))
        connection.execute(
            text("UPDATE servings SET document = replace(document, 'ESZ5', 'ESH6') WHERE serving_id = :id"),
            {"id": SERVINGS[0].serving_id},
        )
    with pytest.raises(CorruptData, match="hash mismatch"):
        registry.resolve("demo")
    assert registry.serving(SERVINGS[1].serving_id) == SERVINGS[1]


def _move(registry: LocalRegistry, number: int) -> str:
    return registry.promote("demo", to(SERVINGS[number + 1], expected=SERVINGS[0].serving_id)).serving_id


def _move_without_looking(registry: LocalRegistry, number: int) -> list[int]:
    """Many moves, so that the racers' transactions overlap: here writers do not wait for each other."""
    return [registry.promote("demo", to(SERVINGS[(number + step) % 8])).version for step in range(10)]


def _create(registry: LocalRegistry, number: int) -> str:
    registry.publish(SERVINGS[0], who=f"racer {number}", why="a race")
    return registry.promote("demo", to(SERVINGS[0], expected="")).serving_id


def test_exactly_one_process_wins_the_compare_and_set(
    registry: LocalRegistry, postgres: Postgres, tmp_path: Path
) -> None:
    outcomes = race(_move, tmp_path, url=postgres.url)
    assert sorted(outcomes)[:3] == ["AliasConflict"] * 3
    assert registry.resolve("demo").serving.serving_id == sorted(outcomes)[3]
    assert registry.history("demo", outcome="refused").total == 3


def test_overlapping_writers_leave_a_history_without_gaps(
    registry: LocalRegistry, postgres: Postgres, tmp_path: Path
) -> None:
    outcomes = race(_move_without_looking, tmp_path, url=postgres.url)
    assert "Unavailable" not in outcomes
    events = list(reversed(registry.history("demo", limit=500).items))
    moves = sorted(
        (event for event in events if event.version is not None), key=lambda event: event.version or 0
    )
    assert [move.version for move in moves] == list(range(1, len(moves) + 1))
    assert [move.from_id for move in moves[1:]] == [move.to_id for move in moves[:-1]]
    assert len(events) == 41


def test_processes_that_open_an_empty_database_at_once_agree(postgres: Postgres, tmp_path: Path) -> None:
    outcomes = race(_create, tmp_path, url=postgres.url)
    assert sorted(outcomes)[:3] == ["AliasConflict"] * 3
    assert sorted(outcomes)[3] == SERVINGS[0].serving_id


def _wait_until(url: str, status: int) -> httpx.Response:
    deadline = time.monotonic() + 30
    while True:
        try:
            answer = httpx.get(f"{url}/ready")
            if answer.status_code == status:
                return answer
        except httpx.TransportError:
            pass
        assert time.monotonic() < deadline, f"/ready did not become {status}"
        time.sleep(0.1)


def test_the_service_waits_for_its_database_and_comes_back_by_itself(
    postgres: Postgres, tmp_path: Path
) -> None:
    postgres.stop()
    service = Service(tmp_path / "lake", QM_REGISTRY_URL=postgres.url)
    (tmp_path / "lake").mkdir()
    process = service.start()
    try:
        waiting = _wait_until(service.url, 503)
        assert "database" in waiting.json()["problems"]
        refused = httpx.get(f"{service.url}/v1/resolve/demo")
        assert refused.status_code == 503
        assert " database is unavailable: " in refused.json()["error"]
        assert httpx.get(f"{service.url}/health").status_code == 200
        postgres.start()
        _wait_until(service.url, 200)
        assert httpx.get(f"{service.url}/v1/aliases").json()["items"] == []
        postgres.stop()
        _wait_until(service.url, 503)
        assert httpx.get(f"{service.url}/v1/aliases").status_code == 503
        postgres.start()
        _wait_until(service.url, 200)
        assert httpx.get(f"{service.url}/v1/aliases").status_code == 200
    finally:
        process.kill()
        process.wait(timeout=10)
