"""``WorkQueue``: sessions to run, one at a time to one worker. Engines use it.

An item stays in the queue until ``done``; while it is worked on, ``keep`` must be called more often than the
queue's patience (``streams.ACK_WAIT_S``), or another worker gets it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Self

import nats.js.errors
from nats.js import api
from pydantic import ValidationError

from qmcore.bus.connection import Bus, RawMessage
from qmcore.bus.puller import ConsumerLost, Puller
from qmcore.bus.streams import ensure_streams
from qmcore.contracts.bus_messages import SessionStart
from qmcore.contracts.subjects import ENGINE_CONSUMER, SESSION_START, SESSIONS_STREAM
from qmcore.errors import Unavailable

log = logging.getLogger(__name__)

RETRY_S: Final = 0.2
EXPIRES_S: Final = 2.0
"""Less than the queue's patience: else an item comes back to the request of the very worker that stands still."""


class WorkItem:
    """A session to run, and the right to do so."""

    def __init__(self, bus: Bus, raw: RawMessage, start: SessionStart) -> None:
        self._bus, self._reply, self.start = bus, raw.reply, start

    async def keep(self) -> None:
        """Say that the item is still worked on. Raises Unavailable."""
        await self._bus.publish(self._reply, b"+WPI")

    async def done(self) -> None:
        """Take the item out of the queue; returns when the broker knows. Raises Unavailable."""
        await self._bus.request_raw(self._reply, b"+ACK")

    async def give_back(self, delay_s: float = 0.0) -> None:
        """Let another worker have the item, after ``delay_s``. Raises Unavailable."""
        later = b' {"delay": %d}' % int(delay_s * 1e9) if delay_s else b""
        await self._bus.publish(self._reply, b"-NAK" + later)


class WorkQueue:
    """Use as ``async with``; one task may ``take``."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._puller: Puller | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._drop()

    async def take(self) -> WorkItem:
        """The next item; waits for it, through restarts of the broker."""
        while True:
            try:
                if self._puller is None:
                    await ensure_streams(self._bus)
                    self._puller = Puller(
                        self._bus, SESSIONS_STREAM, ENGINE_CONSUMER, batch=1, expires_s=EXPIRES_S
                    )
                    await self._puller.__aenter__()
                (raw,) = await self._puller.take()
            except (ConsumerLost, Unavailable, nats.js.errors.APIError) as error:
                log.debug("work queue: %s", error)
                await self._drop()
                await self._bus.wait_connected()
                await asyncio.sleep(RETRY_S)
                continue
            try:
                return WorkItem(self._bus, raw, SessionStart.model_validate_json(raw.data))
            except ValidationError as error:
                log.error("a session cannot be started and is dropped: %s", error)
                await self._bus.publish(raw.reply, b"+TERM")

    async def _drop(self) -> None:
        puller, self._puller = self._puller, None
        if puller is not None:
            left = puller.left_over()
            await puller.__aexit__()
            for raw in left:
                await self._bus.publish(raw.reply, b"-NAK")


async def enqueue_session(bus: Bus, start: SessionStart) -> None:
    """Put a session into the work queue; twice within the duplicate window counts once. Raises Unavailable."""
    headers = {api.Header.MSG_ID.value: f"start:{start.session_id}"}
    answer = await bus.request_raw(SESSION_START, start.model_dump_json().encode(), headers=headers)
    if b'"error"' in answer.data:
        raise Unavailable(
            what="NATS JetStream", problem=f"session.start was not stored: {answer.data[:200]!r}"
        )
