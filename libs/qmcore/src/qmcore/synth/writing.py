"""Simulated sessions as DBN v3 files: written in a stream, visible only when complete."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import zstandard
from databento_dbn import Metadata, Schema, SType
from databento_dbn.metadata import MappingInterval
from pydantic import Field

from qmcore.config.base import Spec
from qmcore.errors import OptionError
from qmcore.synth.simulation import Records, simulate, spread_instrument_id
from qmcore.synth.spec import SynthSpec

DATASET: Final = "GLBX.MDP3"
SUFFIXES: Final = (".dbn", ".dbn.zst")
F_SNAPSHOT: Final = 32

Progress = Callable[[int, float], None]
"""Called after each chunk with the records written and the share of the session done, in [0, 1]."""


@dataclass(slots=True)
class _Interval:
    """The databento_dbn protocol MappingInterval."""

    start_date: dt.date
    end_date: dt.date
    symbol: str


@dataclass(slots=True)
class _Mapping:
    """The databento_dbn protocol SymbolMapping."""

    raw_symbol: str
    intervals: Sequence[MappingInterval]


class SynthSummary(Spec):
    """What a simulated file holds. Counts of actions are those of the instrument, after the snapshot."""

    path: Path
    file_bytes: int
    symbol: str
    instrument_id: int
    start_ns: int
    end_ns: int
    seed: int
    records: int = Field(description="all records of the file")
    snapshot_records: int
    spread_records: int = Field(description="records of the calendar spread")
    adds: int
    cancels: int
    modifies: int
    trades: int
    fills: int
    traded_contracts: int
    low_price_int: int | None = Field(description="lowest traded price, 1e-9")
    high_price_int: int | None = Field(description="highest traded price, 1e-9")
    seconds_taken: float


class _Tally:
    """Counts of what went into the file."""

    def __init__(self, instrument_id: int) -> None:
        self._instrument_id = instrument_id
        self.records = self.snapshot = self.spread = self.contracts = 0
        self.actions = np.zeros(256, np.int64)
        self.low: int | None = None
        self.high: int | None = None

    def take(self, records: Records) -> None:
        self.records += len(records)
        own = records["instrument_id"] == self._instrument_id
        self.spread += len(records) - int(np.count_nonzero(own))
        own &= (records["flags"] & F_SNAPSHOT) == 0
        self.snapshot += int(np.count_nonzero(records["flags"] & F_SNAPSHOT))
        live = records[own]
        action = live["action"]
        self.actions += np.bincount(action, minlength=256)
        trades = live[action == ord("T")]
        if len(trades):
            self.contracts += int(trades["size"].sum())
            low, high = int(trades["price"].min()), int(trades["price"].max())
            self.low = low if self.low is None else min(low, self.low)
            self.high = high if self.high is None else max(high, self.high)

    def count(self, action: str) -> int:
        return int(self.actions[ord(action)])


def metadata_bytes(spec: SynthSpec) -> bytes:
    """The DBN v3 header: dataset, schema mbo, session bounds, symbology of every instrument in the file."""
    last_day = dt.datetime.fromtimestamp((spec.end_ns - 1) // 10**9, dt.UTC).date() + dt.timedelta(days=1)
    instruments = {spec.symbol: spec.instrument_id}
    if spec.with_spread:
        instruments[spec.spread_symbol] = spread_instrument_id(spec)
    mappings = [
        _Mapping(symbol, [_Interval(spec.first_day, last_day, str(number))])
        for symbol, number in instruments.items()
    ]
    metadata = Metadata(
        dataset=DATASET,
        start=spec.start_ns,
        stype_in=SType("raw_symbol"),
        stype_out=SType("instrument_id"),
        schema=Schema("mbo"),
        symbols=list(instruments),
        mappings=mappings,
        end=spec.end_ns,
        ts_out=False,
        version=3,
    )
    return metadata.encode()


@contextlib.contextmanager
def _appearing_whole(path: Path, level: int) -> Iterator[BinaryIO]:
    """A stream into a hidden neighbour of ``path`` that takes its name only when the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with hidden.open("wb") as file:
            if path.name.endswith(".zst"):
                compressor = zstandard.ZstdCompressor(level=level, write_checksum=True)
                with compressor.stream_writer(file, closefd=False) as stream:
                    yield stream
            else:
                yield file
            file.flush()
            os.fsync(file.fileno())
        hidden.replace(path)
    finally:
        hidden.unlink(missing_ok=True)


def write_dbn(
    path: Path, spec: SynthSpec, progress: Progress | None = None, *, level: int = 3, overwrite: bool = False
) -> SynthSummary:
    """Simulate ``spec`` into ``path`` (.dbn, or .dbn.zst compressed at ``level``).

    The file appears whole or not at all; memory does not grow with its length. Raises OptionError for
    another suffix, a level outside 1..22, or a file that is there already and may not be overwritten.
    """
    if not path.name.endswith(SUFFIXES):
        raise OptionError(
            option="--output", value=str(path), allowed="a name that ends in " + " or ".join(SUFFIXES)
        )
    if not 1 <= level <= 22:
        raise OptionError(option="--level", value=level, allowed="1 to 22")
    if path.exists() and not overwrite:
        raise OptionError(
            option="--output", value=str(path), allowed="a new file; this one exists (or --overwrite)"
        )
    begun = time.monotonic()
    tally = _Tally(spec.instrument_id)
    length_ns = spec.end_ns - spec.start_ns
    with _appearing_whole(path, level) as stream:
        stream.write(metadata_bytes(spec))
        for records in simulate(spec):
            stream.write(records.data)
            tally.take(records)
            if progress is not None:
                done = int(records["ts_event"][-1]) - spec.start_ns
                progress(tally.records, max(0.0, done / length_ns))
    return SynthSummary(
        path=path,
        file_bytes=path.stat().st_size,
        symbol=spec.symbol,
        instrument_id=spec.instrument_id,
        start_ns=spec.start_ns,
        end_ns=spec.end_ns,
        seed=spec.seed,
        records=tally.records,
        snapshot_records=tally.snapshot,
        spread_records=tally.spread,
        adds=tally.count("A"),
        cancels=tally.count("C"),
        modifies=tally.count("M"),
        trades=tally.count("T"),
        fills=tally.count("F"),
        traded_contracts=tally.contracts,
        low_price_int=tally.low,
        high_price_int=tally.high,
        seconds_taken=time.monotonic() - begun,
    )
