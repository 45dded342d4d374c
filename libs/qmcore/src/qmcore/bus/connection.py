"""``Bus``: one connection to NATS that never gives up, with typed messages. Every service may use it.

It connects with back-off and reconnects by itself; ``problem`` says what is wrong now, for ``/ready``. Calls that
cannot be made raise ``Unavailable``. A message that does not parse as its model is logged and left alone: it comes
from another version, and no session may die of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final, TypeAlias, TypeVar

import nats.aio.client
import nats.errors
import nats.js.errors
from nats.aio.client import Client, Server
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription as NatsSubscription
from nats.js import JetStreamContext
from pydantic import BaseModel, ValidationError

from qmcore.cancellation import cancellable
from qmcore.errors import QmError, Unavailable

log = logging.getLogger(__name__)

RawMessage: TypeAlias = Msg
"""A message as nats-py gives it."""

Subscription: TypeAlias = NatsSubscription
"""What ``Bus.unsubscribe`` ends."""

ModelT = TypeVar("ModelT", bound=BaseModel)
ReplyT = TypeVar("ReplyT", bound=BaseModel)

FIRST_WAIT_S: Final = 0.1
LONGEST_WAIT_S: Final = 2.0
PING_S: Final = 2
"""nats-py's read loop can die without a word; pings notice a dead connection within three of these."""

DRAIN_S: Final = 2.0
PENDING_BYTES: Final = 1 << 20
"""Flushed in pieces of this size: larger ones only cost memory, smaller ones system calls."""

# nats-py reads 32 kB at a time and stops the socket at 64 kB, which is little more than one batch of records. With
# more room it need not be stopped and started again (two system calls) for every batch.
nats.aio.client.DEFAULT_BUFFER_SIZE = 1 << 18


@contextmanager
def nats_errors() -> Iterator[None]:
    """Turn nats-py's errors into ``Unavailable``.

    What JetStream says about the request itself (``NotFoundError``, ``BadRequestError``) passes through.
    """
    try:
        with cancellable():
            yield
    except (nats.js.errors.NotFoundError, nats.js.errors.BadRequestError):
        raise
    except nats.js.errors.APIError as error:
        raise Unavailable(what="NATS JetStream", problem=str(error)) from error
    except nats.errors.MaxPayloadError as error:
        raise QmError("a message is larger than the broker's max_payload") from error
    except (nats.errors.Error, OSError, TimeoutError) as error:
        raise Unavailable(what="NATS", problem=str(error) or type(error).__name__) from error


def _back_off(attempts: int) -> float:
    return float(min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(attempts, 10)))


