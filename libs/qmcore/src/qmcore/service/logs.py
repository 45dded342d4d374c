"""Logs of a service: plain lines for people or one JSON object a line, with the session they belong to.

No line holds a secret (``qmcore.redaction``).
``session_log_context`` marks everything that the current task (and the tasks it starts) logs.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, Literal

from qmcore.redaction import redacted

_SESSION: ContextVar[str] = ContextVar("session", default="")
_QUIET: Final = ("httpx", "httpcore", "nats", "uvicorn.access", "uvicorn.error", "websockets")


class _WithSession(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.session = _SESSION.get()
        return True


class _Plain(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__("%(asctime)s.%(msecs)03d %(levelname)-7s " + service + " %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return redacted(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        line = super().formatMessage(record)
        session = getattr(record, "session", "")
        return f"{line} [session {session}]" if session and session not in line else line


class _Json(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        session = getattr(record, "session", "")
        if session:
            entry["session"] = session
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return redacted(json.dumps(entry, ensure_ascii=False))


def configure_logs(service: str, *, style: Literal["plain", "json"], level: str) -> None:
    """Send all logs of this process to stderr in ``style``. Libraries speak from WARNING up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(service) if style == "json" else _Plain(service))
    handler.addFilter(_WithSession())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)


@contextmanager
def session_log_context(session_id: str) -> Iterator[None]:
    """Mark what is logged inside with ``session_id``."""
    token = _SESSION.set(session_id)
    try:
        yield
    finally:
        _SESSION.reset(token)
