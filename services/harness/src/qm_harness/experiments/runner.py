"""Running an experiment: datasets that are missing, points that are missing, results as they come.

Guarantees: a point whose result is on the disk is not run again, whatever ended the run before; a point that fails, or
whose process dies, is recorded with the reason and the rest goes on; one experiment is run by one process at a time;
one that is cancelled ends within a second, with all that had ended on the disk.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from qm_harness.columns_cache import dataset_hash
from qm_harness.experiments.chain import ExperimentChain
from qm_harness.experiments.pool import Died, WorkerPool
from qm_harness.experiments.space import Choice
from qm_harness.experiments.tasks import Batch, Source, Task, batches_of, tasks_of
from qm_harness.experiments.work import run_batch
from qm_harness.generate import Advance, Progress, generate
from qm_harness.results.rows import RunMeta
from qm_harness.results.store import ResultStore, Run
from qmcore.errors import Cancelled, ConfigError, Conflict
from qmcore.lake import Lake

FEWEST_BINS: Final = 32
"""After warm-up; with fewer, trials cannot be compared over periods of time."""

_MANY_PARTS: Final = 64


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an experiment has come, in points."""

    total: int
    reused: int
    finished: int
    failed: int

    def after(self, runs: list[Run]) -> Standing:
        """Once ``runs`` have ended."""
        failed = sum(run.meta.status == "failed" for run in runs)
        finished = self.finished + len(runs) - failed
        return Standing(self.total, self.reused, finished, self.failed + failed)


def _unwatched(_: object) -> None:
    """Nobody looks."""


def _unwatched_dataset(_: str) -> contextlib.AbstractContextManager[Progress]:
    return contextlib.nullcontext(_unwatched)


@dataclass(frozen=True, slots=True)
class Watchers:
    """Who wants to know: of the generation of a dataset, named by its scoring, and of each step of the sweep.

    Called in the thread of ``run_experiment``; nobody unless given.
    """

    dataset: Callable[[str], contextlib.AbstractContextManager[Progress]] = _unwatched_dataset
    sweep: Callable[[Standing], None] = _unwatched


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
    retry_failed: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
) -> Ended:
    """Run what is missing of ``chain``. Raises Conflict, ConfigError, or what ``generate`` raises.

    ``cancelled`` is asked several times a second, in this thread; where it says yes, Cancelled is raised. What had
    ended is in the store then, and another run goes on from there.
    """

    def pulse() -> None:
        if cancelled():
            raise Cancelled(what=f"experiment {chain.spec.name}")

    workers = workers or chain.spec.parallel.workers or len(os.sched_getaffinity(0))
    store = ResultStore(lake)
    with _alone(lake, chain.spec.name):
        tasks = tasks_of(chain, _sources(chain, lake, watchers, pulse))
        begun = time.monotonic()
        settled = {meta.run_id for meta in store.metas() if meta.status == "ok" or not retry_failed}
        missing = [task for task in tasks if task.lineage.run_id not in settled]
        standing = Standing(len(tasks), len(tasks) - len(missing), 0, 0)
        watchers.sweep(standing)
        pool = WorkerPool(partial(run_batch, lake.root), workers)
        with contextlib.closing(_ended(pool, batches_of(missing, workers), pulse)) as ends:
            for runs in ends:
                store.append(runs)
                standing = standing.after(runs)
                watchers.sweep(standing)
        seconds = time.monotonic() - begun
        if len(store.parts()) > _MANY_PARTS:
            store.compact()
    wanted = {task.lineage.run_id for task in tasks}
    errors = Counter(meta.error for meta in store.metas() if meta.run_id in wanted and meta.error is not None)
    return Ended(standing, seconds, dict(errors.most_common()))


def _ended(
    pool: WorkerPool[Batch, list[Run]], batches: list[Batch], pulse: Callable[[], None]
) -> Generator[list[Run], None, None]:
    """Every task of ``batches`` as a run, batch by batch; those of a process that died one by one, then."""
    suspects: deque[Batch] = deque()
    for end in pool.run(batches, pulse):
        if not isinstance(end, Died):
            yield end.result
        elif len(end.job.tasks) == 1:
            yield [_died(end.job.tasks[0], end.exit_code)]
        else:
            suspects += end.job.single()
    if suspects:
        yield from _ended(pool, list(suspects), pulse)


def _died(task: Task, exit_code: int | None) -> Run:
    how = f"killed by signal {-exit_code}" if exit_code and exit_code < 0 else f"exit code {exit_code}"
    return Run(RunMeta.ended(task.lineage, seconds=0.0, error=f"its process died ({how})"))


def _sources(
    chain: ExperimentChain, lake: Lake, watchers: Watchers, pulse: Callable[[], None]
) -> dict[Choice, Source]:
    """The dataset of each scoring, made where it is missing."""
    sources: dict[Choice, Source] = {}
    for scoring in dict.fromkeys(point.scoring for point in chain.points):
        with watchers.dataset(", ".join(f"{name} {value}" for name, value in scoring)) as progress:
            serving, pipeline = chain.scored(scoring), chain.serving.pipeline
            watched = _pulsing(progress, pulse)
            dataset = generate(lake, pipeline, serving, source=chain.source, progress=watched).dataset
        most = dataset.manifest.bins - FEWEST_BINS
        if chain.spec.eval.warmup_bins > most:
            raise ConfigError(
                source=chain.source,
                field="eval.warmup_bins",
                problem=f"leaves fewer than {FEWEST_BINS} of the {dataset.manifest.bins} bins of "
                f"{dataset.manifest.dataset_id}",
                allowed=f"0 to {most}" if most >= 0 else "nothing: the dataset is too short",
            )
        sources[scoring] = Source(dataset.manifest.dataset_id, dataset_hash(dataset))
    return sources


def _pulsing(progress: Progress, pulse: Callable[[], None]) -> Progress:
    def watched(advance: Advance) -> None:
        pulse()
        progress(advance)

    return watched


@contextlib.contextmanager
def _alone(lake: Lake, experiment: str) -> Iterator[None]:
    """Hold the experiment; the hold ends with the process. Raises Conflict where another one has it."""
    path = Path(lake.results_dir / ".running" / experiment)
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
