"""Heatmaps over pairs of axes that an experiment varied: is the best point a plateau or a spike?

A cell is the mean net expectancy of ALL trials with enough signals that have its two values, not of the best ones:
choosing within a cell would show luck as structure.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qm_harness.report.findings import Findings
from qm_harness.report.numbers import plain
from qm_harness.results.judged import Trial
from qm_harness.results.rows import RunMeta

MOST_VALUES: Final = 20
"""Of an axis as they are; with more, numbers are cut into ranges of equally many values, and names are not shown."""
MOST_RANGES: Final = 8
LEVELS: Final = 6
"""Shades on either side of zero."""

TRADING: Final = ("signal", "tp_ticks", "sl_ticks", "cooldown_bins")
THRESHOLD: Final = "threshold"
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
    """Signals against thresholds, pairs of trading axes over all signals, then the parameters of
    each signal, signals taking turns."""
    trials = [t for t in findings.trials if t.row.enough_signals and t.row.mean_pnl_ticks is not None]
    points = _Points(trials)
    trading = [name for name in points.varied() if name in TRADING]
    made = [points.surface("Signals", "signal", THRESHOLD, lone=True)]
    made += [points.surface("Trading", row, column) for row, column in itertools.combinations(trading, 2)]
    of_signals = [
        _of_params(signal, _Points([t for t in trials if t.meta.signal == signal]), trading)
        for signal in dict.fromkeys(t.meta.signal for t in trials)
    ]
    made += [surface for turn in itertools.zip_longest(*of_signals) for surface in turn]
    return [surface for surface in made if surface is not None]


def _of_params(signal: str, own: _Points, trading: list[str]) -> list[Surface | None]:
    params = [name for name in own.varied() if name not in TRADING]
    pairs = [*itertools.product(params, (THRESHOLD, *trading)), *itertools.combinations(params, 2)]
    return [own.surface(signal, row, column) for row, column in pairs]


def varied(metas: Iterable[RunMeta]) -> list[str]:
    """Names of the axes of which the runs have more than one value, without signal and threshold."""
    values: dict[str, set[Value]] = {}
    for meta in metas:
        for name, value in settings_of(meta).items():
            values.setdefault(name, set()).add(value)
    return [name for name, seen in values.items() if len(seen) > 1 and name != "signal"]


def settings_of(meta: RunMeta) -> dict[str, Value]:
    """What a sweep may vary of a run, by name; trading first."""
    trading: dict[str, Value] = {name: getattr(meta, name) for name in TRADING}
    return trading | {**_document(meta.params), **_document(meta.scoring)}


def _document(text: str) -> dict[str, Value]:
    known: dict[str, object] = json.loads(text)
    return {
        name: value
        if isinstance(value, str | int | float)
        else _UNSET
        if value is None
        else json.dumps(value)
        for name, value in known.items()
    }


class _Points:
    """Trials as arrays: which run each is of, its threshold and its net expectancy."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        self._metas = {t.meta.run_id: t.meta for t in trials}
        numbers = {run_id: i for i, run_id in enumerate(self._metas)}
        self._settings = [settings_of(meta) for meta in self._metas.values()]
        self._run = np.array([numbers[t.meta.run_id] for t in trials], np.int64)
        self._threshold = np.array([t.row.threshold for t in trials])
        self._mean = np.array([t.row.mean_pnl_ticks for t in trials], np.float64)

    def varied(self) -> list[str]:
        """As ``varied``, of these runs."""
        return varied(self._metas.values())

    def surface(self, title: str, row_axis: str, column_axis: str, *, lone: bool = False) -> Surface | None:
        """None where an axis has one value only; one row is enough where ``lone``."""
        (row_labels, rows), (column_labels, columns) = self._axis(row_axis), self._axis(column_axis)
        shape = len(row_labels), len(column_labels)
        if shape[1] < 2 or shape[0] < (1 if lone else 2):
            return None
        there = (rows >= 0) & (columns >= 0)
        places = (rows * shape[1] + columns)[there]
        counts = np.bincount(places, minlength=shape[0] * shape[1])
        sums = np.bincount(places, self._mean[there], minlength=len(counts))
        means = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
        extreme = float(np.abs(means).max())
        cells = [
            Cell(mean, n, _level(mean, extreme)) if n else None
            for mean, n in zip(means.tolist(), counts.tolist(), strict=True)
        ]
        lines = tuple(tuple(cells[i : i + shape[1]]) for i in range(0, len(cells), shape[1]))
        return Surface(title, row_axis, column_axis, row_labels, column_labels, lines)

    def _axis(self, name: str) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """Labels in order, and the place of each trial among them, -1 for none."""
        if name == THRESHOLD:
            labels, places = _places(self._threshold.tolist())
            return labels, places
        labels, places = _places([settings.get(name) for settings in self._settings])
        return labels, places[self._run]


def _places(values: Sequence[Value | None]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Labels of the different ``values`` in order, and the place of each value among them."""
    known = {value for value in values if value is not None}
    numbers = sorted(v for v in known if not isinstance(v, str))
    texts = sorted(v for v in known if isinstance(v, str))
    ordered: list[Value] = [*numbers, *texts]
    if len(ordered) <= MOST_VALUES:
        labels, places = tuple(map(plain, ordered)), {value: i for i, value in enumerate(ordered)}
    elif texts:
        labels, places = (), {}
    else:
        ranges = [part.tolist() for part in np.array_split(np.array(numbers, float), MOST_RANGES)]
        labels = tuple(f"{part[0]:.3g} to {part[-1]:.3g}" for part in ranges)
        places = {value: i for i, part in enumerate(ranges) for value in part}
    return labels, np.array([-1 if value is None else places.get(value, -1) for value in values], np.int64)


def _level(mean: float, extreme: float) -> int:
    """At least one shade off zero."""
    if mean == 0 or extreme == 0:
        return 0
    return int(math.copysign(max(1, round(LEVELS * abs(mean) / extreme)), mean))
