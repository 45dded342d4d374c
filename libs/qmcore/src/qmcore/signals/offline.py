"""A signal over a dataset: the same code as in a stream, or its ``batch``, which is proved equal."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from qmcore.config.runtime import SignalSpec
from qmcore.contracts.columns import BIN_TABLE
from qmcore.signals.base import BatchSignal, BinHeader, Signal, SignalData
from qmcore.signals.catalogue import create
from qmcore.signals.trained import Artifacts


class DatasetBins:
    """The bins of a dataset one after the other, as ``Signal.update`` takes them."""

    def __init__(self, data: SignalData) -> None:
        self._data = data
        self._bins = {c.name: data.bins(c.name) for c in BIN_TABLE}
        self._bin = 0

    def column(self, name: str) -> NDArray[Any]:
        """A grid column of the present bin."""
        column: NDArray[Any] = self._data.grid(name)[self._bin]
        return column

    def header(self, bin_seq: int) -> BinHeader:
        """Go to a bin; its header."""
        self._bin = bin_seq
        return {name: values[bin_seq].item() for name, values in self._bins.items()}


def replay(spec: SignalSpec, data: SignalData, artifacts: Artifacts | None = None) -> NDArray[np.float64]:
    """Values of the signal at every bin of ``data``, shape (n_bins,). Raises what ``create`` raises."""
    signal = create(spec, data.config, artifacts)
    return signal.batch(data) if isinstance(signal, BatchSignal) else stream(signal, data)


def stream(signal: Signal[Any], data: SignalData) -> NDArray[np.float64]:
    """Feed the bins of ``data`` to ``signal`` one by one; its values, shape (n_bins,)."""
    bins = DatasetBins(data)
    return np.array([signal.update(bins.header(t), bins) for t in range(data.n_bins)], np.float64)
