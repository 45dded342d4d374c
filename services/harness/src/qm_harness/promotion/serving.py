"""The serving that a run becomes: the experiment's serving with the run's scoring, signal, parameters and model.

It is made from the experiment's files as they are now, and refused where they would give other bins or another signal
than the run was evaluated on.
"""

from __future__ import annotations

import datetime as dt_
import json

from qm_harness.dataset import Dataset
from qm_harness.experiments.chain import ExperimentChain
from qm_harness.experiments.tasks import experiment_code_version
from qm_harness.identity import dataset_id, reaches_a_bin
from qm_harness.results.rows import RunMeta
from qmcore.artifacts import ArtifactStore
from qmcore.config.resolve import resolve_config
from qmcore.config.runtime import RuntimeConfig, SignalSpec
from qmcore.config.serving import PublishedServingSpec, ServingSource, ServingSpec, publish
from qmcore.errors import ConfigError, NotFound
from qmcore.lake import Lake
from qmcore.signals.catalogue import create, kind_of, parse_params

_LONGEST_NAME = 64


def serving_of(chain: ExperimentChain, lake: Lake, meta: RunMeta) -> PublishedServingSpec:
    """The run of ``meta`` as a serving, named after experiment and run: two runs are never one serving.

    Raises ConfigError where the experiment's files no longer make what was run; NotFound or CorruptData where its
    trained model is gone or damaged.
    """
    scored = chain.scored(tuple(json.loads(meta.scoring).items()))
    serving = ServingSpec.model_validate(scored.model_dump() | {"signal": _signal(chain, meta)})
    runtime = resolve_config(
        chain.serving.instrument,
        chain.serving.pipeline,
        serving,
        source=f"run {meta.run_id} of {chain.source}",
    )
    _check_bins(chain, lake, meta, runtime)
    create(runtime.signal, runtime, ArtifactStore(lake))
    source = ServingSource(
        run_id=meta.run_id,
        experiment=meta.experiment,
        serving=serving.name,
        config_hash=chain.spec_hash,
        published_at=dt_.datetime.now(dt_.UTC),
    )
    shortened = meta.experiment[: _LONGEST_NAME - len(meta.run_id) - 1]
    return publish(runtime, name=f"{shortened}-{meta.run_id}", source=source)


def is_todays_code(meta: RunMeta) -> bool:
    """Whether the run was evaluated by the code that is installed now."""
    return meta.code_version == experiment_code_version(kind_of(meta.signal))


def _signal(chain: ExperimentChain, meta: RunMeta) -> SignalSpec:
    wanted = json.loads(meta.params)
    given = {name: value for name, value in wanted.items() if value is not None}
    now = parse_params(kind_of(meta.signal), given).model_dump(mode="json")
    changed = [name for name in {**wanted, **now} if wanted.get(name) != now.get(name)]
    if changed:
        name = changed[0]
        raise _mismatch(
            chain, meta, f"signal.params.{name}", f"was {wanted.get(name)!r} and would be {now.get(name)!r}"
        )
    return SignalSpec(name=meta.signal, params=given, artifact=meta.artifact)


def _check_bins(chain: ExperimentChain, lake: Lake, meta: RunMeta, runtime: RuntimeConfig) -> None:
    """Raise ConfigError unless ``runtime`` makes the bins of the run's dataset."""
    makes = dataset_id(chain.serving.pipeline.name, runtime)
    if makes == meta.dataset_id:
        return
    try:
        was = reaches_a_bin(Dataset.open(lake, meta.dataset_id, contents=False).config)
    except NotFound:
        problem = f"makes dataset {makes}, not the run's {meta.dataset_id}, which is gone"
        raise _mismatch(chain, meta, "", problem) from None
    now = reaches_a_bin(runtime)
    for name in now:
        if was.get(name) != now[name]:
            raise _mismatch(chain, meta, name, f"was {was.get(name)!r} and is {now[name]!r}")


def _mismatch(chain: ExperimentChain, meta: RunMeta, field: str, problem: str) -> ConfigError:
    then, now = meta.spec_hash[:12], chain.spec_hash[:12]
    files = (
        f"its files have changed since (spec hash {then}, now {now})"
        if then != now
        else "its files are the same"
    )
    return ConfigError(
        source=f"run {meta.run_id} of {chain.source}",
        field=field,
        problem=f"{problem}; {files}",
        allowed="what the run was evaluated with, or a new qm run",
    )
