"""Open registries for tests: over one lake, in this process, and the same registry over REST."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from qm_registry.app import create_app
from qm_registry.door import StoreDoor
from qm_registry.local import LocalRegistry
from qm_registry.observing import RegistryMetrics
from qm_registry.opening import open_store
from qmcore.registry_access import Registry, RemoteRegistry
from qmcore.service import AccessSettings


class OpenDoor(StoreDoor):
    """A door whose store is open from the start and stays so."""

    def __init__(self, store: LocalRegistry) -> None:
        super().__init__(lambda: store)
        self._store, self._problem = store, ""


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A lake's folder."""
    return tmp_path / "lake"


@pytest.fixture
def metrics() -> RegistryMetrics:
    """The metrics that ``local`` and ``app`` count into."""
    return RegistryMetrics()


@pytest.fixture
def local(lake: Path, metrics: RegistryMetrics) -> Iterator[LocalRegistry]:
    """The registry of ``lake``."""
    store = open_store(lake, on_change=metrics.changed)
    yield store
    store.database.close()


@pytest.fixture
def app(local: LocalRegistry, metrics: RegistryMetrics) -> FastAPI:
    """The service around ``local``."""
    return create_app(OpenDoor(local), metrics, AccessSettings())


@pytest.fixture
async def http(app: FastAPI) -> httpx.AsyncClient:
    """A plain HTTP client of the service; errors of the service are answers, not exceptions."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://registry")


@pytest.fixture(params=["local", "remote"])
def registry(request: pytest.FixtureRequest, local: LocalRegistry, app: FastAPI) -> Registry:
    """The same registry through each of its doors: whatever a test says of it holds for both."""
    if request.param == "local":
        return local
    return RemoteRegistry("http://registry", patience_s=0.0, transport=httpx.ASGITransport(app=app))
