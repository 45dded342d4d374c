"""The lake's own registry is found by entry point, so that a command need not know who brings it."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from qmcore import registry_access
from qmcore.errors import NotFound, Unavailable
from qmcore.registry_access import LOCAL_REGISTRY, RemoteRegistry, open_registry
from tests.unit.registry.servings import serving


def _installed(monkeypatch: pytest.MonkeyPatch, *values: str) -> None:
    points = [EntryPoint(name="sql", value=value, group=LOCAL_REGISTRY) for value in values]
    monkeypatch.setattr(registry_access, "entry_points", lambda *, group: points)


def test_the_registry_of_a_lake_is_opened_and_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QM_REGISTRY_URL", raising=False)
    with open_registry(None, tmp_path) as registry:
        registry.publish(serving(), who="tester", why="a test")
    with open_registry(None, tmp_path) as registry:
        assert registry.servings().total == 1


def test_a_url_leads_to_a_service_whatever_the_lake(tmp_path: Path) -> None:
    with open_registry("http://127.0.0.1:9", tmp_path / "nowhere") as registry:
        assert isinstance(registry, RemoteRegistry)


def test_a_lake_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="unknown lake"):
        open_registry(None, tmp_path / "typo")
    assert not (tmp_path / "typo").exists()


def test_without_a_package_that_opens_it_the_lake_has_no_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _installed(monkeypatch)
    with pytest.raises(Unavailable, match=r"no installed package opens it; name a registry service instead"):
        open_registry(None, tmp_path)


def test_two_packages_that_claim_it_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch, "mine:registry", "qm_registry.opening:lake_registry")
    with pytest.raises(
        Unavailable, match=r"claimed by mine:registry and by qm_registry.opening:lake_registry"
    ):
        open_registry(None, tmp_path)
