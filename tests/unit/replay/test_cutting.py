"""Records into batches, by their clock."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qm_replay.cutting import Chunk, Cutter, Piece, clocks_of
from qmcore.contracts.bus_messages import BATCH_RECORDS, RECORD_BYTES
from qmcore.dbn import MBO_DTYPE

UNDEFINED = 2**64 - 1


def records(times: list[int], flags: list[int] | None = None, recv: list[int] | None = None) -> np.ndarray:
    made = np.zeros(len(times), MBO_DTYPE)
    made["ts_event"] = times
    made["ts_recv"] = recv or times
    made["flags"] = flags or [0] * len(times)
    made["order_id"] = np.arange(len(times))
    return made


def chunk(times: list[int], first_index: int = 0) -> Chunk:
    made = records(times)
    return Chunk(memoryview(made.tobytes()), clocks_of(made, 0), first_index)


def order_ids(piece: Piece) -> list[int]:
    return [int(i) for i in np.frombuffer(piece.data, MBO_DTYPE)["order_id"]]


def test_the_clock_never_goes_back_and_ignores_undefined_times() -> None:
    assert clocks_of(records([5, 9, 7, UNDEFINED, 8, 12]), 6).tolist() == [6, 9, 9, 9, 9, 12]


def test_snapshot_records_go_by_when_they_were_received() -> None:
    made = records([100, 100, 700], flags=[32, 0, 32], recv=[500, 900, 600])
    assert clocks_of(made, 0).tolist() == [500, 500, 600]


def test_takes_what_is_before_the_limit() -> None:
    cutter = Cutter(0)
    cutter.load(chunk([10, 20, 20, 30]))
    first = cutter.take(21)
    assert first is not None
    assert (first.first_index, first.count, first.clock_ns) == (0, 3, 20)
    assert cutter.take(21) is None
    assert cutter.next_clock_ns == 30
    last = cutter.take(10**9)
    assert last is not None
    assert order_ids(last) == [3]
    assert cutter.empty


def test_a_chunk_must_follow_what_was_given_out() -> None:
    cutter = Cutter(5)
    with pytest.raises(ValueError, match="chunk at 4 does not follow record 5"):
        cutter.load(chunk([1], first_index=4))


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=3000), st.lists(st.integers(0, 1100), max_size=30))
def test_pieces_put_together_are_the_records_and_no_piece_reaches_its_limit(
    times: list[int], limits: list[int]
) -> None:
    whole = chunk(times)
    cutter = Cutter(0)
    cutter.load(whole)
    given_out = b""
    expected_index = 0
    for limit in [*sorted(limits), 10**9]:
        while (piece := cutter.take(limit)) is not None:
            assert 0 < piece.count <= BATCH_RECORDS
            assert piece.first_index == expected_index
            assert len(piece.data) == piece.count * RECORD_BYTES
            assert piece.clock_ns < limit
            expected_index += piece.count
            given_out += bytes(piece.data)
        following = cutter.next_clock_ns
        assert following is None or following >= limit
    assert given_out == bytes(whole.data)
