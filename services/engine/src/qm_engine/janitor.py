"""Deletes the grids of sessions that the directory has forgotten. Every engine does it; it is idempotent."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import nats.js.errors

from qmcore.bus import Bus, delete_grid_stream, grid_streams
from qmcore.errors import Unavailable
from qmcore.sessions import SessionDirectory

log = logging.getLogger(__name__)

EVERY_S: Final = 60.0


async def sweep(bus: Bus, directory: SessionDirectory, keep_s: float) -> list[str]:
    """One round; answers which sessions' grids were deleted. Raises Unavailable.

    A stream that was written to within ``keep_s`` stays, also when Redis has just lost its memory.
    """
    deleted = []
    for stream in await grid_streams(bus):
        if stream.idle_s > keep_s and await directory.status(stream.session_id) is None:
            await delete_grid_stream(bus, stream.session_id)
            deleted.append(stream.session_id)
    return deleted


async def keep_tidy(bus: Bus, directory: SessionDirectory, keep_s: float) -> None:
    """Sweep now and then, for ever."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            for session_id in await sweep(bus, directory, keep_s):
                log.info("deleted the grids of session %s", session_id)
        except (Unavailable, nats.js.errors.APIError) as error:
            log.warning("old grids stay for now: %s", error)
