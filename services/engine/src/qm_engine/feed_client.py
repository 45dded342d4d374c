"""``FeedClient``: gets a session's records from whichever replay worker there is, and asks again when a feed dies."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final

import nats.js.errors

from qm_engine.feed_cursor import FeedCursor, Verdict
from qm_engine.kernel import Fail, Finish, Records, Work
from qm_engine.session_core import SessionCore
from qmcore.bus import Bus, Delivered, StreamReader, ensure_mbo_stream, last_sequence
from qmcore.contracts.bus_messages import (
    BatchHeader,
    BatchKind,
    FeedControl,
    FeedReply,
    FeedRequest,
    SessionStart,
)
from qmcore.contracts.subjects import FEED_REQUEST, MBO_STREAM, feed_control_subject, mbo_subject
from qmcore.errors import Unavailable

log = logging.getLogger(__name__)

REQUEST_TIMEOUT_S: Final = 2.0
RETRY_S: Final = (0.1, 0.2, 0.5, 1.0, 2.0)


class FeedClient:
    """Run ``run`` in a task, and call ``tick`` once a second."""

    def __init__(
        self, bus: Bus, start: SessionStart, core: SessionCore, cursor: FeedCursor, window: int
    ) -> None:
        self._bus, self._start, self._core, self._cursor, self._window = bus, start, core, cursor, window
        self._acknowledged = -1
        self._told = -1
        self._ask = asyncio.Event()

    async def run(self, submit: Callable[[Work], None]) -> None:
        """Give every batch to ``submit``, in order and once. Returns after the last one."""
        session_id = self._start.session_id
        await self._with_patience(self._prepare)
        # Batches on their way may be lost with the connection, and those in the broker's memory with the broker.
        forget = self._bus.on_reconnect(self._ask.set)
        try:
            await self._follow_feeds(session_id, submit)
        finally:
            forget()

    async def _follow_feeds(self, session_id: str, submit: Callable[[Work], None]) -> None:
        async with (
            StreamReader(
                self._bus,
                MBO_STREAM,
                start=self._first_sequence,
                subject=mbo_subject(session_id),
                batch=self._window,
                follow_reset=True,
            ) as reader,
            asyncio.TaskGroup() as group,
        ):
            asking = group.create_task(self._keep_asking())
            self._ask.set()
            while True:
                for message in await reader.take():
                    work = self._receive(message)
                    if work is not None:
                        submit(work)
                        if not isinstance(work, Records):
                            asking.cancel()
                            return

    async def acknowledge(self, epoch: int, batch: int) -> None:
        """The engine has processed everything up to ``batch``. Raises Unavailable."""
        if epoch == self._cursor.epoch:
            self._acknowledged = max(self._acknowledged, batch)
            if self._acknowledged - self._told >= self._window // 4:
                await self.tell()

    async def tell(self, *, stop: bool = False) -> None:
        """Tell the replay worker how far the engine is and how to go on. Raises Unavailable."""
        self._told = self._acknowledged
        message = FeedControl(
            epoch=self._cursor.epoch, acknowledged_batch=self._acknowledged, pace=self._core.pace, stop=stop
        )
        await self._bus.publish_model(feed_control_subject(self._start.session_id), message)

    async def tick(self) -> None:
        """Once a second: renew what may have been lost, and ask again where the feed is dead. Raises Unavailable."""
        if self._cursor.silent(time.monotonic()):
            log.warning("the feed is silent, asking for another one")
            self._ask.set()
        await self.tell()

    def _receive(self, message: Delivered) -> Work | None:
        try:
            header = BatchHeader.decode(message.headers)
        except (KeyError, ValueError) as error:
            log.error("a message in the feed has no valid headers: %r", error)
            return None
        verdict = self._cursor.receive(header, time.monotonic())
        if verdict is Verdict.ASK_AGAIN:
            log.warning("the feed has a gap at record %d, asking for another one", self._cursor.next_index)
            self._ask.set()
        if verdict is not Verdict.USE:
            return None
        match header.kind:
            case BatchKind.FAILURE:
                return Fail(message.data.decode(errors="replace"))
            case BatchKind.EOF:
                return Finish(header.through_ns or None)
            case _:
                return Records(header.epoch, header.batch, message.data, header.through_ns, header.due_ns)

    async def _prepare(self) -> None:
        await ensure_mbo_stream(self._bus)
        self._first_sequence = (await last_sequence(self._bus, MBO_STREAM) or 0) + 1

    async def _keep_asking(self) -> None:
        while True:
            await self._ask.wait()
            self._ask.clear()
            await self._with_patience(self._request)

    async def _request(self) -> None:
        config = self._start.serving.runtime_snapshot
        await ensure_mbo_stream(self._bus)
        self._acknowledged = self._told = -1
        request = FeedRequest(
            session_id=self._start.session_id,
            epoch=self._cursor.new_feed(),
            product_type=config.product_type,
            symbol=config.symbol,
            symbol_root=config.symbol_root,
            dt=config.dt,
            first_event_index=self._cursor.next_index,
            pace_from_ns=self._core.resume_ns,
            start_ns=config.window.start_ns,
            end_ns=config.window.end_ns,
            cell_width_ns=config.cell_width_ms * 1_000_000,
            pace=self._core.pace,
            window_batches=self._window,
        )
        reply = await self._bus.request(FEED_REQUEST, request, FeedReply, timeout_s=REQUEST_TIMEOUT_S)
        if not reply.accepted:
            raise Unavailable(what=reply.worker, problem=reply.reason)
        self._cursor.feeding(time.monotonic())
        log.info("fed by %s from record %d", reply.worker, request.first_event_index)

    async def _with_patience(self, action: Callable[[], Awaitable[None]]) -> None:
        """Try again until it works."""
        tries = 0
        while True:
            try:
                return await action()
            except (Unavailable, nats.js.errors.APIError) as error:
                if tries in (0, len(RETRY_S)):
                    log.warning("no feed yet: %s", error)
                await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
                tries += 1
