"""``qm online-sim`` over a simulated market: from datasets, from runs, and from the file itself."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner, Result

from qm_harness.columns_cache import ColumnCache
from qm_harness.dataset import Dataset
from qm_harness.generate import generate
from qm_harness.online_sim import run as module
from qm_harness.online_sim.row import OnlineSimRow
from qm_harness.results.store import ResultStore, Run
from qmcore.artifacts import ArtifactStore
from qmcore.cli import main
from qmcore.lake import Lake
from tests.fixtures.artifacts import QUICKER, trained
from tests.integration.datasets.conftest import CAPTURE, pipeline
from tests.integration.datasets.conftest import lake as lake
from tests.unit.results.rows import meta


@pytest.fixture
def dataset(lake: Lake) -> str:
    """A dataset of twenty seconds."""
    return generate(lake, pipeline(), source="test").dataset.manifest.dataset_id


def simulate(lake: Lake, *options: object) -> Result:
    command = ["online-sim", "--lake-root", str(lake.root), "--format", "json", *map(str, options)]
    return CliRunner().invoke(main, command)


def row(lake: Lake, *options: object) -> OnlineSimRow:
    result = simulate(lake, *options)
    assert (result.exit_code, result.stderr) == (0, "")
    (document,) = json.loads(result.stdout)
    return OnlineSimRow.model_validate(document)


def test_a_signal_over_a_dataset_is_as_offline_and_within_the_budget(lake, dataset):
    made = row(
        lake, "--signal", "pfp", "--param", "lag_bins=3", "--dataset-id", dataset, "--bin-budget-ms", 100
    )
    assert (made.signal, made.params, made.source) == ("pfp", "lag_bins 3", dataset)
    assert (made.values, made.bins, made.different_bins, made.retrains) == ("equal", 200, 0, 0)
    for stage in ("feature", "inference", "total"):
        p50, p95, p99, most = (getattr(made, f"{stage}_{name}_us") for name in ("p50", "p95", "p99", "max"))
        assert 0 < p50 <= p95 <= p99 <= most
    assert made.budget_share_p50 == pytest.approx(made.total_p50_us / 100_000, abs=1e-6)
    assert made.budget_share_p50 < 0.2


def test_a_budget_of_nothing_is_never_met(lake, dataset):
    made = row(lake, "--signal", "pfp", "--dataset-id", dataset, "--bin-budget-ms", 1e-6, "--bins", 50)
    assert (made.bins, made.bins_over_budget) == (50, made.measured_bins)


def test_from_the_file_book_and_physics_are_part_of_it(lake, dataset, tmp_path: Path):
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump({"name": "test", "capture": CAPTURE}))
    made = row(lake, "--signal", "pfp", "--pipeline", file)
    # The first bin holds all earlier records and is not measured.
    assert (made.values, made.bins, made.measured_bins) == ("equal", 200, 199)
    assert made.source.endswith(".dbn.zst")
    assert made.bin_budget_ms == 100
    of_dataset = row(lake, "--signal", "pfp", "--dataset-id", dataset)
    assert made.feature_p50_us > of_dataset.feature_p50_us
    unchecked = row(lake, "--signal", "pfp", "--pipeline", file, "--no-check", "--bins", 20)
    assert (unchecked.values, unchecked.bins, unchecked.measured_bins) == ("not checked", 20, 19)


@pytest.mark.parametrize("name", sorted(QUICKER))
def test_a_run_brings_its_trained_model(lake, dataset, tmp_path: Path, name: str):
    data = ColumnCache(lake, Dataset.open(lake, dataset))
    artifact = ArtifactStore(lake).save(trained(name, data, horizon_bins=10))
    params = QUICKER[name] | {"horizon_bins": 10}
    stored = meta("r1", signal=name, params=json.dumps(params), dataset_id=dataset, artifact=artifact)
    ResultStore(lake).append([Run(stored)])
    made = row(lake, "--run-id", "r1")
    assert (made.values, made.source, made.artifact) == ("equal", dataset, artifact)
    assert made.retrains >= 2
    by_hand = [f"--param={key}={value}" for key, value in params.items()]
    same = row(lake, "--signal", name, *by_hand, "--artifact", artifact, "--dataset-id", dataset)
    assert (same.values, same.retrains, same.params) == ("equal", made.retrains, made.params)
    file = tmp_path / "test.yaml"
    file.write_text(yaml.safe_dump({"name": "test", "capture": CAPTURE}))
    from_file = row(lake, "--run-id", "r1", "--pipeline", file)
    assert (from_file.values, from_file.retrains) == ("equal", made.retrains)


def test_a_value_that_differs_from_offline_is_a_failure(lake, dataset, monkeypatch):
    replay = module.signals.replay

    def wrong(*arguments: object) -> object:
        values = replay(*arguments)
        values[7] = np.nextafter(values[7], 9)
        return values

    monkeypatch.setattr(module.signals, "replay", wrong)
    result = simulate(lake, "--signal", "microprice", "--dataset-id", dataset)
    assert result.exit_code == 1
    assert "values differ from the offline replay" in result.stderr
    assert json.loads(result.stdout)[0]["values"] == "different"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--dataset-id", "x"), "say either --signal or --run-id"),
        (("--signal", "pfp"), "say either --dataset-id or --pipeline"),
        (("--signal", "pfp", "--run-id", "x"), "say either --signal or --run-id"),
        (("--run-id", "x", "--param", "a=1"), "--param and --artifact belong to --signal"),
        (("--run-id", "x"), "unknown run 'x'"),
        (("--signal", "magic", "--dataset-id", "x"), "unknown signal 'magic'; there are: "),
        (("--signal", "pfp", "--dataset-id", "x"), "unknown dataset 'x'"),
        (("--signal", "pfp", "--param", "lag", "--dataset-id", "x"), "--param: 'lag' is not allowed"),
        (("--signal", "pfp", "--param", "a=[1]", "--dataset-id", "x"), "allowed: name=value, each name once"),
        (("--signal", "gbm", "--artifact", "../x", "--dataset-id", "x"), "is not the name of an artifact"),
        (("--signal", "pfp", "--pipeline", "x"), "unknown pipeline file 'x'"),
    ],
)
def test_bad_input_is_said_in_words(lake, options, said):
    result = simulate(lake, *options)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_trained_signal_without_a_model_says_where_models_come_from(lake, dataset):
    result = simulate(lake, "--signal", "gbm", "--dataset-id", dataset)
    assert result.exit_code == 2
    assert "it needs an artifact, which a run of an experiment makes" in result.stderr
