"""What the process that runs a job says to the worker that started it: one JSON object a line."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from qmcore.contracts.jobs import JobError, JobProgress
from qmcore.contracts.messages import Message

EndKind = Literal["done", "failed", "interrupted", "busy"]


class AttemptEnd(Message):
    """How it ended: done, failed, interrupted by its worker, or not begun as another process has the experiment."""

    kind: EndKind
    reason: str = ""
    errors: tuple[JobError, ...] = ()


class Said(Message):
    """One line: how far it has come, how it ended, or both."""

    progress: JobProgress | None = Field(None)
    end: AttemptEnd | None = Field(None)
