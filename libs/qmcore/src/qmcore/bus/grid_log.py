"""``GridLog``: the one writer of a session's grid stream. Engines use it.

Many messages are in flight, but bounded in number and bytes. Each carries the sequence it expects before it, so that
of two workers only one can extend the stream, and a message id, so that a bin exists once. After a lost connection,
a lost acknowledgement or a refused message the log asks the broker where it stands and sends the rest again. A
refusal while another worker owns the session raises ``Fenced``.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, Self

from nats.js import api

from qmcore.bus.connection import Bus, RawMessage, Subscription
from qmcore.bus.publish_window import LogLost, Outgoing, PublishWindow
from qmcore.bus.streams import ensure_grid_stream, last_sequence
from qmcore.contracts.bus_messages import GRID_KIND_HEADER, GridKind
from qmcore.contracts.subjects import (
    grid_bin_seq,
    grid_config_subject,
    grid_stream,
    grid_subject,
)
from qmcore.errors import Fenced, Unavailable

log = logging.getLogger(__name__)

MAX_MESSAGES: Final = 256
MAX_BYTES: Final = 8 << 20
ACK_EVERY: Final = 16
ACK_TIMEOUT_S: Final = 2.0
RETRY_S: Final = 0.2


class GridLog:
    """Use as ``async with``; run ``watch`` beside it in the same TaskGroup as the writer."""

    def __init__(
        self, bus: Bus, session_id: str, retention_bins: int, still_owner: Callable[[], Awaitable[bool]]
    ) -> None:
        self._bus, self._session_id, self._retention = bus, session_id, retention_bins
        self._still_owner = still_owner
        self._subject = grid_subject(session_id)
        self._inbox = bus.new_inbox()
        self._subscription: Subscription | None = None
        self._window = PublishWindow(session_id, 0, max_messages=MAX_MESSAGES, max_bytes=MAX_BYTES)
        self._progress = asyncio.Event()
        self._trouble = asyncio.Event()
        self._sending = asyncio.Lock()
        self._heard_s = time.monotonic()

    async def __aenter__(self) -> Self:
        last = await ensure_grid_stream(self._bus, self._session_id, self._retention)
        self._window = PublishWindow(self._session_id, last, max_messages=MAX_MESSAGES, max_bytes=MAX_BYTES)
        self._subscription = await self._bus.subscribe_raw(f"{self._inbox}.*", self._receive)
        self._forget = self._bus.on_reconnect(self._trouble.set)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._forget()
        if self._subscription is not None:
            await self._bus.unsubscribe(self._subscription)

    @property
    def last_bin_seq(self) -> int:
        """The newest bin that is stored; -1 when there is none."""
        return max(-1, grid_bin_seq(self._window.acknowledged))

    @property
    def next_sequence(self) -> int:
        """The sequence after everything stored; 1 where the stream is empty."""
        return self._window.acknowledged + 1

    @property
    def next_offered(self) -> int:
        """The sequence after everything written so far, stored or on its way."""
        return self._window.next_offered

    async def write(self, messages: Sequence[Outgoing]) -> None:
        """Send ``messages``; waits while too many are in flight. What is stored already is skipped.

        The caller need not retry: the log does, for as long as it takes.
        """
        for position, message in enumerate(messages):
            while self._window.full:
                self._progress.clear()
                await self._progress.wait()
            async with self._sending:
                if not self._window.offer(message):
                    continue
                last = position == len(messages) - 1
                with suppress(Unavailable):  # watch() sends it again
                    await self._send(
                        message, acknowledged=last or self._window.full or message.sequence % ACK_EVERY == 0
                    )

    async def flush(self) -> None:
        """Return when everything written is stored."""
        while not self._window.empty:
            self._progress.clear()
            await self._progress.wait()

    async def watch(self) -> None:
        """Run beside the writer: mends what goes wrong. Raises Fenced or LogLost."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(ACK_TIMEOUT_S / 2):
                    await self._trouble.wait()
            overdue = not self._window.empty and time.monotonic() - self._heard_s > ACK_TIMEOUT_S
            if not self._trouble.is_set() and not overdue:
                continue
            self._trouble.clear()
            try:
                await self._resume()
            except Unavailable as error:
                log.warning("session %s: grids wait: %s", self._session_id, error)
                await self._bus.wait_connected()
                await asyncio.sleep(RETRY_S)
                self._trouble.set()

    async def _resume(self) -> None:
        if not await self._still_owner():
            raise Fenced(session_id=self._session_id, expected_sequence=self._window.acknowledged)
        async with self._sending:
            before = self._window.acknowledged
            stored = await last_sequence(self._bus, grid_stream(self._session_id)) or 0
            if stored < before:
                raise LogLost(session_id=self._session_id, stored=stored, acknowledged=before)
            # What was acknowledged while the broker answered may be more than what it answered.
            again = self._window.resume(max(stored, self._window.acknowledged))
            self._progress.set()
            self._heard_s = time.monotonic()
            for position, message in enumerate(again):
                await self._send(
                    message, acknowledged=position == len(again) - 1 or message.sequence % ACK_EVERY == 0
                )

    async def _send(self, message: Outgoing, *, acknowledged: bool) -> None:
        if self._window.empty:
            self._heard_s = time.monotonic()
        await self._bus.publish(
            grid_config_subject(self._session_id) if message.kind is GridKind.CONFIG else self._subject,
            message.payload,
            reply=f"{self._inbox}.{message.sequence}" if acknowledged else "",
            headers={
                api.Header.MSG_ID: f"{self._session_id}:{grid_bin_seq(message.sequence)}",
                api.Header.EXPECTED_LAST_SEQUENCE: str(message.sequence - 1),
                GRID_KIND_HEADER: message.kind,
                **message.headers,
            },
        )

    async def _receive(self, message: RawMessage) -> None:
        answer = json.loads(message.data) if message.data else {"error": "no stream takes the subject"}
        sequence = int(message.subject.rpartition(".")[2])
        if answer.get("error") is None and int(answer["seq"]) == sequence:
            self._heard_s = time.monotonic()
            self._window.acknowledge(sequence)
            self._progress.set()
        elif sequence > self._window.acknowledged:
            log.info(
                "session %s: message %d was not stored: %s", self._session_id, sequence, message.data[:200]
            )
            self._trouble.set()
