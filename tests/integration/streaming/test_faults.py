"""Whatever is killed, in whatever order: every viewer that comes again has every bin once, byte for byte."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qmcore.lake import Lake
from tests.fixtures.brokers import Broker, NatsServer, RedisServer
from tests.fixtures.market import FILE_NAME, config, direct_messages, make_market_lake
from tests.fixtures.stack import Service, Stack
from tests.fixtures.viewer import split

SESSIONS = 3
VIEWERS_EACH = 2
FAULTS = 10
SPEED = "3"
BINS = 1200
LONGEST_PAUSE_S = 12.0


@dataclass(slots=True)
class Watched:
    """What one viewer has put together over all its connections."""

    alias: str
    session_id: str = ""
    bins: dict[int, bytes] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    longest_pause_s: float = 0.0
    end: dict[str, object] | None = None

    def take(self, session_id: str, seq: int, arrow: bytes, dropped: int) -> None:
        """A bin has come."""
        if session_id != self.session_id:
            if self.session_id:
                self.wrong.append(f"another session after bin {len(self.bins) - 1}")
            self.session_id = session_id
        if seq in self.bins:
            self.wrong.append(f"bin {seq} came twice")
        elif seq != len(self.bins) or dropped:
            self.wrong.append(f"bin {seq} after {len(self.bins) - 1}, {dropped} dropped")
        self.bins[seq] = arrow


async def follow(stack: Stack, gateways: list[Service], watched: Watched, choice: random.Random) -> None:
    """Watch to the end, at any gateway, coming again with a resume point as often as it takes."""
    since = time.monotonic()
    while watched.end is None:
        resume = (watched.session_id, len(watched.bins) - 1) if watched.bins else None
        try:
            async with stack.watch(watched.alias, choice.choice(gateways), resume=resume) as viewer:
                taken = 0
                while await viewer.read_message():
                    for got in viewer.bins[taken:]:
                        watched.take(viewer.session_id, got.seq, got.arrow, int(got.update.get("dropped", 0)))
                        watched.longest_pause_s = max(watched.longest_pause_s, time.monotonic() - since)
                        since = time.monotonic()
                    taken = len(viewer.bins)
                watched.end = viewer.end
        except OSError:
            pass  # the gateway is down
        await asyncio.sleep(0.3)


async def make_faults(victims: dict[str, Service | Broker], choice: random.Random, log: list[str]) -> None:
    """Kill one after the other, and start each again."""
    await asyncio.sleep(3)
    for _ in range(FAULTS):
        name = choice.choice(sorted(victims))
        log.append(name)
        victim = victims[name]
        await asyncio.to_thread(victim.kill)
        await asyncio.sleep(choice.choice([0.1, 1.0]))
        if isinstance(victim, Service):
            victim.start(wait=False)
        else:
            await asyncio.to_thread(victim.start)
        await asyncio.sleep(choice.uniform(1, 4))


@pytest.fixture
def doubled(tmp_path: Path) -> Iterator[Stack]:
    """Brokers and a lake of its own; the test adds second workers."""
    market = make_market_lake(tmp_path / "lake", minutes=2.5)
    nats, redis = NatsServer(tmp_path / "nats").start(), RedisServer(tmp_path / "redis").start()
    made = Stack(
        tmp_path,
        market.root,
        nats,
        redis,
        QM_SESSION_SPEED=SPEED,
        QM_CHECKPOINT_SECONDS="2",
        QM_IDLE_SECONDS="20",
    )
    try:
        yield made.start()
    finally:
        made.close()
        nats.stop()
        redis.stop()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1])
async def test_no_bin_is_lost_and_none_comes_twice(doubled: Stack, seed: int) -> None:
    stack, choice = doubled, random.Random(seed)
    second = {
        "engine2": stack.add_worker("engine2", "qm_engine"),
        "replay2": stack.add_worker("replay2", "qm_replay"),
        "gateway2": stack.add_gateway("gateway2"),
    }
    for service in second.values():
        service.start(wait=False)
    for service in second.values():
        service.wait_ready()
    victims: dict[str, Service | Broker] = {
        "engine": stack.engine,
        "replay": stack.replay,
        "gateway": stack.gateway,
        "registry": stack.registry,
        "nats": stack.nats,
        "redis": stack.redis,
        **second,
    }
    snapshots = [config("09:30:20", "09:32:20", flow_tanh_scale=3 + i / 10) for i in range(SESSIONS)]
    for i, snapshot in enumerate(snapshots):
        await stack.publish(f"s{i}", snapshot)
    viewers = [Watched(f"s{i}") for i in range(SESSIONS) for _ in range(VIEWERS_EACH)]
    gateways = [stack.gateway, second["gateway2"]]
    killed: list[str] = []
    async with asyncio.timeout(240), asyncio.TaskGroup() as group:
        faults = group.create_task(make_faults(victims, choice, killed))
        await asyncio.gather(*(follow(stack, gateways, watched, random.Random(seed)) for watched in viewers))
        faults.cancel()
    file = Lake(stack.lake).raw_dir("future_mbo", "ES") / FILE_NAME
    for i, snapshot in enumerate(snapshots):
        expected = [split(message)[1] for message in direct_messages(file, snapshot)]
        assert len(expected) == BINS
        for watched in viewers[i * VIEWERS_EACH : (i + 1) * VIEWERS_EACH]:
            assert watched.wrong == [], killed
            assert watched.end is not None
            assert watched.end["state"] == "ended", killed
            assert list(watched.bins.values()) == expected, killed
    longest = max(watched.longest_pause_s for watched in viewers)
    print(f"{len(killed)} faults ({', '.join(killed)}), longest pause {longest:.1f} s")
    assert len(killed) >= 5
    assert longest < LONGEST_PAUSE_S
