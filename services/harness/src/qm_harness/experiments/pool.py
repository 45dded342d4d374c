"""Jobs on several processes: each result as it comes, a process that dies replaced, its job named.

Guarantees of every ``Pool``: each job ends once, with its result or by the death of its process; what ``pulse`` raises
ends all jobs and is raised. Those of ``WorkerPool``, processes on this machine: a process has one job at a time; its
death ends that job and no other; no process outlives the pool, nor, by more than one job, a parent that was killed.
Processes are spawned: they share no thread and no lock with the parent.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from types import TracebackType
from typing import Any, Final, Generic, Protocol, Self, TypeVar

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")

PULSE_SECONDS: Final = 0.2
_SPAWN: Final = multiprocessing.get_context("spawn")
_LEAVING_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Died(Generic[JobT]):
    """The process of ``job`` ended in the middle of it; ``how`` in words."""

    job: JobT
    how: str


@dataclass(frozen=True, slots=True)
class Done(Generic[JobT, ResultT]):
    """``job`` came to an end."""

    job: JobT
    result: ResultT


class Pool(AbstractContextManager[Any], Protocol[JobT, ResultT]):
    """Open while it is entered; it may run one list of jobs after the other."""

    @property
    def width(self) -> int:
        """How many jobs it works on at a time."""

    @property
    def blames_one(self) -> bool:
        """Whether a job that is said to have died is for sure the one that killed its process."""

    def run(
        self, jobs: Iterable[JobT], pulse: Callable[[], None] = lambda: None
    ) -> Iterator[Done[JobT, ResultT] | Died[JobT]]:
        """The end of every job, in the order in which they end; ``pulse`` is called every PULSE_SECONDS.

        Closing the iterator early gives up the jobs that are left.
        """


@dataclass(slots=True)
class _Worker(Generic[JobT]):
    process: SpawnProcess
    connection: Connection[Any, Any]
    job: JobT | None = None


class WorkerPool(Generic[JobT, ResultT]):
    """``work`` on ``width`` processes. ``work`` and jobs must be picklable; ``work`` that raises ends its process."""

    blames_one = True

    def __init__(self, work: Callable[[JobT], ResultT], width: int) -> None:
        self._work = work
        self.width = width
        self._workers: list[_Worker[JobT]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """End all processes; those that have nothing to do by themselves."""
        self._leave()

    def run(
        self, jobs: Iterable[JobT], pulse: Callable[[], None] = lambda: None
    ) -> Iterator[Done[JobT, ResultT] | Died[JobT]]:
        """The end of every job, in the order in which they end; ``pulse`` is called every PULSE_SECONDS.

        Closing the iterator early ends all processes. Otherwise they stay for the next jobs.
        """
        waiting = deque(jobs)
        try:
            while waiting or self._busy():
                while waiting and (worker := self._idle()) is not None:
                    try:
                        worker.connection.send(waiting[0])
                    except ConnectionError:  # it died while it had nothing to do
                        self._bury(worker)
                        continue
                    worker.job = waiting.popleft()
                busy = {worker.connection: worker for worker in self._busy()}
                pulse()
                for connection in wait(list(busy), PULSE_SECONDS):
                    yield self._end_of(busy[connection])  # type: ignore[index]  # wait() gives back what it got
        except BaseException:
            self._leave()
            raise

    def _busy(self) -> list[_Worker[JobT]]:
        return [worker for worker in self._workers if worker.job is not None]

    def _idle(self) -> _Worker[JobT] | None:
        for worker in self._workers:
            if worker.job is None:
                return worker
        if len(self._workers) == self.width:
            return None
        ours, theirs = _SPAWN.Pipe()
        process = _SPAWN.Process(target=_serve, args=(theirs, self._work), daemon=True)
        process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours))
        return self._workers[-1]

    def _end_of(self, worker: _Worker[JobT]) -> Done[JobT, ResultT] | Died[JobT]:
        job, worker.job = worker.job, None
        assert job is not None
        try:
            return Done(job, worker.connection.recv())
        except (EOFError, ConnectionError):
            self._bury(worker)
            return Died(job, _how(worker.process.exitcode))

    def _bury(self, worker: _Worker[JobT]) -> None:
        worker.process.join()
        worker.connection.close()
        self._workers.remove(worker)

    def _leave(self) -> None:
        for worker in self._workers:
            worker.connection.close()
            if worker.job is not None:
                worker.process.kill()
        for worker in self._workers:
            worker.process.join(_LEAVING_SECONDS)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
        self._workers.clear()


def _how(exit_code: int | None) -> str:
    return f"killed by signal {-exit_code}" if exit_code and exit_code < 0 else f"exit code {exit_code}"


def _serve(connection: Connection[Any, Any], work: Callable[[Any], Any]) -> None:
    """The life of a process: until the parent closes its end, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        result = work(job)
        try:
            connection.send(result)
        except BrokenPipeError:
            return
