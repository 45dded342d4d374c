"""``SessionKeeper``: keeps a session alive in the eyes of the others, and this worker in its right to run it.

Once a second, and when something changes: the lease, the status, the wishes of viewers. The work item is kept twice a
second, apart from Redis; where the broker has lost it, it is put into the queue again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import nats.js.errors

from qm_engine.feed_client import FeedClient
from qm_engine.kernel import Kernel
from qm_engine.metrics import EngineMetrics
from qm_engine.session_core import UNWATCHED_GRACE_S, Ending, SessionCore
from qm_engine.settings import EngineSettings
from qmcore.bus import Bus, WorkItem, enqueue_session
from qmcore.contracts.bus_messages import ControlCommand, SessionStart
from qmcore.contracts.subjects import status_subject
from qmcore.errors import Fenced, Unavailable
from qmcore.service.tracing import BinTraces
from qmcore.sessions import SessionDirectory
from qmcore.signals import Artifacts

log = logging.getLogger(__name__)

LEASE_S: Final = 2.0
"""Shorter than the queue's patience: when the item of a dead worker comes to another one, the lease is over."""

TICK_S: Final = 1.0
HEARTBEAT_S: Final = 0.5
RETRY_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class EngineContext:
    """What all sessions of this process share."""

    bus: Bus
    directory: SessionDirectory
    settings: EngineSettings
    metrics: EngineMetrics
    artifacts: Artifacts
    worker: str
    traces: BinTraces | None = None


class SessionKeeper:
    """One for every work item. ``ending`` is set once, when the session has to end."""

    def __init__(self, context: EngineContext, item: WorkItem[SessionStart], core: SessionCore) -> None:
        self._bus, self._directory, self._settings = context.bus, context.directory, context.settings
        self.item = item
        """The session's place in the queue, ``adopt``ed where it came to this worker again."""
        self._core = core
        self._session_id = item.start.session_id
        self._holder = f"{context.worker}/{self._session_id}"
        self.lease_epoch = 0
        self.ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._changed = asyncio.Event()
        self._commanded = False
        self._held = True
        self._in_doubt = False
        self._dropped = False
        self._looked_s = time.monotonic()

    def adopt(self, item: WorkItem[SessionStart]) -> None:
        """The queue has given the session to this worker again."""
        self.item, self._held, self._in_doubt = item, True, False

    async def take_lease(self) -> bool:
        """Become the session's worker; false when another one is. Waits for Redis."""
        while True:
            try:
                epoch = await self._directory.take_lease(self._session_id, self._holder, LEASE_S)
                if epoch is None:
                    return False
                self.lease_epoch = epoch
                wish = await self._directory.wish(self._session_id)
                if wish is not None:
                    self._core.follow(wish)
                status = await self._directory.status(self._session_id)
                if status is not None:
                    self._core.played(status.bin_seq)
                return True
            except Unavailable as error:
                log.warning("waiting: %s", error)
                with suppress(Unavailable):
                    await self.item.keep()
                await asyncio.sleep(RETRY_S)

    async def still_owner(self) -> bool:
        """Renew the lease; false when another worker has it. Raises Unavailable."""
        if self._dropped:
            return True
        return await self._directory.keep_lease(self._session_id, self._holder, self.lease_epoch, LEASE_S)

    async def drop_lease(self) -> None:
        """Let another worker have the session. Raises Unavailable."""
        self._dropped = True
        await self._directory.drop_lease(self._session_id, self._holder)

    async def save_checkpoint(self, data: bytes) -> None:
        """Keep it for the session's next worker; where another worker has the session, it is not kept."""
        with suppress(Unavailable):
            await self._directory.save_checkpoint(self._session_id, self._holder, data)

    async def stay(self) -> None:
        """Run for as long as the session is here, also while it begins anew: keeps item and lease."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_item())
            group.create_task(self._keep_lease())

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            with suppress(Unavailable):
                await self.still_owner()

    async def _keep_item(self) -> None:
        """Also while Redis cannot be reached."""
        forget = self._bus.on_reconnect(self._doubt)
        try:
            while True:
                try:
                    if self._in_doubt:
                        await self._look_for_item()
                    elif self._held:
                        await self.item.keep()
                except (Unavailable, nats.js.errors.APIError) as error:
                    log.debug("the session's place in the queue: %s", error)
                await asyncio.sleep(HEARTBEAT_S)
        finally:
            forget()

    def _doubt(self) -> None:
        self._in_doubt = True

    async def _look_for_item(self) -> None:
        """After a restart of the broker: its files, and the item with them, may be gone."""
        item, self._in_doubt = self.item, False
        try:
            queued = await item.queued()
            if not queued:
                await enqueue_session(self._bus, item.start)
                log.warning("the broker has lost the session's place in the queue; it is there again")
        except (Unavailable, nats.js.errors.APIError):
            self._in_doubt = True
            raise
        if self.item is item:
            # A lost item's number may be another session's now; the new one is kept when it comes.
            self._held = queued

    async def keep(self, feed: FeedClient, kernel: Kernel) -> None:
        """Run beside the session. Raises Fenced when another worker has it."""
        checkpoint_s = time.monotonic()
        while True:
            now = time.monotonic()
            with suppress(Unavailable):
                await feed.tick()
            try:
                if not await self.still_owner():
                    raise Fenced(session_id=self._session_id, expected_sequence=0)
                await self._follow_directory()
                await self.report()
            except Unavailable as error:
                self._core.watched(time.monotonic())  # nobody can tell
                log.warning("%s", error)
            ending = self._core.should_end(self._looked_s)
            if ending is not None:
                self.end(ending)
            if now - checkpoint_s >= self._settings.checkpoint_seconds:
                checkpoint_s = now
                kernel.want_checkpoint()
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._changed.wait()
            self._changed.clear()

    async def report(self) -> None:
        """Say how the session is. Raises Unavailable when Redis cannot be told."""
        status = self._core.status(time.time_ns())
        with suppress(Unavailable):
            await self._bus.publish_model(status_subject(self._session_id), status)
        await self._directory.report(self.item.start, status, self._settings.session_keep_seconds)

    def command(self, command: ControlCommand) -> None:
        """Somebody wants the session to play otherwise."""
        log.info("%s %s", command.action, command.speed or "")
        self._core.command(command)
        self._commanded = True
        self._changed.set()

    def report_soon(self) -> None:
        """Do not wait for the next second."""
        self._changed.set()

    def end(self, ending: Ending) -> None:
        """The session has to end; the first reason counts."""
        if not self.ending.done():
            self.ending.set_result(ending)

    async def _follow_directory(self) -> None:
        watched = await self._directory.is_watched(self._session_id)
        before, self._looked_s = self._looked_s, time.monotonic()
        if watched or self._looked_s - before > UNWATCHED_GRACE_S / 2:
            # After standing still, or waiting for Redis, it is too early to tell.
            self._core.watched(self._looked_s)
        wish = await self._directory.wish(self._session_id)
        if wish is None or self._commanded:
            self._commanded = False
            await self._directory.set_wish(self._session_id, self._core.wish)
        else:
            self._core.follow(wish)
