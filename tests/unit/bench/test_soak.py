"""What the soak makes of what it saw. Two sessions, three viewers: 0 and 2 watch the first one."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from qm_local.bench.figures import Figure
from qm_local.bench.soak import Memory, Soaked, SoakPlan, figures
from qm_local.bench.soak_load import SlowReader
from qmcore.contracts.subjects import mbo_subject
from qmcore.errors import QmError

PLAN = SoakPlan(minutes=1, viewers=3, sessions=2, slow=2)
SECOND = 1_000_000_000
ENDS = range(5)
"""Bins end at these seconds of the market and ten seconds later on the wall."""


def soaked(seen: list[tuple[int, int, int]]) -> Soaked:
    memory = Memory(
        seconds=[0.0, 30.0, 60.0], mb={"engine": [100.0, 101.0, 102.0], "nats": [50.0, 90.0, 49.0]}
    )
    ids = ["aaaaaaaa", "bbbbbbbb"]
    ended = {(mbo_subject(s), (end + 1) * SECOND): (end + 11) * SECOND for s in ids for end in ENDS}
    ended |= {(where, end - SECOND // 2): wall - SECOND // 2 for (where, end), wall in ended.items()}
    slow = np.array([[1013, 10, 4, 4], [1006, 2, 0, 0]])
    seen_array = np.array(seen, np.int64).reshape(-1, 3)
    return Soaked(
        memory=memory,
        ended_ns=ended,
        sessions=ids,
        bin_ns=SECOND,
        seen=seen_array,
        slow=slow,
        closed=np.zeros(0, np.int64),
        from_wall_ns=10 * SECOND,
        until_wall_ns=99 * SECOND,
    )


def everything(late_ns: int = 20_000_000) -> list[tuple[int, int, int]]:
    return [
        (viewer, (end + 1) * SECOND, (end + 11) * SECOND + late_ns) for viewer in range(3) for end in ENDS
    ]


def by_name(seen: list[tuple[int, int, int]]) -> dict[str, Figure]:
    return {figure.what.rpartition(": ")[2]: figure for figure in figures(PLAN, soaked(seen))}


def test_memory_is_last_less_first_with_its_slope() -> None:
    rows = list(figures(PLAN, soaked(everything())))
    engine, nats = rows[0], rows[1]
    assert (engine.value, nats.value) == (pytest.approx(2.0), pytest.approx(-1.0))
    assert "102.0 MB at the end, most 102.0; slope +2.00 MB/min" in engine.detail
    assert engine.reached


def test_nothing_is_lost_when_all_have_all() -> None:
    lost = by_name(everything())["bins that viewers who keep up lost"]
    assert (lost.value, lost.reached) == (0, True)
    assert lost.detail.startswith("10 bins, 15 delivered")


def test_a_bin_that_one_viewer_did_not_get_counts() -> None:
    lost = by_name(everything()[:-1])["bins that viewers who keep up lost"]
    assert (lost.value, lost.reached) == (1, False)


def test_a_bin_that_nobody_got_counts_for_each_viewer() -> None:
    seen = [row for row in everything() if row[1] != 3 * SECOND]
    lost = by_name(seen)["bins that viewers who keep up lost"]
    assert (lost.value, lost.reached) == (3, False)


def test_latency_is_from_the_bins_end_on_the_wall() -> None:
    late = by_name(everything(late_ns=35_000_000))["bin end -> bytes at a viewer, p99"]
    assert late.value == pytest.approx(35.0)


def test_slow_readers_are_told_apart_by_how_they_ended() -> None:
    slow = list(figures(PLAN, soaked(everything())))[-1]
    assert slow.value == 2
    assert "1 with 1013, 1 cut off" in slow.detail
    assert "4 told as dropped, 4 missing" in slow.detail


def test_a_soak_without_a_bin_is_an_error() -> None:
    with pytest.raises(QmError, match="no viewer got a bin"):
        list(figures(PLAN, soaked([])))


async def test_a_slow_reader_notes_what_it_is_told_and_how_it_is_closed() -> None:
    class Silent(asyncio.Transport):
        def write(self, data: bytes) -> None: ...
        def pause_reading(self) -> None: ...
        def is_closing(self) -> bool:
            return True

    reader = SlowReader(lambda _: None, b"", 0.0)
    reader.connection_made(Silent())  # type: ignore[arg-type]
    texts = [b'{"bin_seq":"3","bin_end_ns":"5"}', b'{"bin_seq":"7","bin_end_ns":"9","dropped":3}']
    frames = [bytes((0x81, len(text))) + text for text in texts] + [b"\x88\x02\x03\xf5"]
    data = b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + b"".join(frames)
    reader.get_buffer(-1)[: len(data)] = data
    reader.buffer_updated(len(data))
    assert reader.row() == (1013, 2, 3, 3)
