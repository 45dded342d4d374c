"""The built pages as static files, under the same origin as the API."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

log = logging.getLogger(__name__)

FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
_NO_PAGES: Final = (
    "<!doctype html><title>qMachina gateway</title><p>The pages are not built: set QM_FRONTEND_DIST to the built "
    'frontend. The API is described at <a href="/docs">/docs</a>.'
)


class Pages(StaticFiles):
    """Files whose names carry a hash of their content are kept for ever; all others are asked for again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at ``path``, with its caching rule."""
        response = await super().get_response(path, scope)
        hashed = path.replace("\\", "/").startswith("assets/") and response.status_code in (200, 304)
        response.headers["cache-control"] = FOR_EVER if hashed else ASK_AGAIN
        return response


def mount_pages(app: FastAPI, dist: Path | None) -> None:
    """Serve ``dist`` at ``/``, below every other route."""
    if dist is not None and dist.is_dir():
        app.mount("/", Pages(directory=dist, html=True), name="pages")
        return
    if dist is not None:
        log.warning("no pages: %s is not there (QM_FRONTEND_DIST)", dist)

    @app.get("/", include_in_schema=False)
    async def no_pages() -> HTMLResponse:
        return HTMLResponse(_NO_PAGES)
