"""The services as the benchmarks run them: real processes, brokers included, on a lake with one synthetic file."""

from __future__ import annotations

import datetime as dt_
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import yaml

from qm_local.bench.market import DAY, INSTRUMENT, Market
from qm_local.process import ProcessSpec
from qm_local.stack import Stack, free_port
from qm_local.supervisor import Supervisor
from qmcore.bus import Bus, enqueue_session
from qmcore.config.runtime import RuntimeConfig, canonical_hash
from qmcore.config.serving import PublishedServingSpec, ServingSource, publish
from qmcore.contracts.bus_messages import Pace, SessionStart, Speed
from qmcore.contracts.registry import PromoteRequest
from qmcore.contracts.subjects import new_session_id
from qmcore.lake import Lake
from qmcore.registry import RegistryClient
from qmcore.sessions import SessionDirectory, Wish

WHO: Final = "qm bench"
WATCHED_S: Final = 600.0

ServiceName = Literal["replay", "engine", "gateway", "registry"]


@dataclass(frozen=True, slots=True)
class BenchStack:
    """Running services and connections to their brokers."""

    stack: Stack
    bus: Bus
    directory: SessionDirectory
    pids: dict[str, int]

    async def start_session(self, config: RuntimeConfig, speed: Speed) -> str:
        """Put a session into the queue, as a gateway does for its first viewer; the answer is its id."""
        session_id = new_session_id()
        await self.directory.set_wish(session_id, Wish(pace=Pace(speed=speed)))
        await self.directory.mark_watched(session_id, WATCHED_S)
        start = SessionStart(
            session_id=session_id,
            serving_name="bench",
            serving=bench_serving(config),
            created_ns=time.time_ns(),
        )
        await enqueue_session(self.bus, start)
        return session_id

    async def promote(self, alias: str, config: RuntimeConfig) -> None:
        """Publish ``config`` under an alias."""
        spec = bench_serving(config)
        async with RegistryClient(self.stack.registry_url) as registry:
            await registry.publish(spec, who=WHO, why="benchmark")
            request = PromoteRequest(serving_id=spec.serving_id, who=WHO, why="benchmark")
            await registry.promote(alias, request)


def bench_serving(config: RuntimeConfig) -> PublishedServingSpec:
    """``config`` as a published serving."""
    source = ServingSource(
        serving="bench",
        config_hash=canonical_hash(config),
        published_at=dt_.datetime(2025, 2, 4, tzinfo=dt_.UTC),
    )
    return publish(config, name="bench", source=source)


def _lake(root: Path, file: Path) -> Path:
    raw = Lake(root).raw_dir("future_mbo", "ES")
    raw.mkdir(parents=True)
    (raw / f"glbx-mdp3-{DAY.replace('-', '')}.mbo.dbn.zst").symlink_to(file.resolve())
    lock = INSTRUMENT.model_dump(mode="json", exclude_defaults=True)
    (root / "instrument.yaml").write_text(yaml.safe_dump(lock))
    return root


@asynccontextmanager
async def bench_stack(
    market: Market, folder: Path, names: Sequence[ServiceName], env: Mapping[str, str] | None = None
) -> AsyncIterator[BenchStack]:
    """Brokers and the named services, with ``env`` set, playing ``market``; everything ends with the context."""
    file = market.path(folder)
    with tempfile.TemporaryDirectory(prefix="qm-bench-") as state:
        stack = Stack(
            lake=_lake(Path(state) / "lake", file),
            state=Path(state),
            gateway_port=free_port(),
            frontend_dist=Path(state),
            engines=1,
            nats_port=free_port(),
            redis_port=free_port(),
            registry_port=free_port(),
            harness_port=free_port(),
        )
        specs = [spec for spec in (stack.registry(), *stack.services()) if spec.name in names]
        bus = Bus(f"nats://127.0.0.1:{stack.nats_port}", "bench")
        directory = SessionDirectory(f"redis://127.0.0.1:{stack.redis_port}/0")
        async with Supervisor(Path(state) / "logs", print) as supervisor:
            await supervisor.start(stack.brokers())
            await supervisor.start([_quiet(spec, env or {}) for spec in specs])
            await bus.connect()
            try:
                yield BenchStack(stack, bus, directory, supervisor.pids())
            finally:
                await bus.close()
                await directory.close()


def _quiet(spec: ProcessSpec, env: Mapping[str, str]) -> ProcessSpec:
    return replace(spec, env={**spec.env, "QM_LOG_LEVEL": "WARNING", **env})