class Bus:
    """A connection to NATS. Make one a process, ``connect`` it, ``close`` it."""

    def __init__(self, url: str, name: str) -> None:
        self._url, self._name = url, name
        self._client = Client()
        self._connected = asyncio.Event()
        self._closed = asyncio.Event()
        self._closing = False
        self._problem = "connecting"
        self._reconnect_listeners: set[Callable[[], None]] = set()

    @property
    def problem(self) -> str:
        """What is wrong with the connection, empty when it is up."""
        return "" if self._connected.is_set() else f"NATS: {self._problem}"

    @property
    def jetstream(self) -> JetStreamContext:
        """JetStream of this connection, for the modules of this package."""
        return self._client.jetstream(timeout=5)

    async def connect(self) -> None:
        """Connect, however long it takes."""

        async def on_error(error: Exception) -> None:
            if isinstance(error, OSError | nats.errors.UnexpectedEOF) or not self._connected.is_set():
                self._problem = str(error) or type(error).__name__
                log.debug("NATS: %s", self._problem)
            else:
                log.error("NATS client: %s", error or type(error).__name__, exc_info=error)

        async def on_disconnected() -> None:
            self._connected.clear()
            if not self._closing:
                self._problem = "disconnected, reconnecting"
                log.warning("NATS: disconnected, reconnecting")

        async def on_reconnected() -> None:
            self._connected.set()
            log.info("NATS: reconnected")
            for listener in list(self._reconnect_listeners):
                listener()

        async def on_closed() -> None:
            self._closed.set()

        def choose(servers: list[Server], _info: Mapping[str, object]) -> tuple[Server, float]:
            server = min(servers, key=lambda s: s.reconnects)
            return server, _back_off(server.reconnects)

        await self._client.connect(
            servers=[self._url],
            name=self._name,
            error_cb=on_error,
            disconnected_cb=on_disconnected,
            reconnected_cb=on_reconnected,
            closed_cb=on_closed,
            reconnect_to_server_handler=choose,
            reconnect_time_wait=1,
            max_reconnect_attempts=-1,
            ping_interval=PING_S,
            pending_size=PENDING_BYTES,
        )
        self._connected.set()
        log.info("NATS: connected")

    async def wait_connected(self) -> None:
        """Return when the connection is up."""
        await self._connected.wait()

    async def watch(self) -> None:
        """Run for the life of the service. Raises Unavailable when the connection is closed for good."""
        await self._closed.wait()
        if not self._closing:
            raise Unavailable(
                what="NATS", problem=f"the server closed the connection: {self._client.last_error}"
            )

    async def close(self) -> None:
        """Flush what is pending and close."""
        self._closing = True
        self._connected.clear()
        self._problem = "closed"
        if self._client.is_connected:
            with suppress(nats.errors.Error, OSError, TimeoutError):
                await self._client.flush(timeout=2)
        with suppress(nats.errors.Error, OSError, TimeoutError):
            await self._client.close()

    def on_reconnect(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` after every reconnection; the answer takes it off again."""
        self._reconnect_listeners.add(listener)
        return lambda: self._reconnect_listeners.discard(listener)

    def new_inbox(self) -> str:
        """A subject that is this connection's own."""
        return self._client.new_inbox()

    async def publish(
        self,
        subject: str,
        payload: bytes | memoryview = b"",
        *,
        reply: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Hand ``payload`` to the connection; it may still be lost with it. Raises Unavailable."""
        if not self._connected.is_set():
            raise Unavailable(what="NATS", problem=self._problem)
        with nats_errors():
            await self._client.publish(subject, payload, reply=reply, headers=headers)  # type: ignore[arg-type]

    async def publish_model(self, subject: str, message: BaseModel) -> None:
        """Publish ``message`` as JSON. Raises Unavailable."""
        await self.publish(subject, message.model_dump_json().encode())

    async def request_raw(
        self,
        subject: str,
        payload: bytes = b"",
        *,
        headers: dict[str, str] | None = None,
        timeout_s: float = 5,
    ) -> RawMessage:
        """Publish and wait for one answer. Raises Unavailable."""
        with nats_errors():
            return await self._client.request(subject, payload, timeout=timeout_s, headers=headers)

    async def request(
        self, subject: str, message: BaseModel, reply_model: type[ReplyT], *, timeout_s: float = 5
    ) -> ReplyT:
        """Ask and wait for the answer. Raises Unavailable, also when nobody listens."""
        answer = await self.request_raw(subject, message.model_dump_json().encode(), timeout_s=timeout_s)
        return reply_model.model_validate_json(answer.data)

    async def subscribe_raw(
        self, subject: str, handler: Callable[[RawMessage], Awaitable[None]]
    ) -> Subscription:
        """Call ``handler`` with every message, in order. Raises Unavailable."""
        with nats_errors():
            return await self._client.subscribe(subject, cb=handler)

    async def on_message(
        self, subject: str, model: type[ModelT], handler: Callable[[ModelT], None]
    ) -> Subscription:
        """Call ``handler`` with every message that parses as ``model``. Raises Unavailable."""

        async def receive(raw: RawMessage) -> None:
            message = _parse(model, raw)
            if message is not None:
                handler(message)

        return await self.subscribe_raw(subject, receive)

    async def on_request(
        self, subject: str, group: str, model: type[ModelT], handler: Callable[[ModelT], Awaitable[BaseModel]]
    ) -> Subscription:
        """Answer requests, shared with the other members of queue ``group``. Raises Unavailable."""

        async def receive(raw: RawMessage) -> None:
            message = _parse(model, raw)
            if message is not None and raw.reply:
                await self.publish_model(raw.reply, await handler(message))

        with nats_errors():
            return await self._client.subscribe(subject, queue=group, cb=receive)

    async def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription; with the connection down it is simply not renewed."""
        with suppress(nats.errors.Error, OSError):
            await subscription.unsubscribe()

    async def drain(self, subscription: Subscription) -> None:
        """End a subscription after what is on its way; with the connection down it is simply not renewed."""
        if self.problem:
            await self.unsubscribe(subscription)
            return
        with suppress(nats.errors.Error, OSError, TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                await subscription.drain()  # type: ignore[no-untyped-call]

    async def flush(self) -> None:
        """Return when the server has everything that was published. Raises Unavailable."""
        with nats_errors():
            await self._client.flush(timeout=5)


def _parse(model: type[ModelT], raw: RawMessage) -> ModelT | None:
    try:
        return model.model_validate_json(raw.data)
    except ValidationError as error:
        log.error("message on %s is no %s: %s", raw.subject, model.__name__, error)
        return None
