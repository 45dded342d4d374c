"""How many sessions there are, in which states, and how late they are: for autoscaling and alerts.

Every gateway says the same, for the directory is one. What was read last is said for a while without Redis; then
nothing is, so that nobody takes a lost directory for an idle system.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, get_args

from qmcore.contracts.bus_messages import FINAL_STATES, SessionStatus
from qmcore.contracts.messages import SessionState
from qmcore.errors import Unavailable
from qmcore.sessions import SessionDirectory

log = logging.getLogger(__name__)

EVERY_S: Final = 2.0
KNOWN_FOR_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Counts:
    """The sessions of the directory at one time."""

    by_state: dict[str, float]
    wanted: float
    """Sessions that need a slot of an engine: those that wait for one and those that have one."""
    lag_s: float
    """Largest lag of those that play."""


def count(statuses: Iterable[SessionStatus]) -> Counts:
    """Pure."""
    found = list(statuses)
    states = Counter(status.state for status in found)
    return Counts(
        by_state={state: float(states[state]) for state in get_args(SessionState)},
        wanted=float(sum(status.state not in FINAL_STATES for status in found)),
        lag_s=max((status.lag_ms / 1000 for status in found if status.state == "running"), default=0.0),
    )


class SessionCounts:
    """Reads the directory now and then; ``run`` it in a task."""

    def __init__(self, directory: SessionDirectory) -> None:
        self._directory = directory
        self._counts: Counts | None = None
        self._read_s = 0.0

    def states(self) -> dict[str, float]:
        """Sessions by state; empty while not known."""
        counts = self._known()
        return counts.by_state if counts else {}

    def wanted(self) -> dict[str, float]:
        """How many sessions need an engine."""
        counts = self._known()
        return {"": counts.wanted} if counts else {}

    def lag(self) -> dict[str, float]:
        """Largest lag of a session, in seconds."""
        counts = self._known()
        return {"": counts.lag_s} if counts else {}

    async def run(self) -> None:
        """Run for the life of the gateway."""
        while True:
            try:
                self._counts = count(await self._directory.sessions())
                self._read_s = time.monotonic()
            except Unavailable as error:
                log.debug("sessions cannot be counted now: %s", error)
            await asyncio.sleep(EVERY_S)

    def _known(self) -> Counts | None:
        return self._counts if time.monotonic() - self._read_s < KNOWN_FOR_S else None
