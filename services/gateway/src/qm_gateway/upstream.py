"""``Upstream``: the one subscription of this process to a session, and the viewers that share it.

``Hub`` holds the upstreams: one is opened for the first viewer of a session and closed a little after the last.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from qm_gateway.frames import PreparedBin
from qm_gateway.metrics import GatewayMetrics
from qm_gateway.ring import BinRing
from qm_gateway.session_starter import SessionStarter
from qm_gateway.settings import GatewaySettings
from qm_gateway.viewer import Viewer
from qmcore.bus import Bus, Delivered, StreamReader, last_sequence, stored_message
from qmcore.contracts.bus_messages import GRID_DUE_HEADER, GRID_KIND_HEADER, GridKind
from qmcore.contracts.messages import SessionEnd
from qmcore.contracts.subjects import grid_bin_seq, grid_sequence, grid_stream
from qmcore.errors import QmError, Unavailable
from qmcore.service import session_log_context
from qmcore.service.tracing import BinTraces
from qmcore.sessions import SessionDirectory

log = logging.getLogger(__name__)

LINGER_S: Final = 5.0
QUIET_S: Final = 5.0
"""Where nothing came for so long, it is seen to that the session has not fallen out of the queue."""

FETCH: Final = 64


class Upstream:
    """Reads a session's grids into a ring and wakes its viewers."""

    def __init__(
        self,
        bus: Bus,
        session_id: str,
        settings: GatewaySettings,
        metrics: GatewayMetrics,
        traces: BinTraces | None = None,
    ) -> None:
        self._bus, self._settings, self._metrics, self._traces = bus, settings, metrics, traces
        self.session_id = session_id
        self.ring = BinRing(settings.backfill_bins + 2 * settings.viewer_queue_bins)
        self.viewers: set[Viewer] = set()
        self.users = 0
        """Viewers that are attached or on their way."""
        self.end: SessionEnd | None = None
        self._first = 0
        self._stored = -1
        self._heard_s = time.monotonic()

    @property
    def quiet(self) -> bool:
        """Whether nothing has come for a while."""
        return time.monotonic() - self._heard_s > QUIET_S

    @property
    def newest_bin(self) -> int:
        """The newest bin that is known of; -1 before the first."""
        return max(self._stored, self.ring.head)

    @property
    def first_bin(self) -> int:
        """The oldest bin that a viewer can get from the ring."""
        return self._first if self.ring.empty else self.ring.tail

    async def locate(self) -> None:
        """Find the newest bin, to start reading before it. Raises Unavailable."""
        stream = grid_stream(self.session_id)
        last = await last_sequence(self._bus, stream) or 0
        newest = await stored_message(self._bus, stream, last)
        if newest is not None and newest.headers.get(GRID_KIND_HEADER) == GridKind.END:
            last -= 1
        self._stored = max(-1, grid_bin_seq(last))
        self._first = max(0, self._stored - self._settings.backfill_bins + 1)

    def first_for_new_viewer(self) -> int:
        """Where a viewer without a past starts."""
        return max(self.first_bin, self.newest_bin - self._settings.backfill_bins + 1)

    async def read(self) -> None:
        """Read for ever, through restarts of the broker; returns after the end marker."""
        start = grid_sequence(self._first)
        at_once = self._settings.viewer_queue_bins
        async with StreamReader(self._bus, grid_stream(self.session_id), start=start, batch=FETCH) as reader:
            while self.end is None:
                messages = await reader.take()
                self._heard_s = time.monotonic()
                for start in range(0, len(messages), at_once):
                    await self._fan_out(messages[start : start + at_once])
        for viewer in list(self.viewers):
            viewer.finish(self.end)

    async def _fan_out(self, messages: Sequence[Delivered]) -> None:
        """Give bins to the viewers. Those that take what comes have it all before there is more."""
        arrived = time.perf_counter()
        for message in messages:
            self._receive(message)
        for viewer in self.viewers:
            viewer.pump()
        took_s = time.perf_counter() - arrived
        self._metrics.fanned_out(took_s)
        if self.viewers:
            self._measure(messages, took_s)
        while any(viewer.catching_up for viewer in self.viewers):  # noqa: ASYNC110 - each turn they write more
            await asyncio.sleep(0)

    def _measure(self, messages: Sequence[Delivered], took_s: float) -> None:
        """How late bins that are new came to their viewers."""
        now_ns = time.time_ns()
        new = [message for message in messages if grid_bin_seq(message.sequence) > self._stored]
        for message in new:
            due = message.headers.get(GRID_DUE_HEADER, "")
            if due.isdecimal():
                self._metrics.delivered((now_ns - int(due)) / 1e9)
        if self._traces is not None:
            arrived_ns = now_ns - int(took_s * 1e9)
            self._traces.delivered(self.session_id, new, len(self.viewers), arrived_ns, now_ns)

    def _receive(self, message: Delivered) -> None:
        kind = message.headers.get(GRID_KIND_HEADER)
        try:
            if kind == GridKind.BIN:
                self.ring.append(PreparedBin(grid_bin_seq(message.sequence), message.data))
            elif kind == GridKind.END:
                self.end = SessionEnd.model_validate_json(message.data)
        except (QmError, ValueError) as error:
            log.error("grid message %d cannot be read: %s", message.sequence, error)


