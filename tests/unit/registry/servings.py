"""Servings for the registry's tests."""

from __future__ import annotations

import datetime as dt_

from qmcore.config.runtime import RuntimeConfig
from qmcore.config.serving import PublishedServingSpec, ServingSource, publish
from qmcore.contracts.registry import PromoteRequest, RollbackRequest

PUBLISHED_AT = dt_.datetime(2025, 11, 24, 12, 0, tzinfo=dt_.UTC)


def snapshot(**overrides: object) -> RuntimeConfig:
    """A resolved configuration; any field may be overridden."""
    fields: dict[str, object] = {
        "product_type": "future_mbo",
        "symbol": "ESZ5",
        "symbol_root": "ES",
        "tick_size": 0.25,
        "dt": "2025-11-24",
        "start_time": "09:30",
        "end_time": "10:30",
    }
    return RuntimeConfig.model_validate(fields | overrides)


def source(**overrides: object) -> ServingSource:
    """Where a serving came from."""
    fields: dict[str, object] = {"config_hash": "c0ffee", "published_at": PUBLISHED_AT, "serving": "demo"}
    return ServingSource.model_validate(fields | overrides)


def serving(name: str = "demo", **overrides: object) -> PublishedServingSpec:
    """A published serving; other overrides give another content and so another id."""
    return publish(snapshot(**overrides), name=name, source=source())


def numbered(count: int) -> list[PublishedServingSpec]:
    """``count`` servings of different content."""
    return [serving(grid_radius_ticks=20 + index) for index in range(count)]


def to(spec: PublishedServingSpec | str, expected: str | None = None, why: str = "a test") -> PromoteRequest:
    """The request that points an alias at ``spec``."""
    serving_id = spec if isinstance(spec, str) else spec.serving_id
    return PromoteRequest(serving_id=serving_id, expected_serving_id=expected, who="tester", why=why)


def back(expected: str | None = None) -> RollbackRequest:
    """The request that rolls an alias back."""
    return RollbackRequest(expected_serving_id=expected, who="tester", why="a test")
