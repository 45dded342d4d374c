"""``Puller``: the messages of one JetStream pull consumer, asked for ahead of need.

nats-py's own pull subscription can stay silent for ever after a restart of the server. This one asks for
heartbeats, and ``take`` raises ``ConsumerLost`` as soon as the consumer is gone, silent, or the connection was
renewed; its owner then makes a new one.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from typing import Final, Self

from qmcore.bus.connection import Bus, RawMessage, Subscription
from qmcore.bus.pull_window import PullWindow
from qmcore.errors import QmError

HEARTBEAT_S: Final = 1.0
SILENCE_S: Final = 2.5
EXPIRES_S: Final = 30.0

_HEARTBEAT: Final = "100"
_TIMED_OUT: Final = "408"


class ConsumerLost(QmError):
    """The consumer is gone or silent; make a new one."""


class Puller:
    """Use as ``async with``; one task may ``take``."""

    def __init__(
        self, bus: Bus, stream: str, consumer: str, *, batch: int, expires_s: float = EXPIRES_S
    ) -> None:
        """``expires_s``: how long the server may answer a request."""
        self._bus = bus
        self._expires_ns = int(expires_s * 1e9)
        self._heartbeat_ns = int(min(HEARTBEAT_S, expires_s / 2) * 1e9)
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self._name = f"{stream}/{consumer}"
        self._window = PullWindow(batch, SILENCE_S, time.monotonic())
        self._messages: list[RawMessage] = []
        self._arrived = asyncio.Event()
        self._lost = ""
        self._inbox = bus.new_inbox()
        self._subscription: Subscription | None = None

    async def __aenter__(self) -> Self:
        self._subscription = await self._bus.subscribe_raw(self._inbox, self._receive)
        self._forget = self._bus.on_reconnect(lambda: self._lose("the connection was renewed"))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._forget()
        if self._subscription is not None:
            await self._bus.unsubscribe(self._subscription)

    async def take(self) -> list[RawMessage]:
        """All messages that have come, at least one. Raises ConsumerLost or Unavailable."""
        while not self._messages:
            if self._lost:
                raise ConsumerLost(f"{self._name}: {self._lost}")
            await self._request()
            self._arrived.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(HEARTBEAT_S):
                    await self._arrived.wait()
            if self._window.silent(time.monotonic()):
                raise ConsumerLost(f"{self._name}: silent for {SILENCE_S} s")
        messages, self._messages = self._messages, []
        self._window.taken(len(messages))
        return messages

    async def top_up(self) -> None:
        """Ask ahead, so that messages travel while the reader works. Raises Unavailable."""
        if not self._lost:
            await self._request()

    async def drain(self) -> list[RawMessage]:
        """End it; the answer is what has come, or was on its way, and nobody took."""
        self._forget()
        if self._subscription is not None:
            await self._bus.drain(self._subscription)
        return self._messages

    async def _request(self) -> None:
        count = self._window.to_request(time.monotonic())
        if count:
            ask = {"batch": count, "expires": self._expires_ns, "idle_heartbeat": self._heartbeat_ns}
            await self._bus.publish(self._subject, json.dumps(ask).encode(), reply=self._inbox)

    async def _receive(self, message: RawMessage) -> None:
        now = time.monotonic()
        headers = message.headers
        status = headers.get("Status") if headers else None
        if status is None:
            self._window.delivered(now)
            self._messages.append(message)
            self._arrived.set()
        elif status == _HEARTBEAT:
            self._window.heard(now)
        elif status == _TIMED_OUT and headers is not None:
            self._window.expired(int(headers.get("Nats-Pending-Messages", "0")), now)
            self._arrived.set()
        else:
            self._lose(f"{status} {headers.get('Description', '') if headers else ''}")

    def _lose(self, why: str) -> None:
        self._lost = why
        self._arrived.set()
