"""Running an experiment: datasets that are missing, points that are missing, results as they come.

Guarantees: a point whose result is on the disk is not run again, whatever ended the run before; a point that fails, or
whose process dies, is recorded with the reason and the rest goes on; one experiment is run by one process at a time;
one that is cancelled ends within a second, with all that had ended on the disk.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from qm_harness.experiments.chain import ExperimentChain
from qm_harness.experiments.dask_pool import DaskPool
from qm_harness.experiments.datasets import Datasets, Watched
from qm_harness.experiments.meeting import called
from qm_harness.experiments.pool import Died, Pool, WorkerPool
from qm_harness.experiments.search import Outcome
from qm_harness.experiments.tasks import Batch, Task, batches_of, tasks_of
from qm_harness.experiments.work import run_batch
from qm_harness.generate import Progress
from qm_harness.results.rows import RunMeta
from qm_harness.results.store import ResultStore, Run
from qm_harness.tracking.sweep import Tracking, tracking
from qmcore.errors import Cancelled, Conflict
from qmcore.lake import Lake

log = logging.getLogger(__name__)

_MANY_PARTS: Final = 64
_APPENDS: Final = 256
"""Between two compactions of the store, so that others can read it quickly all the while."""
_AT_A_TIME: Final = 512
"""Runs that are read at once."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an experiment has come, in points; ``total`` is as many as its search visits."""

    total: int
    reused: int
    """Points whose result was there already; those among them that the search visits again."""
    finished: int
    failed: int

    def after(self, runs: list[Run]) -> Standing:
        """Once ``runs`` have ended."""
        failed = sum(run.meta.status == "failed" for run in runs)
        return replace(self, finished=self.finished + len(runs) - failed, failed=self.failed + failed)


def _unwatched(_: object) -> None:
    """Nobody looks."""


def _logged(problem: str) -> None:
    log.warning("%s", problem)


def _unwatched_dataset(_: str) -> contextlib.AbstractContextManager[Progress]:
    return contextlib.nullcontext(_unwatched)


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who wants to know: of the generation of a dataset, named by its scoring, of each step of the sweep, of MLflow.

    Called in the thread of ``run_experiment``; nobody unless given.
    """

    dataset: Watched = _unwatched_dataset
    sweep: Callable[[Standing], None] = _unwatched
    tracking: Callable[[str], None] = _logged
    """Told once what went wrong with MLflow."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How an experiment ended: of this run, and the errors of all its points with how many have each."""

    standing: Standing
    seconds: float
    errors: dict[str, int]


def run_experiment(
    chain: ExperimentChain,
    lake: Lake,
    watchers: Watchers = Watchers(),
    *,
    workers: int | None = None,
    dask: str | None = None,
    retry_failed: bool = False,
    tracked: bool = True,
    cancelled: Callable[[], bool] = lambda: False,
) -> Ended:
    """Run what is missing of ``chain``, on ``workers`` processes or on the scheduler ``dask``, else as its spec says.

    It is copied to MLflow where the spec wants it and it is ``tracked``.

    ``cancelled`` is asked several times a second, in this thread; where it says yes, Cancelled is raised. What had
    ended is in the store then, and another run goes on from there.

    Raises Conflict, ConfigError, Unavailable, or what ``generate`` raises.
    """

    def pulse() -> None:
        if cancelled():
            raise Cancelled(what=f"experiment {chain.spec.name}")

    parallel = chain.spec.parallel
    address = dask or (None if workers else parallel.dask)
    width = workers or parallel.workers or len(os.sched_getaffinity(0))
    enabled = tracked and chain.spec.tracking.enabled
    with (
        _alone(lake, chain.spec.name),
        tracking(chain, lake, enabled=enabled, problem=watchers.tracking) as copy,
    ):
        sweep = _Sweep(chain, lake, watchers, pulse, copy, retry_failed=retry_failed)
        with _pool(lake, width, address) as pool:
            sweep.run(pool)
        # The workers' memory is free again: judging all trials wants some.
        return sweep.ended()


