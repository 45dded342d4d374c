"""Docker, or a sentence that says why there is none; the images, built once; the whole stack, started once."""

from __future__ import annotations

import os

# The reaper is an image of its own; what these tests start they take down themselves.
os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")

from collections.abc import Iterator

import pytest

from tests.containers.compose_stack import ComposeStack
from tests.containers.engine import why_not
from tests.e2e.conftest import browser, page

__all__ = ["browser", "page"]

BUILD_S = 1500
"""A build from nothing on two busy cores."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is a container test; the first of them builds the images."""
    for item in items:
        if item.path.is_relative_to(os.path.dirname(__file__)):
            item.add_marker(pytest.mark.containers)
            item.add_marker(pytest.mark.timeout(BUILD_S))


@pytest.fixture(scope="session")
def docker_engine() -> None:
    """Skips where containers cannot be run."""
    problem = why_not()
    if problem is not None:
        pytest.skip(problem)


@pytest.fixture(scope="session")
def stack(docker_engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeStack]:
    """``docker compose up --build --wait``; taken down with its volumes at the end, whatever happens."""
    with ComposeStack(tmp_path_factory.mktemp("compose")) as stack:
        yield stack
