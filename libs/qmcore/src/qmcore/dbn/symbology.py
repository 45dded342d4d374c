"""Which instrument ids a symbol means, and when; never by guessing.

Two sources, the first that speaks is used: the mappings in a file's metadata (historical files), with
date intervals; or the SymbolMappingMsg records in the stream (live captures), each in force from its place
on. A name that means several instruments at once (a parent such as ES.FUT) is refused: their books
must not be mixed.
"""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from databento_dbn import Metadata
from numpy.typing import NDArray

from qmcore.errors import DbnError, UnknownSymbol
from qmcore.units import NS_PER_SECOND

ALWAYS_NS: Final = 2**64 - 1
"""An interval without an end."""

_EPOCH: Final = dt.date(1970, 1, 1)
_RAW_SYMBOL_AT: Final = {80: slice(38, 60), 176: slice(89, 160)}
"""stype_out_symbol in a SymbolMappingMsg of DBN v1 and of v2 and v3, by the size of the record."""
_TS_OUT_BYTES: Final = 8


class Interval(NamedTuple):
    """``instrument_id`` is meant for records with ``start_ns <= ts_recv < end_ns``."""

    instrument_id: int
    start_ns: int
    end_ns: int


def wanted_arrays(
    intervals: list[Interval],
) -> tuple[NDArray[np.uint32], NDArray[np.uint64], NDArray[np.uint64]]:
    """Ids, starts and ends in ns, one element an interval, as ``qmcore.kernels.records`` takes them."""
    return (
        np.array([i.instrument_id for i in intervals], np.uint32),
        np.array([i.start_ns for i in intervals], np.uint64),
        np.array([i.end_ns for i in intervals], np.uint64),
    )


def _day_ns(day: dt.date) -> int:
    return max(0, (day - _EPOCH).days * 86_400 * NS_PER_SECOND)


class Symbology:
    """The mappings of one file's metadata: symbol to intervals."""

    def __init__(self, path: Path, metadata: Metadata) -> None:
        self.path = path
        self._intervals: dict[str, list[Interval]] = {}
        ids_are_keys = str(metadata.stype_in) == "instrument_id"
        try:
            for key, entries in metadata.mappings.items():
                for entry in entries:
                    symbol, instrument = (entry["symbol"], key) if ids_are_keys else (key, entry["symbol"])
                    if not symbol or not instrument:
                        continue  # not found on these days
                    interval = Interval(
                        int(instrument), _day_ns(entry["start_date"]), _day_ns(entry["end_date"])
                    )
                    if not 0 <= interval.instrument_id < 2**32:
                        raise ValueError(f"instrument id {instrument} is out of range")
                    self._intervals.setdefault(symbol, []).append(interval)
        except (ValueError, TypeError, OverflowError) as error:
            raise DbnError(path=path, problem=f"its symbology cannot be read ({error})") from error

    def __bool__(self) -> bool:
        return bool(self._intervals)

    def symbols(self) -> list[str]:
        """Every symbol that the metadata maps, sorted."""
        return sorted(self._intervals)

    def intervals(self, symbol: str) -> list[Interval]:
        """When which id means ``symbol``. Raises UnknownSymbol; DbnError where it means several at once.

        The dates matter only where an id or the symbol changes its meaning within the file.
        """
        mine = sorted(self._intervals.get(symbol, []), key=lambda i: i.start_ns)
        if not mine:
            raise UnknownSymbol(path=self.path, symbol=symbol, available=self.symbols())
        for earlier, later in itertools.pairwise(mine):
            if later.start_ns < earlier.end_ns and later.instrument_id != earlier.instrument_id:
                raise DbnError(
                    path=self.path,
                    problem=f"symbol {symbol!r} means several instruments at once, "
                    f"{earlier.instrument_id} and {later.instrument_id} among them; name one of them",
                )
        ids = {i.instrument_id for i in mine}
        others = (i for name, intervals in self._intervals.items() if name != symbol for i in intervals)
        shared = any(i.instrument_id in ids for i in others)
        if len(ids) == 1 and not shared:
            return [Interval(ids.pop(), 0, ALWAYS_NS)]
        return mine


class LiveSymbology:
    """The SymbolMappingMsg records seen so far in a live capture: raw symbol to its present id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._id_of: dict[str, int] = {}
        self._symbol_of: dict[int, str] = {}

    def observe(self, record: bytes, offset: int) -> None:
        """Take one SymbolMappingMsg (its own bytes, with or without ts_out). Raises DbnError."""
        at = _RAW_SYMBOL_AT.get(len(record)) or _RAW_SYMBOL_AT.get(len(record) - _TS_OUT_BYTES)
        if at is None:
            raise DbnError(path=self.path, problem=f"a symbol mapping of {len(record)} bytes", offset=offset)
        try:
            symbol = record[at].split(b"\0", 1)[0].decode()
        except UnicodeDecodeError as error:
            raise DbnError(
                path=self.path, problem="a symbol mapping that is not UTF-8", offset=offset
            ) from error
        instrument_id = int.from_bytes(record[4:8], "little")
        before = self._symbol_of.get(instrument_id)
        if before is not None and self._id_of.get(before) == instrument_id:
            del self._id_of[before]
        self._symbol_of[instrument_id] = symbol
        self._id_of[symbol] = instrument_id

    def symbols(self) -> list[str]:
        """Every raw symbol that was mapped so far, sorted."""
        return sorted(set(self._symbol_of.values()))

    def intervals(self, symbol: str) -> list[Interval]:
        """The present id of ``symbol``, if it is mapped by now."""
        instrument_id = self._id_of.get(symbol)
        return [] if instrument_id is None else [Interval(instrument_id, 0, ALWAYS_NS)]
