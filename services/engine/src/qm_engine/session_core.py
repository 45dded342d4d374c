"""``SessionCore``: what a session is and when it ends. Pure: events in, status and ending out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from qmcore.contracts.bus_messages import IDLE, ControlCommand, Pace, SessionStart, SessionStatus
from qmcore.contracts.messages import SessionEnd, SessionState
from qmcore.sessions import Wish

UNWATCHED_GRACE_S: Final = 3.0
"""Gateways renew their mark more often than this, also on a Redis that has just forgotten it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a session ends, in the words that viewers read."""

    state: Literal["ended", "stopped", "failed"]
    reason: str


class SessionCore:
    """State of one session on the worker that runs it."""

    def __init__(self, start: SessionStart, worker: str, wish: Wish, now_s: float) -> None:
        config = start.serving.runtime_snapshot
        window = config.window
        self._start, self._worker, self._wish = start, worker, wish
        self._symbol = config.symbol
        self._start_ns, self._end_ns = window.start_ns, window.end_ns
        self._cell_ns = config.cell_width_ms * 1_000_000
        self._watched_s = now_s
        self._bin_seq = -1
        self._played = -1
        self._event_index = 0
        self._market_ns = 0
        self._lags_ms: list[float] = []
        self._ending: Ending | None = None

    @property
    def wish(self) -> Wish:
        """How it shall play."""
        return self._wish

    @property
    def pace(self) -> Pace:
        """How fast it shall play."""
        return self._wish.pace

    @property
    def resume_ns(self) -> int:
        """Market time of the end of the newest bin that was ever stored: a feed is paced from here on."""
        return self._start_ns + (self._played + 1) * self._cell_ns

    @property
    def state(self) -> SessionState:
        """What viewers are told."""
        if self._ending is not None:
            return self._ending.state
        if self._played < 0:
            return "warming"
        return "paused" if self._wish.pace.paused else "running"

    def command(self, command: ControlCommand) -> None:
        """Somebody wants the session to play otherwise."""
        pace = self._wish.pace
        match command.action:
            case "stop":
                self._wish = Wish(pace=pace, stop=command.reason)
            case "pause" | "resume":
                self._wish = Wish(pace=Pace(speed=pace.speed, paused=command.action == "pause"))
            case "speed":
                assert command.speed is not None  # the model sees to it
                self._wish = Wish(pace=Pace(speed=command.speed, paused=pace.paused))

    def follow(self, wish: Wish) -> None:
        """The directory's wish: it holds what commands have said, also those that got lost on the way."""
        self._wish = wish

    def watched(self, now_s: float) -> None:
        """Somebody watches, or nobody can tell."""
        self._watched_s = now_s

    def should_end(self, now_s: float) -> Ending | None:
        """Why the session has to end now, if it has."""
        if self._wish.stop:
            return Ending("stopped", self._wish.stop)
        if now_s - self._watched_s > UNWATCHED_GRACE_S:
            return Ending("stopped", IDLE)
        return None

    def reached(self, *, event_index: int, market_ns: int) -> None:
        """The pipeline has taken records up to here."""
        self._event_index = event_index
        self._market_ns = max(self._market_ns, market_ns)

    def stored(self, bin_seq: int) -> None:
        """The broker holds all bins up to ``bin_seq``."""
        self._bin_seq = bin_seq
        self.played(bin_seq)

    def played(self, bin_seq: int) -> None:
        """Viewers have seen bins up to ``bin_seq``, though the broker may have lost them since."""
        self._played = max(self._played, bin_seq)

    def late(self, lag_ms: float) -> None:
        """Records that were due ``lag_ms`` ago are in stored grids now."""
        self._lags_ms.append(lag_ms)

    def end(self, ending: Ending) -> None:
        """It is over."""
        self._ending = ending

    def status(self, now_ns: int) -> SessionStatus:
        """What to tell others; the lag is the largest since the last call."""
        lag_ms = max(self._lags_ms, default=0.0)
        self._lags_ms.clear()
        bins = max(1, (self._end_ns - self._start_ns) // self._cell_ns)
        ended = self._ending is not None and self._ending.state == "ended"
        return SessionStatus(
            session_id=self._start.session_id,
            serving_id=self._start.serving.serving_id,
            serving_name=self._start.serving_name,
            symbol=self._symbol,
            state=self.state,
            reason=self._ending.reason if self._ending else "",
            pace=self._wish.pace,
            bin_seq=self._played,
            event_index=self._event_index,
            progress=1.0 if ended else min(1.0, (self._played + 1) / bins),
            market_ns=self._market_ns,
            start_ns=self._start_ns,
            end_ns=self._end_ns,
            lag_ms=round(lag_ms, 3),
            worker=self._worker,
            updated_ns=now_ns,
        )

    def session_end(self) -> SessionEnd:
        """The marker for viewers. Call it after ``end``."""
        assert self._ending is not None
        return SessionEnd(
            session_id=self._start.session_id,
            state=self._ending.state,
            reason=self._ending.reason,
            last_bin_seq=self._bin_seq,
        )
