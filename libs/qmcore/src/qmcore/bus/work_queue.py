"""``WorkQueue``: sessions to run, or jobs, one at a time to one worker. Engines and the harness's workers use it.

An item stays in the queue until ``done``; while it is worked on, ``keep`` must be called more often than the
queue's patience (``streams.SESSION_ACK_WAIT_S``, ``JOB_ACK_WAIT_S``), or another worker gets it. A broker that came
back without its files has lost the item as well; ``queued`` says so.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Generic, Self, TypeVar

import nats.js.errors
from nats.js import api
from pydantic import BaseModel, ValidationError

from qmcore.bus.connection import Bus, RawMessage
from qmcore.bus.puller import ConsumerLost, Puller
from qmcore.bus.reader import stored_at, stored_message
from qmcore.bus.streams import ensure_jobs_stream, ensure_streams
from qmcore.contracts.bus_messages import JobStart, SessionStart
from qmcore.contracts.subjects import (
    ENGINE_CONSUMER,
    HARNESS_CONSUMER,
    JOBS_STREAM,
    SESSION_START,
    SESSIONS_STREAM,
    job_subject,
)
from qmcore.errors import Unavailable

log = logging.getLogger(__name__)

RETRY_S: Final = 0.2
EXPIRES_S: Final = 1.5
"""Less than the queue's patience: else an item comes back to the request of the very worker that stands still."""


_SUBJECT_IS_FULL: Final = 10077

StartT = TypeVar("StartT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Queue(Generic[StartT]):
    """One queue of the broker: where it is, what its items say, and how it is made where it is missing."""

    stream: str
    consumer: str
    start: type[StartT]
    ensure: Callable[[Bus], Awaitable[None]]


SESSION_QUEUE: Final = Queue(SESSIONS_STREAM, ENGINE_CONSUMER, SessionStart, ensure_streams)
JOB_QUEUE: Final = Queue(JOBS_STREAM, HARNESS_CONSUMER, JobStart, ensure_jobs_stream)


class WorkItem(Generic[StartT]):
    """A session or a job to run, and the right to do so."""

    def __init__(self, bus: Bus, stream: str, raw: RawMessage, start: StartT) -> None:
        self._bus, self._stream, self._reply, self._data = bus, stream, raw.reply, raw.data
        self._sequence, _ = stored_at(raw.reply)
        self.start = start

    async def keep(self) -> None:
        """Say that the item is still worked on. Raises Unavailable."""
        await self._bus.publish(self._reply, b"+WPI")

    async def queued(self) -> bool:
        """Whether the queue still has the item. Raises Unavailable."""
        stored = await stored_message(self._bus, self._stream, self._sequence)
        return stored is not None and stored.data == self._data

    async def done(self) -> None:
        """Take the item out of the queue, if it is there; returns when the broker knows. Raises Unavailable."""
        if await self.queued():
            await self._bus.request_raw(self._reply, b"+ACK")

    async def give_back(self, delay_s: float = 0.0) -> None:
        """Let another worker have the item, after ``delay_s``. Raises Unavailable."""
        later = b' {"delay": %d}' % int(delay_s * 1e9) if delay_s else b""
        await self._bus.publish(self._reply, b"-NAK" + later)


class WorkQueue(Generic[StartT]):
    """Use as ``async with``; one task may ``take``."""

    def __init__(self, bus: Bus, queue: Queue[StartT]) -> None:
        self._bus, self._queue = bus, queue
        self._puller: Puller | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Ask for no more; what came and nobody took goes to another worker."""
        await self._drop()

    async def take(self) -> WorkItem[StartT]:
        """The next item; waits for it, through restarts of the broker."""
        while True:
            try:
                if self._puller is None:
                    await self._queue.ensure(self._bus)
                    self._puller = Puller(
                        self._bus, self._queue.stream, self._queue.consumer, batch=1, expires_s=EXPIRES_S
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
                start = self._queue.start.model_validate_json(raw.data)
                return WorkItem(self._bus, self._queue.stream, raw, start)
            except ValidationError as error:
                log.error("an item of %s cannot be started and is dropped: %s", self._queue.stream, error)
                await self._bus.publish(raw.reply, b"+TERM")

    async def _drop(self) -> None:
        puller, self._puller = self._puller, None
        if puller is not None:
            for raw in await puller.drain():
                with suppress(Unavailable):
                    await self._bus.publish(raw.reply, b"-NAK")


async def enqueue_session(bus: Bus, start: SessionStart) -> None:
    """Put a session into the work queue; twice within the duplicate window counts once. Raises Unavailable."""
    headers = {api.Header.MSG_ID.value: f"start:{start.session_id}"}
    answer = await bus.request_raw(SESSION_START, start.model_dump_json().encode(), headers=headers)
    if b'"error"' in answer.data:
        raise Unavailable(
            what="NATS JetStream", problem=f"session.start was not stored: {answer.data[:200]!r}"
        )


async def enqueue_job(bus: Bus, start: JobStart) -> None:
    """Put a job into the work queue, unless it is there or with a worker. Raises Unavailable."""
    answer = await bus.request_raw(job_subject(start.job_id), start.model_dump_json().encode())
    error = json.loads(answer.data).get("error")
    if error is not None and error.get("err_code") != _SUBJECT_IS_FULL:
        raise Unavailable(what="NATS JetStream", problem=f"the job was not stored: {error}")
