"""What an alias or id means now, from the registry, asked at most once a second however many viewers come."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from qmcore.config.serving import PublishedServingSpec
from qmcore.errors import Unavailable
from qmcore.registry import RegistryClient

FRESH_S: Final = 1.0
PATIENCE_S: Final = 3.0
PING_S: Final = 2.0


class ServingResolver:
    """The registry, as the gateway uses it."""

    def __init__(self, endpoint: str, *, token: str | None = None) -> None:
        self._registry = RegistryClient(endpoint, patience_s=PATIENCE_S, token=token)
        self._asked: dict[str, tuple[float, asyncio.Task[PublishedServingSpec]]] = {}
        self.problem = "registry: not asked yet"
        """What is wrong with the registry, empty while it answers."""

    async def close(self) -> None:
        """Give the connections back."""
        await self._registry.close()

    async def resolve(self, alias_or_id: str) -> PublishedServingSpec:
        """Raises NotFound, CorruptData or Unavailable."""
        now = time.monotonic()
        for name in [
            n for n, (asked_s, task) in self._asked.items() if task.done() and now - asked_s > FRESH_S
        ]:
            del self._asked[name]
        _, asking = self._asked.get(alias_or_id, (now, None))
        if asking is None:
            asking = asyncio.create_task(self._ask(alias_or_id))
            self._asked[alias_or_id] = (now, asking)
        return await asyncio.shield(asking)

    async def watch(self) -> None:
        """Know whether the registry answers, for ``/ready``. Runs for the life of the gateway."""
        while True:
            try:
                await self._registry.ready()
                self.problem = ""
            except Unavailable as error:
                self.problem = str(error)
            await asyncio.sleep(PING_S)

    async def _ask(self, alias_or_id: str) -> PublishedServingSpec:
        return (await self._registry.resolve(alias_or_id)).serving
