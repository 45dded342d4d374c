"""The exact chain: against the specification's own form, a matrix exponential and 60 digits."""

from __future__ import annotations

import math

import mpmath  # type: ignore[import-untyped]
import numpy as np
import pytest

from qmcore.config.instrument import PhysicsConfig
from qmcore.reference.book import Effect
from qmcore.reference.physics import (
    Chain,
    QuietTime,
    ReferencePhysics,
    exp_difference,
    exp_second_difference,
    pressure,
    vacuum,
)
from qmcore.units import NS_PER_SECOND

DEFAULTS = PhysicsConfig()
TIMES_S = [1e-9, 1e-6, 1e-3, 0.1, 1.0, 7.0, 60.0, 900.0, 86_400.0]
TAUS = [
    (2.0, 5.0, 10.0),
    (10.0, 5.0, 2.0),
    (5.0, 2.0, 10.0),
    (3.0, 3.0, 7.0),
    (7.0, 3.0, 3.0),
    (3.0, 7.0, 3.0),
    (4.0, 4.0, 4.0),
    (4.0, 4.0 * (1 + 1e-12), 4.0 * (1 - 1e-9)),
    (4.0, 4.0 + 1e-7, 4.0 - 1e-5),
    (4.0, 4.001, 9.0),
    (1e-3, 1.0, 1e3),
    (1e6, 1e-3, 1.0),
]


def name_of(config: PhysicsConfig) -> str:
    return f"{config.tau_velocity:g}-{config.tau_acceleration:g}-{config.tau_jerk:g}"


def taus(v: float, a: float, j: float) -> PhysicsConfig:
    return PhysicsConfig(tau_velocity=v, tau_acceleration=a, tau_jerk=j)


def as_matrix(quiet: QuietTime) -> np.ndarray:
    return np.array([[quiet.v_v, 0, 0], [quiet.a_v, quiet.a_a, 0], [quiet.j_v, quiet.j_a, quiet.j_j]])


def exact_matrix(seconds: float, config: PhysicsConfig) -> np.ndarray:
    """exp(A t) of the chain's differential equations, in 60 digits by mpmath."""
    with mpmath.workdps(60):
        rv, ra, rj = (
            1 / mpmath.mpf(t) for t in (config.tau_velocity, config.tau_acceleration, config.tau_jerk)
        )
        # tau_a a' = v' - a and v' = -v/tau_v; likewise for j.
        system = mpmath.matrix([[-rv, 0, 0], [-rv * ra, -ra, 0], [-rv * ra * rj, -ra * rj, -rj]])
        return np.array(mpmath.expm(system * mpmath.mpf(seconds), method="taylor").tolist(), dtype=float)


def the_specifications_form(chain: Chain, t: float, c: PhysicsConfig) -> Chain:
    """SPEC section 2, letter by letter; only for time constants that differ."""
    tv, ta, tj = c.tau_velocity, c.tau_acceleration, c.tau_jerk
    ev, ea, ej = math.exp(-t / tv), math.exp(-t / ta), math.exp(-t / tj)
    p = 1 / (ta - tv)
    b = chain.a - chain.v * p
    return Chain(
        v=chain.v * ev,
        a=chain.a * ea + chain.v * p * (ev - ea),
        j=chain.j * ej - chain.v * p / (tv - tj) * (ev - ej) - b / (ta - tj) * (ea - ej),
    )


@pytest.mark.parametrize("seconds", [0.1, 1.0, 7.0, 60.0])
@pytest.mark.parametrize("config", [DEFAULTS, taus(10, 5, 2), taus(5, 2, 10)])
def test_the_chain_is_the_specifications_form(seconds: float, config: PhysicsConfig) -> None:
    chain = Chain(3.0, -1.25, 0.5)
    ours, spec = chain.after(QuietTime.of(seconds, config)), the_specifications_form(chain, seconds, config)
    assert (ours.v, ours.a, ours.j) == pytest.approx((spec.v, spec.a, spec.j), rel=1e-11)


