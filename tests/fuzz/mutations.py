"""Ways to damage MBO records, whole arrays at a time. The same generator state gives the same damage.

Each mutation changes an array of ``MBO_DTYPE`` in place or answers another one. Those of ``FRAMING`` break the stream
itself (lengths, record types, instruments), so that a reader may stop there; after all others every record is still
one of the instrument's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Records = NDArray[np.void]
Mutation = Callable[[Records, np.random.Generator], Records]

ACTIONS: Final = np.frombuffer(b"AAAMMMCCCFFTNR?\x00\xff", np.uint8)
SIDES: Final = np.frombuffer(b"AABBNx\x00\xff", np.uint8)
EVENT_FLAGS: Final = np.array([0, 128, 32, 160, 4, 132, 36, 8, 2, 1, 175], np.uint8)
"""Every mixture but F_TOB and F_MBP, which the reader refuses."""
SIZES: Final = np.array([0, 1, 2, 2**16, 2**31 - 1, 2**31, 2**32 - 1], np.uint32)
PRICES: Final = np.array(
    [0, 1, -1, 7, -(2**63), 2**63 - 1, 2**63 - 2, 2**53, -(2**53) - 1, 2**62, -250_000_000], np.int64
)
TIMES: Final = np.array([0, 1, 2**63 - 1, 2**63, 2**64 - 1], np.uint64)


def _some(records: Records, draw: np.random.Generator, share: float = 0.02) -> NDArray[np.intp]:
    """Places to damage: a share of all, at least one."""
    count = max(1, int(len(records) * share * draw.random()))
    return draw.integers(0, len(records), count)


def _order_ids(records: Records, draw: np.random.Generator) -> Records:
    """Orders take each other's names, or names of nobody."""
    at = _some(records, draw, 0.1)
    records["order_id"][at] = records["order_id"][draw.integers(0, len(records), len(at))]
    strange = _some(records, draw)
    records["order_id"][strange] = draw.integers(0, 2**64, len(strange), np.uint64, endpoint=False)
    records["order_id"][_some(records, draw, 0.001)] = draw.choice(TIMES)
    return records


def _chosen(field: str, values: NDArray[np.generic], share: float) -> Mutation:
    """``field`` takes one of ``values`` here and there."""

    def mutate(records: Records, draw: np.random.Generator) -> Records:
        at = _some(records, draw, share)
        records[field][at] = draw.choice(values, len(at))
        return records

    return mutate


def _near_prices(records: Records, draw: np.random.Generator) -> Records:
    """Prices off the tick, a little away, or thousands of ticks away."""
    at = _some(records, draw, 0.1)
    step = draw.choice(np.array([1, 250_000_000, 250_000_000 * 3000]))
    with np.errstate(over="ignore"):
        records["price"][at] += draw.integers(-20, 21, len(at)) * step
    return records


def _any_prices(records: Records, draw: np.random.Generator) -> Records:
    """Any 64 bits as a price."""
    at = _some(records, draw, 0.01)
    records["price"][at] = draw.integers(-(2**63), 2**63, len(at), np.int64, endpoint=False)
    return records


def _times(records: Records, draw: np.random.Generator) -> Records:
    """Times go back, stand still, jump ahead by up to ten seconds, or are undefined."""
    at = _some(records, draw, 0.02)
    field = draw.choice(["ts_event", "ts_recv"])
    shift = draw.integers(-(10**12), 1000, len(at))
    shift[draw.random(len(at)) < 0.001] = 10**10
    records[field][at] += shift.astype(np.uint64)  # wraps around, as a damaged clock may
    undefined = _some(records, draw, 0.001)
    records[field][undefined] = draw.choice(TIMES[3:], len(undefined))
    return records


def _far_future(records: Records, draw: np.random.Generator) -> Records:
    """One record at the end of all times: every bin closes."""
    records["ts_event"][draw.integers(len(records) // 2, len(records))] = draw.choice(TIMES[:3])
    return records


def _shuffled(records: Records, draw: np.random.Generator) -> Records:
    """A run of records in another order, another one twice, another one missing."""
    low, length = draw.integers(0, len(records)), draw.integers(1, 2000)
    draw.shuffle(records[low : low + length])
    cut = np.sort(draw.integers(0, len(records), 4))
    return np.concatenate([records[: cut[1]], records[cut[0] : cut[2]], records[cut[3] :]])


def _noise(records: Records, draw: np.random.Generator) -> Records:
    """Random bytes in everything behind the header's first eight."""
    at = _some(records, draw, 0.01)
    noise = draw.integers(0, 256, (len(at), 48), np.uint8)
    noise[:, 28] &= 0xAF  # not F_TOB, not F_MBP
    undamaged_times = draw.random(len(at)) < 0.99  # a random time is most often the end of all bins
    raw = records.view(np.uint8).reshape(-1, 56)
    times = raw[at, 8:16].copy()
    raw[at, 8:] = noise
    raw[at[undamaged_times], 8:16] = times[undamaged_times]
    return records


def _any_bytes(records: Records, draw: np.random.Generator) -> Records:
    """A few bytes anywhere, lengths and record types among them."""
    raw = records.view(np.uint8)
    at = draw.integers(0, len(raw), draw.integers(1, 6))
    raw[at] = draw.integers(0, 256, len(at), np.uint8)
    return records


def _foreign(records: Records, draw: np.random.Generator) -> Records:
    """Other instruments and publishers; one record of a wrong type, length or schema near the end."""
    at = _some(records, draw, 0.2)
    records["instrument_id"][at] = draw.integers(0, 2**32, len(at), np.uint32, endpoint=False)
    last = len(records) - 1 - draw.integers(0, len(records) // 4)
    field, value = [
        ("length", 13),
        ("length", 3),
        ("length", 16),
        ("rtype", 1),
        ("rtype", 0x16),
        ("flags", 64),
    ][draw.integers(6)]
    records[field][last] = value
    return records


CONTENT: Final[dict[str, Mutation]] = {
    "order_ids": _order_ids,
    "actions": _chosen("action", ACTIONS, 0.05),
    "sides": _chosen("side", SIDES, 0.05),
    "sizes": _chosen("size", SIZES, 0.05),
    "flags": _chosen("flags", EVENT_FLAGS, 0.1),
    "prices": _chosen("price", PRICES, 0.01),
    "near_prices": _near_prices,
    "any_prices": _any_prices,
    "times": _times,
    "shuffled": _shuffled,
    "noise": _noise,
}
"""Applied several at a time."""

FRAMING: Final[dict[str, Mutation]] = {
    "any_bytes": _any_bytes,
    "foreign": _foreign,
    "far_future": _far_future,
}
"""Applied at most one at a time, and seldom: little is read behind it."""
