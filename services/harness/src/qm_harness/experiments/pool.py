"""Jobs on a few processes: each result as it comes, a process that dies replaced, its job named.

Guarantees: a process has one job at a time; its death ends that job and no other; no process outlives the pool, nor,
by more than one job, a parent that was killed. Processes are spawned: they share no thread and no lock with the parent.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Final, Generic, TypeVar

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")

_SPAWN: Final = multiprocessing.get_context("spawn")
_LEAVING_SECONDS: Final = 5.0
PULSE_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Died(Generic[JobT]):
    """The process of ``job`` ended in the middle of it, with ``exit_code``; negative is a signal."""

    job: JobT
    exit_code: int | None


@dataclass(frozen=True, slots=True)
class Done(Generic[JobT, ResultT]):
    """``job`` came to an end."""

    job: JobT
    result: ResultT


@dataclass(slots=True)
class _Worker(Generic[JobT]):
    process: SpawnProcess
    connection: Connection[Any, Any]
    job: JobT | None = None


class WorkerPool(Generic[JobT, ResultT]):
    """``work`` on ``workers`` processes. ``work`` and jobs must be picklable; ``work`` that raises ends its process."""

    def __init__(self, work: Callable[[JobT], ResultT], workers: int) -> None:
        self._work = work
        self._size = workers
        self._workers: list[_Worker[JobT]] = []

    def run(
        self, jobs: Iterable[JobT], pulse: Callable[[], None] = lambda: None
    ) -> Iterator[Done[JobT, ResultT] | Died[JobT]]:
        """The end of every job, in the order in which they end. Closing the iterator ends all processes.

        While it waits, ``pulse`` is called every PULSE_SECONDS; what it raises ends the processes and is raised.
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
        finally:
            self._leave()

    def _busy(self) -> list[_Worker[JobT]]:
        return [worker for worker in self._workers if worker.job is not None]

    def _idle(self) -> _Worker[JobT] | None:
        for worker in self._workers:
            if worker.job is None:
                return worker
        if len(self._workers) == self._size:
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
            return Died(job, worker.process.exitcode)

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
