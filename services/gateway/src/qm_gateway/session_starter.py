"""Finds the session of a serving, or starts one: the same for all viewers, across all gateways."""

from __future__ import annotations

import time
from typing import Final

from qmcore.bus import Bus, enqueue_session
from qmcore.config.serving import PublishedServingSpec
from qmcore.contracts.bus_messages import FINAL_STATES, Pace, SessionStart, SessionStatus, Speed
from qmcore.contracts.subjects import new_session_id
from qmcore.errors import Unavailable
from qmcore.sessions import SessionDirectory, Wish

FAILED_FOR_S: Final = 10.0
"""A failed session is shown, with its reason, for so long; then a viewer starts another one."""

PENDING_FOR_S: Final = 5.0
"""A session of which no engine has said anything for so long is put into the queue again, which knows it by its id."""


def may_be_watched(status: SessionStatus, now_s: float) -> bool:
    """Whether a viewer gets this session, or a new one instead."""
    if status.state == "failed":
        return now_s - status.updated_ns / 1e9 < FAILED_FOR_S
    return status.state != "stopped"


class SessionStarter:
    """One for the gateway."""

    def __init__(self, bus: Bus, directory: SessionDirectory, *, speed: Speed, watched_s: float) -> None:
        self._bus, self._directory, self._speed, self._watched_s = bus, directory, speed, watched_s

    async def session_for(self, serving: PublishedServingSpec, asked_for: str) -> SessionStatus:
        """The session that plays ``serving``, started if need be. Raises Unavailable."""
        while True:
            found = await self._directory.session_of(serving.serving_id)
            status = None if found is None else await self._directory.status(found)
            if status is not None and may_be_watched(status, time.time()):
                if status.state not in FINAL_STATES:
                    await self._directory.mark_watched(status.session_id, self._watched_s)
                await self._nudge(status)
                return status
            started = await self.start(serving, asked_for, instead_of=found, speed=self._speed)
            if started is not None:
                return started

    async def _nudge(self, status: SessionStatus) -> None:
        """Put a session into the queue again that was never queued, or lost its engine and the broker's files."""
        silent_s = time.time() - status.updated_ns / 1e9
        if status.state not in FINAL_STATES and silent_s > PENDING_FOR_S:
            start = await self._directory.start_of(status.session_id)
            if start is not None:
                await enqueue_session(self._bus, start)

    async def nudge(self, session_id: str) -> None:
        """As it says: for sessions whose viewers wait for bins. Raises Unavailable."""
        status = await self._directory.status(session_id)
        if status is not None:
            await self._nudge(status)

    async def start(
        self, serving: PublishedServingSpec, asked_for: str, *, instead_of: str | None, speed: Speed
    ) -> SessionStatus | None:
        """A new session of ``serving``; None when somebody else was faster. Raises Unavailable."""
        if self._bus.problem:
            raise Unavailable(what="NATS", problem=self._bus.problem)
        window = serving.runtime_snapshot.window
        now_ns = time.time_ns()
        start = SessionStart(
            session_id=new_session_id(), serving_name=asked_for, serving=serving, created_ns=now_ns
        )
        pending = SessionStatus(
            session_id=start.session_id,
            serving_id=serving.serving_id,
            serving_name=asked_for,
            symbol=serving.runtime_snapshot.symbol,
            state="pending",
            pace=Pace(speed=speed),
            bin_seq=-1,
            event_index=0,
            progress=0.0,
            market_ns=0,
            start_ns=window.start_ns,
            end_ns=window.end_ns,
            lag_ms=0.0,
            updated_ns=now_ns,
        )
        await self._directory.mark_watched(start.session_id, self._watched_s)
        if not await self._directory.create(
            start, pending, Wish(pace=Pace(speed=speed)), instead_of=instead_of
        ):
            return None
        await enqueue_session(self._bus, start)
        return pending
