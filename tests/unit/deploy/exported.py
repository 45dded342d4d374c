"""Every metric that the services export, with its labels: made as each service makes it, without a broker."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from qm_engine.app import EngineService
from qm_engine.settings import EngineSettings
from qm_gateway.app import GatewayService
from qm_gateway.settings import GatewaySettings
from qm_harness.service.app import HarnessService
from qm_harness.service.settings import HarnessSettings
from qm_harness.service.worker.app import HarnessWorker
from qm_registry.app import create_app
from qm_registry.door import StoreDoor
from qm_registry.local import LocalRegistry
from qm_registry.observing import RegistryMetrics
from qm_replay.app import ReplayService
from qm_replay.settings import ReplaySettings
from qmcore.service import HttpServer, Readiness, ServiceMetrics, ServiceSettings, health_app

TARGET = frozenset({"job", "instance"})
"""What Prometheus adds to every series."""


def _closed() -> LocalRegistry:
    raise AssertionError("no metric needs the store")


def _with_health(metrics: ServiceMetrics) -> ServiceMetrics:
    health_app("any", Readiness(), metrics, ServiceSettings()).build_middleware_stack()
    return metrics


def _of_server(server: HttpServer, metrics: ServiceMetrics) -> ServiceMetrics:
    app = server.config.app
    assert isinstance(app, FastAPI)
    app.build_middleware_stack()
    return metrics


def _all() -> Iterable[ServiceMetrics]:
    nowhere = Path("/nonexistent")
    yield _with_health(ReplayService(ReplaySettings(lake=nowhere))._metrics)
    yield _with_health(EngineService(EngineSettings(lake=nowhere))._metrics.service)
    yield _with_health(HarnessWorker(HarnessSettings(lake=nowhere))._metrics)
    harness = HarnessService(HarnessSettings(lake=nowhere, harness_port=0))
    yield _of_server(harness.server, harness._services.metrics)
    gateway = GatewayService(GatewaySettings(gateway_port=0))
    yield _of_server(gateway.server, gateway._services.metrics.service)
    registry = RegistryMetrics()
    create_app(StoreDoor(_closed), registry, ServiceSettings()).build_middleware_stack()
    yield registry.service


def _series(name: str, kind: str) -> tuple[str, ...]:
    if kind == "histogram":
        return f"{name}_bucket", f"{name}_sum", f"{name}_count"
    return (name,)


@cache
def exported() -> dict[str, frozenset[str]]:
    """Labels of every series by its name."""
    found: dict[str, frozenset[str]] = {"up": TARGET}
    for metrics in _all():
        registry: Any = metrics._registry
        labels = {
            name: frozenset(getattr(collector, "_labelnames", None) or getattr(collector, "_labels", ()))
            for name, collector in registry._names_to_collectors.items()
        }
        for line in metrics.text().decode().splitlines():
            if line.startswith("# TYPE "):
                _, _, name, kind = line.split()
                for series in _series(name, kind):
                    of_buckets = {"le"} if series.endswith("_bucket") else set()
                    found[series] = labels.get(name, frozenset()) | of_buckets | TARGET
    return found
