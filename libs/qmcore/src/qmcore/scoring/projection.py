"""The model score carried forward: a damped Taylor polynomial (SPEC section 4).

value(h) = clip((s + d1 h + d2 h^2 / 2 [+ cubic_scale d3 h^3]) exp(-lambda h), -1, 1), h in seconds, d's of the score
per second.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from qmcore.config.instrument import ProjectionConfig


@dataclass(slots=True)
class ScoreProjection:
    """Keeps the score's differences; one update a bin."""

    config: ProjectionConfig
    bin_seconds: float
    _last: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0, 0.0])
    _seen: bool = False

    def update(self, score: float) -> list[float]:
        """Projections of the score at each of the horizons, in their order."""
        values = [score, 0.0, 0.0, 0.0]
        if self._seen:
            for i in range(3):
                values[i + 1] = (values[i] - self._last[i]) / self.bin_seconds
        self._last, self._seen = values, True
        return [self._at(bins * self.bin_seconds) for bins in self.config.projection_horizons_bins]

    def _at(self, h: float) -> float:
        score, d1, d2, d3 = self._last
        value = score + d1 * h + 0.5 * d2 * h * h
        if self.config.projection_use_cubic:
            value += self.config.projection_cubic_scale * d3 * h**3
        return min(1.0, max(-1.0, value * math.exp(-self.config.projection_damping_lambda * h)))

    def export_state(self) -> list[float]:
        """Score, its differences, and whether any bin was seen."""
        return [*self._last, float(self._seen)]

    def import_state(self, state: list[float]) -> None:
        """Take back what ``export_state`` gave."""
        self._last, self._seen = list(state[:4]), bool(state[4])
