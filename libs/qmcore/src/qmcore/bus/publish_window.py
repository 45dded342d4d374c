"""What of a session's grid stream is published and not yet stored. Pure; used by ``GridLog``.

Sequences are consecutive, so one acknowledgement stands for everything before it, and after any trouble the broker's
last sequence says exactly what has to be sent again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from qmcore.contracts.bus_messages import GridKind
from qmcore.errors import QmError


class LogLost(QmError):
    """The broker has lost messages that it had acknowledged; the session has to be made again from its start."""

    def __init__(self, *, session_id: str, stored: int, acknowledged: int) -> None:
        self.session_id, self.stored, self.acknowledged = session_id, stored, acknowledged
        super().__init__(
            f"session {session_id}: the grid stream ends at {stored}, but {acknowledged} was already acknowledged"
        )


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message of a grid stream and the sequence that it must get."""

    sequence: int
    kind: GridKind
    payload: bytes
    headers: dict[str, str] = field(default_factory=dict)
    """Beside those that the log itself writes."""


class PublishWindow:
    """Messages on their way, oldest first."""

    def __init__(self, session_id: str, last_sequence: int, *, max_messages: int, max_bytes: int) -> None:
        self._session_id = session_id
        self._max_messages, self._max_bytes = max_messages, max_bytes
        self._acknowledged = last_sequence
        self._offered = last_sequence
        self._waiting: deque[Outgoing] = deque()
        self._bytes = 0

    @property
    def acknowledged(self) -> int:
        """Last sequence that is known to be stored."""
        return self._acknowledged

    @property
    def next_offered(self) -> int:
        """The sequence that ``offer`` takes next."""
        return self._offered + 1

    @property
    def full(self) -> bool:
        """Whether the next message has to wait. A single message always fits."""
        return bool(self._waiting) and (
            len(self._waiting) >= self._max_messages or self._bytes >= self._max_bytes
        )

    @property
    def empty(self) -> bool:
        """Whether everything that was offered is stored."""
        return not self._waiting

    def offer(self, message: Outgoing) -> bool:
        """Take ``message`` on; false when it is already stored and need not be sent.

        Raises ValueError on a sequence that would leave a hole.
        """
        if message.sequence <= self._acknowledged:
            return False
        if message.sequence != self._offered + 1:
            raise ValueError(f"sequence {message.sequence} offered after {self._offered}")
        self._offered = message.sequence
        self._waiting.append(message)
        self._bytes += len(message.payload)
        return True

    def acknowledge(self, sequence: int) -> None:
        """The broker has stored everything up to ``sequence``."""
        while self._waiting and self._waiting[0].sequence <= sequence:
            self._bytes -= len(self._waiting.popleft().payload)
        self._acknowledged = max(self._acknowledged, sequence)
        self._offered = max(self._offered, sequence)

    def resume(self, stored: int) -> tuple[Outgoing, ...]:
        """After trouble: the broker's last sequence is ``stored``; answers what to send again. Raises LogLost."""
        if stored < self._acknowledged:
            raise LogLost(session_id=self._session_id, stored=stored, acknowledged=self._acknowledged)
        self.acknowledge(stored)
        return tuple(self._waiting)