class _Sweep:
    """One run of an experiment: what is settled, what has come out, how far it is."""

    def __init__(
        self,
        chain: ExperimentChain,
        lake: Lake,
        watchers: Watchers,
        pulse: Callable[[], None],
        copy: Tracking,
        *,
        retry_failed: bool,
    ) -> None:
        self._chain, self._watchers, self._pulse, self._copy = chain, watchers, pulse, copy
        self._datasets = Datasets(chain, lake, watchers.dataset, pulse)
        self._store = ResultStore(lake)
        self._search = chain.search()
        self._settled = {m.run_id for m in self._store.metas() if m.status == "ok" or not retry_failed}
        self._outcomes = dict(self._known()) if self._search.learns else {}
        self._standing = Standing(self._search.n_points, 0, 0, 0)
        self._visited: set[str] = set()
        self._appends = 0
        self._seconds = 0.0

    def run(self, pool: Pool[Batch, list[Run]]) -> None:
        """Round by round to the end."""
        begun = time.monotonic()
        while points := self._search.ask():
            tasks = tasks_of(self._chain, points, self._datasets.of(points))
            self._round(tasks, pool)
            if self._search.learns:
                self._search.tell([self._outcomes[task.lineage.run_id] for task in tasks])
        self._seconds = time.monotonic() - begun - self._datasets.seconds
        if len(self._store.parts()) > _MANY_PARTS:
            self._store.compact()

    def ended(self) -> Ended:
        """Say the end to MLflow; how it ended."""
        self._copy.finish(self._visited)
        metas = (meta for meta in self._store.metas() if meta.run_id in self._visited)
        errors = Counter(meta.error for meta in metas if meta.error is not None)
        return Ended(self._standing, self._seconds, dict(errors.most_common()))

    def _round(self, tasks: list[Task], pool: Pool[Batch, list[Run]]) -> None:
        unsettled = {t.lineage.run_id: t for t in tasks if t.lineage.run_id not in self._settled}
        self._visited.update(task.lineage.run_id for task in tasks)
        reused = self._standing.reused + len(tasks) - len(unsettled)
        self._standing = replace(self._standing, reused=reused)
        self._watchers.sweep(self._standing)
        batches = batches_of(unsettled.values(), pool.width)
        with contextlib.closing(_ended(pool, batches, self._pulse)) as ends:
            for runs in ends:
                self._keep(runs)

    def _keep(self, runs: list[Run]) -> None:
        self._store.append(runs)
        self._copy.add(runs)
        self._settled.update(run.meta.run_id for run in runs)
        if self._search.learns:
            self._outcomes |= self._told(runs)
        self._standing = self._standing.after(runs)
        self._watchers.sweep(self._standing)
        self._appends += 1
        if self._appends % _APPENDS == 0:
            self._store.compact()

    def _known(self) -> Iterator[tuple[str, Outcome]]:
        """What earlier runs of this experiment have found."""
        name = self._chain.spec.name
        ids = [m.run_id for m in self._store.metas() if m.experiment == name and m.run_id in self._settled]
        for low in range(0, len(ids), _AT_A_TIME):
            wanted = set(ids[low : low + _AT_A_TIME])
            runs = self._store.runs(lambda meta, wanted=wanted: meta.run_id in wanted)  # type: ignore[misc]
            yield from self._told(runs).items()

    def _told(self, runs: Iterable[Run]) -> dict[str, Outcome]:
        fewest = self._chain.spec.eval.min_signals
        return {run.meta.run_id: Outcome.of(run, fewest) for run in runs}


@contextlib.contextmanager
def _pool(lake: Lake, workers: int, dask: str | None) -> Iterator[Pool[Batch, list[Run]]]:
    work = partial(run_batch, lake.root.resolve())
    if dask is None:
        with WorkerPool(work, workers) as processes:
            yield processes
    else:
        with called(lake) as meeting, DaskPool(work, dask, meeting.not_ready) as elsewhere:
            yield elsewhere


def _ended(
    pool: Pool[Batch, list[Run]], batches: list[Batch], pulse: Callable[[], None]
) -> Generator[list[Run], None, None]:
    """Every task of ``batches`` as a run, batch by batch; those of a process that died one by one, then."""
    suspects: deque[Batch] = deque()
    for end in pool.run(batches, pulse):
        if not isinstance(end, Died):
            yield end.result
        elif len(end.job.tasks) == 1 and (pool.blames_one or len(batches) == 1):
            yield [_died(end.job.tasks[0], end.how)]
        else:
            suspects += end.job.single()
    if suspects and pool.blames_one:
        yield from _ended(pool, list(suspects), pulse)
        return
    for alone in suspects:  # a death may have been a neighbour's fault
        yield from _ended(pool, [alone], pulse)


def _died(task: Task, how: str) -> Run:
    return Run(RunMeta.ended(task.lineage, seconds=0.0, error=f"its process died ({how})"))


@contextlib.contextmanager
def _alone(lake: Lake, experiment: str) -> Iterator[None]:
    """Hold the experiment; the hold ends with the process. Raises Conflict where another one has it."""
    path = lake.results_dir / ".running" / experiment
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"experiment {experiment} is being run by another process") from None
        yield
    finally:
        os.close(descriptor)
