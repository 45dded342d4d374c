"""The registry as an ASGI application around a door to its store."""

from __future__ import annotations

from fastapi import FastAPI

from qm_registry import __version__
from qm_registry.api import router
from qm_registry.door import StoreDoor
from qm_registry.observing import RegistryMetrics, RequestObserver
from qmcore.service import AccessSettings, Readiness, install_access, install_problem_answers
from qmcore.service.http import health_routes

SERVICE = "registry"


def create_app(door: StoreDoor, metrics: RegistryMetrics, access: AccessSettings) -> FastAPI:
    """The application. Whoever makes it also runs ``door.keep``."""
    readiness = Readiness()
    readiness.require("database", door.problem)
    app = FastAPI(
        title="qMachina registry",
        version=__version__,
        summary="Immutable servings, movable aliases, and an audit trail of every change.",
    )
    app.state.door = door
    app.include_router(router)
    app.include_router(health_routes(SERVICE, readiness, metrics.service))
    install_problem_answers(app, on_damage=metrics.damaged)
    install_access(app, access, metrics.service)
    app.add_middleware(RequestObserver, metrics=metrics)
    return app
