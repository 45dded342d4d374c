"""Jobs on the workers of any Dask scheduler, behind the same interface as the processes of this machine.

Guarantees: a scheduler that cannot be reached, has no workers or goes away is Unavailable within bounded time; a
worker that is not ready for a job computes nothing and ends the sweep with its address and what is wrong; leaving
early cancels what has not begun. A job that has begun ends on its worker, and is not looked at.

One process computes one job at a time, since what it keeps between jobs is not made for threads: start workers with
``dask worker ADDRESS --nworkers N --nthreads 1``. A worker that dies takes with it all that it had; Dask tries those
jobs elsewhere (``distributed.scheduler.allowed-failures`` times) before it gives them up.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from qm_harness.experiments.pool import PULSE_SECONDS, Died, Done
from qmcore.errors import Unavailable

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")

_CONNECT_SECONDS: Final = 10.0
_WORKERS_SECONDS: Final = 30.0
_RESULT_SECONDS: Final = 60.0
_TURN: Final = threading.Lock()


class DaskPool(Generic[JobT, ResultT]):
    """``work`` on the workers of the scheduler at ``address``; both functions and the jobs must be picklable.

    ``not_ready`` is asked on the worker before each job: what is wrong there, or None.
    """

    blames_one = False

    def __init__(
        self, work: Callable[[JobT], ResultT], address: str, not_ready: Callable[[JobT], str | None]
    ) -> None:
        self._work, self._address, self._not_ready = work, address, not_ready
        self._client: Any = None

    @property
    def width(self) -> int:
        """Its workers now: threads of one process work in turn."""
        return max(1, len(self._client.scheduler_info()["workers"]))

    def __enter__(self) -> Self:
        """Connect. Raises Unavailable."""
        import distributed

        try:
            self._client = distributed.Client(  # type: ignore[no-untyped-call]
                self._address, timeout=_CONNECT_SECONDS, set_as_default=False, name="qm-run"
            )
        except (OSError, ValueError) as error:
            raise self._unavailable(f"cannot be reached ({_said(error)})") from error
        try:
            self._greet()
        except BaseException:
            self._client.close()
            raise
        return self

    def _greet(self) -> None:
        """A worker that cannot read a job closes itself; those that are there say so now."""
        try:
            self._client.wait_for_workers(1, timeout=_WORKERS_SECONDS)
        except TimeoutError:
            raise self._no_worker() from None
        for worker, said in self._client.run(_greeting, on_error="return").items():
            if isinstance(said, BaseException):
                raise Unavailable(what=f"Dask worker {worker}", problem=f"cannot take jobs ({_said(said)})")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Leave the scheduler; its workers stay."""
        self._client.close(timeout=_CONNECT_SECONDS)

    def run(
        self, jobs: Iterable[JobT], pulse: Callable[[], None] = lambda: None
    ) -> Iterator[Done[JobT, ResultT] | Died[JobT]]:
        """The end of every job, in the order in which they end; ``pulse`` is called every PULSE_SECONDS.

        Raises Unavailable. Closing the iterator early cancels the jobs that are left.
        """
        listed = list(jobs)
        take_turn = _Turn(self._work, self._not_ready)
        futures = self._client.map(take_turn, listed, pure=False, key="qm")
        running = {future.key: (future, job) for future, job in zip(futures, listed, strict=True)}
        ended: queue.SimpleQueue[str] = queue.SimpleQueue()
        for future in futures:
            future.add_done_callback(lambda done: ended.put(done.key))
        del futures
        seen = time.monotonic()
        try:
            while running:
                pulse()
                try:
                    key = ended.get(timeout=PULSE_SECONDS)
                except queue.Empty:
                    seen = self._last_seen(seen)
                    continue
                future, job = running.pop(key)
                yield self._end_of(future, job)
        finally:
            if running:
                self._client.cancel([future for future, _ in running.values()], force=True)

    def _last_seen(self, seen: float) -> float:
        """When there was a worker last, which was at ``seen`` at least. Raises Unavailable when that is long ago."""
        now = time.monotonic()
        if now - seen < _WORKERS_SECONDS / 2:
            return seen
        if self._client.scheduler_info()["workers"]:
            return now
        if now - seen > _WORKERS_SECONDS:
            raise self._no_worker()
        return seen

    def _end_of(self, future: Any, job: JobT) -> Done[JobT, ResultT] | Died[JobT]:
        from distributed import KilledWorker

        if future.status in ("cancelled", "lost"):
            raise self._unavailable("went away, or was restarted, during the sweep")
        try:
            result = future.result(timeout=_RESULT_SECONDS)
        except KilledWorker as error:
            return Died(job, f"on each of {error.allowed_failures + 1} Dask workers that tried it")
        except TimeoutError as error:
            raise self._unavailable(f"gave no result within {_RESULT_SECONDS:g} s") from error
        except Exception as error:  # of the worker's, before the job began: it cannot read it, most likely
            raise self._unavailable(f"has a worker that cannot take jobs ({_said(error)})") from error
        if isinstance(result, _NotReady):
            raise Unavailable(what=f"Dask worker {result.worker}", problem=result.problem)
        if isinstance(result, _Raised):
            return Died(job, result.what)
        return Done(job, result)

    def _no_worker(self) -> Unavailable:
        return self._unavailable(f"has had no worker for {_WORKERS_SECONDS:g} s")

    def _unavailable(self, problem: str) -> Unavailable:
        return Unavailable(what=f"Dask scheduler {self._address}", problem=problem)


@dataclass(frozen=True, slots=True)
class _NotReady:
    """A worker that computes nothing, and why."""

    worker: str
    problem: str


@dataclass(frozen=True, slots=True)
class _Raised:
    """What a job raised."""

    what: str


@dataclass(frozen=True, slots=True)
class _Turn(Generic[JobT, ResultT]):
    """What is called on a worker."""

    work: Callable[[JobT], ResultT]
    not_ready: Callable[[JobT], str | None]

    def __call__(self, job: JobT) -> ResultT | _NotReady | _Raised:
        from distributed import get_worker

        with _TURN:
            problem = self.not_ready(job)
            if problem is not None:
                return _NotReady(get_worker().address, problem)
            try:
                return self.work(job)
            except Exception as error:
                return _Raised(_said(error))


def _greeting() -> str:
    """Says that this module is there."""
    return __name__


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
