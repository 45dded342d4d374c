"""What the harness says about jobs over REST, as frozen models: a sweep that was submitted, and how far it has come.

64-bit integers travel as strings in JSON; instants are aware UTC datetimes.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import AwareDatetime, Field, JsonValue, StringConstraints, model_validator

from qmcore.config.pipeline import SpecName
from qmcore.contracts.messages import Message

JobId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{8,40}$")]

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
FINAL_JOB_STATES: Final[frozenset[JobState]] = frozenset({"done", "failed", "cancelled"})
JobPhase = Literal["starting", "dataset", "points"]


class JobSubmit(Message):
    """A sweep to run: an experiment of the lake by its name, or one that is spelled out."""

    experiment: SpecName | None = Field(None, description="name of an experiment in the lake")
    spec: dict[str, JsonValue] | None = Field(
        None, description="an ExperimentSpec (`qm schema` writes its JSON Schema); its serving by name"
    )
    workers: int | None = Field(
        None, ge=1, le=1024, description="processes at most; the worker may have fewer"
    )
    retry_failed: bool = Field(False, description="run points again that failed before")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.experiment is None) == (self.spec is None):
            raise ValueError("give exactly one of experiment and spec")
        return self


class JobQuery(Message):
    """Which jobs."""

    experiment: SpecName | None = None
    state: JobState | None = None
    limit: int = Field(50, ge=1, le=1000)


class JobProgress(Message):
    """How far a job has come. Points are counted from when all datasets are there."""

    phase: JobPhase
    dataset: str = Field("", description="scoring of the dataset that is being made, empty for the serving's")
    dataset_done: float | None = Field(None, description="share of that dataset's bins, 0 to 1")
    points: int = Field(0, description="of the sweep, 0 before it is known")
    reused: int = Field(0, description="points whose result was there already")
    finished: int = Field(0, description="points that ended well in this run")
    failed: int = Field(0, description="points that failed in this run")
    points_per_second: float | None = None
    seconds_left: float | None = Field(None, description="of the sweep, at the rate so far")


class JobError(Message):
    """One reason for which points failed."""

    error: str
    points: int


class Job(Message):
    """One submitted sweep."""

    job_id: str
    experiment: str
    state: JobState
    cancel_requested: bool = Field(False, description="it will be cancelled within about a second")
    reason: str = Field("", description="why it failed or was cancelled, in words")
    created_at: AwareDatetime
    started_at: AwareDatetime | None = Field(None, description="of its newest attempt")
    ended_at: AwareDatetime | None = None
    attempt: int = Field(
        0, description="how many workers have taken it; more than 1 after one of them was lost"
    )
    worker: str = Field("", description="worker that has it, or had it last")
    revision: int = Field(0, description="grows with every change of this job")
    progress: JobProgress | None = None
    errors: tuple[JobError, ...] = Field((), description="why points failed, the most frequent reasons first")


class JobList(Message):
    """Jobs, the newest first."""

    jobs: tuple[Job, ...]
    total: int
