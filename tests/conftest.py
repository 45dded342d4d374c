"""Brokers for the integration tests, started once; and Hypothesis profiles: ``default`` for every run, ``thorough``
(``--hypothesis-profile=thorough --timeout=0``) for a night.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.fixtures.brokers import NatsServer, RedisServer
from tests.fixtures.market import MarketLake, make_market_lake
from tests.fixtures.stack import Stack

settings.register_profile(
    "default", max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "thorough", max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("default")


@pytest.fixture(scope="session")
def nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    """A NATS server with JetStream that all tests share; do not stop it. An engine there takes others' sessions."""
    server = NatsServer(tmp_path_factory.mktemp("nats")).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis server that all tests share; do not stop it."""
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> MarketLake:
    """A lake with one simulated minute; do not change it."""
    return make_market_lake(tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="session")
def stack(
    tmp_path_factory: pytest.TempPathFactory,
    nats_server: NatsServer,
    redis_server: RedisServer,
    market: MarketLake,
) -> Iterator[Stack]:
    """All services, shared by all tests; do not stop any. Sessions stop 2 s after their last viewer."""
    folder, shared = tmp_path_factory.mktemp("stack"), {"QM_IDLE_SECONDS": "2", "QM_ENGINE_SLOTS": "16"}
    with Stack(folder, market.root, nats_server, redis_server, **shared) as made:
        yield made.start()
