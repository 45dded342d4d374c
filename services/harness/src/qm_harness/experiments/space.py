"""The space of a sweep: every point has an index, and the same spec gives the same points in the same order.

The order is scoring, signal, its parameters, cooldown, take-profit, stop-loss, the last one running fastest: points
that share a signal's values are neighbours.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from qmcore.config.experiment import ExperimentSpec, axis_values
from qmcore.config.runtime import ParamValue, SignalSpec
from qmcore.errors import ConfigError

Choice = tuple[tuple[str, ParamValue], ...]
"""Names and values, one of each axis."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a sweep."""

    scoring: Choice
    signal: str
    params: Choice
    cooldown_bins: int
    tp_ticks: float
    sl_ticks: float


class Space:
    """The points of ``spec``, whose serving has ``signal``."""

    def __init__(self, spec: ExperimentSpec, signal: SignalSpec) -> None:
        trading, sweep = spec.eval, spec.sweep
        self.scorings = _choices({name: axis_values(axis) for name, axis in sweep.scoring.items()})
        self._cooldowns, self._tps, self._sls = trading.cooldown_bins, trading.tp_ticks, trading.sl_ticks
        self.variants: list[tuple[str, Choice]] = []
        """Signals with their parameters, in order."""
        for name, axes in (sweep.per_signal or {signal.name: {}}).items():
            fixed = {key: (value,) for key, value in signal.params.items()} if name == signal.name else {}
            swept = {key: axis_values(axis) for key, axis in axes.items()}
            self.variants += [(name, choice) for choice in _choices(fixed | swept)]

    def __len__(self) -> int:
        tried = len(self._cooldowns) * len(self._tps) * len(self._sls)
        return len(self.scorings) * len(self.variants) * tried

    def __getitem__(self, index: int) -> Point:
        if not 0 <= index < len(self):
            raise IndexError(index)
        index, sl = divmod(index, len(self._sls))
        index, tp = divmod(index, len(self._tps))
        index, cooldown = divmod(index, len(self._cooldowns))
        scoring, variant = divmod(index, len(self.variants))
        return Point(
            self.scorings[scoring],
            *self.variants[variant],
            self._cooldowns[cooldown],
            self._tps[tp],
            self._sls[sl],
        )

    def __iter__(self) -> Iterator[Point]:
        return (self[index] for index in range(len(self)))


def _choices(axes: Mapping[str, tuple[ParamValue, ...]]) -> list[Choice]:
    return [tuple(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def searched(space: Space, spec: ExperimentSpec, *, source: str) -> list[Point]:
    """The points that the spec's search visits, in the order of the space. Raises ConfigError naming ``source``."""
    wanted = spec.sweep.n_trials
    if wanted is None:
        return list(space)
    if wanted > len(space):
        raise ConfigError(
            source=source,
            field="sweep.n_trials",
            problem=f"{wanted} different points are asked for",
            allowed=f"1 to {len(space)}, as many as the space has",
        )
    return [
        space[index] for index in sorted(random.Random(spec.sweep.seed).sample(range(len(space)), wanted))
    ]
