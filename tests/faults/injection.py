"""Making a fault of each kind happen, and everything whole again after it."""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from contextlib import suppress
from dataclasses import dataclass, field

import nats
import nats.js.errors
import redis.asyncio
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg

from qmcore.contracts.bus_messages import SessionStatus
from qmcore.contracts.subjects import (
    MBO_STREAM,
    SESSION_START,
    grid_stream,
    grid_subject,
    mbo_subject,
)
from tests.faults.arena import Arena, Engine
from tests.faults.plan import Fault, Kind
from tests.fixtures.brokers import Broker
from tests.fixtures.stack import Service

LONG_S = (3.5, 6.0)
"""Longer than a lease (2 s) and the queue's patience (2.5 s)."""

DOWN_S = (0.1, 2.0)
AGAIN = 40
"""So many messages of a session are sent again, of the newest ``LOOK_BACK`` of a stream."""

LOOK_BACK = 400


@dataclass(slots=True)
class Takeover:
    """A session whose engine was killed: last heartbeat and kill, on the wall clock and on the monotonic one."""

    session_id: str
    heartbeat_ns: int
    killed_s: float


@dataclass(slots=True)
class Done:
    """What a fault did, and when everything was whole again (monotonic)."""

    began_s: float
    whole_s: float = 0.0
    takeovers: list[Takeover] = field(default_factory=list)


class Injection:
    """Makes the faults of a plan happen in an arena."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena

    async def inject(self, fault: Fault) -> Done:
        """Make it happen; returns when what was broken is there again, though not yet at work."""
        arena, kind, pick = self._arena, fault.kind, fault.pick
        done = Done(time.monotonic())
        down_s, long_s = _between(DOWN_S, fault.share), _between(LONG_S, fault.share)
        engine = await self._engine(pick)
        replay = arena.replays[pick % len(arena.replays)]
        gateway = arena.gateways[pick % len(arena.gateways)]
        match kind:
            case Kind.KILL_ENGINE:
                await self._kill_engine(engine, down_s, done)
            case Kind.KILL_REPLAY:
                await _kill(replay, down_s)
            case Kind.KILL_GATEWAY:
                await _kill(gateway, down_s)
            case Kind.KILL_REGISTRY:
                await _kill(arena.stack.registry, down_s)
            case Kind.KILL_NATS:
                await _kill(arena.stack.nats, down_s)
            case Kind.LOSE_NATS:
                await self._lose_nats(down_s)
            case Kind.KILL_REDIS:
                await _kill(arena.stack.redis, down_s)
            case Kind.FREEZE_ENGINE:
                await _freeze(engine.service, long_s)
            case Kind.FREEZE_REPLAY:
                await _freeze(replay, long_s)
            case Kind.FREEZE_GATEWAY:
                await _freeze(gateway, long_s)
            case Kind.CUT_OFF_ENGINE:
                await _hold(engine, long_s, redis_too=True)
            case Kind.DELAY_ENGINE:
                await _hold(engine, long_s, redis_too=False)
            case Kind.DUPLICATE:
                await self._send_again(pick)
            case Kind.CORRUPT_CHECKPOINT:
                await self._corrupt(pick, down_s, done)
        done.whole_s = time.monotonic()
        return done

    async def _engine(self, pick: int) -> Engine:
        """Twice of three times the one with more sessions."""
        running = await self._arena.running()
        busy = [sum(s.worker.endswith(f"-{e.service.pid}") for s in running) for e in self._arena.engines]
        busiest = busy.index(max(busy))
        return self._arena.engines[(busiest + (pick % 3 == 2)) % len(busy)]

    async def _kill_engine(self, engine: Engine, down_s: float, done: Done) -> None:
        pid = engine.service.pid
        await asyncio.to_thread(engine.service.kill)
        killed_s = time.monotonic()
        for status in await self._arena.running():
            if status.worker.endswith(f"-{pid}"):
                done.takeovers.append(Takeover(status.session_id, status.updated_ns, killed_s))
        await asyncio.sleep(down_s)
        engine.service.start(wait=False)

    async def _lose_nats(self, down_s: float) -> None:
        broker = self._arena.stack.nats
        await asyncio.to_thread(broker.kill)
        shutil.rmtree(broker.folder / "js")
        await asyncio.sleep(down_s)
        await asyncio.to_thread(broker.start)

    async def _corrupt(self, pick: int, down_s: float, done: Done) -> None:
        """Flip bytes of every checkpoint that a worker of one session's engine could load, then kill that engine."""
        running = await self._arena.running()
        status = _pick(running, pick)
        engine = None if status is None else await self._arena.engine_of(status)
        if engine is None:
            engine = await self._engine(pick)
        client = redis.asyncio.Redis.from_url(self._arena.stack.redis.url)
        try:
            for session in running:
                key = f"qm:session:{session.session_id}:checkpoint"
                data = bytearray(await client.get(key) or b"")
                if data:
                    data[pick % len(data)] ^= 0xFF
                    await client.set(key, bytes(data))
        finally:
            await client.aclose()
        await self._kill_engine(engine, down_s, done)

    async def _send_again(self, pick: int) -> None:
        """A session's newest grids and batches, and its place in the queue, once more, as they were."""
        status = _pick(await self._arena.running(), pick)
        if status is None:
            return
        client = await nats.connect(self._arena.stack.nats.url)
        try:
            js = client.jetstream()
            session_id = status.session_id
            stored = await _newest(js, grid_stream(session_id), grid_subject(session_id))
            stored += await _newest(js, MBO_STREAM, mbo_subject(session_id))
            for message in stored:
                assert message.subject is not None
                await client.publish(message.subject, message.data or b"", headers=message.headers)
            start = await self._arena.directory.start_of(session_id)
            if start is not None:  # without its message id, so that it is queued twice
                await client.publish(SESSION_START, start.model_dump_json().encode())
            await client.flush()
        finally:
            await client.close()


def _between(ends: tuple[float, float], share: float) -> float:
    low, high = ends
    return low + (high - low) * share


def _pick(running: list[SessionStatus], pick: int) -> SessionStatus | None:
    return sorted(running, key=lambda s: s.serving_name)[pick % len(running)] if running else None


async def _kill(victim: Service | Broker, down_s: float) -> None:
    await asyncio.to_thread(victim.kill)
    await asyncio.sleep(down_s)
    if isinstance(victim, Service):
        victim.start(wait=False)
    else:
        await asyncio.to_thread(victim.start)


async def _freeze(service: Service, seconds: float) -> None:
    service.send(signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        service.send(signal.SIGCONT)


async def _hold(engine: Engine, seconds: float, *, redis_too: bool) -> None:
    wires = [engine.nats, engine.redis] if redis_too else [engine.nats]
    for wire in wires:
        wire.hold()
    try:
        await asyncio.sleep(seconds)
    finally:
        for wire in wires:
            wire.release()


async def _newest(js: JetStreamContext, stream: str, subject: str) -> list[RawStreamMsg]:
    """The newest messages of a stream under a subject, oldest first, as they were published."""
    found: list[RawStreamMsg] = []
    last = (await js.stream_info(stream)).state.last_seq
    for sequence in range(last, max(0, last - LOOK_BACK), -1):
        with suppress(nats.js.errors.NotFoundError):
            message = await js.get_msg(stream, sequence)
            if message.subject == subject:
                found.append(message)
        if len(found) == AGAIN:
            break
    return found[::-1]
