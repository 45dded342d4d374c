"""What an experiment as a whole is worth (overfitting, superior ability), worked out beside the listing of its runs.

Thousands of trials take many seconds. They are worked out once their experiment stands still, one after the other at
low priority, and kept in the lake's cache by a hash of the runs; until then they are not known.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from qm_harness.results.board_groups import Group
from qm_harness.results.judged import blocks_of
from qm_harness.statistics.overfitting import backtest_overfitting
from qm_harness.statistics.superior_predictive_ability import superior_ability
from qmcore.config.base import Spec
from qmcore.lake import Lake, publish_file

log = logging.getLogger(__name__)

STILL_S: Final = 2.0
NICENESS: Final = 10


class Figures(Spec):
    """Of a group of runs; null where there are too few trials, or none that earned anything."""

    overfitting_probability: float | None
    spa_p: float | None


class SweepFigures:
    """The figures of groups, by key."""

    def __init__(self, lake: Lake, *, still_s: float = STILL_S) -> None:
        self._lake, self._still_s = lake, still_s
        self._known: dict[str, Figures] = {}
        self._asked: set[str] = set()
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, "sweep-figures", initializer=_step_back)

    def close(self) -> None:
        """Begin nothing more."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def known(self, key: str) -> Figures | None:
        """The figures of a group; None where they were not worked out yet."""
        if key not in self._known and (kept := self._read(key)) is not None:
            self._known[key] = kept
        return self._known.get(key)

    def ask(
        self, group: Group, load: Callable[[], NDArray[np.float64]], is_current: Callable[[], bool]
    ) -> None:
        """Work them out once the group has stood still for a while. Asking again changes nothing."""
        with self._lock:
            if group.key in self._asked:
                return
            self._asked.add(group.key)
        self._worker.submit(self._work_out, group, load, is_current)

    def _work_out(
        self, group: Group, load: Callable[[], NDArray[np.float64]], is_current: Callable[[], bool]
    ) -> None:
        try:
            time.sleep(self._still_s)
            if not is_current():
                return
            figures = figures_of(load(), seed=group.seed)
            publish_file(self._lake.verdict_cache_path(group.key), figures.model_dump_json().encode())
            self._known[group.key] = figures
        except Exception:
            log.exception("experiment %s: overfitting and superior ability are not known", group.experiment)
        finally:
            with self._lock:
                self._asked.discard(group.key)

    def _read(self, key: str) -> Figures | None:
        with contextlib.suppress(OSError, ValidationError):
            return Figures.model_validate_json(self._lake.verdict_cache_path(key).read_bytes())
        return None


def figures_of(pnl: NDArray[np.float64], *, seed: int) -> Figures:
    """Of the trials of one clock, shape (periods, trials)."""
    n_periods, n_trials = pnl.shape
    overfitting = backtest_overfitting(pnl, blocks_of(n_periods)) if n_trials > 1 else None
    ability = superior_ability(pnl, seed=seed)
    return Figures(
        overfitting_probability=overfitting.probability if overfitting else None,
        spa_p=ability.consistent if ability else None,
    )


def _step_back() -> None:
    # Of this thread alone, on Linux; elsewhere it works at the priority of the others.
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
