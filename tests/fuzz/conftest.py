"""A stack of its own for what is thrown at services: its lake and registry may fill with anything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Final

import pytest

from tests.fixtures.brokers import own_brokers
from tests.fixtures.market import MarketLake
from tests.fixtures.stack import Stack

EXAMPLES: Final = int(os.environ.get("QM_FUZZ_EXAMPLES", "3"))
"""Of each operation and of each kind of handshake; more for a night."""


@pytest.fixture(scope="package")
def thrown_at(tmp_path_factory: pytest.TempPathFactory, market: MarketLake) -> Iterator[Stack]:
    """All services, with brokers and a lake of their own."""
    folder = tmp_path_factory.mktemp("thrown-at")
    lake = folder / "lake"
    shutil.copytree(market.root, lake)
    patient = {"QM_ADDRESS_REQUESTS_PER_SECOND": "1000000", "QM_SESSION_SPEED": "0.25"}
    with own_brokers(folder) as (nats, redis), Stack(folder, lake, nats, redis, **patient) as made:
        made.start()
        made.harness.start()
        yield made
