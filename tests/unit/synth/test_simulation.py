"""What a simulated session is made of, proved by replaying it."""

from __future__ import annotations

import hashlib
from collections import Counter
from decimal import Decimal
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from qmcore.synth import SynthSpec, simulate
from qmcore.synth.spec import Snapshot
from tests.unit.synth.strict_book import F_LAST, F_SNAPSHOT, StrictBook


@cache
def session(spec: SynthSpec) -> NDArray[np.void]:
    records: NDArray[np.void] = np.concatenate(list(simulate(spec)))
    return records


def replayed(spec: SynthSpec) -> StrictBook:
    book = StrictBook(spec.tick_int, spec.start_ns)
    records = session(spec)
    book.replay(records[records["instrument_id"] == spec.instrument_id])
    return book


def live(spec: SynthSpec) -> NDArray[np.void]:
    records = session(spec)
    after: NDArray[np.void] = records[(records["flags"] & F_SNAPSHOT) == 0]
    return after


def digest(spec: SynthSpec, chunk_records: int = 1 << 16) -> str:
    told = hashlib.sha256()
    for records in simulate(spec, chunk_records):
        told.update(records.tobytes())
    return told.hexdigest()


NORMAL = SynthSpec(minutes=2.0, seed=11)
ICEBERGS = SynthSpec(minutes=1.0, seed=5, iceberg_share=0.5)


def test_a_session_replays_without_any_anomaly_and_has_every_kind_of_event() -> None:
    counts = replayed(NORMAL).counts
    kinds = ["add", "trade", "fill", "cancel whole", "cancel part", "cancel filled"]
    kinds += ["modify up", "modify down", "modify price", "modify filled"]
    assert min(counts[kind] for kind in kinds) > 500
    assert set(counts) == set(kinds)


def test_equal_specs_give_the_same_records_and_other_seeds_give_others() -> None:
    assert digest(NORMAL) == digest(SynthSpec(minutes=2.0, seed=11))
    assert digest(NORMAL) != digest(SynthSpec(minutes=2.0, seed=12))


def test_the_records_of_a_seed_are_the_same_on_every_machine_and_in_every_release() -> None:
    """Golden digest: change it only when the simulator changes on purpose."""
    spec = SynthSpec(minutes=0.5, seed=1, preset="open", with_spread=True)
    assert digest(spec) == "ab53b4a3e2305b4eb811cafa7c6652cf3136006f6ba460658f7cf318ad10a95a"


def test_the_records_do_not_depend_on_the_chunk_size() -> None:
    spec = SynthSpec(minutes=1.0, seed=2, with_spread=True)
    assert digest(spec, 2048) == digest(spec, 1 << 16)


def test_a_snapshot_comes_first_flagged_and_whole() -> None:
    records = session(NORMAL)
    restored = int(np.count_nonzero(records["flags"] & F_SNAPSHOT))
    head, tail = records[:restored], records[restored:]
    assert (head["flags"] & F_SNAPSHOT).all()
    assert not (tail["flags"] & F_SNAPSHOT).any()
    assert head["action"].tobytes() == b"R" + b"A" * (restored - 1)
    assert np.flatnonzero(head["flags"] & F_LAST).tolist() == [restored - 1]
    assert abs(restored - NORMAL.live_orders) < 0.05 * NORMAL.live_orders
    assert tail["ts_event"][0] >= NORMAL.start_ns
    assert tail["ts_event"][-1] < NORMAL.end_ns


@pytest.mark.parametrize(
    ("kind", "first_action", "last_is_marked"),
    [("clear", b"R", True), ("no-clear", b"A", True), ("unterminated", b"A", False)],
)
def test_files_can_start_in_every_way(kind: Snapshot, first_action: bytes, last_is_marked: bool) -> None:
    spec = SynthSpec(minutes=0.1, seed=3, snapshot=kind)
    records = session(spec)
    head = records[(records["flags"] & F_SNAPSHOT) != 0]
    assert head["action"][:1].tobytes() == first_action
    assert bool(head["flags"][-1] & F_LAST) is last_is_marked
    replayed(spec)


