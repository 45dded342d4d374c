"""``ViewerCursor``: which bin a viewer gets next, what it loses, and when it is too slow. Pure.

A viewer has no queue of its own, only a place in the session's ring, so that a slow one costs no memory. While it
catches up with the past it may be as far behind as the ring reaches; once live, ``queue_bins`` are its bound. What
it loses are whole old bins, and the next bin it gets says how many.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """Send this bin, with these words."""

    bin_seq: int
    backfill: bool
    dropped: int


class ViewerCursor:
    """The place of one viewer in a session."""

    def __init__(self, *, first: int, backfill_through: int, queue_bins: int, slow_close_s: float) -> None:
        """``first`` is the first bin it gets; those up to ``backfill_through`` are from before it came."""
        self._next = first
        self._backfill_through = backfill_through
        self._queue_bins, self._slow_close_s = queue_bins, slow_close_s
        self._live = first > backfill_through
        self._dropped = 0
        self._behind_since_s: float | None = None
        self.lost = 0
        """Bins that it has lost so far."""

    @property
    def next_bin(self) -> int:
        """The next bin to send."""
        return self._next

    def observe(self, tail: int, head: int, now_s: float) -> bool:
        """The ring holds ``tail`` to ``head`` now. False when the viewer has been behind for too long."""
        oldest = max(tail, head - self._queue_bins + 1) if self._live else tail
        if oldest > self._next:
            lost = oldest - self._next
            self._dropped += lost
            self.lost += lost
            self._next = oldest
            if self._behind_since_s is None:
                self._behind_since_s = now_s
        return self._behind_since_s is None or now_s - self._behind_since_s < self._slow_close_s

    def take(self, head: int) -> Step | None:
        """The next bin to send; None when there is none yet. Call ``observe`` first."""
        if self._next > head:
            return None
        step = Step(self._next, self._next <= self._backfill_through, self._dropped)
        self._dropped = 0
        self._next += 1
        if self._next > head:
            self._live = True
            self._behind_since_s = None
        return step
