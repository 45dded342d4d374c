"""Bins one by one, as an engine sees them, each with what it took: from a dataset, or from a file of market data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qm_harness.online_sim.stopwatch import Overhead, TimedCall
from qmcore.config.runtime import RuntimeConfig
from qmcore.contracts.bus_messages import BATCH_RECORDS
from qmcore.dbn import DbnFile
from qmcore.pipeline import GridFrame, GridPipeline
from qmcore.signals import MeasuredSignal, Signal, SignalData
from qmcore.signals.offline import DatasetBins


@dataclass(frozen=True, slots=True)
class TimedBin:
    """A bin with the signal's value, and the nanoseconds that it took to get there."""

    value: float
    feature_ns: int
    inference_ns: int
    is_measured: bool
    """Not so where the signal rests, without a valid touch, nor in a file's first bin: all records before are in it."""

    @property
    def total_ns(self) -> int:
        """Feature and inference."""
        return self.feature_ns + self.inference_ns


def dataset_bins(signal: Signal[Any], data: SignalData, overhead: Overhead) -> Iterator[TimedBin]:
    """The bins of ``data``, whose columns are opened before the first.

    Feature: what a ``MeasuredSignal`` measures. Inference: its step, or all of another signal.
    """
    return _dataset_bins(signal, data.n_bins, DatasetBins(data), overhead)


def _dataset_bins(
    signal: Signal[Any], n_bins: int, bins: DatasetBins, overhead: Overhead
) -> Iterator[TimedBin]:
    inference = _inference_of(signal)
    for bin_seq in range(n_bins):
        header = bins.header(bin_seq)
        inference.elapsed_ns = 0
        begun = perf_counter_ns()
        value = signal.update(header, bins)
        total_ns = perf_counter_ns() - begun - overhead.outer_ns
        inference_ns = max(0, inference.elapsed_ns - overhead.inner_ns)
        yield TimedBin(value, max(0, total_ns - inference_ns), inference_ns, header["mid_price"] != 0)


def file_bins(pipeline: GridPipeline, file: DbnFile, overhead: Overhead) -> Iterator[TimedBin]:
    """The bins of ``file``, its records in batches of the bus's size.

    Feature: book, physics and grid, and what a ``MeasuredSignal`` measures of it. Inference: as above.
    """
    inference = _inference_of(pipeline.signal)
    spent_ns, is_first = 0, True
    for frames in _frames(pipeline, file):
        while True:
            begun = perf_counter_ns()
            frame = next(frames, None)
            spent_ns += perf_counter_ns() - begun
            if frame is None:
                break
            inference_ns = max(0, inference.elapsed_ns - overhead.inner_ns)
            feature_ns = max(0, spent_ns - overhead.outer_ns - inference_ns)
            is_measured = not is_first and frame.header["mid_price"] != 0
            yield TimedBin(frame.signal.value, feature_ns, inference_ns, is_measured)
            spent_ns, inference.elapsed_ns, is_first = 0, 0, False


def _frames(pipeline: GridPipeline, file: DbnFile) -> Iterator[Iterator[GridFrame]]:
    for batch in file.batches(pipeline.config.symbol):
        for low in range(0, len(batch.records), BATCH_RECORDS):
            yield pipeline.feed(batch.records[low : low + BATCH_RECORDS])
            if pipeline.done:
                return
    yield pipeline.finish(file.coverage_end_ns)


def _inference_of(signal: Signal[Any]) -> TimedCall:
    """Put a watch into ``signal``, which otherwise works as it does everywhere."""
    name = "step" if isinstance(signal, MeasuredSignal) else "update"
    watch = TimedCall(getattr(signal, name))
    vars(signal)[name] = watch
    return watch


@dataclass(frozen=True, slots=True)
class FirstBins:
    """The first ``n_bins`` bins of a dataset."""

    data: SignalData
    n_bins: int

    @property
    def rows(self) -> int:
        """Rows of one grid."""
        return self.data.rows

    @property
    def config(self) -> RuntimeConfig:
        """What the bins were made with."""
        return self.data.config

    def bins(self, name: str) -> NDArray[Any]:
        """A column of ``BIN_TABLE``, shape (n_bins,)."""
        return self.data.bins(name)[: self.n_bins]

    def grid(self, name: str) -> NDArray[Any]:
        """A column of ``GRID_COLUMNS``, shape (n_bins, rows)."""
        return self.data.grid(name)[: self.n_bins]


def same_bits(a: float, b: float) -> bool:
    """Whether two values are one, to the last bit; 0 and -0 are two."""
    return np.float64(a).tobytes() == np.float64(b).tobytes()
