"""What the gateway's routes work with, and how they find it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI

from qm_gateway.metrics import GatewayMetrics
from qm_gateway.proxy import Upstream
from qm_gateway.resolver import ServingResolver
from qm_gateway.session_starter import SessionStarter
from qm_gateway.settings import GatewaySettings
from qm_gateway.upstream import Hub
from qmcore.bus import Bus
from qmcore.service import Readiness
from qmcore.sessions import SessionDirectory


@dataclass(frozen=True, slots=True)
class GatewayServices:
    """Everything that lives as long as the process."""

    settings: GatewaySettings
    bus: Bus
    directory: SessionDirectory
    hub: Hub
    starter: SessionStarter
    resolver: ServingResolver
    registry: Upstream
    harness: Upstream
    metrics: GatewayMetrics
    readiness: Readiness


def services_of(app: FastAPI) -> GatewayServices:
    """The services of the running gateway."""
    services = app.state.services
    assert isinstance(services, GatewayServices)
    return services
