"""``PaceClock``: where in market time a paced feed may be, and where it is cut. Pure: wall time is an argument.

Cuts lie on the grid of bin ends, so that a bin closes when its last cut is sent, also in a quiet market: within a
bin one at least every 20 ms of wall time, or several bins at once where bins follow each other faster than every 2 ms.
"""

from __future__ import annotations

import math
from typing import Final

from qmcore.contracts.bus_messages import Pace
from qmcore.units import NS_PER_SECOND

LONGEST_CUT_S: Final = 0.020
SHORTEST_CUT_S: Final = 0.002
SLIP_S: Final = 1.0
"""A feed that is later than this goes on from where it is: its clock slips instead of bursting."""


class PaceClock:
    """Market time against wall time. Make it with the session's grid of bins, then ``start`` it."""

    def __init__(self, pace: Pace, *, start_ns: int, cell_width_ns: int) -> None:
        self._pace = pace
        self._start_ns, self._cell_ns = start_ns, cell_width_ns
        self._market_ns = start_ns
        self._wall_s = 0.0

    @property
    def pace(self) -> Pace:
        """How fast it runs."""
        return self._pace

    @property
    def unlimited(self) -> bool:
        """Whether it runs as fast as possible."""
        return self._pace.speed == "max" and not self._pace.paused

    def start(self, market_ns: int, wall_s: float) -> None:
        """It is ``market_ns`` now."""
        self._market_ns, self._wall_s = market_ns, wall_s

    def set_pace(self, pace: Pace, position_ns: int, wall_s: float) -> None:
        """Go on from ``position_ns``, where the feed is, at another pace."""
        self._pace = pace
        self.start(position_ns, wall_s)

    def due_s(self, market_ns: int) -> float:
        """Wall time at which ``market_ns`` is reached; infinite while paused."""
        if self._pace.paused:
            return math.inf
        if self._pace.speed == "max":
            return self._wall_s
        return self._wall_s + (market_ns - self._market_ns) / (NS_PER_SECOND * self._pace.speed)

    def slip(self, market_ns: int, wall_s: float) -> None:
        """Where ``market_ns`` was due too long ago, make it due now."""
        if wall_s - self.due_s(market_ns) > SLIP_S:
            self.start(market_ns, wall_s)

    def next_cut(self, position_ns: int) -> int:
        """The first cut after ``position_ns``."""
        speed = 1.0 if self._pace.speed == "max" else self._pace.speed
        cell_s = self._cell_ns / (NS_PER_SECOND * speed)
        cell, within = divmod(position_ns - self._start_ns, self._cell_ns)
        if cell_s < SHORTEST_CUT_S:
            together = math.ceil(SHORTEST_CUT_S / cell_s)
            return self._start_ns + (cell // together + 1) * together * self._cell_ns
        cuts = min(self._cell_ns, math.ceil(cell_s / LONGEST_CUT_S))
        done = within * cuts // self._cell_ns
        while done * self._cell_ns // cuts <= within:
            done += 1
        return self._start_ns + cell * self._cell_ns + done * self._cell_ns // cuts
