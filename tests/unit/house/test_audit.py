"""``make audit``: what the answers of pip-audit and npm mean for a build."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from importlib.machinery import SourceFileLoader
from types import ModuleType

import pytest

from tests.unit.house.tree import ROOT


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    """The script, which has no suffix."""
    loader = SourceFileLoader("qm_audit", str(ROOT / ".ci/audit"))
    spec = importlib.util.spec_from_loader("qm_audit", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def said(answer: object, errors: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess((), 1, json.dumps(answer), errors)


FLAW = {"id": "PYSEC-1", "fix_versions": ["2.1"], "aliases": [], "description": "bad"}


def test_a_known_vulnerability_fails(audit: ModuleType) -> None:
    packages = [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "version": "2.0", "vulns": [FLAW]}]
    fails, words = audit.python_verdict(said({"dependencies": packages}))
    assert fails
    assert "b 2.0: PYSEC-1 (fixed in 2.1)" in words


def test_none_does_not(audit: ModuleType) -> None:
    packages = [{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}]
    assert audit.python_verdict(said({"dependencies": packages})) == (
        False,
        "Python: no known vulnerability in 1 packages; NOT CHECKED: b",
    )


def test_an_index_without_advisories_is_no_clean_bill(audit: ModuleType) -> None:
    fails, words = audit.python_verdict(said({"dependencies": [{"name": "a", "skip_reason": "not found"}]}))
    assert not fails
    assert words.startswith("Python: NOT CHECKED")


@pytest.mark.parametrize(
    ("counts", "fails"),
    [({"high": 1, "total": 1}, True), ({"critical": 2}, True), ({"low": 3, "total": 3}, False)],
)
def test_npm_fails_on_severe_ones(audit: ModuleType, counts: dict[str, int], fails: bool) -> None:
    assert audit.npm_verdict(said({"metadata": {"vulnerabilities": counts}}))[0] is fails


def test_being_offline_is_said_and_fails_nothing(audit: ModuleType) -> None:
    for verdict in (audit.npm_verdict, audit.python_verdict):
        fails, words = verdict(said({"message": "405"}, "npm error audit endpoint returned an error\n"))
        assert not fails
        assert "NOT CHECKED" in words
        assert "returned an error" in words


def test_a_tool_that_is_not_there_is_said_as_well(audit: ModuleType) -> None:
    run = audit.answer("no-such-tool-anywhere")
    assert run.returncode == 127
    assert "NOT CHECKED" in audit.npm_verdict(run)[1]
