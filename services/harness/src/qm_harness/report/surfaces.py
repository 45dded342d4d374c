"""Heatmaps over pairs of axes that an experiment varied: is the best point a plateau or a spike?

A cell is the mean net expectancy of ALL trials with enough signals that have its two values, not of the best ones:
choosing within a cell would show luck as structure.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from qm_harness.report.findings import Findings
from qm_harness.report.numbers import plain
from qm_harness.results.judged import Trial
from qm_harness.results.rows import RunMeta

MOST_VALUES: Final = 12
"""Of an axis as they are; with more, numbers are cut into ranges of equally many values, and names are not shown."""
MOST_SURFACES: Final = 12
LEVELS: Final = 6
"""Shades on either side of zero."""

TRADING: Final = ("signal", "tp_ticks", "sl_ticks", "cooldown_bins")
_UNSET: Final = "default"

Value = str | float | int | bool


@dataclass(frozen=True, slots=True)
class Cell:
    """The trials of two values."""

    mean_pnl_ticks: float
    n_trials: int
    level: int
    """Shade, -LEVELS to LEVELS."""


@dataclass(frozen=True, slots=True)
class Surface:
    """Two axes; ``cells[row][column]`` is None where nothing was tried or had enough signals."""

    title: str
    row_axis: str
    column_axis: str
    row_labels: tuple[str, ...]
    column_labels: tuple[str, ...]
    cells: tuple[tuple[Cell | None, ...], ...]


def surfaces_of(findings: Findings) -> list[Surface]:
    """Signals against thresholds first, then pairs of axes signal by signal, trading axes before parameters."""
    trials = [t for t in findings.trials if t.row.enough_signals and t.row.mean_pnl_ticks is not None]
    signals = list(dict.fromkeys(t.meta.signal for t in trials))
    made = [_surface("All signals", "signal", "threshold", trials, lone=True)] if trials else []
    for signal in signals:
        own = [t for t in trials if t.meta.signal == signal]
        axes = varied(own)
        made += [_surface(signal, row, column, own) for row, column in itertools.combinations(axes, 2)]
    return [surface for surface in made if surface is not None][:MOST_SURFACES]


def varied(trials: Sequence[Trial]) -> list[str]:
    """Names of the axes of which ``trials`` have more than one value, without the threshold."""
    values: dict[str, set[Value]] = {}
    for meta in {t.meta.run_id: t.meta for t in trials}.values():
        for name, value in settings_of(meta).items():
            values.setdefault(name, set()).add(value)
    return [name for name, seen in values.items() if name != "signal" and len(seen) > 1]


def settings_of(meta: RunMeta) -> dict[str, Value]:
    """What a sweep may vary of a run, by name; trading first."""
    trading: dict[str, Value] = {name: getattr(meta, name) for name in TRADING}
    return trading | {**_document(meta.params), **_document(meta.scoring)}


@lru_cache(maxsize=4096)
def _document(text: str) -> Mapping[str, Value]:
    known: dict[str, object] = json.loads(text)
    return {
        name: value
        if isinstance(value, str | int | float)
        else _UNSET
        if value is None
        else json.dumps(value)
        for name, value in known.items()
    }


def _surface(
    title: str, row_axis: str, column_axis: str, trials: Sequence[Trial], *, lone: bool = False
) -> Surface | None:
    """None where an axis has one value only (one row is enough where ``lone``), or no cell is filled."""
    rows, columns = _Axis.of(row_axis, trials), _Axis.of(column_axis, trials)
    if len(columns.labels) < 2 or (len(rows.labels) < 2 and not lone):
        return None
    sums = np.zeros((len(rows.labels), len(columns.labels)))
    counts = np.zeros_like(sums, dtype=np.int64)
    for trial in trials:
        place = rows.place(trial), columns.place(trial)
        if None not in place:
            sums[place] += trial.row.mean_pnl_ticks or 0.0
            counts[place] += 1
    means = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
    extreme = float(np.abs(means).max())
    cells = tuple(
        tuple(
            Cell(float(mean), int(n), _level(float(mean), extreme)) if n else None
            for mean, n in zip(*line, strict=True)
        )
        for line in zip(means, counts, strict=True)
    )
    return Surface(title, row_axis, column_axis, rows.labels, columns.labels, cells)


def _level(mean: float, extreme: float) -> int:
    """At least one shade off zero."""
    if mean == 0 or extreme == 0:
        return 0
    return int(math.copysign(max(1, round(LEVELS * abs(mean) / extreme)), mean))


@dataclass(frozen=True, slots=True)
class _Axis:
    """Labels in order, and the place of each value among them."""

    name: str
    labels: tuple[str, ...]
    places: Mapping[Value, int]

    @classmethod
    def of(cls, name: str, trials: Sequence[Trial]) -> _Axis:
        values = {v for t in trials if (v := _value(t, name)) is not None}
        numbers = sorted(v for v in values if not isinstance(v, str))
        texts = sorted(v for v in values if isinstance(v, str))
        ordered: list[Value] = [*numbers, *texts]
        if len(ordered) <= MOST_VALUES:
            return cls(name, tuple(map(plain, ordered)), {value: i for i, value in enumerate(ordered)})
        if texts:
            return cls(name, (), {})
        ranges = [part.tolist() for part in np.array_split(np.array(numbers, float), MOST_VALUES)]
        labels = tuple(f"{part[0]:.4g} to {part[-1]:.4g}" for part in ranges)
        places = {value: i for i, part in enumerate(ranges) for value in part}
        return cls(name, labels, places)

    def place(self, trial: Trial) -> int | None:
        value = _value(trial, self.name)
        return None if value is None else self.places.get(value)


def _value(trial: Trial, name: str) -> Value | None:
    return trial.row.threshold if name == "threshold" else settings_of(trial.meta).get(name)
