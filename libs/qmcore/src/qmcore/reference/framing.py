"""The framing of a DBN stream in plain Python: which bytes are the wanted MBO records.

Guarantees: the same records, counts and stops as ``qmcore.kernels.records``, which is held to it. For tests
and for reading.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

HEADER_BYTES: Final = 16
MBO_BYTES: Final = 56
MBO_WITH_TS_OUT_BYTES: Final = 64
RTYPE_MBO: Final = 0xA0
RTYPE_MAPPING: Final = 0x16
COMPANY_RTYPES: Final = range(0x12, 0x19)
F_TOB: Final = 64
F_MBP: Final = 16


@dataclass(slots=True)
class Framed:
    """What a scan found: the wanted records, and why it stopped ``at`` that byte."""

    kept: list[bytes] = field(default_factory=list)
    at: int = 0
    stop: str = "NEED_MORE"
    matched: int = 0
    order_records: int = 0
    other_records: int = 0


def frame(
    stream: bytes, wanted: Callable[[bytes], bool], *, skip: int = 0, see_mappings: bool = False
) -> Framed:
    """Walk whole records by their length byte; keep the ``wanted`` MBO records after the first ``skip``."""
    out = Framed()
    while out.at < len(stream):
        length = 4 * stream[out.at]
        record = stream[out.at : out.at + length]
        if length < HEADER_BYTES:
            out.stop = "SHORT_LENGTH"
            break
        if len(record) < length:
            break
        if record[1] == RTYPE_MBO:
            if length not in (MBO_BYTES, MBO_WITH_TS_OUT_BYTES):
                out.stop = "MBO_LENGTH"
                break
            if record[36] & (F_TOB | F_MBP):
                out.stop = "NOT_ORDERS"
                break
            out.order_records += 1
            if wanted(record):
                out.matched += 1
                if out.matched > skip:
                    out.kept.append(bytes([MBO_BYTES // 4]) + record[1:MBO_BYTES])
        elif record[1] == RTYPE_MAPPING and see_mappings:
            out.stop = "AT_MAPPING"
            break
        elif record[1] not in COMPANY_RTYPES:
            out.other_records += 1
        out.at += length
    return out
