"""The exact impulse chains of one tick, and the forces, in plain float arithmetic.

Guarantees: the linear system of SPEC section 2 is solved in closed form, for equal, near-equal and
far-apart time constants alike, within a few units of rounding. For tests and for reading;
``qmcore.kernels.physics`` is held to it.

The closed form is written with divided differences. With rates r = 1/tau and f(r) = exp(-r t)::

    v(t) = v f(r_v)
    a(t) = a f(r_a) + v r_v r_a f[r_v, r_a]
    j(t) = j f(r_j) + a r_a r_j f[r_a, r_j] + v r_v r_a r_j g[r_v, r_a, r_j],  g(r) = r f(r)

which is the specification's form, p = 1/(tau_a - tau_v) and so on, with its 0/0 taken out: a divided
difference of equal points is a derivative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from qmcore.config.instrument import PhysicsConfig
from qmcore.reference.book import Effect
from qmcore.units import NS_PER_SECOND

SERIES_SPREAD: Final = 1.0
SERIES_TERMS: Final = 22


def exp_difference(x: float, y: float) -> float:
    """Divided difference exp[x, y] = (e^x - e^y)/(x - y), its limit e^x at x = y; x, y <= 0."""
    gap = abs(x - y)
    if gap == 0.0:
        return math.exp(x)
    return math.exp(max(x, y)) * (-math.expm1(-gap) / gap)


def exp_second_difference(x: float, y: float, z: float) -> float:
    """Divided difference exp[x, y, z], symmetric in its arguments; all <= 0."""
    low, middle, high = sorted((x, y, z))
    if high - low > SERIES_SPREAD:
        return (exp_difference(high, middle) - exp_difference(middle, low)) / (high - low)
    # exp[x, y, z] = e^x exp[0, p, q], and exp[0, p, q] = sum of h_n(p, q)/(n + 2)! with h_n the complete
    # homogeneous symmetric polynomials: h_n = p h_(n-1) + q^n.
    p, q = middle - high, low - high
    total, polynomial, power, factorial = 0.0, 1.0, 1.0, 2.0
    for n in range(SERIES_TERMS):
        total += polynomial / factorial
        power *= q
        polynomial = p * polynomial + power
        factorial *= n + 3
    return math.exp(high) * total


@dataclass(frozen=True, slots=True)
class QuietTime:
    """What a quiet time does to any chain: the coefficients of the linear map."""

    v_v: float
    a_v: float
    a_a: float
    j_v: float
    j_a: float
    j_j: float

    @classmethod
    def of(cls, seconds: float, config: PhysicsConfig) -> QuietTime:
        """The exact map over ``seconds`` >= 0."""
        rv, ra, rj = 1.0 / config.tau_velocity, 1.0 / config.tau_acceleration, 1.0 / config.tau_jerk
        xv, xa, xj = -seconds * rv, -seconds * ra, -seconds * rj
        # f[r_1 .. r_n] = (-t)^(n-1) exp[x_1 .. x_n]
        f_va = -seconds * exp_difference(xv, xa)
        f_aj = -seconds * exp_difference(xa, xj)
        f_vaj = seconds * seconds * exp_second_difference(xv, xa, xj)
        # g[v, a, j] = r f[v, a, j] + f[the other two] for any r of the three; the slowest does not cancel.
        slow, other, another = sorted((rv, ra, rj))
        g_vaj = slow * f_vaj - seconds * exp_difference(-seconds * other, -seconds * another)
        return cls(
            v_v=math.exp(xv),
            a_v=rv * ra * f_va,
            a_a=math.exp(xa),
            j_v=rv * ra * rj * g_vaj,
            j_a=ra * rj * f_aj,
            j_j=math.exp(xj),
        )


@dataclass(frozen=True, slots=True)
class Chain:
    """Velocity, acceleration and jerk of one impulse train; velocity in quantity per second."""

    v: float = 0.0
    a: float = 0.0
    j: float = 0.0

    def kicked(self, quantity: float, config: PhysicsConfig) -> Chain:
        """The chain after an impulse of ``quantity``."""
        v = quantity / config.tau_velocity
        a = v / config.tau_acceleration
        return Chain(self.v + v, self.a + a, self.j + a / config.tau_jerk)

    def after(self, quiet: QuietTime) -> Chain:
        """The chain after a quiet time."""
        return Chain(
            v=self.v * quiet.v_v,
            a=self.v * quiet.a_v + self.a * quiet.a_a,
            j=self.v * quiet.j_v + self.a * quiet.j_a + self.j * quiet.j_j,
        )

    def __add__(self, other: Chain) -> Chain:
        return Chain(self.v + other.v, self.a + other.a, self.j + other.j)


AT_REST: Final = Chain()


@dataclass(frozen=True, slots=True)
class TickState:
    """Everything that physics knows of one tick, as of ``t_ns``."""

    t_ns: int
    add: Chain = AT_REST
    pull: Chain = AT_REST
    fill: Chain = AT_REST
    bid_depth: Chain = AT_REST
    ask_depth: Chain = AT_REST
    add_mass: float = 0.0
    pull_mass: float = 0.0
    fill_mass: float = 0.0

    @property
    def rest_depth(self) -> Chain:
        """The chain of resting depth on both sides: the system is linear, so it is the sum."""
        return self.bid_depth + self.ask_depth

    def at(self, t_ns: int, config: PhysicsConfig) -> TickState:
        """The state brought forward to ``t_ns``, which is not before ``self.t_ns``."""
        if t_ns == self.t_ns:
            return self
        seconds = (t_ns - self.t_ns) / NS_PER_SECOND
        quiet = QuietTime.of(seconds, config)
        fade = math.exp(-seconds / config.tau_rest_decay)
        return TickState(
            t_ns,
            add=self.add.after(quiet),
            pull=self.pull.after(quiet),
            fill=self.fill.after(quiet),
            bid_depth=self.bid_depth.after(quiet),
            ask_depth=self.ask_depth.after(quiet),
            add_mass=self.add_mass * fade,
            pull_mass=self.pull_mass * fade,
            fill_mass=self.fill_mass * fade,
        )

    def struck(self, effect: Effect, config: PhysicsConfig) -> TickState:
        """The state after the impulses of an effect at this tick and time."""
        return TickState(
            self.t_ns,
            add=self.add.kicked(effect.add, config),
            pull=self.pull.kicked(effect.pull, config),
            fill=self.fill.kicked(effect.fill, config),
            bid_depth=self.bid_depth.kicked(effect.d_bid, config),
            ask_depth=self.ask_depth.kicked(effect.d_ask, config),
            add_mass=self.add_mass + effect.add,
            pull_mass=self.pull_mass + effect.pull,
            fill_mass=self.fill_mass + effect.fill,
        )

    def columns(self) -> dict[str, float]:
        """Physics columns of a grid row by their names in ``contracts.columns``."""
        masses = {"add_mass": self.add_mass, "pull_mass": self.pull_mass, "fill_mass": self.fill_mass}
        chains = {
            "add": self.add,
            "pull": self.pull,
            "fill": self.fill,
            "rest_depth": self.rest_depth,
            "bid_depth": self.bid_depth,
            "ask_depth": self.ask_depth,
        }
        return masses | {
            f"{stage}_{name}": getattr(c, stage) for name, c in chains.items() for stage in "vaj"
        }


def pressure(state: TickState, config: PhysicsConfig) -> float:
    """Liquidity that builds at the tick, in quantity per second."""
    return (
        config.c1_v_add * state.add.v
        + config.c2_v_rest_pos * max(state.rest_depth.v, 0.0)
        + config.c3_a_add * max(state.add.a, 0.0)
    )


def vacuum(state: TickState, config: PhysicsConfig) -> float:
    """Liquidity that drains from the tick, in quantity per second."""
    return (
        config.c4_v_pull * state.pull.v
        + config.c5_v_fill * state.fill.v
        + config.c6_v_rest_neg * max(-state.rest_depth.v, 0.0)
        + config.c7_a_pull * max(state.pull.a, 0.0)
    )


class ReferencePhysics:
    """Tick states by absolute tick. Reading never changes them."""

    def __init__(self, config: PhysicsConfig, ticks: dict[int, TickState] | None = None) -> None:
        self.config = config
        self._ticks = dict(ticks or {})

    def frozen(self) -> ReferencePhysics:
        """A copy that later impulses do not reach: the past, to be read at leisure."""
        return ReferencePhysics(self.config, self._ticks)

    def impulse(self, effect: Effect, t_ns: int) -> None:
        """Bring the effect's tick forward to ``t_ns`` and strike it; an effect of zeros does nothing."""
        if any(effect[1:]):
            self._ticks[effect.tick] = self.state(effect.tick, t_ns).struck(effect, self.config)

    def state(self, tick: int, t_ns: int) -> TickState:
        """The tick's state at ``t_ns``; all zero where no impulse ever touched it."""
        known = self._ticks.get(tick)
        return known.at(t_ns, self.config) if known else TickState(t_ns)

    def forces(self, tick: int, t_ns: int) -> tuple[float, float]:
        """(pressure, vacuum) at ``t_ns``."""
        state = self.state(tick, t_ns)
        return pressure(state, self.config), vacuum(state, self.config)
