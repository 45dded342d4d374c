"""The way to a store whose database may be down: opened with patience, watched, with a reason meanwhile."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from qm_registry.local import LocalRegistry
from qmcore.errors import Unavailable

log = logging.getLogger(__name__)
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
WATCH_EVERY_S = 1.0


class StoreDoor:
    """Holds the store once it could be opened, and knows what is wrong while it cannot be used."""

    def __init__(self, opener: Callable[[], LocalRegistry]) -> None:
        self._opener = opener
        self._store: LocalRegistry | None = None
        self._problem = "not opened yet"

    def store(self) -> LocalRegistry:
        """Raises Unavailable while the database has not been reached for the first time."""
        if self._store is None:
            raise Unavailable(what="registry database", problem=self._problem)
        return self._store

    def problem(self) -> str:
        """Why the store cannot be used now; empty when it can."""
        return self._problem

    async def keep(self) -> None:
        """Open the store, trying again with growing pauses, then watch its database until cancelled.

        Anything but Unavailable is raised.
        """
        try:
            store = await self._open()
            while True:
                await asyncio.sleep(WATCH_EVERY_S)
                await self._check(store)
        finally:
            if self._store is not None:
                self._store.database.close()

    async def _open(self) -> LocalRegistry:
        pause = FIRST_PAUSE_S
        while True:
            try:
                store = await asyncio.to_thread(self._opener)
            except Unavailable as error:
                self._problem = error.problem
                log.warning("%s; next try in %.1f s", error, pause)
            else:
                self._store, self._problem = store, ""
                log.info("database %s", store.database.label)
                return store
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _check(self, store: LocalRegistry) -> None:
        try:
            await asyncio.to_thread(store.database.check)
        except Unavailable as error:
            if not self._problem:
                log.warning("%s", error)
            self._problem = error.problem
        else:
            if self._problem:
                log.info("database %s answers again", store.database.label)
            self._problem = ""
