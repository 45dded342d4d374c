"""The datasets of an experiment, one a scoring, made when a point first needs one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from qm_harness.columns_cache import dataset_hash
from qm_harness.experiments.chain import ExperimentChain
from qm_harness.experiments.space import Choice, Point
from qm_harness.experiments.tasks import Source
from qm_harness.generate import Advance, Progress, generate
from qmcore.errors import ConfigError
from qmcore.lake import Lake

FEWEST_BINS: Final = 32
"""After warm-up; with fewer, trials cannot be compared over periods of time."""

Watched = Callable[[str], contextlib.AbstractContextManager[Progress]]
"""Who watches the generation of a dataset, named by its scoring."""


class Datasets:
    """Of ``chain`` in ``lake``. ``pulse`` is called all the while; what it raises leaves nothing behind."""

    def __init__(
        self, chain: ExperimentChain, lake: Lake, watched: Watched, pulse: Callable[[], None]
    ) -> None:
        self._chain, self._lake = chain, lake
        self._watched, self._pulse = watched, pulse
        self._sources: dict[Choice, Source] = {}
        self.seconds = 0.0
        """Spent on making them so far."""

    def of(self, points: Iterable[Point]) -> Mapping[Choice, Source]:
        """The dataset of each scoring so far. Raises ConfigError, or what ``generate`` raises."""
        begun = time.monotonic()
        for scoring in dict.fromkeys(point.scoring for point in points):
            if scoring not in self._sources:
                self._sources[scoring] = self._made(scoring)
        self.seconds += time.monotonic() - begun
        return self._sources

    def _made(self, scoring: Choice) -> Source:
        chain = self._chain
        with self._watched(", ".join(f"{name} {value}" for name, value in scoring)) as progress:

            def watched(advance: Advance) -> None:
                self._pulse()
                progress(advance)

            serving, pipeline = chain.scored(scoring), chain.serving.pipeline
            made = generate(self._lake, pipeline, serving, source=chain.source, progress=watched)
        manifest = made.dataset.manifest
        most = manifest.bins - FEWEST_BINS
        if chain.spec.eval.warmup_bins > most:
            raise ConfigError(
                source=chain.source,
                field="eval.warmup_bins",
                problem=f"leaves fewer than {FEWEST_BINS} of the {manifest.bins} bins of {manifest.dataset_id}",
                allowed=f"0 to {most}" if most >= 0 else "nothing: the dataset is too short",
            )
        return Source(manifest.dataset_id, dataset_hash(made.dataset))
