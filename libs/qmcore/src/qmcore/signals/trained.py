"""The interface of trained signals: features measured by bin, a model of an artifact says how likely the mid moves up.

    value = 2 p_up - 1 = tanh(margin / 2),  margin = log-odds by the model that is active at the bin's end

Which model is active is in the artifact (``qmcore.signals.models``); before the first one's time the value is 0, and
the last one stays. A signal is only made from an artifact that was trained for it: same parameters, same features, same
settings of grid and physics. Training is the harness's (``qm_harness.training``).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from qmcore.config.base import Spec
from qmcore.config.runtime import RuntimeConfig
from qmcore.errors import ConfigError, CorruptData
from qmcore.kernels.windows import tanh
from qmcore.signals import features
from qmcore.signals.base import Block, MeasuredSignal, State
from qmcore.signals.measures import Dense
from qmcore.signals.models import Arrays, FeatureSettings, ModelSequence
from qmcore.signals.params import unit

_BINS = unit("bins")


class WalkForwardParams(Spec):
    """How a signal is trained: what is predicted, from which bins, how often."""

    horizon_bins: int = Field(
        20, ge=1, le=36_000, description="bins ahead whose mid is predicted", json_schema_extra=_BINS
    )
    label_ticks: float = Field(
        0.5, ge=0.5, le=1000, description="smaller moves are left out", json_schema_extra=unit("ticks")
    )
    min_train_bins: int = Field(
        9_000, ge=50, le=500_000, description="bins that the first training has", json_schema_extra=_BINS
    )
    train_window_bins: int = Field(
        36_000, ge=50, le=500_000, description="most bins that a training looks back", json_schema_extra=_BINS
    )
    retrain_bins: int = Field(
        9_000, ge=10, le=1_000_000, description="bins from one training to the next", json_schema_extra=_BINS
    )
    embargo_bins: int = Field(
        20,
        ge=0,
        le=36_000,
        description="bins left out between the last label's end and the first bin predicted",
        json_schema_extra=_BINS,
    )

    @model_validator(mode="after")
    def _window_holds_the_least(self) -> Self:
        if self.min_train_bins > self.train_window_bins:
            raise ValueError(
                f"min_train_bins {self.min_train_bins} must not exceed train_window_bins {self.train_window_bins}"
            )
        return self


class Artifacts(Protocol):
    """Where trained models are: ``qmcore.artifacts.ArtifactStore``."""

    def load(self, sha256: str) -> bytes:
        """The bytes of that hash. Raises NotFound or CorruptData."""


class Model(Protocol):
    """One trained model."""

    def margin(self, row: Sequence[float]) -> float:
        """Log-odds that the mid moves up, from the features of one bin."""


TrainedParamsT = TypeVar("TrainedParamsT", bound=WalkForwardParams)


class TrainedSignal(MeasuredSignal[TrainedParamsT]):
    """A signal that serves models. Subclasses say of which arrays a model is made."""

    reads_bins = ("bin_end_ns", *features.READS_BINS)
    reads_grid = features.READS_GRID

    def __init__(self, params: TrainedParamsT, config: RuntimeConfig, sequence: ModelSequence) -> None:
        super().__init__(params, config)
        self._features = features.GridFeatures(config)
        self._active_from_ns = sequence.active_from_ns
        self._models = self.models(sequence.models, len(sequence.active_from_ns))
        self._at, self._taken_up = -1, 0

    @staticmethod
    @abstractmethod
    def arrays(models: Sequence[Any]) -> Arrays:
        """How a sequence's models, as training gives them, are kept in an artifact."""

    @staticmethod
    @abstractmethod
    def models(arrays: Arrays, n_models: int) -> list[Model]:
        """The models of a sequence. Raises KeyError or ValueError where ``arrays`` are not those."""

    @property
    def retrains(self) -> int:
        return self._taken_up

    def measure(self, bins: Block, grid: Block) -> Dense:
        active = np.searchsorted(self._active_from_ns, bins["bin_end_ns"], side="right") - 1
        return np.column_stack([active.astype(np.float64), self._features.of(bins, grid)])

    def step(self, row: list[float]) -> float:
        active = int(row[0])
        if active != self._at:
            self._at = active
            self._taken_up += 1
        return tanh(0.5 * self._models[active].margin(row[1:])) if active >= 0 else 0.0

    def memory(self) -> State:
        return {"active": np.array([self._at, self._taken_up])}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        self._at, self._taken_up = (int(number) for number in state["active"])


def from_artifact(
    kind: type[TrainedSignal[Any]],
    params: Spec,
    config: RuntimeConfig,
    sha256: str | None,
    artifacts: Artifacts | None,
) -> TrainedSignal[Any]:
    """The signal of ``kind`` with the models of an artifact.

    Raises ConfigError where there is none or it was trained for something else, NotFound, CorruptData.
    """
    if sha256 is None:
        problem = (
            "is trained: it needs an artifact, which a run of an experiment makes (see the run's lineage)"
        )
        raise _refusal(kind, problem, "the SHA-256 of an artifact, 64 hex digits")
    if artifacts is None:
        raise _refusal(kind, f"no artifacts are at hand here to take {sha256} from")
    source = f"artifact {sha256}"
    sequence = ModelSequence.decode(artifacts.load(sha256), source)
    about = sequence.about
    if about.signal != kind.name:
        raise _refusal(kind, f"{sha256} is a model of signal {about.signal}")
    if about.features != features.FEATURE_NAMES:
        raise _refusal(kind, f"{sha256} was trained on the features of another version; train it again")
    for trained, here in (
        (about.settings, FeatureSettings.of(config)),
        (_params(kind, sequence, source), params),
    ):
        differing = [
            f"{key} {value}, not {getattr(here, key)}"
            for key, value in trained
            if value != getattr(here, key)
        ]
        if differing:
            raise _refusal(kind, f"{sha256} was trained with {'; '.join(differing)}")
    try:
        return kind(params, config, sequence)
    except (KeyError, ValueError, TypeError) as error:  # TypeError: an array of another shape or of records
        raise CorruptData(path=source, problem=f"not models of signal {kind.name}: {error}") from error


def _params(kind: type[TrainedSignal[Any]], sequence: ModelSequence, source: str) -> Spec:
    try:
        return kind.Params.model_validate(sequence.about.params)
    except ValueError as error:
        raise CorruptData(path=source, problem=f"parameters of no signal {kind.name}: {error}") from error


def _refusal(kind: type[TrainedSignal[Any]], problem: str, allowed: str = "") -> ConfigError:
    return ConfigError(source=f"signal {kind.name}", field="artifact", problem=problem, allowed=allowed)
