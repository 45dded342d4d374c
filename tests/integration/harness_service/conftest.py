"""The harness's API on the laboratory's lake, with a NATS of its own that a test may kill."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.brokers import NatsServer
from tests.fixtures.harness import Harness
from tests.integration.datasets.conftest import lake as lake
from tests.integration.experiments.conftest import Laboratory
from tests.integration.experiments.conftest import laboratory as laboratory


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsServer]:
    """One for each test: jobs of another lake are nobody's."""
    server = NatsServer(tmp_path / "nats").start()
    yield server
    server.kill()


@pytest.fixture
def harness(tmp_path: Path, laboratory: Laboratory, nats: NatsServer) -> Iterator[Harness]:
    """The API runs; workers are the test's to start."""
    made = Harness(tmp_path, laboratory.lake, nats, PYTHONPATH=str(laboratory.packages))
    made.api.start()
    yield made
    made.close()
