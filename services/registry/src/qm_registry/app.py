"""The registry as an ASGI application: its store opened with patience, its routes, its health."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from qm_registry import __version__
from qm_registry.answers import install_problem_answers
from qm_registry.api import router
from qm_registry.door import StoreDoor
from qm_registry.limits import BodyLimit
from qm_registry.store import RegistryStore


def create_app(opener: Callable[[], RegistryStore]) -> FastAPI:
    """The application around the store that ``opener`` opens."""
    door = StoreDoor()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        opening = asyncio.create_task(door.open(opener))
        # A database that answers is open before the first request; one that does not is awaited meanwhile.
        await asyncio.wait([opening], timeout=2.0)
        if opening.done():
            opening.result()
        yield
        opening.cancel()
        with suppress(asyncio.CancelledError):
            await opening
        door.close()

    app = FastAPI(
        title="qMachina registry",
        version=__version__,
        summary="Immutable servings, movable aliases, and an audit trail of every change.",
        lifespan=lifespan,
    )
    app.state.door = door
    app.include_router(router)
    install_problem_answers(app)
    app.add_middleware(BodyLimit)
    return app
