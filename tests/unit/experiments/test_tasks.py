"""Tasks: an id names everything that a result depends on, and nothing else."""

from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path

import pytest

from qm_harness.experiments import tasks as tasks_module
from qm_harness.experiments.chain import ExperimentChain
from qm_harness.experiments.space import Space
from qm_harness.experiments.tasks import Source, batches_of, tasks_of
from qmcore.config.experiment import ExperimentSpec
from qmcore.config.instrument import InstrumentConfig
from qmcore.config.pipeline import PipelineSpec
from qmcore.config.resolve import resolve_config
from qmcore.config.serving import ServingSpec
from qmcore.serving_chain import ServingChain
from tests.integration.datasets.conftest import INSTRUMENT, pipeline

SOURCES = {(): Source("dataset", "hash")}
SWEEP = {"per_signal": {"pfp": {"lag_bins": [5, 8]}, "ofi": {}}}


def chain(sweep: dict[str, object] = SWEEP, name: str = "sweep", **trading: object) -> ExperimentChain:
    """An experiment over the tests' pipeline."""
    spec = ExperimentSpec.model_validate(
        {
            "name": name,
            "serving": "live",
            "eval": {"tp_ticks": [4, 8], "sl_ticks": [4, 6]} | trading,
            "sweep": sweep,
        }
    )
    market: PipelineSpec = pipeline()
    serving = ServingSpec(name="live", pipeline="test")
    instrument = InstrumentConfig.model_validate(INSTRUMENT)
    resolved = ServingChain(instrument, market, serving, resolve_config(instrument, market, serving))
    return ExperimentChain("test", spec, resolved, Space(spec, serving.signal))


def ids(made: ExperimentChain, sources: dict[tuple[()], Source] = SOURCES) -> list[str]:
    """Ids of its points, each once."""
    return list(dict.fromkeys(task.lineage.run_id for task in tasks_of(made, made.space, sources)))


def test_the_same_files_give_the_same_ids_in_the_same_order():
    assert ids(chain()) == ids(chain())
    assert len(set(ids(chain()))) == 12


def test_a_longer_sweep_keeps_the_ids_of_its_points():
    longer = chain(
        {"per_signal": {"pfp": {"lag_bins": [3, 5, 8]}, "ofi": {}, "derivative": {}}}, sl_ticks=[4, 6, 9]
    )
    assert set(ids(chain())) < set(ids(longer))


def test_parameters_that_say_the_default_are_the_same_point():
    assert ids(chain({"per_signal": {"pfp": {}}})) == ids(chain({"per_signal": {"pfp": {"lag_bins": 5}}}))
    twice = chain({"per_signal": {"pfp": {"ema_bins": [20, 20.0000000001]}}})
    assert len(ids(twice)) == 8


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "other"},
        {"max_hold_bins": 7},
        {"warmup_bins": 7},
        {"thresholds": [0.5]},
        {"in_sample_fraction": 0.5},
        {"costs": {"latency_bins": 2}},
        {"costs": {"entry": "mid"}},
        {"cooldown_bins": [31]},
        {"sweep": SWEEP | {"seed": 2}},
    ],
)
def test_whatever_may_change_a_result_changes_every_id(changes):
    assert not set(ids(chain())) & set(ids(chain(**changes)))


def test_other_data_and_other_code_change_every_id(monkeypatch):
    before = set(ids(chain()))
    assert not before & set(ids(chain(), {(): Source("dataset", "other")}))
    monkeypatch.setattr(tasks_module, "code_version", lambda: "0.2.0")
    tasks_module.experiment_code_version.cache_clear()
    assert not before & set(ids(chain()))
    monkeypatch.undo()
    tasks_module.experiment_code_version.cache_clear()
    assert before == set(ids(chain()))


def test_who_works_on_it_and_tracks_it_changes_no_id():
    one = chain()
    others = ExperimentSpec.model_validate(
        one.spec.model_dump() | {"parallel": {"workers": 7}, "tracking": {"enabled": False}}
    )
    other = dataclasses.replace(one, spec=others)
    assert ids(other) == ids(one)
    assert other.spec_hash == one.spec_hash


def test_the_lineage_says_what_a_run_is_made_of():
    first = tasks_of(chain(), chain().space, SOURCES)[0].lineage
    assert (first.signal, first.cooldown_bins, first.tp_ticks, first.sl_ticks) == ("pfp", 30, 4.0, 4.0)
    assert '"lag_bins":5' in first.params
    assert (first.n_thresholds, first.n_trials) == (16, 12 * 16)
    assert (first.dataset_id, first.dataset_hash, first.serving) == ("dataset", "hash", "live")
    assert first.spec_hash == chain().spec_hash != chain(max_hold_bins=5).spec_hash


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_batches_hold_every_task_once_and_one_signal_each(workers):
    made = chain(sl_ticks=list(range(1, 31)))
    tasks = tasks_of(made, made.space, SOURCES)
    batches = batches_of(tasks, workers)
    assert [task for batch in batches for task in batch.tasks] == tasks
    for batch in batches:
        assert len({(task.lineage.signal, task.lineage.params) for task in batch.tasks}) == 1
        assert len(batch.tasks) <= 16
        assert [task for single in batch.single() for task in single.tasks] == list(batch.tasks)
    assert len(batches) >= workers


def test_a_user_s_own_file_is_a_part_of_its_signal_s_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(tmp_path)
    versions = set()
    for name, value in (("mine_a", 1.0), ("mine_b", 2.0)):
        (tmp_path / f"{name}.py").write_text(
            "from qmcore.signals import Signal\n\n\nclass Mine(Signal):\n    name = 'mine'\n\n"
            f"    def next(self, header, grid):\n        return {value}\n"
        )
        versions.add(tasks_module.experiment_code_version(importlib.import_module(name).Mine))
    assert len(versions) == 2
