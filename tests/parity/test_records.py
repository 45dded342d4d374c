"""The framing kernel keeps the same bytes as the plain walk, however the stream is cut."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmcore.kernels.records import RecordFilter, StopReason
from qmcore.reference.framing import Framed, frame
from tests.streams.dbn_files import order_records, other_record

UNDEFINED = 2**64 - 1


def order(instrument_id: int, ts_recv: int, flags: int, ts_out: bool) -> bytes:
    """One MBO record, with or without a tail."""
    records = order_records([instrument_id], ts_recv_ns=[ts_recv])
    records["flags"], records["ts_event"] = flags, ts_recv // 2
    data = records.tobytes()
    return bytes([16]) + data[1:] + b"ts_out!!" if ts_out else data


orders = st.builds(
    order,
    st.integers(1, 3),
    st.sampled_from([0, 99, 100, 101, 250, UNDEFINED]),
    st.sampled_from([0, 128, 128, 128]),
    st.booleans(),
)
company = st.builds(
    other_record, st.sampled_from([0x00, 0x01, 0x12, 0x15, 0x16, 0x18, 0xB1]), st.sampled_from([16, 80, 1020])
)
faults = st.one_of(
    st.binary(min_size=1, max_size=30),
    st.builds(order, st.just(1), st.just(0), st.sampled_from([16, 64]), st.booleans()),
    st.builds(other_record, st.just(0xA0), st.sampled_from([16, 52, 60, 68])),
)
bodies = st.lists(st.one_of(orders, orders, orders, company), max_size=40).map(b"".join)
streams = st.tuples(bodies, st.one_of(st.just(b""), faults), bodies).map(b"".join)
interval_lists = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from([0, 100]), st.sampled_from([100, 250, UNDEFINED])),
    max_size=3,
)


def compacted(
    stream: bytes, cuts: list[int], intervals: list[tuple[int, int, int]], skip: int, see_mappings: bool
) -> Framed:
    """The kernel's answer, fed with pieces of the stream as ``qmcore.dbn`` feeds it."""
    ids, starts, ends = (
        np.array([i[k] for i in intervals], t) for k, t in ((0, np.uint32), (1, np.uint64), (2, np.uint64))
    )
    kernel = RecordFilter(ids, starts, ends)
    out = Framed()
    held = b""
    edges = [0, *sorted(min(c, len(stream)) for c in cuts), len(stream)]
    for low, high in itertools.pairwise(edges):
        data = np.frombuffer(held + stream[low:high], np.uint8).copy()
        at, write, stop = kernel.compact(data, 0, len(data), 0, skip, see_mappings)
        out.kept += [data[i : i + 56].tobytes() for i in range(0, write, 56)]
        held = data[at:].tobytes()
        out.at = high - len(held)
        out.stop = stop.name
        if stop is not StopReason.NEED_MORE:
            break
    out.matched, out.order_records, out.other_records = (
        kernel.matched,
        kernel.order_records,
        kernel.other_records,
    )
    return out


def wanted_in(intervals: list[tuple[int, int, int]]):
    """The plain rule: the id, and the receive time in the interval; an open end takes everything after its start."""

    def wanted(record: bytes) -> bool:
        instrument_id, ts_event, ts_recv = (
            int.from_bytes(record[a:b], "little") for a, b in ((4, 8), (8, 16), (40, 48))
        )
        time = ts_event if ts_recv == UNDEFINED else ts_recv
        return any(
            i == instrument_id and start <= time and (time < end or end == UNDEFINED)
            for i, start, end in intervals
        )

    return wanted


@given(streams, st.lists(st.integers(0, 3000), max_size=4), interval_lists, st.integers(0, 5), st.booleans())
def test_kernel_and_plain_walk_agree(stream, cuts, intervals, skip, see_mappings):
    expected = frame(stream, wanted_in(intervals), skip=skip, see_mappings=see_mappings)
    assert compacted(stream, cuts, intervals, skip, see_mappings) == expected


@given(st.lists(st.integers(1, 3), min_size=1, max_size=20))
def test_no_byte_moves_where_every_record_is_wanted(ids):
    data = order_records(ids).view(np.uint8).copy()
    expected = data.tobytes()
    everything = RecordFilter(
        np.arange(1, 4, dtype=np.uint32), np.zeros(3, np.uint64), np.full(3, UNDEFINED, np.uint64)
    )
    assert everything.compact(data, 0, len(data), 0, 0, False) == (len(data), len(data), StopReason.NEED_MORE)
    assert data.tobytes() == expected


@pytest.mark.parametrize("bounds", [(-1, 0, 0), (0, 57, 0), (8, 0, 0), (0, 56, 8)])
def test_impossible_bounds_are_refused(bounds):
    start, end, write = bounds
    nobody = RecordFilter(np.zeros(0, np.uint32), np.zeros(0, np.uint64), np.zeros(0, np.uint64))
    with pytest.raises(ValueError, match="need 0 <= write <= start <= end"):
        nobody.compact(np.zeros(56, np.uint8), start, end, write, 0, False)


def test_intervals_must_be_whole():
    with pytest.raises(ValueError, match="must have one length"):
        RecordFilter(np.zeros(1, np.uint32), np.zeros(0, np.uint64), np.zeros(1, np.uint64))
