"""The streams of the bus: what they hold, where, and for how long. Every service may set them up; it is idempotent.

* ``SESSIONS``: work queue in files; a start message stays until its session is over.
* ``JOBS``: work queue in files; a job stays until it is over. Each waits under its own subject, at most once.
* ``MBO``: batches on their way to an engine, in memory; they can always be sent again from the file.
* ``GRID_<session>``: one stream a session, in files, so that grids survive a restart of the broker. The newest
  ``retention`` bins stay; the config message has its own subject and stays at sequence 1.
"""

from __future__ import annotations

import asyncio
import datetime as dt_
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import nats.js.errors
from nats.js import api
from pydantic import BaseModel

from qmcore.bus.connection import Bus, nats_errors
from qmcore.contracts.subjects import (
    ENGINE_CONSUMER,
    GRID_STREAM_PREFIX,
    HARNESS_CONSUMER,
    JOBS_STREAM,
    MBO_STREAM,
    SESSION_START,
    SESSIONS_STREAM,
    grid_config_subject,
    grid_stream,
    grid_subject,
    job_subject,
    mbo_subject,
)
from qmcore.errors import Unavailable

log = logging.getLogger(__name__)

RETRY_S: Final = 0.5
SESSION_ACK_WAIT_S: Final = 2.5
"""A session whose worker was silent for so long is given to another one."""

JOB_ACK_WAIT_S: Final = 4.0
"""The same for a job."""

MBO_BATCHES_KEPT: Final = 512
"""Batches of one session in the broker; more than the feed's window, so that none unread is discarded."""

MBO_MAX_AGE_S: Final = 300.0
DUPLICATE_WINDOW_S: Final = 120.0
_NAME_IN_USE: Final = 10058


async def _ensure(bus: Bus, config: api.StreamConfig) -> api.StreamInfo:
    js = bus.jetstream
    with nats_errors():
        try:
            return await js.add_stream(config)
        except nats.js.errors.BadRequestError as error:
            if error.err_code != _NAME_IN_USE:
                raise
            return await js.update_stream(config)


async def ensure_streams(bus: Bus) -> None:
    """Make ``SESSIONS`` with its consumer, and ``MBO``. Raises Unavailable."""
    await _ensure(
        bus,
        api.StreamConfig(
            name=SESSIONS_STREAM,
            subjects=[SESSION_START],
            retention=api.RetentionPolicy.WORK_QUEUE,
            storage=api.StorageType.FILE,
            duplicate_window=DUPLICATE_WINDOW_S,
        ),
    )
    await ensure_mbo_stream(bus)
    await _ensure_workers(bus, SESSIONS_STREAM, ENGINE_CONSUMER, SESSION_ACK_WAIT_S)


async def ensure_jobs_stream(bus: Bus) -> None:
    """Make ``JOBS`` with its consumer. Raises Unavailable."""
    await _ensure(
        bus,
        api.StreamConfig(
            name=JOBS_STREAM,
            subjects=[job_subject("*")],
            retention=api.RetentionPolicy.WORK_QUEUE,
            storage=api.StorageType.FILE,
            max_msgs_per_subject=1,
            discard=api.DiscardPolicy.NEW,
            discard_new_per_subject=True,
        ),
    )
    await _ensure_workers(bus, JOBS_STREAM, HARNESS_CONSUMER, JOB_ACK_WAIT_S)


async def _ensure_workers(bus: Bus, stream: str, consumer: str, ack_wait_s: float) -> None:
    """The consumer that the workers of a queue share."""
    with nats_errors():
        await bus.jetstream.add_consumer(
            stream,
            api.ConsumerConfig(
                durable_name=consumer,
                ack_policy=api.AckPolicy.EXPLICIT,
                ack_wait=ack_wait_s,
                max_ack_pending=100_000,
                max_deliver=-1,
            ),
        )


async def set_up_streams(bus: Bus, ensure: Callable[[Bus], Awaitable[None]] = ensure_streams) -> None:
    """As ``ensure``, however long it takes: a broker that has just started may not have JetStream yet."""
    while True:
        try:
            return await ensure(bus)
        except (Unavailable, nats.js.errors.APIError) as error:
            log.warning("the streams cannot be set up yet: %s", error)
            await bus.wait_connected()
            await asyncio.sleep(RETRY_S)


async def ensure_mbo_stream(bus: Bus) -> None:
    """Make ``MBO``, also after the broker has lost it with its memory. Raises Unavailable."""
    await _ensure(
        bus,
        api.StreamConfig(
            name=MBO_STREAM,
            subjects=[mbo_subject("*")],
            storage=api.StorageType.MEMORY,
            max_msgs_per_subject=MBO_BATCHES_KEPT,
            max_age=MBO_MAX_AGE_S,
        ),
    )


async def ensure_grid_stream(bus: Bus, session_id: str, retention_bins: int) -> int:
    """Make the session's grid stream and answer its last sequence. Raises Unavailable."""
    info = await _ensure(
        bus,
        api.StreamConfig(
            name=grid_stream(session_id),
            subjects=[grid_subject(session_id), grid_config_subject(session_id)],
            storage=api.StorageType.FILE,
            max_msgs_per_subject=retention_bins + 1,
            duplicate_window=DUPLICATE_WINDOW_S,
            allow_direct=True,
        ),
    )
    return int(info.state.last_seq)


async def last_sequence(bus: Bus, stream: str) -> int | None:
    """Last sequence of a stream, None where there is no such stream. Raises Unavailable."""
    with nats_errors():
        try:
            return int((await bus.jetstream.stream_info(stream)).state.last_seq)
        except nats.js.errors.NotFoundError:
            return None


async def purge_mbo(bus: Bus, session_id: str) -> None:
    """Forget a session's batches. Raises Unavailable."""
    with nats_errors():
        try:
            await bus.jetstream.purge_stream(MBO_STREAM, subject=mbo_subject(session_id))
        except nats.js.errors.NotFoundError:
            return


@dataclass(frozen=True, slots=True)
class GridStreamAge:
    """A session's grid stream and how long ago it was last written to."""

    session_id: str
    idle_s: float


class _Config(BaseModel):
    name: str


class _State(BaseModel):
    messages: int
    last_ts: dt_.datetime


class _Stream(BaseModel):
    config: _Config
    created: dt_.datetime
    state: _State


class _StreamPage(BaseModel):
    total: int = 0
    streams: list[_Stream] | None = None


async def grid_streams(bus: Bus) -> list[GridStreamAge]:
    """All grid streams of the broker. Raises Unavailable."""
    found: list[GridStreamAge] = []
    offset = 0
    now = dt_.datetime.now(dt_.UTC)
    while True:
        answer = await bus.request_raw("$JS.API.STREAM.LIST", json.dumps({"offset": offset}).encode())
        streams = _StreamPage.model_validate_json(answer.data).streams or []
        for stream in streams:
            if stream.config.name.startswith(GRID_STREAM_PREFIX):
                touched = stream.state.last_ts if stream.state.messages else stream.created
                session_id = stream.config.name.removeprefix(GRID_STREAM_PREFIX)
                found.append(GridStreamAge(session_id, (now - touched).total_seconds()))
        offset += len(streams)
        if not streams:
            return found


async def delete_grid_stream(bus: Bus, session_id: str) -> None:
    """Delete a session's grids. Raises Unavailable."""
    with nats_errors():
        try:
            await bus.jetstream.delete_stream(grid_stream(session_id))
        except nats.js.errors.NotFoundError:
            return
