"""The Cython physics against the plain one and against 50 digits, over random impulses and time constants."""

from __future__ import annotations

import math
from typing import NamedTuple

import mpmath  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qmcore.config.instrument import PhysicsConfig
from qmcore.kernels.physics import TickPhysics
from qmcore.reference.book import Effect
from qmcore.reference.physics import ReferencePhysics
from qmcore.units import NS_PER_SECOND
from tests.streams.drawn import START_NS

TRAINS = ("add", "pull", "fill", "bid_depth", "ask_depth")
SLOTS = 512
FAR_TICKS = (0, 1, 255, 256, 511, 512, -1, 100_000, -(10**9))

RELATIVE_GAPS = (0.0, 1e-15, 1e-12, 1e-9, 1e-6, 1e-3, 0.019, 0.0201, 0.021, 0.3, 1.0, 4.0, 60.0)
STEPS_NS = (
    0,
    0,
    1,
    50,
    10_000,
    3_000_000,
    100_000_000,
    NS_PER_SECOND,
    30 * NS_PER_SECOND,
    3600 * NS_PER_SECOND,
)


class Strike(NamedTuple):
    """An effect, and how long after the one before it."""

    step_ns: int
    effect: Effect


@st.composite
def physics_configs(draw: st.DrawFn) -> PhysicsConfig:
    """Time constants that are equal, nearly equal, or orders of magnitude apart, in any order."""
    base = draw(st.sampled_from((2.0, 0.02, 300.0)))
    gaps = draw(
        st.permutations([0.0, draw(st.sampled_from(RELATIVE_GAPS)), draw(st.sampled_from(RELATIVE_GAPS))])
    )
    velocity, acceleration, jerk = (base * (1 + gap) for gap in gaps)
    return PhysicsConfig(
        tau_velocity=velocity,
        tau_acceleration=acceleration,
        tau_jerk=jerk,
        tau_rest_decay=draw(st.sampled_from((30.0, 0.5))),
    )


quantities = st.sampled_from((0, 0, 0, 1, 7, 250, 2**32 - 1))
changes = st.sampled_from((0, 0, 1, -1, 40, -40, 2**32 - 1, -(2**32 - 1)))
strikes = st.builds(
    Strike,
    st.sampled_from(STEPS_NS),
    st.builds(Effect, st.sampled_from(FAR_TICKS), quantities, quantities, quantities, changes, changes),
)
strike_lists = st.lists(strikes, min_size=1, max_size=25)


def strike(kernel: TickPhysics, effect: Effect, t_ns: int) -> None:
    tick, *impulses = effect
    kernel.impulse(tick, t_ns, **dict(zip(("add", "pull", "fill", "d_bid", "d_ask"), impulses, strict=True)))


def both(config: PhysicsConfig, history: list[Strike]) -> tuple[TickPhysics, ReferencePhysics, int]:
    """Kernel and plain physics after a history, and its last time."""
    kernel, plain, now_ns = TickPhysics(config, SLOTS), ReferencePhysics(config), START_NS
    for step_ns, effect in history:
        now_ns += step_ns
        strike(kernel, effect, now_ns)
        plain.impulse(effect, now_ns)
    return kernel, plain, now_ns


def scales(config: PhysicsConfig, history: list[Strike], tick: int, t_ns: int) -> np.ndarray:
    """How large v, a and j of each train can be, shape (3, 5): opposite impulses and modes of the chain cancel,
    and what is left of them is known no better than what has cancelled."""
    rates = np.array([1 / config.tau_velocity, 1 / config.tau_acceleration, 1 / config.tau_jerk])
    slowest = np.minimum.accumulate(rates)
    gains = np.cumprod(rates)
    total, now_ns = np.zeros((3, 5)), START_NS
    for step_ns, effect in history:
        now_ns += step_ns
        if effect.tick == tick:
            seconds = (t_ns - now_ns) / NS_PER_SECOND
            # Between nearly equal rates the chain has t e^(-r t) and t^2 e^(-r t) terms.
            growth = (1 + rates.max() * seconds) ** np.arange(3)
            total += np.outer(gains * growth * np.exp(-slowest * seconds), np.abs(effect[1:]))
    return total


