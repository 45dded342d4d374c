"""The interface of every signal, and how one is made by name.

A signal is incremental: ``update`` sees one closed bin after the other and returns its value at that bin. Offline
evaluation replays the same code. Signals are found by the entry point group ``qm.signals``, so a user's package can add
its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from qmcore.config.base import Spec
from qmcore.config.runtime import ParamValue, SignalSpec
from qmcore.errors import ConfigError, NotFound
from qmcore.kernels.frames import FrameBuffer

BinHeader = Mapping[str, float | int | bool]
"""One bin's header by the names of ``contracts.columns.BIN_TABLE``."""


class NoParams(Spec):
    """A signal without parameters."""


class Signal(ABC):
    """One signal at work. Subclasses name themselves and their parameters."""

    name: ClassVar[str]
    Params: ClassVar[type[Spec]] = NoParams

    def __init__(self, params: Spec) -> None:
        self.params = params

    @abstractmethod
    def update(self, header: BinHeader, frame: FrameBuffer) -> float:
        """The value at this bin; finite. ``frame.column(name)`` gives a grid column, shape (rows,)."""

    def export_state(self) -> dict[str, NDArray[np.generic]]:
        """What a checkpoint must hold; nothing for a signal without memory."""
        return {}

    def import_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:  # noqa: B027 - no memory, nothing to take
        """Take back what ``export_state`` gave."""


@cache
def _found() -> dict[str, type[Signal]]:
    return {point.name: point.load() for point in entry_points(group="qm.signals")}


def names() -> list[str]:
    """Every signal that can be served, sorted."""
    return sorted(_found())


def create(spec: SignalSpec) -> Signal:
    """Make the signal of a serving. Raises NotFound or ConfigError naming the parameter."""
    kind = _found().get(spec.name)
    if kind is None:
        raise NotFound(kind="signal", name=spec.name, available=names())
    try:
        return kind(kind.Params.model_validate(dict[str, ParamValue](spec.params)))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ConfigError(
            source=f"signal {spec.name}",
            field=".".join(str(part) for part in first["loc"]),
            problem=first["msg"],
            allowed=", ".join(kind.Params.model_fields) or "no parameters",
        ) from error
