"""The registry as a process of its own: it starts, serves, survives being killed, and ends when asked."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from qm_registry.opening import open_store
from qmcore.errors import Unavailable
from qmcore.registry_access import RemoteRegistry
from tests.unit.registry.servings import numbered, to


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """``python -m qm_registry`` on a lake."""

    def __init__(self, lake: Path, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = os.environ | {
            "QM_LAKE": str(lake),
            "QM_REGISTRY_PORT": str(self.port),
            "QM_LOG_FORMAT": "json",
            **environment,
        }
        self._log = lake.parent / "registry.log"

    def start(self) -> subprocess.Popen[bytes]:
        """Start it; it may not answer yet."""
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "qm_registry"], env=self._environment, stderr=log, stdout=log
            )

    def log(self) -> str:
        """Everything that it said."""
        return self._log.read_text()


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """A registry that is not started yet."""
    return Service(tmp_path / "lake")


@pytest.fixture
def running(service: Service) -> Iterator[subprocess.Popen[bytes]]:
    """The process, started; whatever is left of it is killed."""
    process = service.start()
    yield process
    process.kill()
    process.wait(timeout=10)


def test_a_client_that_is_there_first_waits_for_the_service(
    service: Service, running: subprocess.Popen[bytes]
) -> None:
    spec = numbered(1)[0]
    registry = RemoteRegistry(service.url, patience_s=30)
    assert registry.publish(spec, who="tester", why="a test").created
    registry.promote("demo", to(spec))
    assert registry.resolve("demo").serving == spec
    for path in ("/health", "/ready", "/metrics", "/openapi.json"):
        assert httpx.get(service.url + path).status_code == 200


def test_it_ends_when_asked_with_exit_code_0(service: Service, running: subprocess.Popen[bytes]) -> None:
    RemoteRegistry(service.url, patience_s=30).aliases()
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=15) == 0
    assert '"message": "ended"' in service.log()
    assert "Traceback" not in service.log()


def test_a_killed_registry_has_every_change_that_it_confirmed(
    service: Service, running: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    specs = numbered(2)
    registry = RemoteRegistry(service.url, patience_s=30)
    for spec in specs:
        registry.publish(spec, who="tester", why="a test")
    confirmed = 0
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        confirmed = registry.promote("demo", to(specs[confirmed % 2])).version
    running.kill()
    running.wait(timeout=10)
    with pytest.raises(Unavailable):
        RemoteRegistry(service.url, patience_s=0).resolve("demo")
    again = service.start()
    try:
        assert registry.alias("demo").version >= confirmed > 1
        assert registry.promote("live", to(specs[0])).version == 1
    finally:
        again.kill()
        again.wait(timeout=10)
    versions = [event.version for event in open_store(tmp_path / "lake").history("demo", limit=500).items]
    newest = versions[0]
    assert newest is not None
    assert versions == list(range(newest, newest - len(versions), -1))


def test_the_lake_opened_directly_and_the_service_are_one_registry(
    service: Service, running: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    first, second = numbered(2)
    remote = RemoteRegistry(service.url, patience_s=30)
    remote.publish(first, who="tester", why="over REST")
    local = open_store(tmp_path / "lake")
    local.publish(second, who="tester", why="directly")
    local.promote("demo", to(first))
    assert remote.promote("demo", to(second, expected=first.serving_id)).version == 2
    assert local.resolve("demo").serving == second
    assert [event.why for event in remote.events(limit=4).items][-2:] == ["directly", "over REST"]
