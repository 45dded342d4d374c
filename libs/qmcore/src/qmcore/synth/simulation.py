"""From a spec to a stream of records: one kernel an instrument, merged by time, numbered as one channel."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qmcore.dbn import MBO_DTYPE
from qmcore.kernels.market import Market
from qmcore.synth.profile import BookProfile, book_profile
from qmcore.synth.spec import Intensity, Snapshot, SynthSpec

Records = NDArray[np.void]

PUBLISHER_ID = 1  # GLBX.MDP3
CHUNK_RECORDS = 1 << 16
FIRST_ORDER_ID = 6_412_777_000_000  # CME numbers orders in about this range
FIRST_SEQUENCE = 1000
F_LAST = 128
SPREAD_TICK_INT = 50_000_000  # 0.05 points, from 50.00
SPREAD_START_TICK = 1000
SPREAD_SALT = 0x5EED_5EED_5EED_5EED


def instrument_market(spec: SynthSpec) -> Market:
    """The kernel of the spec's instrument, at the start of its session."""
    profile = book_profile(
        live_orders=spec.live_orders, touch_depth=spec.touch_depth, depth_ticks=spec.depth_ticks
    )
    return _market(
        spec,
        profile,
        course=spec.course,
        seed=spec.seed,
        instrument_id=spec.instrument_id,
        tick_int=spec.tick_int,
        start_tick=spec.start_tick,
        target_orders=spec.live_orders,
        first_order_id=FIRST_ORDER_ID,
        max_events=spec.events if spec.events is not None else (1 << 63),
    )


def spread_market(spec: SynthSpec) -> Market:
    """The kernel of the calendar spread beside it: a small book with its own draws, so that the instrument's
    records are the same with and without it (sequence numbers apart)."""
    orders = 400
    return _market(
        spec,
        book_profile(live_orders=orders, touch_depth=12, depth_ticks=100),
        course=spec.course.scaled(spec.spread_share),
        seed=spec.seed ^ SPREAD_SALT,
        instrument_id=spread_instrument_id(spec),
        tick_int=SPREAD_TICK_INT,
        start_tick=SPREAD_START_TICK,
        target_orders=orders,
        first_order_id=FIRST_ORDER_ID // 2,
        max_events=1 << 63,
    )


def spread_instrument_id(spec: SynthSpec) -> int:
    """Instrument number of the calendar spread."""
    return spec.instrument_id ^ (1 << 20)


def _market(
    spec: SynthSpec,
    profile: BookProfile,
    *,
    course: Intensity,
    seed: int,
    instrument_id: int,
    tick_int: int,
    start_tick: int,
    target_orders: int,
    first_order_id: int,
    max_events: int,
) -> Market:
    return Market(
        seed=seed,
        publisher_id=PUBLISHER_ID,
        instrument_id=instrument_id,
        start_ns=spec.start_ns,
        end_ns=spec.end_ns,
        tick_int=tick_int,
        start_tick=start_tick,
        first_order_id=first_order_id,
        target_orders=target_orders,
        max_events=max_events,
        peak_rate=course.peak,
        floor_rate=course.floor,
        decay_s=course.decay_s,
        horizon_s=min(max(spec.seconds / 20.0, 0.01), 30.0),
        regime_s=spec.regime_seconds,
        trend=spec.trend_strength,
        theta=spec.theta,
        theta_reinit=spec.theta_reinit,
        partial_share=spec.partial_cancel_share,
        iceberg_share=spec.iceberg_share,
        near_target=profile.near_target,
        near_rate=profile.near_rate,
        far_target=profile.far_target,
        far_ladder=profile.far_ladder,
        near_sizes=profile.near_sizes,
        far_sizes=profile.far_sizes,
        market_sizes=profile.market_sizes,
    )


def _snapshot(market: Market, orders: int, kind: Snapshot) -> Records:
    """The records that restore the initial book, none for an empty start."""
    if kind == "none":
        return np.empty(0, MBO_DTYPE)
    records = np.zeros(3 * orders, MBO_DTYPE)
    count = market.snapshot(records.view(np.uint8), clear=kind == "clear", last=kind != "unterminated")
    return records[:count]


def _live(market: Market, chunk_records: int) -> Iterator[Records]:
    """Whole groups in time order, until the session is over."""
    while True:
        records = np.empty(chunk_records, MBO_DTYPE)
        count = market.run(records.view(np.uint8))
        if count == 0:
            return
        yield records[:count]


def _merged(first: Iterator[Records], second: Iterator[Records]) -> Iterator[Records]:
    """Two streams of whole groups as one in time order; at equal times the first goes first."""
    empty = np.empty(0, MBO_DTYPE)
    held = [empty, empty]
    streams = [first, second]
    over = [False, False]
    while not all(over) or len(held[0]) or len(held[1]):
        for i in range(2):
            if not over[i] and len(held[i]) == 0:
                held[i] = next(streams[i], empty)
                over[i] = len(held[i]) == 0
        # What comes next in a stream may share the time of the last record held: it waits for it.
        ends = [int(held[i]["ts_event"][-1]) for i in range(2) if not over[i]]
        cut = min(ends) if ends else (1 << 64) - 1
        ready = []
        for i in range(2):
            stop = int(np.searchsorted(held[i]["ts_event"], np.uint64(cut)))
            ready.append(held[i][:stop])
            held[i] = held[i][stop:]
        for i in range(2):
            if not over[i] and len(held[i]) and int(held[i]["ts_event"][-1]) == cut:
                more = next(streams[i], empty)
                over[i] = len(more) == 0
                held[i] = np.concatenate((held[i], more))
        both = np.concatenate(ready)
        if len(both):
            yield both[np.argsort(both["ts_event"], kind="stable")]


def simulate(spec: SynthSpec, chunk_records: int = CHUNK_RECORDS) -> Iterator[Records]:
    """The session as arrays of ``MBO_DTYPE``, the snapshot (if any) first, each array of whole event groups.

    Records do not depend on ``chunk_records`` (>= 2048), which bounds the memory of the live part.
    """
    market = instrument_market(spec)
    opening = _snapshot(market, spec.live_orders, spec.snapshot)
    live = _live(market, chunk_records)
    if spec.with_spread:
        spread = spread_market(spec)
        opening = np.concatenate((opening, _snapshot(spread, 400, spec.snapshot)))
        live = _merged(live, _live(spread, max(2048, chunk_records // 16)))
    if len(opening):
        opening["sequence"] = 1
        yield opening
    sequence, received = FIRST_SEQUENCE, np.uint64(0)
    for records in live:
        closes = (records["flags"] & F_LAST) != 0
        groups = np.cumsum(closes, dtype=np.uint32)
        records["sequence"] = sequence + groups - closes
        sequence += int(groups[-1])
        if spec.with_spread:
            received = np.maximum(received, records["ts_recv"][0])
            records["ts_recv"] = np.maximum(np.maximum.accumulate(records["ts_recv"]), received)
            received = records["ts_recv"][-1]
        yield records
