"""``StreamReader``: the messages of a stream in order, none missing that the stream still has, none twice.

It makes its own ephemeral consumer and replaces it whenever that is lost, silent or out of order, going on after the
last message it gave. It waits for a stream that does not exist yet. A stream that was lost and made anew
(the broker's memory is gone) is read on from the same sequence, or from its new start with ``follow_reset``.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final, Self

import nats.js.errors
from nats.js import api

from qmcore.bus.connection import Bus, RawMessage, nats_errors
from qmcore.bus.puller import ConsumerLost, Puller
from qmcore.errors import Unavailable

log = logging.getLogger(__name__)

RETRY_S: Final = 0.2
INACTIVE_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """One stored message."""

    sequence: int
    headers: dict[str, str]
    data: bytes


def stored_at(reply: str) -> tuple[int, int]:
    """Stream and consumer sequence from a delivery's reply subject, ``$JS.ACK...``, with or without a domain."""
    tokens = reply.split(".")
    first = 5 if len(tokens) == 9 else 7
    return int(tokens[first]), int(tokens[first + 1])


class StreamReader:
    """Use as ``async with``; one task may ``take``."""

    def __init__(
        self,
        bus: Bus,
        stream: str,
        *,
        start: int,
        subject: str | None = None,
        batch: int = 64,
        follow_reset: bool = False,
    ) -> None:
        self._bus, self._stream, self._subject, self._batch = bus, stream, subject, batch
        self._follow_reset = follow_reset
        self._next = start
        self._consumed = 0
        self._puller: Puller | None = None
        self._consumer = ""
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._drop_consumer()

    @property
    def next_sequence(self) -> int:
        """Sequence of the next message, as far as known."""
        return self._next

    async def take(self) -> list[Delivered]:
        """The next messages, at least one; waits for them, through restarts of the broker."""
        while True:
            try:
                if self._puller is None:
                    self._puller = await self._make_consumer()
                fresh = self._in_order(await self._puller.take())
                await self._puller.top_up()
                if fresh:
                    return fresh
            except (ConsumerLost, Unavailable, nats.js.errors.APIError) as error:
                log.debug("reader of %s: %s", self._stream, error)
                await self._drop_consumer()
                await self._bus.wait_connected()
                await asyncio.sleep(RETRY_S)

    def _in_order(self, messages: list[RawMessage]) -> list[Delivered]:
        fresh: list[Delivered] = []
        for message in messages:
            sequence, consumed = stored_at(message.reply)
            if consumed != self._consumed + 1:
                if fresh:
                    break  # the next take() starts over from here
                raise ConsumerLost(f"{self._stream}: delivery {consumed} after {self._consumed}")
            self._consumed = consumed
            if sequence >= self._next:
                fresh.append(Delivered(sequence, message.headers or {}, message.data))
                self._next = sequence + 1
        return fresh

    async def _make_consumer(self) -> Puller:
        with nats_errors():
            if self._follow_reset:
                state = (await self._bus.jetstream.stream_info(self._stream)).state
                if state.last_seq + 1 < self._next:
                    self._next = 1
            config = api.ConsumerConfig(
                ack_policy=api.AckPolicy.NONE,
                deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
                opt_start_seq=max(1, self._next),
                filter_subject=self._subject,
                inactive_threshold=INACTIVE_S,
                mem_storage=True,
                num_replicas=1,
                max_waiting=64,
            )
            self._consumer = (await self._bus.jetstream.add_consumer(self._stream, config)).name
        self._consumed = 0
        return await self._open.enter_async_context(
            Puller(self._bus, self._stream, self._consumer, batch=self._batch)
        )

    async def _drop_consumer(self) -> None:
        self._puller = None
        await self._open.aclose()
        if self._consumer and not self._bus.problem:
            try:
                with nats_errors():
                    await self._bus.jetstream.delete_consumer(self._stream, self._consumer)
            except (Unavailable, nats.js.errors.APIError) as error:
                log.debug("consumer of %s was not deleted, it expires by itself: %s", self._stream, error)
        self._consumer = ""


async def stored_message(bus: Bus, stream: str, sequence: int) -> Delivered | None:
    """One stored message; None where there is none at ``sequence``. Raises Unavailable."""
    if sequence < 1:
        return None
    with nats_errors():
        try:
            message = await bus.jetstream.get_msg(stream, sequence)
        except nats.js.errors.NotFoundError:
            return None
    return Delivered(sequence, message.headers or {}, message.data or b"")
