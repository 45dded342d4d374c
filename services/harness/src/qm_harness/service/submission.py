"""What was submitted, checked to the last file that it names, before a job is made of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from qmcore.config.base import load_spec, parse_spec
from qmcore.config.experiment import ExperimentSpec
from qmcore.contracts.jobs import JobSubmit
from qmcore.errors import ConfigError, NotFound
from qmcore.lake import Lake

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def checked_experiment(submitted: JobSubmit, lake: Lake) -> ExperimentSpec:
    """The experiment to run. Raises NotFound, ConfigError or InstrumentMismatch."""
    # Here, because it brings numpy and every signal, which the first answers of the service need not wait for.
    from qm_harness.experiments.chain import resolve_experiment

    if submitted.experiment is not None:
        source = f"{submitted.experiment}.yaml"
        spec = load_spec(ExperimentSpec, _experiment_path(submitted.experiment, lake))
    else:
        source = "spec"
        spec = parse_spec(ExperimentSpec, submitted.spec, source)
        _refuse_addresses(spec, source)
    if not _NAME.fullmatch(spec.serving):
        there = sorted(path.stem for path in lake.config_dir("serving").glob("*.yaml"))
        raise ConfigError(
            source=source,
            field="serving",
            problem=f"a job's serving is a name and not a path (got {spec.serving[:200]!r})",
            allowed=", ".join(there),
        )
    resolve_experiment(spec, Path(source), lake)
    return spec


def _refuse_addresses(spec: ExperimentSpec, source: str) -> None:
    """Whoever may submit may not send the workers to a scheduler or a database of their own."""
    for field, address in (("parallel.dask", spec.parallel.dask), ("tracking.uri", spec.tracking.uri)):
        if address is not None:
            problem = "a spec that is sent names no address; one in the lake may"
            raise ConfigError(source=source, field=field, problem=problem, allowed="leave it out")


def _experiment_path(name: str, lake: Lake) -> Path:
    folder = lake.config_dir("experiments")
    path = folder / f"{name}.yaml"
    if not path.is_file():
        raise NotFound(kind="experiment", name=name, available=sorted(p.stem for p in folder.glob("*.yaml")))
    return path
