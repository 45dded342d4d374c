"""Names on the bus: every subject, stream and consumer, and who may build them (SPEC section 8).

A session id is one NATS token and one Redis key part; ``check_session_id`` is the only door for ids that
come from outside, so that no id can reach into another subject, key or path.
"""

from __future__ import annotations

import re
import uuid
from typing import Final

from qmcore.errors import NotFound

SESSION_START: Final = "session.start"
"""Work queue: which session to run."""

SESSION_STATUS: Final = "session.*.status"
"""Wildcard over all sessions' status messages."""

JOB_START: Final = "job.start"
"""Work queue: which sweep to run. Each job has a subject of its own below it, so that none is queued twice."""

FEED_REQUEST: Final = "feed.request"
"""Request/reply: an engine asks any replay worker for a feed of records."""

REPLAY_GROUP: Final = "replay"
"""Queue group of the replay workers on ``FEED_REQUEST``."""

SESSIONS_STREAM: Final = "SESSIONS"
JOBS_STREAM: Final = "JOBS"
MBO_STREAM: Final = "MBO"
GRID_STREAM_PREFIX: Final = "GRID_"
ENGINE_CONSUMER: Final = "engines"
HARNESS_CONSUMER: Final = "harness-workers"

_SESSION_ID = re.compile(r"[a-z0-9]{8,40}")


def new_session_id() -> str:
    """A fresh session id: 16 hex digits."""
    return uuid.uuid4().hex[:16]


def check_session_id(session_id: str) -> str:
    """Return ``session_id`` when it is well formed. Raises NotFound, as such a session cannot exist."""
    if not _SESSION_ID.fullmatch(session_id):
        raise NotFound(kind="session", name=session_id[:80])
    return session_id


def job_subject(job_id: str) -> str:
    """Where a job waits for a worker."""
    return f"{JOB_START}.{job_id}"


def mbo_subject(session_id: str) -> str:
    """Batches of raw records of a session."""
    return f"mbo.{session_id}"


def grid_subject(session_id: str) -> str:
    """One message a bin, and the end marker."""
    return f"grid.{session_id}"


def grid_config_subject(session_id: str) -> str:
    """The runtime_config message: sequence 1 of the session's grid stream, kept while bins roll off."""
    return f"grid.{session_id}.config"


def grid_stream(session_id: str) -> str:
    """The JetStream stream that holds a session's grids."""
    return f"{GRID_STREAM_PREFIX}{session_id}"


def control_subject(session_id: str) -> str:
    """Pause, resume, speed, stop: from gateways to the engine that runs the session."""
    return f"session.{session_id}.control"


def status_subject(session_id: str) -> str:
    """State, progress and lag: from the engine that runs the session."""
    return f"session.{session_id}.status"


def feed_control_subject(session_id: str) -> str:
    """Acknowledged batches and pace: from the engine to the replay worker that feeds it."""
    return f"feed.{session_id}.control"


def grid_sequence(bin_seq: int) -> int:
    """Stream sequence of bin ``bin_seq``: the config message has sequence 1, bin 0 sequence 2."""
    return bin_seq + 2


def grid_bin_seq(sequence: int) -> int:
    """Bin number at stream sequence ``sequence``; -1 for the config message, -2 for an empty stream."""
    return sequence - 2
