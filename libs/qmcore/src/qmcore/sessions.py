"""The session directory in Redis: which session plays a serving, who runs it, how it shall play, where it was.

Gateways find or make sessions here, engines keep them alive. Every key is rebuilt by the engine that runs the
session, so that a Redis that forgot everything is mended within a second; grids and records do not live here.
Calls that cannot be made raise ``Unavailable``.

| key | holds |
| --- | --- |
| ``qm:serving:<serving_id>`` | id of the session that plays the serving; the first one to write it wins |
| ``qm:session:<id>:start`` | the ``SessionStart`` |
| ``qm:session:<id>:status`` | the newest ``SessionStatus`` |
| ``qm:session:<id>:wish`` | ``Wish``: pace, or stop |
| ``qm:session:<id>:viewers`` | there while somebody watches |
| ``qm:session:<id>:lease`` / ``:epoch`` | the worker that runs it, and how many have |
| ``qm:session:<id>:checkpoint`` | the newest checkpoint |
| ``qm:sessions`` | ids by time of creation |
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import redis.asyncio
import redis.exceptions
from pydantic import BaseModel, Field
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from qmcore.cancellation import cancellable
from qmcore.contracts.bus_messages import FINAL_STATES, Pace, SessionStart, SessionStatus
from qmcore.contracts.messages import Message
from qmcore.errors import Unavailable

ModelT = TypeVar("ModelT", bound=BaseModel)

TIMEOUT_S: Final = 3.0
PING_S: Final = 2.0
_INDEX: Final = "qm:sessions"

_SWAP: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] or (ARGV[1] == '' and redis.call('EXISTS', KEYS[1]) == 0) then
  redis.call('SET', KEYS[1], ARGV[2]) return 1 end
return 0"""

_TAKE_LEASE: Final = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return redis.call('INCR', KEYS[2])"""

_KEEP_LEASE: Final = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
local epoch = tonumber(redis.call('GET', KEYS[2]) or '0')
if epoch > tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[2], ARGV[3])
return 1"""

_SAVE_CHECKPOINT: Final = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
redis.call('SET', KEYS[3], ARGV[2])
return 1"""

_DROP_IF: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0"""


class Wish(Message):
    """How a session shall go on, as its viewers want it; the engine follows."""

    pace: Pace = Pace()
    stop: str = Field("", description="why the session shall stop; empty while it shall run")


@contextmanager
def redis_errors() -> Iterator[None]:
    """Turn Redis' errors into ``Unavailable``."""
    try:
        with cancellable():
            yield
    except (redis.exceptions.RedisError, OSError, TimeoutError) as error:
        raise Unavailable(what="Redis", problem=str(error) or type(error).__name__) from error


def _text(value: object) -> str:
    assert isinstance(value, bytes)  # the client does not decode
    return value.decode()


def _key(session_id: str, part: str) -> str:
    return f"qm:session:{session_id}:{part}"


def _serving_key(serving_id: str) -> str:
    return f"qm:serving:{serving_id}"


