"""Our sources load nothing that can run code: no pickle, no joblib, no unsafe YAML, no eval; and no shell strings.

What is left, and is no way in: multiprocessing's and Dask's own transport between processes of one user, which are
not called by name anywhere in our sources.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).parents[3]
FOLDERS: Final = ("libs/*/src", "services/*/src", "deploy/local/src")
SOURCES: Final = sorted(
    path for pattern in FOLDERS for folder in REPOSITORY.glob(pattern) for path in folder.rglob("*.py")
)
MODULES: Final = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
BUILTINS: Final = {"eval", "exec", "compile", "__import__"}
SAFE_YAML: Final = {"safe_load", "safe_dump", "YAMLError"}
ALLOWED_YAML: Final = {
    # Node classes and errors of PyYAML carry no loader.
    "nodes",
    "constructor",
    "resolver",
    "CSafeLoader",
    "CSafeDumper",
}


def findings(tree: ast.AST) -> Iterator[str]:
    """What in ``tree`` could run what it reads."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (n.name for n in names if n.name.partition(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module), names=names):
                if module.partition(".")[0] in MODULES:
                    yield module
                if module == "yaml":
                    yield from (f"yaml.{n.name}" for n in names if n.name not in SAFE_YAML)
            case ast.Attribute(value=ast.Name(id="yaml"), attr=attr):
                if attr not in SAFE_YAML:
                    yield f"yaml.{attr}"
            case ast.Attribute(attr="read_pickle" | "to_pickle" | "load_module" as attr):
                yield attr
            case ast.Call(func=ast.Name(id=name)) if name in BUILTINS:
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="os"), attr="system" | "popen" as attr)):
                yield f"os.{attr}"
            case ast.keyword(arg="allow_pickle" | "shell" as arg, value=value):
                if not (isinstance(value, ast.Constant) and value.value is False):
                    yield f"{arg}={ast.unparse(value)}"
            case _:
                pass


def test_the_sources_are_there() -> None:
    assert len(SOURCES) > 200


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_nothing_that_is_read_can_run(path: Path) -> None:
    assert list(findings(ast.parse(path.read_text(encoding="utf-8")))) == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "import yaml\nyaml.load(x, Loader=yaml.Loader)",
        "from yaml import unsafe_load",
        "eval('1')",
        "np.load(p, allow_pickle=True)",
        "pandas.read_pickle(p)",
        "subprocess.run(x, shell=True)",
        "os.system(x)",
    ],
)
def test_the_search_finds_what_it_looks_for(code: str) -> None:
    assert list(findings(ast.parse(code)))


def test_the_search_lets_the_safe_ways_pass() -> None:
    safe = (
        "import yaml\nyaml.safe_load(x)\nnp.load(p, allow_pickle=False)\nsubprocess.run([x])\nre.compile(x)"
    )
    assert list(findings(ast.parse(safe))) == []
