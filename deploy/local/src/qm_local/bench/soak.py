"""A soak: many viewers of several sessions at 1x for minutes, slow readers among them; and what it shows.

Memory of every process at the beginning, at the end and its slope between; bins that viewers who keep up did not get;
how the slow readers fared; and the latency of all the others. Rings fill at first, so that the first sample counts from
``SETTLE_S`` after the last viewer came; the broker keeps fewer bins than usual, so that its streams are full by then as
well (with its 6,000 bins they are after ten minutes, and NATS grows by some 50 MB when it begins to let old ones go).
"""

from __future__ import annotations

import asyncio
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qm_local.bench.figures import Figure
from qm_local.bench.market import Market
from qm_local.bench.services import BenchStack, bench_serving, bench_stack
from qm_local.bench.soak_load import BETWEEN_VIEWERS_S
from qmcore.bus import RawMessage
from qmcore.config.runtime import RuntimeConfig
from qmcore.contracts.bus_messages import BatchHeader
from qmcore.contracts.close_codes import TRY_AGAIN
from qmcore.contracts.subjects import mbo_subject
from qmcore.errors import QmError

SETTLE_S: Final = 90.0
"""Until a gateway's rings are full: 728 bins of 100 ms."""

SAMPLE_S: Final = 5.0
SAY_S: Final = 30.0
EVENTS_A_MINUTE: Final = 60_000
RETENTION_BINS: Final = 600
"""In the broker: full well within ``SETTLE_S``."""

MEMORY_REACH_MB: Final = 16.0
"""A process may have grown by so much from the first sample to the last: what allocators keep for later."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SoakPlan:
    """How long, how many."""

    minutes: float = 2.0
    viewers: int = 500
    sessions: int = 4
    slow: int = 10

    @property
    def settle_s(self) -> float:
        """Before the first sample; a short soak settles for half its time."""
        return min(SETTLE_S, self.minutes * 30)


@dataclass(slots=True)
class Memory:
    """Resident memory of each process over time."""

    seconds: list[float] = field(default_factory=list)
    mb: dict[str, list[float]] = field(default_factory=dict)

    def sample(self, pids: dict[str, int], at_s: float) -> None:
        """Look once."""
        self.seconds.append(at_s)
        for name, pid in pids.items():
            self.mb.setdefault(name, []).append(_resident_mb(pid))

    def slope_mb_per_minute(self, name: str) -> float:
        """Least squares over all samples."""
        if len(self.seconds) < 3:
            return 0.0
        return float(np.polyfit(np.array(self.seconds) / 60, self.mb[name], 1)[0])


@dataclass(slots=True)
class Soaked:
    """What was seen."""

    memory: Memory
    ended_ns: dict[tuple[str, int], int]
    sessions: list[str]
    bin_ns: int
    seen: NDArray[np.int64]
    slow: NDArray[np.int64]
    closed: NDArray[np.int64]
    """Close codes of viewers who were to keep up."""
    from_wall_ns: int
    until_wall_ns: int


def _resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


def _market(plan: SoakPlan) -> Market:
    """Longer than the soak, its start and its end."""
    minutes = math.ceil(plan.minutes + SETTLE_S / 60) + 3
    return Market(f"soak-{minutes}", minutes=minutes, events=minutes * EVENTS_A_MINUTE, live_orders=5000)


def _configs(market: Market, sessions: int) -> list[RuntimeConfig]:
    """As many servings as sessions: each is another one by its threshold."""
    config = market.config()
    return [
        config.model_copy(update={"flow_neutral_threshold": 0.15 + 0.01 * number})
        for number in range(sessions)
    ]


async def soak(folder: Path, plan: SoakPlan, say: Say) -> Soaked:
    """Run it. Raises QmError where the viewers' process fails."""
    market = _market(plan)
    configs = _configs(market, plan.sessions)
    aliases = [f"soak-{number}" for number in range(plan.sessions)]
    ended_ns: dict[tuple[str, int], int] = {}

    async def overhear(raw: RawMessage) -> None:
        header = BatchHeader.decode(raw.headers or {})
        if header.through_ns:
            ended_ns[raw.subject, header.through_ns] = header.due_ns

    env = {
        "QM_GRID_RETENTION_BINS": str(RETENTION_BINS),
        "QM_ENGINE_SLOTS": str(max(4, plan.sessions)),
        "QM_ADDRESS_SOCKETS": str(plan.viewers + 2 * plan.slow + 100),
    }
    async with bench_stack(market, folder, ("registry", "replay", "engine", "gateway"), env) as bench:
        for alias, config in zip(aliases, configs, strict=True):
            await bench.promote(alias, config)
        await bench.bus.subscribe_raw(mbo_subject("*"), overhear)
        connect_s = plan.viewers * BETWEEN_VIEWERS_S + 5
        file = bench.stack.state / "seen.npz"
        load = await _start_load(
            bench, aliases, plan, connect_s + plan.settle_s + plan.minutes * 60 + 5, file
        )
        try:
            say(f"{plan.viewers} viewers and {plan.slow} slow readers come to {plan.sessions} sessions")
            await _sleep(load, connect_s + plan.settle_s)
            sessions = [await bench.directory.session_of(bench_serving(c).serving_id) for c in configs]
            from_wall_ns, memory = time.time_ns(), Memory()
            await _sample(bench, load, plan, memory, say)
            until_wall_ns = time.time_ns()
            say("the viewers leave")
            if await load.wait():
                raise QmError(f"the viewers' process ended with code {load.returncode}")
        finally:
            if load.returncode is None:
                load.kill()
                await load.wait()
        with np.load(file) as arrays:
            seen, slow, closed = arrays["seen"], arrays["slow"], arrays["closed"]
    return Soaked(
        memory=memory,
        ended_ns=ended_ns,
        sessions=[found or "" for found in sessions],
        bin_ns=configs[0].cell_width_ms * 1_000_000,
        seen=seen,
        slow=slow,
        closed=closed,
        from_wall_ns=from_wall_ns,
        until_wall_ns=until_wall_ns,
    )


