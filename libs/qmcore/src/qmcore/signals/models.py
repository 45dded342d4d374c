"""What an artifact holds: a signal's walk-forward sequence of models, in the format of ``qmcore.checkpoint``.

Guarantees: ``decode(encode(x))`` is x; the same sequence gives the same bytes; anything else is refused with
CorruptData. Which arrays make a model is known to the signal (``gbm``, ``logit``). The harness encodes, signals decode.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from qmcore.checkpoint import Section, pack, unpack
from qmcore.config.base import Spec
from qmcore.config.instrument import FlowConfig, PhysicsConfig
from qmcore.config.runtime import ParamValue, RuntimeConfig
from qmcore.errors import CorruptData

Arrays = Mapping[str, NDArray[np.generic]]

_ABOUT: Final = "about"
_ACTIVE_FROM: Final = "active_from_ns"
_MODEL: Final = "model."


class FeatureSettings(FlowConfig, PhysicsConfig):
    """What a bin's features depend on beside the market: a model is good for bins made with the same only."""

    product_type: str
    symbol_root: str
    tick_size: float
    bucket_size_dollars: float | None
    grid_radius_ticks: int
    cell_width_ms: int

    @classmethod
    def of(cls, config: RuntimeConfig) -> Self:
        """Those of ``config``."""
        return cls.model_validate(config.model_dump(include=set(cls.model_fields)))


class About(Spec):
    """Where the models of an artifact come from, and what they fit."""

    format: Literal[1] = 1
    signal: str
    params: dict[str, ParamValue] = Field(description="of the signal, all of them")
    features: tuple[str, ...] = Field(description="in the order of the models' inputs")
    settings: FeatureSettings
    dataset_hash: str = Field(description="of the dataset that they were trained on")
    seed: int


@dataclass(frozen=True, slots=True)
class ModelSequence:
    """Models in order of time. Model i serves bins with ``active_from_ns[i]`` <= bin_end_ns, up to the next one's."""

    about: About
    active_from_ns: NDArray[np.int64]
    """Shape (n_models,), ascending, UTC nanoseconds."""
    models: Arrays
    """The models' arrays by name."""

    def encode(self) -> bytes:
        """The sequence as bytes."""
        sections: dict[str, Section] = {_ABOUT: self.about.model_dump_json().encode()}
        sections[_ACTIVE_FROM] = self.active_from_ns
        sections |= {_MODEL + name: self.models[name] for name in sorted(self.models)}
        return pack(sections)

    @classmethod
    def decode(cls, data: bytes, source: str) -> Self:
        """The sequence of ``data``. Raises CorruptData naming ``source``."""
        sections = unpack(data, source)
        try:
            about, active = sections.pop(_ABOUT), sections.pop(_ACTIVE_FROM)
            if not isinstance(about, bytes) or isinstance(active, bytes):
                raise ValueError("its sections have other types")
            if active.ndim != 1 or active.dtype != np.int64 or not active.size:
                raise ValueError("its times do not ascend")
            active_from = active.astype(np.int64)
            if (active_from[1:] <= active_from[:-1]).any():
                raise ValueError("its times do not ascend")
            models = {
                name.removeprefix(_MODEL): value
                for name, value in sections.items()
                if name.startswith(_MODEL) and not isinstance(value, bytes)
            }
            if len(models) != len(sections):
                raise ValueError("it has sections of another format")
            return cls(About.model_validate_json(about), active_from, models)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise CorruptData(path=source, problem=f"{_ABOUT}.{where}: {first['msg']}") from error
        except (KeyError, ValueError) as error:
            raise CorruptData(path=source, problem=f"no sequence of models: {error}") from error
