"""Everything that can go wrong in one place: brokers, workers, the wires between them, and a lake with datasets."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from qm_harness.generate import generate
from qmcore.config.pipeline import PipelineSpec
from qmcore.contracts.bus_messages import FINAL_STATES, SessionStatus
from qmcore.lake import Lake
from qmcore.sessions import SessionDirectory
from tests.faults.watching import Played
from tests.faults.wire import Wire
from tests.fixtures.brokers import own_brokers
from tests.fixtures.market import make_market_lake
from tests.fixtures.stack import Service, Stack

INSTRUMENT = {"product_type": "future_mbo", "symbol": "ESH5", "symbol_root": "ES", "tick_size": 0.25}
RECORDS_A_SECOND = 100
START_S = 34_200 + 10
"""Sessions begin ten seconds after the file, at 09:30:10."""


@dataclass(slots=True)
class Engine:
    """An engine and the wires on which it talks to the brokers."""

    service: Service
    nats: Wire
    redis: Wire


class Arena:
    """Use ``arena`` below. Two of each worker; ``played`` are the sessions that viewers can watch."""

    def __init__(self, stack: Stack, engines: list[Engine]) -> None:
        self.stack, self.engines = stack, engines
        self.replays = [stack.replay, stack.add_worker("replay2", "qm_replay")]
        self.gateways = [stack.gateway, stack.add_gateway("gateway2")]
        self.directory = SessionDirectory(stack.redis.url)
        self.played: list[Played] = []

    async def start(self) -> None:
        """Start all processes."""
        services = [self.stack.registry, *(e.service for e in self.engines), *self.replays, *self.gateways]
        for service in services:
            service.start(wait=False)
        await self.all_ready()

    async def all_ready(self) -> None:
        """Return when every process says that it can work."""
        for service in [
            self.stack.registry,
            *(e.service for e in self.engines),
            *self.replays,
            *self.gateways,
        ]:
            await asyncio.to_thread(service.wait_ready)

    async def make_sessions(self, count: int, seconds: int) -> None:
        """Datasets of ``seconds`` market seconds, and a published serving with an alias for each."""
        lake = Lake(self.stack.lake)
        for i in range(count):
            end = START_S + seconds
            capture = {
                **{name: INSTRUMENT[name] for name in ("product_type", "symbol")},
                "dt": "2025-02-03",
                "start_time": _clock(START_S),
                "end_time": _clock(end),
            }
            spec = PipelineSpec.model_validate(
                {"name": f"p{i}", "capture": capture, "pipeline": {"grid_radius_ticks": 8 + i}}
            )
            made = await asyncio.to_thread(generate, lake, spec, source="test")
            self.played.append(await asyncio.to_thread(Played.of, f"s{i}", made.dataset))
            await self.stack.publish(f"s{i}", made.dataset.config)

    async def running(self) -> list[SessionStatus]:
        """The sessions that are not over, as their engines said last."""
        return [s for s in await self.directory.sessions() if s.state not in FINAL_STATES]

    async def engine_of(self, status: SessionStatus) -> Engine | None:
        """The engine that runs the session, if it is one of those alive."""
        return next((e for e in self.engines if status.worker.endswith(f"-{e.service.pid}")), None)

    async def speed_up(self, speed: float) -> None:
        """Let all sessions play faster."""
        for status in await self.running():
            answer = await self.stack.post(f"/v1/sessions/{status.session_id}", action="speed", speed=speed)
            assert answer.status_code in (200, 202, 409), answer.text


def _clock(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


@asynccontextmanager
async def arena(folder: Path, seconds: int, **env: str) -> AsyncIterator[Arena]:
    """A lake with ``seconds`` of a quiet market and everything around it; ends all that it started."""
    market = make_market_lake(
        folder / "lake", minutes=(seconds + 20) / 60, live_orders=1000, preset="quiet", intensity=2.0
    )
    (market.root / "instrument.yaml").write_text(yaml.safe_dump(INSTRUMENT))
    settings = {"QM_IDLE_SECONDS": "60", "QM_ENGINE_SLOTS": "16", "QM_CHECKPOINT_SECONDS": "5"} | env
    async with AsyncExitStack() as started:
        nats, redis = started.enter_context(own_brokers(folder))
        stack = Stack(folder, market.root, nats, redis, **settings)
        engines = []
        for name in ("engine1", "engine2"):
            to_nats = await started.enter_async_context(Wire(nats.port))
            to_redis = await started.enter_async_context(Wire(redis.port))
            urls = {
                "QM_NATS_URL": f"nats://127.0.0.1:{to_nats.port}",
                "QM_REDIS_URL": f"redis://127.0.0.1:{to_redis.port}/0",
            }
            engines.append(Engine(stack.add_worker(name, "qm_engine", **urls), to_nats, to_redis))
        made = Arena(stack, engines)
        started.push_async_callback(asyncio.to_thread, stack.close)
        started.push_async_callback(made.directory.close)
        await made.start()
        yield made


def logs_of(folder: Path, *, lines: int = 15) -> str:
    """The last lines of every service's log, for a failed test."""
    tails = [
        f"--- {log.name}\n" + "\n".join(log.read_text().splitlines()[-lines:])
        for log in sorted(folder.glob("*.log"))
    ]
    return os.linesep.join(tails)
