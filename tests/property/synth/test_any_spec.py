"""Whatever is asked of the simulator, its records replay without an anomaly."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qmcore.synth import SynthSpec, simulate
from tests.unit.synth.strict_book import F_SNAPSHOT, StrictBook

UNIT = st.floats(0.0, 1.0)
SPECS = st.builds(
    SynthSpec,
    seed=st.integers(0, 2**64 - 1),
    tick_size=st.sampled_from([Decimal("0.25"), Decimal("0.01"), Decimal("0.0000001"), Decimal(5)]),
    price=st.integers(640, 100_000).map(Decimal),
    minutes=st.sampled_from([0.0001, 0.05, 3.0, 300.0]),
    preset=st.sampled_from(["quiet", "normal", "open"]),
    events=st.integers(7_000, 12_000),
    live_orders=st.integers(1_000, 3_000),
    touch_depth=st.integers(4, 500),
    depth_ticks=st.integers(50, 1_000),
    snapshot=st.sampled_from(["clear", "no-clear", "unterminated", "none"]),
    with_spread=st.booleans(),
    spread_share=st.floats(0.001, 0.5),
    partial_cancel_share=st.floats(0.0, 0.9),
    iceberg_share=UNIT,
    regime_seconds=st.sampled_from([0.01, 1.0, 1000.0]),
    trend_strength=st.floats(0.0, 0.9),
    theta=UNIT,
    theta_reinit=UNIT,
)


@settings(max_examples=60)
@given(SPECS)
def test_every_simulated_record_fits_the_book(spec: SynthSpec) -> None:
    books = {spec.instrument_id: StrictBook(spec.tick_int, spec.start_ns)}
    live = 0
    for records in simulate(spec, chunk_records=4096):
        live += int(np.count_nonzero((records["flags"] & F_SNAPSHOT) == 0))
        for number in np.unique(records["instrument_id"]).tolist():
            book = books.setdefault(number, StrictBook(50_000_000, spec.start_ns))
            book.replay(records[records["instrument_id"] == number])
    assert len(books) <= 1 + spec.with_spread
    assert spec.events is not None
    assert live <= 2 * spec.events + 2048
    own = books[spec.instrument_id]
    assert {side for side, _ in own.queues} == {"A", "B"}, "no side runs empty"
