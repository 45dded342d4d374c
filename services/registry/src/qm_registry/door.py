"""The way to a store that may not be reachable yet: opened with patience, and a reason until then."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from qm_registry.store import RegistryStore
from qmcore.errors import QmError, Unavailable

log = logging.getLogger(__name__)
FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0


class StoreDoor:
    """The store once it could be opened; before that, the reason why it could not."""

    def __init__(self) -> None:
        self._store: RegistryStore | None = None
        self._problem = "not opened yet"

    def store(self) -> RegistryStore:
        """Raises Unavailable while the database has not been reached yet."""
        if self._store is None:
            raise Unavailable(what="registry database", problem=self._problem)
        return self._store

    async def open(self, opener: Callable[[], RegistryStore]) -> None:
        """Call ``opener`` with growing pauses until it succeeds; anything but Unavailable is raised."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                store = await asyncio.to_thread(opener)
                await asyncio.to_thread(store.restore_files)
                self._store = store
                return
            except Unavailable as error:
                self._problem = error.problem
                log.warning("%s; next try in %.1f s", error, pause)
            except QmError as error:
                self._problem = str(error)
                log.error("%s", error)
                raise
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def close(self) -> None:
        """Give the connections back."""
        if self._store is not None:
            self._store.database.close()