class Hub:
    """The upstreams of this process."""

    def __init__(
        self,
        bus: Bus,
        directory: SessionDirectory,
        starter: SessionStarter,
        settings: GatewaySettings,
        metrics: GatewayMetrics,
        traces: BinTraces | None = None,
    ) -> None:
        self._bus, self._directory, self._starter, self._traces = bus, directory, starter, traces
        self._settings, self._metrics = settings, metrics
        self._upstreams: dict[str, Upstream] = {}
        self._readers: dict[str, asyncio.Task[None]] = {}
        self._opening = asyncio.Lock()
        self._group: asyncio.TaskGroup | None = None

    @property
    def viewer_count(self) -> int:
        """Viewers of all sessions."""
        return sum(len(upstream.viewers) for upstream in self._upstreams.values())

    @property
    def upstream_count(self) -> int:
        """Sessions that are read."""
        return len(self._upstreams)

    async def run(self) -> None:
        """Own the readers, and keep the watched sessions alive. Runs for the life of the gateway."""
        every_s = min(1.0, self._settings.idle_seconds / 4)
        async with asyncio.TaskGroup() as group:
            self._group = group
            while True:
                await asyncio.sleep(every_s)
                watched = [u for u in self._upstreams.values() if u.viewers and u.end is None]
                try:
                    for upstream in watched:
                        await self._directory.mark_watched(upstream.session_id, self._settings.idle_seconds)
                        if upstream.quiet:
                            await self._starter.nudge(upstream.session_id)
                except Unavailable as error:
                    log.warning("sessions cannot be kept alive now: %s", error)

    @asynccontextmanager
    async def upstream(self, session_id: str) -> AsyncIterator[Upstream]:
        """The session's upstream, opened where there is none and kept open inside. Raises Unavailable."""
        async with self._opening:
            upstream = self._upstreams.get(session_id) or await self._open(session_id)
            upstream.users += 1
        try:
            yield upstream
        finally:
            upstream.users -= 1
            if not upstream.users:
                asyncio.get_running_loop().call_later(LINGER_S, self._close_unused, upstream)

    @contextmanager
    def attached(self, upstream: Upstream, viewer: Viewer) -> Iterator[None]:
        """``viewer`` is fed inside."""
        upstream.viewers.add(viewer)
        viewer.attach(upstream.ring)
        if upstream.end is not None:
            viewer.finish(upstream.end)
        viewer.pump()
        try:
            yield
        finally:
            upstream.viewers.discard(viewer)

    async def _open(self, session_id: str) -> Upstream:
        assert self._group is not None, "Hub.run has not been started"
        opened = Upstream(self._bus, session_id, self._settings, self._metrics, self._traces)
        await opened.locate()
        self._upstreams[session_id] = opened
        with session_log_context(session_id):
            self._readers[session_id] = self._group.create_task(opened.read())
        return opened

    def _close_unused(self, upstream: Upstream) -> None:
        if upstream.users or self._upstreams.get(upstream.session_id) is not upstream:
            return
        del self._upstreams[upstream.session_id]
        self._readers.pop(upstream.session_id).cancel()