@pytest.mark.parametrize("seconds", [s for s in TIMES_S if s <= 60])
@pytest.mark.parametrize("config", [taus(*t) for t in TAUS if max(t) / min(t) < 1e4], ids=name_of)
def test_the_chain_is_the_matrix_exponential(seconds: float, config: PhysicsConfig) -> None:
    ours, exact = as_matrix(QuietTime.of(seconds, config)), exact_matrix(seconds, config)
    np.testing.assert_allclose(ours, exact, rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("seconds", TIMES_S)
@pytest.mark.parametrize("config", [taus(*t) for t in TAUS], ids=name_of)
def test_one_step_is_many_steps(seconds: float, config: PhysicsConfig) -> None:
    chain = Chain(3.0, -1.25, 0.5)
    one = chain.after(QuietTime.of(seconds, config))
    many = chain
    for _ in range(10):
        many = many.after(QuietTime.of(seconds / 10, config))
    scale = abs(one.v) + abs(one.a) + abs(one.j)
    assert (many.v, many.a, many.j) == pytest.approx((one.v, one.a, one.j), rel=1e-10, abs=1e-12 * scale)


@pytest.mark.parametrize("gap", [0.0, 1e-15, 1e-9, 1e-3, 0.5, 0.999, 1.001, 3.0, 50.0, 700.0])
@pytest.mark.parametrize("other", [0.0, 1e-12, 1e-4, 0.7, 2.0, 400.0])
def test_divided_differences_of_exp_to_60_digits(gap: float, other: float) -> None:
    x, y, z = -0.25, -0.25 - gap, -0.25 - other
    with mpmath.workdps(60):
        # Nudge equal points apart: the limit to 20 digits.
        px, py, pz = mpmath.mpf(x), mpmath.mpf(y) - mpmath.mpf("1e-20"), mpmath.mpf(z) - mpmath.mpf("3e-20")
        first = (mpmath.exp(px) - mpmath.exp(py)) / (px - py)
        second = (first - (mpmath.exp(py) - mpmath.exp(pz)) / (py - pz)) / (px - pz)
    assert exp_difference(x, y) == pytest.approx(float(first), rel=1e-14)
    assert exp_second_difference(x, y, z) == pytest.approx(float(second), rel=1e-13)


def test_an_impulse_strikes_all_three_stages() -> None:
    kicked = Chain(1.0, 1.0, 1.0).kicked(20.0, DEFAULTS)
    assert (kicked.v, kicked.a, kicked.j) == pytest.approx((11.0, 3.0, 1.2))


def test_depth_trains_are_signed_and_rest_depth_is_their_sum() -> None:
    physics = ReferencePhysics(DEFAULTS)
    physics.impulse(Effect(7, add=4, d_bid=4), 0)
    physics.impulse(Effect(7, pull=10, d_ask=-10), NS_PER_SECOND)
    columns = physics.state(7, NS_PER_SECOND).columns()
    assert columns["v_bid_depth"] == pytest.approx(2 * math.exp(-0.5))
    assert columns["v_ask_depth"] == -5.0
    assert columns["v_rest_depth"] == pytest.approx(2 * math.exp(-0.5) - 5)
    assert columns["a_rest_depth"] == pytest.approx(columns["a_bid_depth"] + columns["a_ask_depth"])


def test_masses_decay_with_tau_rest() -> None:
    physics = ReferencePhysics(DEFAULTS)
    physics.impulse(Effect(7, add=4, pull=2, fill=1), 0)
    physics.impulse(Effect(7, add=1), 30 * NS_PER_SECOND)
    state = physics.state(7, 60 * NS_PER_SECOND)
    assert state.add_mass == pytest.approx(4 * math.exp(-2) + math.exp(-1))
    assert (state.pull_mass, state.fill_mass) == pytest.approx((2 * math.exp(-2), math.exp(-2)))


def test_forces_of_an_add_by_hand() -> None:
    physics = ReferencePhysics(DEFAULTS)
    physics.impulse(Effect(7, add=10, d_ask=10), 0)
    # v = 10/2, a = 10/(2 5): 1.0 v_add + 0.5 v_rest + 0.3 a_add
    assert physics.forces(7, 0) == pytest.approx((5.0 + 2.5 + 0.3, 0.0))


def test_forces_of_a_pull_and_a_fill_by_hand() -> None:
    physics = ReferencePhysics(DEFAULTS)
    physics.impulse(Effect(7, fill=4), 0)
    physics.impulse(Effect(7, pull=10, d_bid=-14), 0)
    # 1.0 v_pull + 1.5 v_fill + 0.5 (-v_rest) + 0.3 a_pull
    assert physics.forces(7, 0) == pytest.approx((0.0, 5.0 + 3.0 + 3.5 + 0.3))


def test_forces_see_the_depth_of_both_sides_together() -> None:
    physics = ReferencePhysics(DEFAULTS)
    physics.impulse(Effect(7, d_bid=10, d_ask=-4), 0)
    physics.impulse(Effect(8, d_bid=4, d_ask=-10), 0)
    assert physics.forces(7, 0) == pytest.approx((0.5 * 6 / 2, 0.0))
    assert physics.forces(8, 0) == pytest.approx((0.0, 0.5 * 6 / 2))


def test_reading_changes_nothing_and_zero_effects_do_not_touch() -> None:
    physics = ReferencePhysics(DEFAULTS)
    physics.impulse(Effect(7, add=10, d_bid=10), 0)
    before = physics.state(7, 90 * NS_PER_SECOND)
    physics.state(7, 3 * NS_PER_SECOND)
    physics.impulse(Effect(7), 5 * NS_PER_SECOND)
    assert physics.state(7, 90 * NS_PER_SECOND) == before


def test_a_frozen_copy_stays_in_the_past() -> None:
    physics = ReferencePhysics(DEFAULTS)
    physics.impulse(Effect(7, add=10), 0)
    past = physics.frozen()
    physics.impulse(Effect(7, add=10), 0)
    assert (past.state(7, 0).add_mass, physics.state(7, 0).add_mass) == (10.0, 20.0)


def test_nothing_overflows() -> None:
    extreme = PhysicsConfig(tau_velocity=1e-3, tau_acceleration=1e-3, tau_jerk=1e-3, tau_rest_decay=1e-3)
    physics = ReferencePhysics(extreme)
    for _ in range(1000):
        physics.impulse(Effect(7, add=2**32 - 1, pull=2**32 - 1, fill=2**32 - 1, d_bid=2**32 - 1), 0)
    for t_ns in (0, 1, NS_PER_SECOND, 2**62):
        state = physics.state(7, t_ns)
        values = [*state.columns().values(), pressure(state, extreme), vacuum(state, extreme)]
        assert all(math.isfinite(value) for value in values)
