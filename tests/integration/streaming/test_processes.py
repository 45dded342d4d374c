"""How service processes start and end."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.brokers import NatsServer, RedisServer
from tests.fixtures.stack import Service, Stack


@pytest.fixture
def unconnected(tmp_path: Path) -> Iterator[Stack]:
    """Services whose brokers are not there."""
    lake = tmp_path / "lake"
    lake.mkdir()
    with Stack(tmp_path, lake, NatsServer(tmp_path / "nats"), RedisServer(tmp_path / "redis")) as made:
        yield made


@pytest.mark.parametrize("name", ["replay", "engine", "gateway"])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_service_that_waits_for_its_brokers_ends_at_once_when_told(
    unconnected: Stack, name: str, how: signal.Signals
) -> None:
    service: Service = getattr(unconnected, name)
    service.start(wait=False)
    service.wait_alive()
    began = time.monotonic()
    assert await asyncio.to_thread(service.stop, how) == 0
    assert time.monotonic() - began < 5.0
    assert "Traceback" not in service.log.read_text()


def test_an_unusable_instrument_lock_ends_replay_at_once_with_the_field(unconnected: Stack) -> None:
    (unconnected.lake / "instrument.yaml").write_text("product_type: future_mbo\nsymbol: ESH5\n")
    unconnected.replay.start(wait=False)
    assert unconnected.replay.wait_end() == 2
    assert "instrument.yaml: symbol_root: required, but missing" in unconnected.replay.log.read_text()


def test_a_wrong_setting_ends_a_service_with_its_variable(tmp_path: Path) -> None:
    done = subprocess.run(
        Service.command("qm_engine"),
        env={"QM_ENGINE_SLOTS": "none"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "environment: QM_ENGINE_SLOTS" in done.stderr


def test_json_logs_are_one_object_a_line(stack: Stack) -> None:
    talking = stack.add_worker("engine-json", "qm_engine", QM_LOG_FORMAT="json")
    talking.start()
    assert talking.stop() == 0
    lines = talking.log.read_text().splitlines()
    assert lines
    assert all(line.startswith("{") and '"service": "engine"' in line for line in lines)
