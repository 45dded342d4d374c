"""The service's way to its database: patience, watching, and words for what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from qm_registry import door as door_module
from qm_registry.door import StoreDoor
from qm_registry.local import LocalRegistry
from qm_registry.settings import RegistrySettings
from qmcore.errors import ConfigError, CorruptData, Unavailable
from qmcore.service import load_settings


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for pause in ("FIRST_PAUSE_S", "LONGEST_PAUSE_S", "WATCH_EVERY_S"):
        monkeypatch.setattr(door_module, pause, 0.005)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the condition is read from outside
            await asyncio.sleep(0.002)


async def test_it_tries_again_until_the_database_answers(local: LocalRegistry) -> None:
    tries: list[int] = []

    def opener() -> LocalRegistry:
        tries.append(1)
        if len(tries) < 3:
            raise Unavailable(what="registry database", problem=f"refused {len(tries)} times")
        return local

    door = StoreDoor(opener)
    with pytest.raises(Unavailable, match="not opened yet"):
        door.store()
    keeper = asyncio.create_task(door.keep())
    await _until(lambda: door.problem() == "refused 1 times" or not door.problem())
    await _until(lambda: not door.problem())
    assert (len(tries), door.store()) == (3, local)
    keeper.cancel()


async def test_it_says_when_the_database_goes_and_when_it_is_back(
    local: LocalRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = StoreDoor(lambda: local)
    keeper = asyncio.create_task(door.keep())
    await _until(lambda: not door.problem())

    def gone() -> None:
        raise Unavailable(what="registry database", problem="connection lost")

    with monkeypatch.context() as patch:
        patch.setattr(local.database, "check", gone)
        await _until(lambda: door.problem() == "connection lost")
    await _until(lambda: not door.problem())
    keeper.cancel()


async def test_what_waiting_cannot_mend_ends_the_service() -> None:
    def opener() -> LocalRegistry:
        raise CorruptData(path="registry.sqlite", problem="file is not a database")

    with pytest.raises(CorruptData):
        await StoreDoor(opener).keep()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QM_REGISTRY_HOST", "QM_REGISTRY_PORT", "QM_REGISTRY_URL", "QM_LAKE"):
        monkeypatch.delenv(name, raising=False)
    plain = load_settings(RegistrySettings)
    assert (plain.registry_host, plain.registry_port, plain.lake_root) == ("127.0.0.1", 8003, Path("lake"))
    monkeypatch.setenv("QM_REGISTRY_PORT", "9001")
    monkeypatch.setenv("QM_REGISTRY_URL", "postgresql://registry@db/registry")
    remote = load_settings(RegistrySettings)
    assert (remote.registry_port, remote.lake_root) == (9001, None)
    monkeypatch.setenv("QM_LAKE", "/data/lake")
    assert load_settings(RegistrySettings).lake_root == Path("/data/lake")


def test_a_wrong_setting_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QM_REGISTRY_PORT", "many")
    with pytest.raises(ConfigError, match="QM_REGISTRY_PORT"):
        load_settings(RegistrySettings)
