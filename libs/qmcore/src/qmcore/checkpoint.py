"""Checkpoints: named arrays and byte strings in one versioned, checksummed block. Never pickle.

Guarantees: ``unpack(pack(x)) == x``; any other bytes (cut, mutated, of another version or another thing)
are refused with CorruptData, never half read. The same sections give the same bytes.

Layout, little endian: magic (8), version u32, header length u32, header (JSON: name, dtype, shape, offset,
size of each section), padding, sections each on a multiple of 8, BLAKE2b-256 of everything before it.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from qmcore.errors import CorruptData

Section = NDArray[np.generic] | bytes

MAGIC: Final = b"QMCHKPT\0"
VERSION: Final = 1

_HEAD: Final = struct.Struct("<8sII")
_ALIGN: Final = 8
_DIGEST_BYTES: Final = 32
_PLAIN_KINDS: Final = frozenset("biuf")

PlainDtype = Annotated[str, Field(pattern=r"^(\|b1|\|[iu]1|<[iu][248]|<f[248])$")]
DtypeText = PlainDtype | list[tuple[str, PlainDtype]]
"""A plain dtype such as ``<i8``, or the (name, dtype) fields of a record."""


class _Entry(BaseModel):
    """Where one section lies. ``dtype`` null: a byte string."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    dtype: DtypeText | None
    shape: tuple[Annotated[int, Field(ge=0)], ...]
    offset: Annotated[int, Field(ge=0)]
    size: Annotated[int, Field(ge=0)]


_HEADER: Final = TypeAdapter(list[_Entry])


def _aligned(size: int) -> int:
    return -(-size // _ALIGN) * _ALIGN


def _is_plain(dtype: np.dtype[np.generic]) -> bool:
    return dtype.kind in _PLAIN_KINDS and dtype.fields is None and dtype.shape == ()


def _dtype_text(dtype: np.dtype[np.generic]) -> DtypeText:
    """How ``dtype`` is written down. Raises TypeError unless it is numeric, or packed numeric fields."""
    if _is_plain(dtype):
        return dtype.newbyteorder("<").str
    if dtype.names is not None and dtype.fields is not None:
        fields = [(name, dtype.fields[name][0]) for name in dtype.names]
        if (
            all(_is_plain(kind) for _, kind in fields)
            and sum(k.itemsize for _, k in fields) == dtype.itemsize
        ):
            return [(name, kind.newbyteorder("<").str) for name, kind in fields]
    raise TypeError(f"a checkpoint holds numbers and packed records of numbers, not {dtype}")


def _dtype(text: DtypeText) -> np.dtype[np.generic]:
    dtype: np.dtype[np.generic] = np.dtype(text)
    if _dtype_text(dtype) != text:
        raise TypeError(f"dtype {text}")
    return dtype


def pack(sections: Mapping[str, Section]) -> bytes:
    """One block of bytes out of named arrays (any shape) and byte strings. Raises TypeError on other dtypes."""
    entries: list[_Entry] = []
    bodies: list[bytes] = []
    offset = 0
    for name, value in sections.items():
        if isinstance(value, bytes):
            entry = _Entry(name=name, dtype=None, shape=(), offset=offset, size=len(value))
            body = value
        else:
            text = _dtype_text(value.dtype)
            body = np.ascontiguousarray(value, np.dtype(text)).tobytes()
            entry = _Entry(name=name, dtype=text, shape=value.shape, offset=offset, size=len(body))
        entries.append(entry)
        bodies.append(body.ljust(_aligned(len(body)), b"\0"))
        offset += len(bodies[-1])
    header = _HEADER.dump_json(entries)
    head = _HEAD.pack(MAGIC, VERSION, len(header)) + header
    block = b"".join((head.ljust(_aligned(len(head)), b"\0"), *bodies))
    return block + hashlib.blake2b(block, digest_size=_DIGEST_BYTES).digest()


def unpack(data: bytes, source: str) -> dict[str, Section]:
    """The sections of a block, arrays as writable copies. Raises CorruptData naming ``source``."""
    if len(data) < _HEAD.size + _DIGEST_BYTES:
        raise CorruptData(path=source, problem=f"truncated: {len(data)} bytes are no checkpoint")
    magic, version, header_bytes = _HEAD.unpack_from(data)
    if magic != MAGIC:
        raise CorruptData(path=source, problem=f"not a checkpoint: it begins with {magic!r}")
    if version != VERSION:
        raise CorruptData(
            path=source, problem=f"checkpoint version {version}; this code reads version {VERSION}"
        )
    block = memoryview(data)[:-_DIGEST_BYTES]
    if hashlib.blake2b(block, digest_size=_DIGEST_BYTES).digest() != data[-_DIGEST_BYTES:]:
        raise CorruptData(path=source, problem="truncated or corrupt: its checksum does not match")
    begin = _aligned(_HEAD.size + header_bytes)
    try:
        entries = _HEADER.validate_json(bytes(block[_HEAD.size : _HEAD.size + header_bytes]), strict=False)
        return {entry.name: _section(entry, block[begin:]) for entry in entries}
    except (ValidationError, ValueError, TypeError, json.JSONDecodeError) as error:
        raise CorruptData(
            path=source, problem=f"its header does not describe its content ({error})"
        ) from error


def _section(entry: _Entry, bodies: memoryview) -> Section:
    body = bodies[entry.offset : entry.offset + entry.size]
    if len(body) != entry.size:
        raise ValueError(f"section {entry.name} lies outside the block")
    if entry.dtype is None:
        return bytes(body)
    return np.frombuffer(body, _dtype(entry.dtype)).reshape(entry.shape).copy()