class SessionDirectory:
    """The directory, for gateways and engines."""

    def __init__(self, url: str) -> None:
        self._redis = redis.asyncio.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 1),
            health_check_interval=15,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose()

    async def ping(self) -> None:
        """Raises Unavailable while Redis does not answer."""
        with redis_errors():
            await self._redis.ping()

    # --- finding and making sessions ---

    async def session_of(self, serving_id: str) -> str | None:
        """Id of the session that plays a serving, also when that is over."""
        with redis_errors():
            found = await self._redis.get(_serving_key(serving_id))
        return None if found is None else _text(found)

    async def create(
        self, start: SessionStart, pending: SessionStatus, wish: Wish, *, instead_of: str | None
    ) -> bool:
        """Make ``start`` the session of its serving, unless another one than ``instead_of`` is that already."""
        session_id = start.session_id
        with redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.set(_key(session_id, "start"), start.model_dump_json())
                pipe.set(_key(session_id, "status"), pending.model_dump_json())
                pipe.set(_key(session_id, "wish"), wish.model_dump_json())
                await pipe.execute()
            won = await self._redis.eval(
                _SWAP, 1, _serving_key(start.serving.serving_id), instead_of or "", session_id
            )
            if won:
                await self._redis.zadd(_INDEX, {session_id: start.created_ns / 1e9})
            else:
                await self._redis.delete(*(_key(session_id, part) for part in ("start", "status", "wish")))
        return bool(won)

    async def start_of(self, session_id: str) -> SessionStart | None:
        """What the session plays."""
        return await self._get(_key(session_id, "start"), SessionStart)

    async def status(self, session_id: str) -> SessionStatus | None:
        """What the engine last said of the session."""
        return await self._get(_key(session_id, "status"), SessionStatus)

    async def sessions(self) -> list[SessionStatus]:
        """All sessions that are not forgotten yet, newest first."""
        with redis_errors():
            ids = [_text(i) for i in await self._redis.zrevrange(_INDEX, 0, -1)]
            texts = await self._redis.mget([_key(i, "status") for i in ids]) if ids else []
            gone = [i for i, text in zip(ids, texts, strict=True) if text is None]
            if gone:
                await self._redis.zrem(_INDEX, *gone)
        return [SessionStatus.model_validate_json(text) for text in texts if text is not None]

    # --- how it shall play, and who watches ---

    async def wish(self, session_id: str) -> Wish | None:
        """How the session shall play; None when Redis has forgotten it."""
        return await self._get(_key(session_id, "wish"), Wish)

    async def set_wish(self, session_id: str, wish: Wish) -> None:
        """Write down how the session shall play."""
        with redis_errors():
            await self._redis.set(_key(session_id, "wish"), wish.model_dump_json())

    async def mark_watched(self, session_id: str, ttl_s: float) -> None:
        """Somebody watches the session, for the next ``ttl_s`` at least."""
        with redis_errors():
            await self._redis.set(_key(session_id, "viewers"), b"1", px=max(1, int(ttl_s * 1000)))

    async def is_watched(self, session_id: str) -> bool:
        """Whether somebody watches the session."""
        with redis_errors():
            return bool(await self._redis.exists(_key(session_id, "viewers")))

    # --- running it ---

    async def take_lease(self, session_id: str, worker: str, ttl_s: float) -> int | None:
        """Become the session's worker; the answer is the new epoch, None while another one holds the lease."""
        with redis_errors():
            epoch = await self._redis.eval(
                _TAKE_LEASE,
                2,
                _key(session_id, "lease"),
                _key(session_id, "epoch"),
                worker,
                int(ttl_s * 1000),
            )
        return int(epoch) or None

    async def keep_lease(self, session_id: str, worker: str, epoch: int, ttl_s: float) -> bool:
        """Stay the session's worker; false when another one is."""
        with redis_errors():
            kept = await self._redis.eval(
                _KEEP_LEASE,
                2,
                _key(session_id, "lease"),
                _key(session_id, "epoch"),
                worker,
                int(ttl_s * 1000),
                epoch,
            )
        return bool(kept)

    async def drop_lease(self, session_id: str, worker: str) -> None:
        """Let another worker have the session at once."""
        with redis_errors():
            await self._redis.eval(_DROP_IF, 1, _key(session_id, "lease"), worker)

    async def report(self, start: SessionStart, status: SessionStatus, keep_s: float) -> None:
        """Write the session's status, and with it whatever Redis may have forgotten.

        A session in a final state is forgotten after ``keep_s``; its serving is free for a new session then.
        """
        session_id = start.session_id
        over = status.state in FINAL_STATES
        with redis_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.set(_key(session_id, "status"), status.model_dump_json())
                pipe.set(_key(session_id, "start"), start.model_dump_json(), nx=True)
                pipe.set(_serving_key(status.serving_id), session_id, nx=True)
                pipe.zadd(_INDEX, {session_id: start.created_ns / 1e9})
                if over:
                    for part in ("status", "start", "wish", "epoch"):
                        pipe.pexpire(_key(session_id, part), max(1, int(keep_s * 1000)))
                    pipe.delete(_key(session_id, "checkpoint"), _key(session_id, "lease"))
                await pipe.execute()

    async def save_checkpoint(self, session_id: str, worker: str, data: bytes) -> bool:
        """Keep the session's newest checkpoint; false when another worker has the session or nobody knows it."""
        keys = [_key(session_id, part) for part in ("lease", "epoch", "checkpoint")]
        with redis_errors():
            saved = await self._redis.eval(_SAVE_CHECKPOINT, len(keys), *keys, worker, data)
        return bool(saved)

    async def load_checkpoint(self, session_id: str) -> bytes | None:
        """The session's newest checkpoint."""
        with redis_errors():
            data = await self._redis.get(_key(session_id, "checkpoint"))
        assert data is None or isinstance(data, bytes)  # the client does not decode
        return data

    async def _get(self, key: str, model: type[ModelT]) -> ModelT | None:
        with redis_errors():
            text = await self._redis.get(key)
        return None if text is None else model.model_validate_json(text)


class RedisWatch:
    """Knows whether Redis answers, for ``/ready``."""

    def __init__(self, directory: SessionDirectory) -> None:
        self._directory = directory
        self.problem = "Redis: not asked yet"
        """What is wrong, empty while it answers."""

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            try:
                await self._directory.ping()
                self.problem = ""
            except Unavailable as error:
                self.problem = str(error)
            await asyncio.sleep(PING_S)
