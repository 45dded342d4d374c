"""A stack of its own for what is thrown at services: its lake and registry may fill with anything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Final

import pytest

from tests.fixtures.brokers import NatsServer, RedisServer, free_port
from tests.fixtures.market import MarketLake
from tests.fixtures.stack import Service, Stack

EXAMPLES: Final = int(os.environ.get("QM_FUZZ_EXAMPLES", "3"))
"""Of each operation and of each kind of handshake; more for a night."""


class ThrownAt(Stack):
    """The stack with its harness behind the gateway."""

    def __init__(
        self, folder: object, lake: object, nats: NatsServer, redis: RedisServer, **env: str
    ) -> None:
        self._harness_port = free_port()
        super().__init__(folder, lake, nats, redis, **env)  # type: ignore[arg-type]
        port = str(self._harness_port)
        self.harness = self._service(
            "harness", "qm_harness.service", self._harness_port, QM_HARNESS_PORT=port
        )

    def add_gateway(self, name: str, **env: str) -> Service:
        return super().add_gateway(
            name, **{"QM_HARNESS_ENDPOINT": f"http://127.0.0.1:{self._harness_port}"} | env
        )


@pytest.fixture(scope="package")
def thrown_at(tmp_path_factory: pytest.TempPathFactory, market: MarketLake) -> Iterator[ThrownAt]:
    """All services, with brokers and a lake of their own."""
    folder = tmp_path_factory.mktemp("thrown-at")
    lake = folder / "lake"
    shutil.copytree(market.root, lake)
    nats, redis = NatsServer(folder / "nats"), RedisServer(folder / "redis")
    made = ThrownAt(
        folder, lake, nats, redis, QM_ADDRESS_REQUESTS_PER_SECOND="1000000", QM_SESSION_SPEED="0.25"
    )
    try:
        nats.start()
        redis.start()
        made.start()
        made.harness.start()
        yield made
    finally:
        made.close()
        nats.stop()
        redis.stop()
