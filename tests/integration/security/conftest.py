"""A whole stack where everything wants credentials: NATS, Redis, and every service its token. At DEBUG."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from qmcore.config.runtime import RuntimeConfig
from qmcore.contracts.registry import PromoteRequest
from qmcore.registry import RegistryClient
from qmcore.tokens import bearer_headers
from tests.fixtures.brokers import NatsServer, RedisServer
from tests.fixtures.market import MarketLake, serving
from tests.fixtures.stack import Stack

NATS_PASSWORD: Final = "nats-pa55word-seen"
REDIS_PASSWORD: Final = "redis-pa55word-seen"
TOKEN: Final = "token-that-must-not-be-seen"
SECOND_TOKEN: Final = "second-token-not-to-be-seen"
DATABASE_PASSWORD: Final = "database-pa55word-seen"
SECRETS: Final = (NATS_PASSWORD, REDIS_PASSWORD, TOKEN, SECOND_TOKEN, DATABASE_PASSWORD)


class LockedNats(NatsServer):
    """NATS that wants a user and a password."""

    password = NATS_PASSWORD

    @property
    def url(self) -> str:
        return f"nats://qm:{self.password}@127.0.0.1:{self.port}"

    def command(self) -> list[str]:
        return [*super().command(), "--user", "qm", "--pass", self.password]


class LockedRedis(RedisServer):
    """Redis that wants a password."""

    password = REDIS_PASSWORD

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [*super().command(), "--requirepass", self.password]


class LockedStack(Stack):
    """The stack and clients that have the token."""

    async def publish(self, alias: str, snapshot: RuntimeConfig) -> str:
        spec = serving(snapshot, alias)
        async with RegistryClient(f"http://127.0.0.1:{self.registry.port}", token=TOKEN) as registry:
            await registry.publish(spec, who="test", why="test")
            await registry.promote(alias, PromoteRequest(serving_id=spec.serving_id, who="test", why="test"))
        return spec.serving_id

    async def ask(self, path: str, token: str | None = TOKEN, **options: object) -> httpx.Response:
        """GET at the gateway with a token."""
        async with httpx.AsyncClient(
            base_url=self.url(), headers=bearer_headers(token), timeout=60
        ) as client:
            return await client.get(path, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="package")
def locked(tmp_path_factory: pytest.TempPathFactory, market: MarketLake) -> Iterator[LockedStack]:
    """All services running, with credentials; do not stop any."""
    folder = tmp_path_factory.mktemp("locked")
    lake = folder / "around" / "lake"
    shutil.copytree(market.root, lake)
    nats, redis = LockedNats(folder / "nats"), LockedRedis(folder / "redis")
    tokens = folder / "tokens"
    tokens.write_text(f"{SECOND_TOKEN}\n")
    made = LockedStack(
        folder,
        lake,
        nats,
        redis,
        QM_TOKEN=TOKEN,
        QM_TOKENS=str(tokens),
        QM_LOG_LEVEL="DEBUG",
        QM_IDLE_SECONDS="2",
        QM_ADDRESS_SOCKETS="12",
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


def logs_below(folder: Path) -> str:
    """Everything that the services of ours wrote there."""
    return "".join(path.read_text() for path in sorted(folder.glob("*.log")))
