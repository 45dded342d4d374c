"""Searches: which points of a space a sweep visits, round by round.

Guarantees: a search depends on the spec and on what it was told, in order, and on nothing else; so the same spec
visits the same points however many work on it and however often it was interrupted.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from qm_harness.experiments.space import Point, Space
from qm_harness.results.store import Run
from qmcore.config.experiment import ExperimentSpec
from qmcore.errors import ConfigError

LARGEST_GRID: Final = 1_000_000
LARGEST_SPACE: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a point ended: what it is worth, None where too few trades say anything, or that it failed."""

    value: float | None = None
    failed: bool = False

    @classmethod
    def of(cls, run: Run, min_signals: int) -> Outcome:
        """The in-sample net expectancy at the threshold where it is best, of those with ``min_signals`` trades.

        What lies out of sample is not looked at: a search that sees it would leave nothing to judge by.
        """
        if run.meta.status == "failed":
            return cls(failed=True)
        samples = [row.in_sample for row in run.rows if row.in_sample.n_signals >= min_signals]
        return cls(max((s.mean_pnl_ticks for s in samples if s.mean_pnl_ticks is not None), default=None))


class Search(Protocol):
    """Asked for a round of points, and told how each of them ended, until it has no more."""

    @property
    def n_points(self) -> int:
        """How many it will ask for, those among them that it asks for again."""

    @property
    def learns(self) -> bool:
        """Whether what it is told matters."""

    def ask(self) -> Sequence[Point]:
        """The next round; empty at the end."""

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """How the points of the last round ended, in its order."""


class ListedSearch:
    """Points that are known beforehand, in one round."""

    learns = False

    def __init__(self, points: Sequence[Point]) -> None:
        self._points = points
        self.n_points = len(points)

    def ask(self) -> Sequence[Point]:
        """All of them; nothing the second time."""
        points, self._points = self._points, ()
        return points

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Changes nothing."""


def check_search(space: Space, spec: ExperimentSpec, *, source: str) -> None:
    """Raises ConfigError naming ``source`` where the space is too large or too small for the search."""
    wanted, most = spec.sweep.n_trials, LARGEST_SPACE
    if wanted is None:
        most = LARGEST_GRID
    if space.size > most:
        raise ConfigError(
            source=source,
            field="sweep",
            problem=f"the space has {space.size:,} points",
            allowed=f"at most {most:,} with search: {spec.sweep.search}"
            + (", any more with random or tpe" if wanted is None else ""),
        )
    if wanted is not None and wanted > space.size:
        raise ConfigError(
            source=source,
            field="sweep.n_trials",
            problem=f"{wanted} different points are asked for",
            allowed=f"1 to {space.size}, as many as the space has",
        )


def search_of(space: Space, spec: ExperimentSpec) -> Search:
    """The search that ``spec`` names, at its beginning; ``check_search`` has nothing against it."""
    wanted = spec.sweep.n_trials
    if wanted is None:
        return ListedSearch(list(space))
    if spec.sweep.search == "tpe":
        from qm_harness.experiments.tpe import TpeSearch

        return TpeSearch(space, spec.sweep)
    drawn = random.Random(spec.sweep.seed).sample(range(space.size), wanted)
    return ListedSearch([space[index] for index in sorted(drawn)])
