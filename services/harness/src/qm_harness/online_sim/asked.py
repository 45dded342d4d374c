"""Which signal a simulation is of: as an option says, or as a stored run has it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import yaml

from qm_harness.results.rows import RunMeta
from qm_harness.results.store import ResultStore
from qmcore.config.runtime import ParamValue, SignalSpec
from qmcore.errors import NotFound, OptionError
from qmcore.lake import Lake
from qmcore.signals import kind_of


def run_of(lake: Lake, run_id: str) -> RunMeta:
    """A stored run. Raises NotFound."""
    for meta in ResultStore(lake).metas():
        if meta.run_id == run_id:
            return meta
    raise NotFound(kind="run", name=run_id)


def signal_of(meta: RunMeta) -> SignalSpec:
    """The signal of a run, with its parameters and its trained model."""
    params: dict[str, ParamValue | None] = json.loads(meta.params)
    given = {name: value for name, value in params.items() if value is not None}
    return SignalSpec(name=meta.signal, params=given, artifact=meta.artifact)


def signal_named(lake: Lake, name: str, params: Sequence[str], artifact: str | None) -> SignalSpec:
    """The signal ``name`` with ``params`` as ``name=value``. Raises NotFound, OptionError, BadInput."""
    kind_of(name)
    if artifact is not None:
        lake.artifact_path(artifact)
    return SignalSpec(name=name, params=_parsed(params), artifact=artifact)


def _parsed(texts: Sequence[str]) -> dict[str, ParamValue]:
    """By name, values as in a spec file."""
    params: dict[str, ParamValue] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        try:
            known = yaml.safe_load(value)
        except yaml.YAMLError:
            known = None
        if not equals or not name or name in params or not isinstance(known, bool | int | float | str):
            raise OptionError(option="--param", value=text, allowed="name=value, each name once")
        params[name] = known
    return params