async def _start_load(
    bench: BenchStack, aliases: list[str], plan: SoakPlan, seconds: float, file: Path
) -> asyncio.subprocess.Process:
    arguments = ["127.0.0.1", bench.stack.gateway_port, ",".join(aliases), plan.viewers, plan.slow, seconds]
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "qm_local.bench.soak_load", *map(str, arguments), str(file)
    )


async def _sleep(load: asyncio.subprocess.Process, seconds: float) -> None:
    """Unless the viewers' process ends. Raises QmError then."""
    try:
        async with asyncio.timeout(seconds):
            await load.wait()
    except TimeoutError:
        return
    raise QmError(f"the viewers' process ended with code {load.returncode} before its time")


async def _sample(
    bench: BenchStack, load: asyncio.subprocess.Process, plan: SoakPlan, memory: Memory, say: Say
) -> None:
    """Look at every process until the time is over."""
    began = time.monotonic()
    say_at = 0.0
    while (at_s := time.monotonic() - began) < plan.minutes * 60:
        memory.sample(bench.pids, at_s)
        if at_s >= say_at:
            say_at += SAY_S
            now = ", ".join(f"{name} {values[-1]:.0f}" for name, values in memory.mb.items())
            say(f"{at_s / 60:.1f} of {plan.minutes:g} minutes; MB: {now}")
        await _sleep(load, SAMPLE_S)
    memory.sample(bench.pids, plan.minutes * 60)


def figures(plan: SoakPlan, soaked: Soaked) -> Iterator[Figure]:
    """The rows of the table."""
    size = f"{plan.viewers} viewers, {plan.sessions} sessions, {plan.minutes:g} min at 1x"
    for name, values in soaked.memory.mb.items():
        yield Figure(
            what=f"{name}: memory at the end - at the start",
            value=values[-1] - values[0],
            unit="MB",
            reach=MEMORY_REACH_MB,
            baseline=f"{values[0]:.1f} MB at the start",
            detail=f"{values[-1]:.1f} MB at the end, most {max(values):.1f}; "
            f"slope {soaked.memory.slope_mb_per_minute(name):+.2f} MB/min",
        )
    yield from _viewers(size, plan, soaked)
    yield _slow(plan, soaked)


def _viewers(size: str, plan: SoakPlan, soaked: Soaked) -> Iterator[Figure]:
    """Of those that keep up: what they did not get, and how late the rest came."""
    margin_ns = 1_000_000_000
    late_ms: list[NDArray[np.float64]] = []
    bins = missing = delivered = 0
    session_of = soaked.seen[:, 0] % plan.sessions
    for number, session_id in enumerate(soaked.sessions):
        subject = mbo_subject(session_id)
        ends = {
            end: due
            for (where, end), due in soaked.ended_ns.items()
            if where == subject and soaked.from_wall_ns < due < soaked.until_wall_ns - margin_ns
        }
        mine = soaked.seen[session_of == number]
        # Feeds are cut between bin ends as well; every bin end that the feed has passed counts.
        on_grid = [end for end in sorted(ends) if len(mine) and (end - int(mine[0, 1])) % soaked.bin_ns == 0]
        market_ends = np.array(on_grid, np.int64)
        mine = mine[np.isin(mine[:, 1], market_ends)]
        due_ns = np.array([ends[end] for end in market_ends.tolist()], np.int64)
        late_ms.append((mine[:, 2] - due_ns[np.searchsorted(market_ends, mine[:, 1])]) / 1e6)
        watching = len(range(number, plan.viewers, plan.sessions))
        bins += len(market_ends)
        delivered += len(mine)
        missing += len(market_ends) * watching - len(mine)
    if not delivered:
        raise QmError("no viewer got a bin")
    late = np.concatenate(late_ms)
    p50, p99 = np.percentile(late, [50, 99]).tolist()
    yield Figure(
        what=f"{size}: bins that viewers who keep up lost",
        value=missing,
        unit="bins",
        reach=0,
        detail=f"{bins:,} bins, {delivered:,} delivered; {len(soaked.closed)} of these viewers closed "
        f"(codes: {', '.join(map(str, np.unique(soaked.closed))) or 'none'})",
    )
    yield Figure(
        what=f"{size}: bin end -> bytes at a viewer, p99",
        value=p99,
        unit="ms",
        reach=100,
        detail=f"p50 {p50:.1f}, max {late.max():.1f} ms; {plan.slow} slow readers beside them",
    )


def _slow(plan: SoakPlan, soaked: Soaked) -> Figure:
    """Each connection of a slow reader loses bins, is told how many, and is closed."""
    codes, came, told, missing = soaked.slow.T
    try_again = int((codes == TRY_AGAIN).sum())
    return Figure(
        what="connections of slow readers that were closed",
        value=len(codes),
        unit="",
        reach=plan.slow,
        at_least=True,
        detail=f"{try_again} with 1013, {len(codes) - try_again} cut off before they read it; "
        f"{came.sum():,} bins came, {told.sum():,} told as dropped, {missing.sum():,} missing between first and last",
    )


def run(folder: Path, plan: SoakPlan, say: Say) -> Iterator[Figure]:
    """Soak and say."""
    yield from figures(plan, asyncio.run(soak(folder, plan, say)))