def test_an_empty_start_fills_the_book_with_live_adds() -> None:
    spec = SynthSpec(minutes=1.0, seed=3, snapshot="none", events=30_000)
    assert not (session(spec)["flags"] & F_SNAPSHOT).any()
    book = replayed(spec)
    assert abs(len(book.orders) - spec.live_orders) < 0.15 * spec.live_orders


@pytest.mark.parametrize(("orders", "within"), [(1_000, 0.25), (5_000, 0.08), (20_000, 0.04)])
def test_about_as_many_orders_rest_as_were_asked_for(orders: int, within: float) -> None:
    book = replayed(SynthSpec(minutes=1.0, seed=6, live_orders=orders))
    assert len(book.orders) == pytest.approx(orders, rel=within)


@pytest.mark.parametrize("preset", ["quiet", "normal", "open"])
def test_a_preset_gives_its_intensity_and_the_open_fades(preset: str) -> None:
    spec = SynthSpec.model_validate({"minutes": 20.0, "preset": preset, "seed": 4, "intensity": 0.2})
    records = live(spec)
    assert len(records) == pytest.approx(spec.course.expected(spec.seconds), rel=0.05)
    minute = ((records["ts_event"] - np.uint64(spec.start_ns)) // np.uint64(60 * 10**9)).astype(int)
    by_minute = np.bincount(minute, minlength=20)
    assert bool(by_minute[:3].sum() > 2 * by_minute[-3:].sum()) is (preset == "open")


def test_a_count_of_events_is_met() -> None:
    records = live(SynthSpec(minutes=2.0, seed=4, events=100_000))
    assert 97_000 <= len(records) <= 100_000 + 1024


def test_the_spread_instrument_is_a_small_share_and_leaves_the_other_records_alone() -> None:
    alone, both = (SynthSpec(minutes=1.0, seed=9, with_spread=flag) for flag in (False, True))
    records = session(both)
    own = records[records["instrument_id"] == both.instrument_id]
    others = records[records["instrument_id"] != both.instrument_id]
    names = [name for name in own.dtype.names or () if name not in ("sequence", "ts_recv")]
    for name in names:
        assert np.array_equal(own[name], session(alone)[name])
    assert 0.005 < len(others) / len(records) < 0.05
    assert (np.diff(live(both)["ts_event"].astype(np.int64)) >= 0).all()
    spread_book = StrictBook(50_000_000, both.start_ns)
    spread_book.replay(others)


def test_the_touch_is_mostly_one_tick_wide_and_never_far_apart() -> None:
    spreads = replayed(NORMAL).spreads
    assert spreads[1] > 0.9 * spreads.total()
    assert spreads[1] < spreads.total()
    assert max(spreads) <= 12


class QueueWatch(StrictBook):
    """Also counts what happens at the touch by how long the queue is, in multiples of 10 contracts."""

    watched: Counter[tuple[str, int]]

    def _apply(self, action: str, side: str, oid: int, price: int, size: int) -> None:
        if not self.filled and action in "ACT":
            queue = side if action != "T" else "A" if side == "B" else "B"
            if price == self.touch[queue]:
                self.watched[action, min(self.depth(queue, price) // 10, 9)] += 1
        super()._apply(action, side, oid, price, size)


def test_the_order_flow_reacts_to_the_queue_it_meets() -> None:
    """Huang, Lehalle, Rosenbaum: short queues draw limit and market orders, long ones draw cancels."""
    spec = SynthSpec(minutes=3.0, seed=15, touch_depth=40)
    book = QueueWatch(spec.tick_int, spec.start_ns)
    book.watched = Counter()
    book.replay(session(spec))

    def share(action: str, others: str, lengths: range) -> float:
        count = {a: sum(book.watched[a, length] for length in lengths) for a in action + others}
        return count[action] / sum(count.values())

    short, long = range(2), range(6, 10)
    assert share("A", "C", short) > 0.55 > 0.50 > share("A", "C", long)
    assert share("T", "AC", short) > 2 * share("T", "AC", long)


def test_depth_grows_from_the_touch_to_a_hump() -> None:
    book = replayed(SynthSpec(minutes=1.0, seed=8, live_orders=20_000))
    tick = book.tick_int

    def mean_depth(offsets: range) -> float:
        bids = [book.depth("B", book.touch["B"] - offset * tick) for offset in offsets]
        asks = [book.depth("A", book.touch["A"] + offset * tick) for offset in offsets]
        return float(np.mean(bids + asks))

    touch, near, hump = mean_depth(range(1)), mean_depth(range(2, 8)), mean_depth(range(15, 40))
    far = mean_depth(range(300, 380))
    assert 5 < touch < near < hump < 400
    assert far < 0.6 * hump


def test_icebergs_show_their_next_slice_after_a_full_fill() -> None:
    def refreshed(spec: SynthSpec) -> float:
        """Share of full fills that are followed, as the very next group, by an add at the same price."""
        records = live(spec)
        closing = np.flatnonzero(records["flags"][:-1] & F_LAST)
        last, following = records[closing], records[closing + 1]
        after_fill = (last["action"] == ord("C")) & (records["action"][closing - 1] == ord("F"))
        same = (following["action"] == ord("A")) & (following["price"] == last["price"])
        return float(np.mean(same[after_fill]))

    replayed(ICEBERGS)
    assert refreshed(ICEBERGS) > 0.3
    assert refreshed(SynthSpec(minutes=1.0, seed=5, iceberg_share=0.0)) < 0.2


def test_the_event_mix_is_that_of_index_futures() -> None:
    action = live(NORMAL)["action"]
    share = {name: float(np.mean(action == ord(name))) for name in "ACMTF"}
    assert 0.30 < share["A"] < 0.45
    assert 0.30 < share["C"] < 0.45
    assert 0.08 < share["M"] < 0.22
    assert 0.02 < share["T"] < share["F"] < 0.12


def test_events_come_in_bursts_and_some_share_a_nanosecond() -> None:
    records = live(NORMAL)
    groups = records[(records["flags"] & F_LAST) != 0]
    gaps = np.diff(groups["ts_event"].astype(np.int64))
    assert 0.001 < np.mean(gaps == 0) < 0.01
    assert np.std(gaps) > 1.3 * np.mean(gaps), "an even stream would have standard deviation = mean"
    assert np.mean(gaps < 100_000) > 0.3


def test_regimes_trend_both_ways_and_come_back() -> None:
    spec = SynthSpec(minutes=40.0, seed=21, trend_strength=0.2)
    trades = live(spec)
    trades = trades[trades["action"] == ord("T")]
    minute = ((trades["ts_event"] - np.uint64(spec.start_ns)) // np.uint64(60 * 10**9)).astype(int)
    closes = np.array([trades["price"][minute == m][-1] for m in range(40)]) / spec.tick_int
    moves = np.diff(closes)
    assert moves.max() > 15
    assert moves.min() < -15
    assert np.median(np.abs(moves)) < 40
    assert np.ptp(closes) < np.abs(moves).sum() / 2, "a lasting trend would go one way only"


def test_a_price_near_zero_stays_positive() -> None:
    spec = SynthSpec(
        minutes=20.0,
        seed=2,
        price=Decimal(32),
        events=120_000,
        live_orders=1000,
        depth_ticks=50,
        regime_seconds=3600.0,
        trend_strength=0.9,
        theta=1.0,
    )
    trades = live(spec)
    trades = trades[trades["action"] == ord("T")]
    assert trades["price"].min() < 45 * spec.tick_int, "the price did fall to the floor"
    book = replayed(spec)
    assert len(book.orders) > 100


def test_order_numbers_grow_and_chunks_hold_whole_groups() -> None:
    adds = live(NORMAL)
    adds = adds[adds["action"] == ord("A")]["order_id"].astype(np.int64)
    assert (np.diff(adds) > 0).all()
    for records in simulate(NORMAL, 2048):
        assert records["flags"][-1] & F_LAST
