"""Spec files of every kind: which kind a file is, everything that is wrong with it, and JSON Schemas for editors.

A file is checked by itself first; when nothing is wrong with it, together with the files that it names and with the
instrument lock of its lake: the lake in whose configs it lies, else the one that is given.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, get_args

from pydantic import BaseModel

from qm_harness.experiments.chain import load_experiment
from qmcore.config.base import Spec, load_spec, read_yaml, spec_problems
from qmcore.config.experiment import ExperimentSpec
from qmcore.config.instrument import InstrumentConfig, load_instrument
from qmcore.config.pipeline import PipelineSpec
from qmcore.config.resolve import resolve_config
from qmcore.config.serving import PublishedServingSpec, ServingSpec
from qmcore.errors import ConfigError, QmError
from qmcore.lake import Lake, publish_file
from qmcore.serving_chain import load_serving_chain
from qmcore.signals.catalogue import kind_of, parse_params

SpecKind = Literal["instrument", "pipeline", "serving", "experiment", "published"]
KINDS: Final[dict[SpecKind, type[BaseModel]]] = {
    "instrument": InstrumentConfig,
    "pipeline": PipelineSpec,
    "serving": ServingSpec,
    "experiment": ExperimentSpec,
    "published": PublishedServingSpec,
}
_FOLDERS: Final[dict[str, SpecKind]] = {
    "pipelines": "pipeline",
    "serving": "serving",
    "serving_versions": "published",
    "experiments": "experiment",
}
_TELLING_KEYS: Final[tuple[tuple[str, SpecKind], ...]] = (
    ("capture", "pipeline"),
    ("symbol_root", "instrument"),
    ("serving_id", "published"),
    ("serving", "experiment"),
    ("pipeline", "serving"),
)
"""Asked in this order; a pipeline may have a key ``pipeline`` as well."""


class CheckedFile(Spec):
    """What ``qm validate`` says about one file."""

    file: str
    kind: SpecKind | None
    problems: int


class SchemaFile(Spec):
    """What ``qm schema`` says about one kind."""

    kind: SpecKind
    file: str


def kind_of_file(path: Path, document: object) -> SpecKind:
    """By its name, its folder in a lake, or its keys. Raises ConfigError where nothing tells."""
    if path.name in ("instrument.yaml", "instrument.yml"):
        return "instrument"
    if path.resolve().parent.parent.name == "configs" and path.resolve().parent.name in _FOLDERS:
        return _FOLDERS[path.resolve().parent.name]
    for key, kind in _TELLING_KEYS:
        if isinstance(document, dict) and key in document:
            return kind
    raise ConfigError(
        source=str(path),
        field="",
        problem="neither its place nor its keys say what it is; name it with --kind",
        allowed=", ".join(get_args(SpecKind)),
    )


def check_file(path: Path, lake: Lake, kind: SpecKind | None = None) -> tuple[SpecKind | None, list[QmError]]:
    """The kind of the file, and everything that is wrong with it."""
    try:
        document = read_yaml(path)
        kind = kind or kind_of_file(path, document)
        problems: list[QmError] = [*spec_problems(KINDS[kind], document, str(path))]
        if not problems:
            _CHAINS[kind](path, _lake_of(path) or lake)
    except QmError as error:
        return kind, [error]
    return kind, problems


def write_schemas(folder: Path) -> list[SchemaFile]:
    """One JSON Schema a kind, ``<kind>.schema.json``."""
    files = []
    for kind, model in KINDS.items():
        path = folder / f"{kind}.schema.json"
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | model.model_json_schema()
        publish_file(path, (json.dumps(schema, indent=2) + "\n").encode())
        files.append(SchemaFile(kind=kind, file=str(path)))
    return files


def _lake_of(path: Path) -> Lake | None:
    """The lake in whose configs the file lies."""
    folder = path.resolve().parent
    if folder.parts[-4:-1] == ("research", "harness", "configs"):
        return Lake(folder.parents[3])
    return None


def _check_pipeline(path: Path, lake: Lake) -> None:
    resolve_config(load_instrument(lake.root), load_spec(PipelineSpec, path), source=str(path))


def _check_serving(path: Path, lake: Lake) -> None:
    signal = load_serving_chain(path, lake.root).serving.signal
    try:
        parse_params(kind_of(signal.name), signal.params, signal.weights)
    except QmError as error:
        raise ConfigError(source=str(path), field="signal", problem=str(error)) from error


def _check_experiment(path: Path, lake: Lake) -> None:
    load_experiment(path, lake)


def _stands_alone(path: Path, lake: Lake) -> None:
    """It names no other file."""


_CHAINS: Final[dict[SpecKind, Callable[[Path, Lake], None]]] = {
    "instrument": _stands_alone,
    "pipeline": _check_pipeline,
    "serving": _check_serving,
    "experiment": _check_experiment,
    "published": _stands_alone,
}