@given(config=physics_configs(), history=strike_lists, wait_ns=st.sampled_from(STEPS_NS))
def test_the_states_agree(config: PhysicsConfig, history: list[Strike], wait_ns: int) -> None:
    kernel, plain, now_ns = both(config, history)
    t_ns = now_ns + wait_ns
    for tick in {effect.tick for _, effect in history}:
        ours, theirs = kernel.state(tick, t_ns), plain.state(tick, t_ns)
        scale = scales(config, history, tick, t_ns)
        for stage, name in enumerate("vaj"):
            expected = np.array([getattr(getattr(theirs, train), name) for train in TRAINS])
            tolerance = 1e-9 * np.abs(expected) + 1e-12 * scale[stage] + 1e-300
            assert (np.abs(ours[name][:5] - expected) <= tolerance).all(), (name, ours[name], expected)
        masses = (theirs.add_mass, theirs.pull_mass, theirs.fill_mass)
        np.testing.assert_allclose(ours["mass"], masses, rtol=1e-9, atol=1e-300)


@given(config=physics_configs(), history=strike_lists, wait_ns=st.sampled_from(STEPS_NS))
def test_the_forces_agree(config: PhysicsConfig, history: list[Strike], wait_ns: int) -> None:
    kernel, plain, now_ns = both(config, history)
    t_ns = now_ns + wait_ns
    for tick in {effect.tick for _, effect in history}:
        scale = scales(config, history, tick, t_ns)[:2].sum()
        assert kernel.forces_at(tick, t_ns) == pytest.approx(
            plain.forces(tick, t_ns), rel=1e-9, abs=1e-12 * scale + 1e-300
        )


@given(config=physics_configs(), history=strike_lists)
def test_no_value_is_nan_or_infinite(config: PhysicsConfig, history: list[Strike]) -> None:
    kernel, _, now_ns = both(config, history)
    for t_ns in (now_ns, now_ns + 1, 2**63 - 1):
        for tick in FAR_TICKS:
            state = kernel.state(tick, t_ns)
            assert all(np.isfinite(state[name]).all() for name in ("v", "a", "j", "mass"))
            assert np.isfinite(kernel.forces_at(tick, t_ns)).all()


@given(config=physics_configs(), history=strike_lists, reads=st.lists(st.sampled_from(STEPS_NS), max_size=4))
def test_reading_never_changes_a_state(
    config: PhysicsConfig, history: list[Strike], reads: list[int]
) -> None:
    undisturbed, _, now_ns = both(config, history)
    watched, t_ns = TickPhysics(config, SLOTS), START_NS
    for step_ns, effect in history:
        t_ns += step_ns
        strike(watched, effect, t_ns)
        for wait_ns in reads:
            watched.forces_at(effect.tick, t_ns + wait_ns)
            watched.state(effect.tick, t_ns + wait_ns)
    for tick in FAR_TICKS:
        assert watched.state(tick, now_ns).tobytes() == undisturbed.state(tick, now_ns).tobytes()


@given(
    config=physics_configs(),
    history=strike_lists,
    steps=st.lists(st.sampled_from(STEPS_NS), min_size=2, max_size=6),
)
def test_one_step_is_many_steps(config: PhysicsConfig, history: list[Strike], steps: list[int]) -> None:
    kernel, _, now_ns = both(config, history)
    tick = history[0].effect.tick
    one = kernel.state(tick, now_ns + sum(steps))
    stepped, t_ns = kernel, now_ns
    for step_ns in steps:
        t_ns += step_ns
        state = stepped.state(tick, t_ns)
        stepped = TickPhysics(config, SLOTS)
        bits = np.array([state]).view(np.int64).reshape(1, -1)
        stepped.import_state({"ticks": bits, "touched": np.array([], np.int32)})
    many = stepped.state(tick, t_ns)
    scale = scales(config, history, tick, t_ns)
    for stage, name in enumerate("vaj"):
        tolerance = 1e-9 * np.abs(one[name][:5]) + 1e-11 * scale[stage] + 1e-300
        assert (np.abs(many[name][:5] - one[name][:5]) <= tolerance).all(), (name, many[name], one[name])
    np.testing.assert_allclose(many["mass"], one["mass"], rtol=1e-9, atol=1e-300)


