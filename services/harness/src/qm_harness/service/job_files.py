"""Jobs as folders of the lake: ``<lake>/research/harness/jobs/<job id>/``. API and workers share them.

| file | is |
| --- | --- |
| ``request.json`` | what was asked for |
| ``experiment.yaml`` | the experiment as it was when it was submitted |
| ``state.json`` | the ``Job`` as it stands, replaced atomically |
| ``cancel`` | there once somebody wants the job cancelled |
| ``lock`` | locked by whoever works on the job: only the holder writes ``state.json`` |

Guarantees: a job appears whole; its state survives every crash; a lock ends with its process, so a job whose worker
was killed can be held by the next one at once. Listing thousands of finished jobs reads each of them once.
"""

from __future__ import annotations

import datetime as dt_
import fcntl
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime, ValidationError

from qmcore.config.experiment import ExperimentSpec
from qmcore.contracts.jobs import FINAL_JOB_STATES, Job
from qmcore.contracts.messages import Message
from qmcore.errors import Conflict, NotFound
from qmcore.lake import Lake, publish_dir, publish_file

REQUEST: Final = "request.json"
EXPERIMENT: Final = "experiment.yaml"
STATE: Final = "state.json"
CANCEL: Final = "cancel"
LOCK: Final = "lock"
CANCELLED_BY_REQUEST: Final = "cancelled by request"

_ID: Final = re.compile(r"[0-9a-z]{8,40}")


class JobRequest(Message):
    """What was asked for, beside the experiment itself."""

    job_id: str
    experiment: str
    workers: int | None
    retry_failed: bool
    created_at: AwareDatetime


class Hold:
    """The right to work on a job and to write its state, until it is let go or the process ends."""

    def __init__(self, folder: Path, job: Job) -> None:
        self._folder, self.job = folder, job

    @property
    def cancel_requested(self) -> bool:
        """Whether somebody wants the job cancelled."""
        return (self._folder / CANCEL).exists()

    def write(self, **changes: object) -> Job:
        """Change the state; on return it is on the disk."""
        document = dict(self.job) | changes | {"revision": self.job.revision + 1}
        self.job = Job.model_validate(document)
        publish_file(self._folder / STATE, self.job.model_dump_json().encode())
        return self.job


class JobFiles:
    """The jobs of ``lake``. Making one touches no disk."""

    def __init__(self, lake: Lake) -> None:
        self._root = lake.jobs_dir
        self._final: dict[str, Job] = {}

    def create(self, spec: ExperimentSpec, *, workers: int | None, retry_failed: bool) -> Job:
        """A new job, queued. Raises Conflict where the experiment has a job that is not over."""
        self._root.mkdir(parents=True, exist_ok=True)
        with _locked(self._root / ".lock", wait=True):
            for other in self.active():
                if other.experiment == spec.name:
                    raise Conflict(
                        f"experiment {spec.name} is {other.state} already as job {other.job_id}; "
                        "wait for its end, or cancel it"
                    )
            now = dt_.datetime.now(dt_.UTC)
            job_id = f"{now:%Y%m%d%H%M%S%f}{uuid.uuid4().hex[:6]}"
            request = JobRequest(
                job_id=job_id,
                experiment=spec.name,
                workers=workers,
                retry_failed=retry_failed,
                created_at=now,
            )
            job = Job(job_id=job_id, experiment=spec.name, state="queued", created_at=now)
            with publish_dir(self._root / job_id) as folder:
                (folder / REQUEST).write_text(request.model_dump_json(), encoding="utf-8")
                # JSON is YAML; what has its default is left out, as a person would write it.
                spelled = spec.model_dump_json(exclude_defaults=True, indent=2)
                (folder / EXPERIMENT).write_text(spelled, encoding="utf-8")
                (folder / STATE).write_text(job.model_dump_json(), encoding="utf-8")
        return job

    def ids(self) -> list[str]:
        """Ids of all jobs, the newest first."""
        if not self._root.is_dir():
            return []
        return sorted((p.name for p in self._root.iterdir() if _ID.fullmatch(p.name)), reverse=True)

    def jobs(self) -> list[Job]:
        """All jobs, the newest first."""
        found = []
        for job_id in self.ids():
            try:
                found.append(self.job(job_id))
            except NotFound:
                continue  # deleted meanwhile
        return found

    def active(self) -> list[Job]:
        """Jobs that are not over, the newest first."""
        return [job for job in self.jobs() if job.state not in FINAL_JOB_STATES]

    def job(self, job_id: str) -> Job:
        """One job as it stands; one whose files are damaged has failed for that reason. Raises NotFound."""
        folder = self._folder(job_id)
        if job_id in self._final:
            return self._final[job_id]
        job = _read(folder)
        if job.state in FINAL_JOB_STATES:
            self._final[job_id] = job
        return job

    def request(self, job_id: str) -> JobRequest:
        """What was asked for. Raises NotFound."""
        return JobRequest.model_validate_json((self._folder(job_id) / REQUEST).read_bytes())

    def experiment_file(self, job_id: str) -> Path:
        """The experiment as it was submitted. Raises NotFound."""
        return self._folder(job_id) / EXPERIMENT

    def cancel(self, job_id: str) -> Job:
        """Ask for the job's end; one that nobody works on is cancelled at once. Raises NotFound or Conflict."""
        job = self.job(job_id)
        if job.state == "cancelled":
            return job
        if job.state in FINAL_JOB_STATES:
            raise Conflict(f"job {job_id} is {job.state}; there is nothing to cancel")
        (self._folder(job_id) / CANCEL).touch()
        with self.hold(job_id) as held:
            if held is not None and held.job.state not in FINAL_JOB_STATES:
                now = dt_.datetime.now(dt_.UTC)
                held.write(
                    state="cancelled", reason=CANCELLED_BY_REQUEST, ended_at=now, cancel_requested=True
                )
        return self.job(job_id)

    @contextmanager
    def hold(self, job_id: str) -> Iterator[Hold | None]:
        """The right to work on the job; None while somebody else has it. Raises NotFound."""
        folder = self._folder(job_id)
        with ExitStack() as held_until:
            try:
                held_until.enter_context(_locked(folder / LOCK, wait=False))
            except BlockingIOError:
                held = None
            else:
                held = Hold(folder, _read(folder))
            yield held

    def _folder(self, job_id: str) -> Path:
        folder = self._root / job_id
        if not _ID.fullmatch(job_id) or not folder.is_dir():
            raise NotFound(kind="job", name=job_id[:80], available=self.ids()[:20])
        return folder


def _read(folder: Path) -> Job:
    try:
        job = Job.model_validate_json((folder / STATE).read_bytes())
    except (OSError, ValidationError) as error:
        if not folder.is_dir():
            raise NotFound(kind="job", name=folder.name) from error
        changed = dt_.datetime.fromtimestamp(folder.stat().st_mtime, dt_.UTC)
        reason = f"{STATE} is damaged: {str(error).splitlines()[0]}"
        return Job(job_id=folder.name, experiment="", state="failed", reason=reason, created_at=changed)
    if job.state in FINAL_JOB_STATES or job.cancel_requested:
        return job
    return job.model_copy(update={"cancel_requested": (folder / CANCEL).exists()})


@contextmanager
def _locked(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold ``path``; the hold ends with the process. Raises BlockingIOError where another has it and not ``wait``."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
