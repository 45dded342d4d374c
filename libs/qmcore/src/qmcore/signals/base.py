"""The interface of every signal.

A signal is incremental: ``update`` sees one closed bin after the other and returns its value at that bin. Offline
evaluation replays the same code (``replay``), so whatever was evaluated can be served. Guarantees of every signal,
held by one contract suite: deterministic, finite, bounded memory, no look-ahead, a checkpoint changes no bit, and bins
without a valid touch are skipped, where the value stays as it was.

Write your own: subclass ``Signal`` (``next`` and, with memory, ``memory`` and ``restore``) or ``MeasuredSignal``, and
name it in the entry point group ``qm.signals`` of your package.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from qmcore.config.base import Spec
from qmcore.config.runtime import RuntimeConfig
from qmcore.errors import ConfigError
from qmcore.session_state import check_numbers

BinHeader = Mapping[str, float | int | bool]
"""One bin's header by the names of ``contracts.columns.BIN_TABLE``."""

Block = Mapping[str, NDArray[Any]]
"""Columns of several bins by name: shape (n,) of a bin's column, (n, rows) of a grid column."""

State = dict[str, NDArray[np.generic]]


class GridView(Protocol):
    """One bin's grid."""

    def column(self, name: str) -> NDArray[Any]:
        """A grid column by its name in ``GRID_COLUMNS``, shape (rows,), k ascending."""


class SignalData(Protocol):
    """A dataset as signals see it; arrays may be memory-mapped."""

    @property
    def n_bins(self) -> int:
        """Number of bins."""

    @property
    def rows(self) -> int:
        """Rows of one grid: 2R + 1."""

    @property
    def config(self) -> RuntimeConfig:
        """What the bins were made with."""

    def bins(self, name: str) -> NDArray[Any]:
        """A column of ``BIN_TABLE``, shape (n_bins,)."""

    def grid(self, name: str) -> NDArray[Any]:
        """A column of ``GRID_COLUMNS``, shape (n_bins, rows), C-contiguous."""


class NoParams(Spec):
    """A signal without parameters."""


ParamsT = TypeVar("ParamsT", bound=Spec)


class Signal(ABC, Generic[ParamsT]):
    """One signal at work. Subclasses say their name, parameters, unit and the source of their formula."""

    name: ClassVar[str]
    Params: ClassVar[type[Spec]] = NoParams
    unit: ClassVar[str] = "1, in [-1, 1]"
    source: ClassVar[str] = "not said"

    def __init__(self, params: ParamsT, config: RuntimeConfig) -> None:
        self.params, self.config = params, config
        self._value = 0.0

    def update(self, header: BinHeader, grid: GridView) -> float:
        """The value at this bin; as before where there is no valid touch, 0 before the first.

        Raises ConfigError where the signal breaks its promise of a finite value.
        """
        if header["mid_price"] != 0:
            value = self.next(header, grid)
            if not math.isfinite(value):
                raise self._not_finite(value, header["bin_seq"])
            self._value = float(value)
        return self._value

    @property
    def retrains(self) -> int:
        """How many newly fitted models it has taken up so far; 0 for a signal that fits none."""
        return 0

    def _not_finite(self, value: float, bin_seq: int | float) -> ConfigError:
        problem = f"its value at bin {bin_seq} is {value}; a signal must be finite"
        return ConfigError(source=f"signal {self.name}", field="", problem=problem)

    @abstractmethod
    def next(self, header: BinHeader, grid: GridView) -> float:
        """The value at this bin, which has a valid touch; finite."""

    def export_state(self) -> State:
        """What a checkpoint must hold."""
        return {"value": np.array([self._value]), **self.memory()}

    def import_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Take back what ``export_state`` gave. Raises KeyError or ValueError where it does not fit."""
        value = state["value"]
        if value.shape != (1,):
            raise ValueError(f"value has shape {value.shape}")
        self._value = float(value[0])
        self.restore(state)

    def memory(self) -> State:
        """What the signal remembers besides its value; nothing for one without memory."""
        return {}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Take back what ``memory`` gave."""


class BatchSignal(Signal[ParamsT]):
    """A signal that can also work out a whole dataset at once, bit for bit as ``update`` would."""

    @abstractmethod
    def batch(self, data: SignalData) -> NDArray[np.float64]:
        """Values of all bins, shape (n_bins,), of a signal that has seen none yet."""


class Window(Protocol):
    """What is carried from bin to bin: one of ``qmcore.kernels.windows``."""

    def export_state(self) -> NDArray[np.float64]:
        """Its state as one array."""

    def import_state(self, state: NDArray[np.generic]) -> None:
        """Take back what ``export_state`` gave; ValueError where it does not fit."""


WindowT = TypeVar("WindowT", bound=Window)

BLOCK_BINS = 1024
"""Bins that ``batch`` measures at a time: bounds its memory."""


class MeasuredSignal(BatchSignal[ParamsT]):
    """A signal in two steps: ``measure`` looks at bins one by one, ``step`` carries its windows from bin to bin.

    ``measure`` is written over n bins at once. A stream calls it with n = 1, a replay with many; every operation in it
    must give a bin the same bits either way: elementwise arithmetic, and sums along the last axis of slices.
    """

    reads_bins: ClassVar[tuple[str, ...]] = ()
    reads_grid: ClassVar[tuple[str, ...]] = ()

    def __init__(self, params: ParamsT, config: RuntimeConfig) -> None:
        super().__init__(params, config)
        self._windows: dict[str, Window] = {}

    def keep(self, name: str, window: WindowT) -> WindowT:
        """Carry ``window`` into checkpoints under ``name``."""
        self._windows[name] = window
        return window

    @abstractmethod
    def measure(self, bins: Block, grid: Block) -> NDArray[np.float64]:
        """What the signal needs to know of each bin, shape (n, number of measures); no memory."""

    @abstractmethod
    def step(self, row: list[float]) -> float:
        """The value at the next bin from its measures."""

    def next(self, header: BinHeader, grid: GridView) -> float:
        bins = {name: np.array([header[name]]) for name in self.reads_bins}
        columns = {name: grid.column(name)[np.newaxis] for name in self.reads_grid}
        return self.step(self.measure(bins, columns)[0].tolist())

    def batch(self, data: SignalData) -> NDArray[np.float64]:
        valid = data.bins("mid_price") != 0
        values = np.empty(data.n_bins)
        for start in range(0, data.n_bins, BLOCK_BINS):
            part = slice(start, start + BLOCK_BINS)
            seen = valid[part]
            pick = slice(None) if seen.all() else seen
            bins = {name: data.bins(name)[part][pick] for name in self.reads_bins}
            grid = {name: data.grid(name)[part][pick] for name in self.reads_grid}
            made = [self.step(row) for row in self.measure(bins, grid).tolist()]
            before = values[start - 1] if start else 0.0
            values[part] = repeat_last(np.array(made), seen, before)
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            raise self._not_finite(values[bad[0]], int(bad[0]))
        return values

    def memory(self) -> State:
        return {name: window.export_state() for name, window in self._windows.items()}

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        for name, window in self._windows.items():
            # Sorted windows would search for a NaN outside their memory.
            check_numbers(name, state[name])
            window.import_state(state[name])


def repeat_last(made: NDArray[np.float64], seen: NDArray[np.bool_], before: float) -> NDArray[np.float64]:
    """``made``, one value for each true of ``seen``, spread over all bins; others repeat the one before."""
    return np.concatenate(([before], made))[np.cumsum(seen)]
