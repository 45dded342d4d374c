"""From an experiment's file to everything that it stands on: ExperimentSpec -> ServingSpec -> PipelineSpec -> lock.

Everything that can be wrong with the files is said here, before anything is made.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qm_harness.experiments.search import Search, check_search, search_of
from qm_harness.experiments.space import Choice, Point, Space
from qmcore.config.base import load_spec
from qmcore.config.experiment import ExperimentSpec, ParallelSpec, TrackingSpec
from qmcore.config.resolve import resolve_config
from qmcore.config.runtime import SignalSpec, canonical_json
from qmcore.config.serving import ServingSpec
from qmcore.errors import ConfigError, NotFound
from qmcore.lake import Lake
from qmcore.serving_chain import ServingChain, load_serving_chain
from qmcore.signals.catalogue import kind_of, parse_params

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_MOST_SCORINGS: Final = 10_000
_MOST_CHECKED: Final = 10_000


@dataclass(frozen=True, slots=True)
class ExperimentChain:
    """An experiment with its serving's chain, and the space in which it searches."""

    source: str
    spec: ExperimentSpec
    serving: ServingChain
    space: Space

    @property
    def spec_hash(self) -> str:
        """SHA-256 over the four files' content as it was understood; who works on it and tracks it left out."""
        what = self.spec.model_copy(update={"parallel": ParallelSpec(), "tracking": TrackingSpec()})
        text = f"{canonical_json(what)}\n{self.serving.config_hash}"
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def n_points(self) -> int:
        """How many points the search visits, those among them that it visits again."""
        return self.spec.sweep.n_trials or self.space.size

    @property
    def n_trials(self) -> int:
        """What statistics correct for: every point at every threshold."""
        return self.n_points * len(self.spec.eval.thresholds)

    def search(self) -> Search:
        """The search, at its beginning."""
        return search_of(self.space, self.spec)

    def signal(self, point: Point) -> SignalSpec:
        """The signal of ``point`` as a serving would name it."""
        base = self.serving.serving.signal
        weights = base.weights if point.signal == base.name else {}
        return SignalSpec(name=point.signal, params=dict(point.params), weights=weights)

    def scored(self, scoring: Choice) -> ServingSpec:
        """The serving with the scoring of a point."""
        serving = self.serving.serving
        overrides = serving.scoring.model_dump(exclude_none=True) | dict(scoring)
        return ServingSpec.model_validate(serving.model_dump() | {"scoring": overrides})


def experiment_file(experiment: str, lake: Lake) -> Path:
    """The file itself; for a bare name the lake's file. Raises NotFound listing the lake's."""
    path = Path(experiment)
    if path.exists() or path.parent != Path():
        return path
    folder = lake.config_dir("experiments")
    named = folder / f"{path.name.removesuffix('.yaml')}.yaml"
    if not named.exists():
        there = sorted(p.stem for p in folder.glob("*.yaml"))
        raise NotFound(kind="experiment file", name=experiment, available=there)
    return named


def load_experiment(path: Path, lake: Lake) -> ExperimentChain:
    """Read, resolve and check the experiment in ``path``. Raises NotFound, ConfigError or InstrumentMismatch."""
    return resolve_experiment(load_spec(ExperimentSpec, path), path, lake)


def resolve_experiment(spec: ExperimentSpec, path: Path, lake: Lake) -> ExperimentChain:
    """Resolve and check ``spec``, which errors call ``path``. Raises NotFound, ConfigError or InstrumentMismatch."""
    serving = load_serving_chain(_serving_path(spec, path, lake), lake.root)
    space = Space(spec, serving.serving.signal)
    check_search(space, spec, source=str(path))
    chain = ExperimentChain(str(path), spec, serving, space)
    for name, params in _checked_variants(space):
        _check_signal(chain, name, params)
    if space.n_scorings > _MOST_SCORINGS:
        raise ConfigError(
            source=str(path),
            field="sweep.scoring",
            problem=f"has {space.n_scorings:,} combinations, each of which is a dataset",
            allowed=f"at most {_MOST_SCORINGS:,}",
        )
    for scoring in space.scorings():
        source = f"{path}: sweep.scoring {dict(scoring)}" if scoring else str(path)
        resolve_config(serving.instrument, serving.pipeline, chain.scored(scoring), source=source)
    return chain


def _checked_variants(space: Space) -> Iterator[tuple[str, Choice]]:
    """All of them; of very many, those that differ from the first in one parameter.

    What is left, a combination that a signal refuses, is a point that fails.
    """
    if space.n_variants <= _MOST_CHECKED:
        yield from space.variants()
        return
    for name, axes in space.signals.items():
        first = {key: values[0] for key, values in axes.items()}
        for key, values in axes.items():
            for value in values:
                yield name, tuple((first | {key: value}).items())


def _serving_path(spec: ExperimentSpec, path: Path, lake: Lake) -> Path:
    """The serving's file: of a name in the lake, or of a path beside the experiment's file."""
    if not _NAME.fullmatch(spec.serving):
        return path.parent / spec.serving
    folder = lake.config_dir("serving")
    found = folder / f"{spec.serving}.yaml"
    if not found.exists():
        there = sorted(p.stem for p in folder.glob("*.yaml"))
        raise ConfigError(
            source=str(path),
            field="serving",
            problem=f"no serving {spec.serving!r} in {folder}",
            allowed=", ".join(there) or "a path to a serving's file",
        )
    return found


def _check_signal(chain: ExperimentChain, name: str, params: Choice) -> None:
    field = f"sweep.per_signal.{name}" if chain.spec.sweep.per_signal else "serving's signal"
    base = chain.serving.serving.signal
    try:
        parse_params(kind_of(name), dict(params), base.weights if name == base.name else {})
    except NotFound as error:
        raise ConfigError(
            source=chain.source,
            field=field,
            problem="unknown signal",
            allowed=", ".join(error.available or ()),
        ) from error
    except ConfigError as error:
        inner = f"{field}.{error.field}" if error.field else field
        raise ConfigError(
            source=chain.source, field=inner, problem=error.problem, allowed=error.allowed
        ) from error
