"""DBN files written byte by byte: any version, symbology and mixture of records, well-formed or not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import zstandard
from databento_dbn import Metadata, Schema, SType, SymbolMappingMsg
from numpy.typing import NDArray

from qmcore.dbn import MBO_DTYPE

DAY: Final = dt.date(2024, 5, 8)
DAY_NS: Final = 1_715_126_400_000_000_000
DAY_LENGTH_NS: Final = 86_400 * 10**9

Days = list[tuple[dt.date, dt.date, str]]
"""Intervals of a mapping: first day, day after the last, what it is mapped to."""


@dataclass
class _Interval:
    start_date: dt.date
    end_date: dt.date
    symbol: str


@dataclass
class _Mapping:
    raw_symbol: str
    intervals: list[_Interval]


def metadata(
    mappings: Mapping[str, Days] | None = None,
    *,
    version: int = 3,
    schema: str | None = "mbo",
    stype_in: str | None = "raw_symbol",
    stype_out: str = "instrument_id",
    end_ns: int | None = DAY_NS + DAY_LENGTH_NS,
    ts_out: bool = False,
) -> bytes:
    """The header of a file of 2024-05-08; by default one that maps TEST to instrument 1."""
    if mappings is None:
        mappings = {"TEST": [(DAY, DAY + dt.timedelta(days=1), "1")]}
    return Metadata(
        dataset="GLBX.MDP3",
        start=DAY_NS,
        stype_in=None if stype_in is None else SType(stype_in),
        stype_out=SType(stype_out),
        schema=None if schema is None else Schema(schema),
        symbols=list(mappings),
        mappings=[_Mapping(name, [_Interval(*day) for day in days]) for name, days in mappings.items()],
        end=end_ns,
        ts_out=ts_out,
        version=version,
    ).encode()


def order_records(ids: list[int], *, ts_recv_ns: list[int] | None = None) -> NDArray[np.void]:
    """One MBO record for each instrument id, told apart by ``order_id`` (its place)."""
    records = np.zeros(len(ids), MBO_DTYPE)
    records["length"], records["rtype"] = 14, 0xA0
    records["instrument_id"] = ids
    records["order_id"] = np.arange(len(ids))
    records["ts_event"] = DAY_NS + np.arange(len(ids))
    records["ts_recv"] = DAY_NS + np.arange(len(ids)) if ts_recv_ns is None else ts_recv_ns
    records["action"], records["side"], records["flags"] = ord("A"), ord("B"), 128
    return records


def mapping_message(symbol: str, instrument_id: int, *, asked_for: str = "ES.FUT") -> bytes:
    """A SymbolMappingMsg of DBN v2 and v3, as live captures hold them."""
    message = SymbolMappingMsg(
        publisher_id=1,
        instrument_id=instrument_id,
        ts_event=DAY_NS,
        stype_in=SType("parent"),
        stype_in_symbol=asked_for,
        stype_out=SType("raw_symbol"),
        stype_out_symbol=symbol,
        start_ts=DAY_NS,
        end_ts=DAY_NS + DAY_LENGTH_NS,
    )
    return bytes(message)


def mapping_message_v1(symbol: str, instrument_id: int) -> bytes:
    """A SymbolMappingMsg of DBN v1: shorter symbols, no stypes."""
    head = bytes([20, 0x16, 1, 0]) + instrument_id.to_bytes(4, "little") + DAY_NS.to_bytes(8, "little")
    return head + b"ES.FUT".ljust(22, b"\0") + symbol.encode().ljust(22, b"\0") + bytes(4 + 16)


def other_record(rtype: int, size: int = 80) -> bytes:
    """A record of another kind, ``size`` bytes long."""
    return bytes([size // 4, rtype]) + bytes(size - 2)


def write_plain(path: Path, *parts: bytes) -> Path:
    """An uncompressed file."""
    path.write_bytes(b"".join(parts))
    return path


def write_zstd(path: Path, *frames: bytes) -> Path:
    """One zstd frame for each part, with a checksum."""
    compressor = zstandard.ZstdCompressor(write_checksum=True)
    path.write_bytes(b"".join(compressor.compress(frame) for frame in frames))
    return path