@given(config=physics_configs(), history=strike_lists, order=st.randoms(use_true_random=False))
def test_simultaneous_events_count_in_any_order(
    config: PhysicsConfig, history: list[Strike], order: object
) -> None:
    at_once = [Strike(0, effect) for _, effect in history]
    shuffled = at_once.copy()
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    first, _, now_ns = both(config, at_once)
    second, _, _ = both(config, shuffled)
    for tick in FAR_TICKS:
        scale = scales(config, at_once, tick, now_ns)
        for stage, name in enumerate("vaj"):
            gap = np.abs(first.state(tick, now_ns)[name][:5] - second.state(tick, now_ns)[name][:5])
            assert (gap <= 1e-13 * scale[stage]).all()
        # Masses are whole numbers at the moment of the events: exact.
        assert first.state(tick, now_ns)["mass"].tolist() == second.state(tick, now_ns)["mass"].tolist()


def test_a_hundred_fills_in_one_nanosecond_are_one_large_fill() -> None:
    """Half of the earlier engine's fill velocity was lost because fills share a nanosecond."""
    config = PhysicsConfig()
    many, one = TickPhysics(config, SLOTS), TickPhysics(config, SLOTS)
    for _ in range(100):
        strike(many, Effect(3, fill=7), START_NS)
    strike(one, Effect(3, fill=700), START_NS)
    t_ns = START_NS + NS_PER_SECOND
    assert many.state(3, t_ns)["v"][2] == pytest.approx(one.state(3, t_ns)["v"][2], rel=1e-14)
    assert many.state(3, t_ns)["v"][2] == pytest.approx(700 / 2 * math.exp(-0.5), rel=1e-14)


@pytest.mark.parametrize("gap_a", RELATIVE_GAPS)
@pytest.mark.parametrize("gap_j", RELATIVE_GAPS)
@pytest.mark.parametrize("seconds", [1e-6, 0.1, 3.0, 40.0])
def test_equal_and_near_equal_time_constants_to_50_digits(gap_a: float, gap_j: float, seconds: float) -> None:
    config = PhysicsConfig(
        tau_velocity=2.0, tau_acceleration=2.0 * (1 + gap_a), tau_jerk=2.0 * (1 - 0.5 * gap_j / (1 + gap_j))
    )
    kernel, t_ns = TickPhysics(config, SLOTS), round(seconds * NS_PER_SECOND)
    strike(kernel, Effect(0, add=10), 0)
    state = kernel.state(0, t_ns)
    with mpmath.workdps(50):
        tv, ta, tj = (mpmath.mpf(t) for t in (config.tau_velocity, config.tau_acceleration, config.tau_jerk))
        system = mpmath.matrix(
            [[-1 / tv, 0, 0], [-1 / (tv * ta), -1 / ta, 0], [-1 / (tv * ta * tj), -1 / (ta * tj), -1 / tj]]
        )
        start = mpmath.matrix([10 / tv, 10 / (tv * ta), 10 / (tv * ta * tj)])
        exact = [
            float(x)
            for x in mpmath.expm(system * (mpmath.mpf(t_ns) / NS_PER_SECOND), method="taylor") * start
        ]
    scale = scales(config, [Strike(0, Effect(0, add=10))], 0, START_NS + t_ns)[:, 0]
    for stage, name in enumerate("vaj"):
        assert state[name][0] == pytest.approx(exact[stage], rel=1e-9, abs=2e-12 * scale[stage])


@given(config=physics_configs(), history=strike_lists)
def test_physics_goes_on_from_its_checkpoint(config: PhysicsConfig, history: list[Strike]) -> None:
    straight, _, now_ns = both(config, history)
    restored = TickPhysics(config, SLOTS)
    restored.import_state(straight.export_state())
    for step_ns, effect in history:
        now_ns += step_ns
        for physics in (straight, restored):
            strike(physics, effect, now_ns)
    for tick in FAR_TICKS:
        assert restored.state(tick, now_ns).tobytes() == straight.state(tick, now_ns).tobytes()


@given(history=strike_lists)
def test_an_impulse_into_the_past_is_refused(history: list[Strike]) -> None:
    kernel, _, now_ns = both(PhysicsConfig(), history)
    effect = history[-1].effect
    assume(any(effect[1:]))
    with pytest.raises(ValueError, match="before the tick's last impulse"):
        strike(kernel, effect, now_ns - 1)
    with pytest.raises(ValueError, match="before the tick's last impulse"):
        kernel.state(effect.tick, now_ns - 1)
    with pytest.raises(ValueError, match="before the tick's last impulse"):
        kernel.forces_at(effect.tick, now_ns - 1)
