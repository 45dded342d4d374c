"""A sweep and its copy in MLflow: begun, kept up and ended together."""

from __future__ import annotations

import contextlib
import datetime as dt_
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from qm_harness.experiments.chain import ExperimentChain
from qm_harness.results.store import ResultStore, Run
from qm_harness.tracking.place import Place
from qm_harness.tracking.sweep_entry import SweepEnd, sweep_end, sweep_entry
from qm_harness.tracking.tracker import Tracker, TrackingStore
from qmcore.errors import Cancelled
from qmcore.lake import Lake, publish_file

if TYPE_CHECKING:
    from qm_harness.report.findings import Findings

MOST_JUDGED: Final = 5_000
"""Runs of an experiment that are judged at its end: all of them are in memory then."""

_AT_A_TIME: Final = 512
_CREDENTIALS: Final = re.compile(r"//[^@/]*@")


class Tracking(Protocol):
    """What a sweep tells."""

    def add(self, runs: Sequence[Run]) -> None:
        """Points that have ended now."""

    def finish(self, run_ids: set[str]) -> None:
        """All points of the sweep, ``run_ids``, have ended, now or before."""


class _Untracked:
    """Told, and nobody listens."""

    def add(self, runs: Sequence[Run]) -> None:
        """Nothing."""

    def finish(self, run_ids: set[str]) -> None:
        """Nothing."""


class _Tracked:
    """In MLflow, by ``tracker``."""

    def __init__(self, chain: ExperimentChain, lake: Lake, tracker: Tracker) -> None:
        self._chain, self._lake, self._tracker = chain, lake, tracker
        self._store = ResultStore(lake)

    def add(self, runs: Sequence[Run]) -> None:
        """Points that have ended now."""
        self._tracker.add(runs)

    def finish(self, run_ids: set[str]) -> None:
        """All points of the sweep, ``run_ids``, have ended, now or before."""

        def rest(there: set[str]) -> Iterator[list[Run]]:
            missing = sorted(run_ids - there)
            for low in range(0, len(missing), _AT_A_TIME):
                wanted = set(missing[low : low + _AT_A_TIME])
                yield self._store.runs(lambda meta, wanted=wanted: meta.run_id in wanted)  # type: ignore[misc]

        self._tracker.finish(lambda: self._end(run_ids), rest)

    def _end(self, run_ids: set[str]) -> SweepEnd:
        from qm_harness.report.findings import Findings

        name = self._chain.spec.name
        known = [meta for meta in self._store.metas() if meta.experiment == name]
        metas = [meta for meta in known if meta.run_id in run_ids]
        if len(known) > MOST_JUDGED:
            return sweep_end(metas, [], [])
        findings = Findings.gather(self._lake, name)
        trials = [trial for trial in findings.trials if trial.meta.run_id in run_ids]
        return sweep_end(metas, trials, [_report(self._lake, findings)])


def _report(lake: Lake, findings: Findings) -> Path:
    from qm_harness.report.page import render

    path = lake.report_path(findings.experiment)
    publish_file(path, render(findings, written_at=dt_.datetime.now(dt_.UTC)).encode())
    return path


@contextlib.contextmanager
def tracking(
    chain: ExperimentChain, lake: Lake, *, enabled: bool, problem: Callable[[str], None]
) -> Iterator[Tracking]:
    """Track what is done within; ``problem`` is called once at most, at the end."""
    if not enabled:
        yield _Untracked()
        return
    place = Place.of(chain.spec, lake)

    def opened() -> TrackingStore:
        from qm_harness.tracking.client_store import open_store

        return open_store(place)

    tracker = Tracker(opened, lambda: sweep_entry(chain))
    try:
        yield _Tracked(chain, lake, tracker)
    except (KeyboardInterrupt, Cancelled):
        tracker.give_up(SweepEnd("KILLED"))
        raise
    except BaseException:
        tracker.give_up(SweepEnd("FAILED"))
        raise
    finally:
        if tracker.problem is not None:
            said = f"MLflow at {place.uri} does not have all of {chain.spec.name}: {tracker.problem}"
            problem(_CREDENTIALS.sub("//***@", said))
