"""``Feed``: one session's records onto ``mbo.<session>``, paced, never far ahead of the engine.

It ends with an EOF, a failure or a handover message, or in silence when the engine asked for a newer feed, told it
to stop, or was not heard of for too long. A batch that the broker loses is not sent again: the engine sees the gap
and asks for a new feed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from typing import Final

from qm_replay.cutting import Chunk, Cutter, Piece
from qm_replay.pacing import PaceClock
from qm_replay.source import RecordSource
from qmcore.bus import Bus
from qmcore.contracts.bus_messages import BatchHeader, BatchKind, FeedControl, FeedRequest
from qmcore.contracts.subjects import feed_control_subject, mbo_subject
from qmcore.errors import BadInput, CorruptData, Unavailable

log = logging.getLogger(__name__)

HEARTBEAT_S: Final = 0.5
ORPHANED_S: Final = 15.0
"""Engines send a FeedControl every second; a feed that hears nothing for so long has no engine."""


class FeedOver(Exception):
    """The feed shall end without a word. Never leaves this module."""


class Feed:
    """One feed; ``run`` it in a task."""

    def __init__(self, bus: Bus, request: FeedRequest, source: RecordSource) -> None:
        self._bus, self._request, self._source = bus, request, source
        self._clock = PaceClock(request.pace, start_ns=request.start_ns, cell_width_ns=request.cell_width_ns)
        self._cutter = Cutter(request.first_event_index)
        self._position_ns = 0
        """No later record has a clock before it."""
        self._next_batch = 0
        self._acknowledged = -1
        self._stopped = ""
        self._handover = False
        self._changed = asyncio.Event()
        self._heard_s = self._spoke_s = time.monotonic()

    @property
    def session_id(self) -> str:
        """Which session it feeds."""
        return self._request.session_id

    def control(self, message: FeedControl) -> None:
        """What the engine says."""
        if message.epoch > self._request.epoch:
            self.stop("the engine has asked for a newer feed")
        elif message.epoch == self._request.epoch:
            self._heard_s = time.monotonic()
            self._acknowledged = max(self._acknowledged, message.acknowledged_batch)
            if message.stop:
                self.stop("the engine does not need it any more")
            if message.pace != self._clock.pace:
                self._clock.set_pace(message.pace, self._position_ns, self._heard_s)
            self._changed.set()

    def stop(self, why: str, *, handover: bool = False) -> None:
        """End soon; ``handover`` tells the engine to ask another worker at once."""
        self._stopped, self._handover = why, handover
        self._changed.set()

    async def run(self) -> None:
        """Send everything. Returns when the feed is over; never raises for a bad file."""
        control = await self._bus.on_message(feed_control_subject(self.session_id), FeedControl, self.control)
        try:
            await self._send_all()
            log.info("feed %d: all %d batches sent", self._request.epoch, self._next_batch)
        except FeedOver as over:
            log.info("feed %d: ended: %s", self._request.epoch, over)
            if self._handover:
                with suppress(Unavailable):
                    await self._publish(BatchKind.HANDOVER)
        except (BadInput, CorruptData, OSError) as error:
            log.warning("feed %d: failed: %s", self._request.epoch, error)
            with suppress(Unavailable):
                await self._publish(BatchKind.FAILURE, payload=str(error).encode())
        except Unavailable as error:
            log.warning("feed %d: given up, the engine will ask again: %s", self._request.epoch, error)
        except Exception as error:
            log.exception("feed %d: internal error", self._request.epoch)
            reason = f"internal error of the replay service: {error!r}"
            with suppress(Unavailable):
                await self._publish(BatchKind.FAILURE, payload=reason.encode())
        finally:
            await self._bus.unsubscribe(control)

    async def _send_all(self) -> None:
        request = self._request
        async with aclosing(self._source.chunks()) as chunks:
            await self._load(chunks)
            await self._send_before(request.pace_from_ns, chunks)
            self._position_ns = max(self._position_ns, request.pace_from_ns)
            self._clock.start(self._position_ns, time.monotonic())
            while self._position_ns < request.end_ns and not (self._clock.unlimited and self._cutter.empty):
                if self._clock.unlimited:
                    if (piece := self._cutter.take(request.end_ns)) is None:
                        self._position_ns = request.end_ns
                        break
                    await self._send(piece, through_ns=0)
                    self._position_ns = max(self._position_ns, piece.clock_ns)
                    if self._cutter.empty:
                        await self._load(chunks)
                else:
                    cut = min(self._clock.next_cut(self._position_ns), request.end_ns)
                    if self._cutter.empty and cut > self._source.last_ns:
                        break
                    await self._send_cut(cut, chunks)
        coverage_ns = (
            request.end_ns if self._position_ns >= request.end_ns else self._source.coverage_end_ns or 0
        )
        await self._publish(BatchKind.EOF, through_ns=coverage_ns)

    async def _send_before(self, limit_ns: int, chunks: AsyncIterator[Chunk]) -> None:
        """As fast as possible, everything before ``limit_ns``."""
        while not self._cutter.empty and (piece := self._cutter.take(limit_ns)) is not None:
            await self._send(piece, through_ns=0)
            self._position_ns = piece.clock_ns
            if self._cutter.empty:
                await self._load(chunks)

    async def _send_cut(self, cut_ns: int, chunks: AsyncIterator[Chunk]) -> None:
        """When it is due, everything before ``cut_ns``; the last batch says so. A new pace starts over."""
        pace = self._clock.pace
        self._clock.slip(cut_ns, time.monotonic())
        due_s = self._clock.due_s(cut_ns)
        while (wait_s := due_s - time.monotonic()) > 0:
            await self._wait(wait_s)
            if self._clock.pace != pace:
                return
        due_ns = time.time_ns() - int((time.monotonic() - due_s) * 1e9)
        while True:
            piece = self._cutter.take(cut_ns)
            if self._cutter.empty:
                await self._load(chunks)
            next_clock = self._cutter.next_clock_ns
            last = next_clock is None or next_clock >= cut_ns
            await self._send(piece, through_ns=cut_ns if last else 0, due_ns=due_ns)
            if last:
                self._position_ns = cut_ns
                return

    async def _load(self, chunks: AsyncIterator[Chunk]) -> None:
        with suppress(StopAsyncIteration):
            self._cutter.load(await anext(chunks))

    async def _send(self, piece: Piece | None, *, through_ns: int, due_ns: int = 0) -> None:
        """Send a batch (empty without a piece) as soon as the engine's window allows."""
        while self._next_batch - self._acknowledged > self._request.window_batches or self._stopped:
            await self._wait(HEARTBEAT_S)
        await self._publish(BatchKind.RECORDS, piece=piece, through_ns=through_ns, due_ns=due_ns)

    async def _wait(self, longest_s: float) -> None:
        """Until something changes or time is up; keeps the engine informed. Raises FeedOver."""
        self._changed.clear()
        if self._stopped:
            raise FeedOver(self._stopped)
        with suppress(TimeoutError):
            async with asyncio.timeout(min(longest_s, HEARTBEAT_S)):
                await self._changed.wait()
        now = time.monotonic()
        if self._stopped:
            raise FeedOver(self._stopped)
        if now - self._heard_s > ORPHANED_S:
            raise FeedOver(f"the engine was not heard of for {ORPHANED_S:.0f} s")
        if now - self._spoke_s >= HEARTBEAT_S:
            await self._publish(BatchKind.HEARTBEAT)

    async def _publish(
        self,
        kind: BatchKind,
        *,
        piece: Piece | None = None,
        payload: bytes | memoryview = b"",
        through_ns: int = 0,
        due_ns: int = 0,
    ) -> None:
        header = BatchHeader(
            kind=kind,
            epoch=self._request.epoch,
            batch=self._next_batch,
            first_event_index=self._cutter.next_index if piece is None else piece.first_index,
            count=0 if piece is None else piece.count,
            through_ns=through_ns,
            due_ns=due_ns or time.time_ns(),
        )
        if kind is not BatchKind.HEARTBEAT:
            self._next_batch += 1
        self._spoke_s = time.monotonic()
        body = payload if piece is None else piece.data
        await self._bus.publish(mbo_subject(self.session_id), body, headers=header.encode())
