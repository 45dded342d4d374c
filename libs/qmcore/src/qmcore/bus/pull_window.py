"""How many messages to ask a pull consumer for, and when it counts as lost. Pure; used by ``Puller``."""

from __future__ import annotations


class PullWindow:
    """Keeps at most ``batch`` messages asked for or waiting to be taken, and watches for silence."""

    def __init__(self, batch: int, silence_s: float, now_s: float) -> None:
        self._batch, self._silence_s = batch, silence_s
        self._heard_s = now_s
        self._asked = 0
        self._waiting = 0

    def to_request(self, now_s: float) -> int:
        """How many to ask for now: nothing until half of the batch is free. Counts as asked for."""
        free = self._batch - self._asked - self._waiting
        if free * 2 < self._batch:
            return 0
        if self._asked == 0:
            self._heard_s = now_s
        self._asked += free
        return free

    def delivered(self, now_s: float) -> None:
        """A message has come."""
        self._heard_s = now_s
        self._asked = max(0, self._asked - 1)
        self._waiting += 1

    def taken(self, count: int) -> None:
        """The reader has taken ``count`` messages."""
        self._waiting -= count

    def heard(self, now_s: float) -> None:
        """The server sent a heartbeat."""
        self._heard_s = now_s

    def expired(self, unserved: int, now_s: float) -> None:
        """The server ended a request of which ``unserved`` messages were never sent."""
        self._heard_s = now_s
        self._asked = max(0, self._asked - unserved)

    def silent(self, now_s: float) -> bool:
        """Whether something was asked for and nothing at all was heard for too long."""
        return self._asked > 0 and now_s - self._heard_s > self._silence_s
