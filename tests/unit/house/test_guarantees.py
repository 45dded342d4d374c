"""docs/guarantees.md names tests that exist, and a test for every promise."""

from __future__ import annotations

import ast
import re
from functools import cache

from tests.unit.house.tree import ROOT

PAGE = ROOT / "docs/guarantees.md"
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@cache
def names_in(path: str) -> set[str]:
    """Names of the test functions of a file; none where there is no such file."""
    file = ROOT / path
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        node.name for node in ast.walk(tree) if isinstance(node, functions) and node.name.startswith("test_")
    }


def test_every_test_that_is_named_exists() -> None:
    named = _NAMED.findall(PAGE.read_text())
    assert len(named) > 40
    assert [f"{path}::{name}" for path, name in named if name not in names_in(path)] == []


def test_every_promise_names_a_test() -> None:
    """A promise is a paragraph that begins in bold; it reaches to the next one or to the next heading."""
    text = PAGE.read_text().partition("## What is not promised")[0]
    promises = re.split(r"\n(?=\*\*|## )", text)
    bare = [p.split("\n")[0] for p in promises if p.startswith("**") and not _NAMED.search(p)]
    assert bare == []


def test_what_is_not_promised_is_said() -> None:
    assert len(re.findall(r"^\* \*\*", PAGE.read_text().partition("## What is not promised")[2], re.M)) >= 5
