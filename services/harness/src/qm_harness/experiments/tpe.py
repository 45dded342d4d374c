"""Search by Optuna's Tree-structured Parzen Estimator: what earned in sample is looked at more closely.

Every suggestion is a place on an axis, never a value between two, so that every point is one of the space. A signal's
parameters are only suggested where the signal is (define-by-run). Points come in rounds of a fixed size and are told
in the order in which they were asked, not in that in which they ended.

This is the only module that knows Optuna, which takes a third of a second to import.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import optuna
from optuna.trial import Trial, TrialState

from qm_harness.experiments.search import Outcome
from qm_harness.experiments.space import Axes, Choice, Point, Space
from qmcore.config.experiment import DEFAULT_ROUND_SIZE, SweepSpec

ValueT = TypeVar("ValueT", int, float, str, "int | float | bool | str")

_STARTUP: Final = 16
"""Points drawn at random before there is anything to learn from."""


class TpeSearch:
    """``sweep.n_trials`` points of ``space``; a point that is suggested again is among them again."""

    learns = True

    def __init__(self, space: Space, sweep: SweepSpec) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.n_points = sweep.n_trials or 0
        self._space = space
        self._round_size = sweep.round_size or DEFAULT_ROUND_SIZE
        sampler = optuna.samplers.TPESampler(seed=sweep.seed % (1 << 32), n_startup_trials=_STARTUP)
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._asked = 0
        self._open: list[Trial] = []

    def ask(self) -> Sequence[Point]:
        """The next round; empty at the end."""
        assert not self._open, "tell() comes between two rounds"
        size = min(self._round_size, self.n_points - self._asked)
        points = []
        for _ in range(size):
            trial = self._study.ask()
            points.append(_suggested(trial, self._space))
            self._open.append(trial)
        self._asked += size
        return points

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """How the points of the last round ended, in its order."""
        for trial, outcome in zip(self._open, outcomes, strict=True):
            if outcome.failed:
                self._study.tell(trial, state=TrialState.FAIL)
            elif outcome.value is None:
                # Without a value it counts as worse than all that have one: look elsewhere.
                self._study.tell(trial, state=TrialState.PRUNED)
            else:
                self._study.tell(trial, outcome.value)
        self._open.clear()


def _suggested(trial: Trial, space: Space) -> Point:
    scoring = _choice(trial, "scoring", space.scoring)
    signal = _one_of(trial, "signal", tuple(space.signals))
    return Point(
        scoring,
        signal,
        _choice(trial, f"signal.{signal}", space.signals[signal]),
        _one_of(trial, "eval.cooldown_bins", space.cooldown_bins),
        _one_of(trial, "eval.tp_ticks", space.tp_ticks),
        _one_of(trial, "eval.sl_ticks", space.sl_ticks),
    )


def _choice(trial: Trial, prefix: str, axes: Axes) -> Choice:
    return tuple((name, _one_of(trial, f"{prefix}.{name}", values)) for name, values in axes.items())


def _one_of(trial: Trial, name: str, values: Sequence[ValueT]) -> ValueT:
    """Numbers by their rank, so that near ones are near; anything else as categories."""
    if len(values) == 1:
        return values[0]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return sorted(values)[trial.suggest_int(name, 0, len(values) - 1)]
    return values[trial.suggest_categorical(name, tuple(range(len(values))))]
