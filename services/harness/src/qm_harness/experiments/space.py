"""The space of a sweep: every point has an index, and the same spec gives the same points in the same order.

The order is scoring, signal, its parameters, cooldown, take-profit, stop-loss, the last one running fastest: points
that share a signal's values are neighbours. Nothing is spelled out before it is asked for: a space may be as large as
a search can use.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qmcore.config.experiment import ExperimentSpec, axis_values
from qmcore.config.runtime import ParamValue, SignalSpec

Choice = tuple[tuple[str, ParamValue], ...]
"""Names and values, one of each axis."""

Axes = Mapping[str, Sequence[ParamValue]]
"""Names, and the values that each may have."""


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
        self.scoring: Axes = {name: axis_values(axis) for name, axis in sweep.scoring.items()}
        self.signals: dict[str, Axes] = {}
        """Axes of the parameters of each signal."""
        self.cooldown_bins, self.tp_ticks, self.sl_ticks = (
            trading.cooldown_bins,
            trading.tp_ticks,
            trading.sl_ticks,
        )
        for name, axes in (sweep.per_signal or {signal.name: {}}).items():
            fixed = {key: (value,) for key, value in signal.params.items()} if name == signal.name else {}
            self.signals[name] = fixed | {key: axis_values(axis) for key, axis in axes.items()}

    @property
    def size(self) -> int:
        """How many points it has."""
        return self.n_scorings * self.n_variants * self._n_trading

    @property
    def n_scorings(self) -> int:
        """Combinations of its scoring; each is a dataset."""
        return _size(self.scoring)

    @property
    def n_variants(self) -> int:
        """Signals with their parameters."""
        return sum(map(_size, self.signals.values()))

    def scorings(self) -> Iterator[Choice]:
        """Every combination of the scoring, in order."""
        return (_choice(self.scoring, index) for index in range(self.n_scorings))

    def variants(self) -> Iterator[tuple[str, Choice]]:
        """Every signal with every combination of its parameters, in order."""
        return (self._variant(index) for index in range(self.n_variants))

    def __getitem__(self, index: int) -> Point:
        if not 0 <= index < self.size:
            raise IndexError(index)
        index, sl = divmod(index, len(self.sl_ticks))
        index, tp = divmod(index, len(self.tp_ticks))
        index, cooldown = divmod(index, len(self.cooldown_bins))
        scoring, variant = divmod(index, self.n_variants)
        return Point(
            _choice(self.scoring, scoring),
            *self._variant(variant),
            self.cooldown_bins[cooldown],
            self.tp_ticks[tp],
            self.sl_ticks[sl],
        )

    def __iter__(self) -> Iterator[Point]:
        return (self[index] for index in range(self.size))

    @property
    def _n_trading(self) -> int:
        return len(self.cooldown_bins) * len(self.tp_ticks) * len(self.sl_ticks)

    def _variant(self, index: int) -> tuple[str, Choice]:
        for name, axes in self.signals.items():
            if index < _size(axes):
                return name, _choice(axes, index)
            index -= _size(axes)
        raise IndexError(index)


def _size(axes: Axes) -> int:
    return math.prod(map(len, axes.values()))


def _choice(axes: Axes, index: int) -> Choice:
    """The combination at ``index``, the last axis running fastest."""
    chosen = []
    for name in reversed(list(axes)):
        index, place = divmod(index, len(axes[name]))
        chosen.append((name, axes[name][place]))
    return tuple(reversed(chosen))
