"""What may be asked of the simulator."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from qmcore.synth import SynthSpec
from qmcore.synth.profile import NEAR_SHARE_MAX, book_profile


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("minutes", 0),
        ("minutes", float("nan")),
        ("live_orders", 999),
        ("tick_size", "0"),
        ("tick_size", "0.0000000001"),
        ("price", "31.75"),
        ("price", "5000000000"),
        ("preset", "wild"),
        ("symbol", "ES-H5"),
        ("seed", -1),
        ("iceberg_share", 1.5),
        ("color", "red"),
    ],
)
def test_impossible_values_are_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        SynthSpec.model_validate({field: value})


def test_events_and_intensity_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="events and intensity"):
        SynthSpec(events=1000, intensity=2.0)


def test_an_empty_start_needs_events_for_the_book() -> None:
    with pytest.raises(ValidationError, match="twice live_orders"):
        SynthSpec(events=1000, snapshot="none")


@pytest.mark.parametrize(
    ("symbol", "spread"),
    [
        ("ESH5", "ESH5-ESM5"),
        ("ESZ5", "ESZ5-ESH6"),
        ("ESZ9", "ESZ9-ESH0"),
        ("NQZ29", "NQZ29-NQH30"),
        ("XYZ", "XYZ-NEXT"),
    ],
)
def test_the_spread_is_against_the_next_quarter(symbol: str, spread: str) -> None:
    assert SynthSpec(symbol=symbol).spread_symbol == spread


def test_the_course_of_the_open_integrates_to_what_is_expected() -> None:
    course = SynthSpec(preset="open").course
    steps = 100_000
    rates = [
        course.floor + (course.peak - course.floor) / (1 + i * 600 / steps / course.decay_s) ** 2
        for i in range(steps)
    ]
    assert course.expected(600.0) == pytest.approx(sum(rates) * 600 / steps, rel=1e-4)
    assert SynthSpec(preset="open", events=123_456).course.expected(600.0) == pytest.approx(123_456)


@pytest.mark.parametrize("live_orders", [1_000, 5_000, 20_000, 200_000])
@pytest.mark.parametrize("touch_depth", [4, 40, 5000])
def test_the_profile_adds_up_to_the_orders_wanted(live_orders: int, touch_depth: int) -> None:
    profile = book_profile(live_orders=live_orders, touch_depth=touch_depth, depth_ticks=400)
    near = 2 * profile.far_target[: len(profile.near_target)].sum()
    assert near <= NEAR_SHARE_MAX * live_orders * 1.001
    assert 2 * profile.far_target.sum() == pytest.approx(live_orders, rel=0.03)
    assert (profile.far_target >= 0).all()
    assert (profile.near_target > 0).all()
    assert not profile.far_target[400:].any()
