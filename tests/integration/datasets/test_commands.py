"""``qm generate`` and ``qm list-datasets``: what they print, and what they say about bad input."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner, Result

from qm_harness.manifest import BINS_FILE
from qmcore.cli import main
from tests.integration.datasets.conftest import CAPTURE


@pytest.fixture
def spec(lake):
    """The pipeline as a file of the lake."""
    path = lake.config_dir("pipelines") / "twenty.yaml"
    path.parent.mkdir(parents=True)
    write(path)
    return path


def write(path, **changes: object) -> None:
    document = {"name": "twenty", "capture": CAPTURE | changes.pop("capture", {})} | changes
    path.write_text(yaml.safe_dump(document))


def qm(lake, *arguments: object) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments), "--lake-root", str(lake.root)])


def test_generate_prints_one_row_and_is_idempotent(lake, spec):
    first = qm(lake, "generate", spec, "--format", "json")
    (row,) = json.loads(first.stdout)
    assert first.exit_code == 0
    assert (row["is_new"], row["bins"], row["rows"]) == (True, 200, 20_200)
    assert row["path"] == str(lake.datasets_dir / row["dataset_id"])
    assert first.stderr == f"made dataset {row['dataset_id']}\n"
    second = qm(lake, "generate", "twenty", "--format", "json")
    assert second.exit_code == 0
    assert second.stderr == f"dataset {row['dataset_id']} is there and intact\n"
    assert json.loads(second.stdout) == [row | {"is_new": False}]


def test_datasets_are_listed_and_damaged_ones_said(lake, spec):
    assert qm(lake, "list-datasets", "--format", "json").stdout == "[]\n"
    qm(lake, "generate", spec)
    (name,) = lake.dataset_ids()
    (row,) = json.loads(qm(lake, "list-datasets", "--verify", "--format", "json").stdout)
    assert (row["dataset_id"], row["state"], row["symbol"], row["bins"]) == (name, "ok", "ESH5", 200)
    path = lake.datasets_dir / name / BINS_FILE
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert qm(lake, "list-datasets").exit_code == 0
    verified = qm(lake, "list-datasets", "--verify", "--format", "csv")
    assert verified.exit_code == 1
    assert verified.stdout.splitlines()[1].startswith(f"{name},damaged,")
    assert (
        verified.stderr
        == f"error: {path}: does not match its checksum: it was changed after it was written; refused\n"
    )


def refusal(lake, *arguments: object) -> str:
    """The message of a command that ends with bad input and writes nothing."""
    result = qm(lake, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert lake.dataset_ids() == []
    return result.stderr


def test_missing_data_says_where_it_looked(lake, spec):
    write(spec, capture={"dt": "2025-02-04"})
    folder = lake.raw_dir("future_mbo", "ES")
    assert refusal(lake, "generate", spec) == (
        f"error: no data for ES (future_mbo) on 2025-02-04; looked in {folder}; "
        "there is: glbx-mdp3-20250203.mbo.dbn.zst\n"
    )


def test_another_instrument_is_refused(lake, spec):
    write(spec, capture={"symbol": "NQH5"})
    assert refusal(lake, "generate", spec) == (
        f"error: {spec}: symbol is 'NQH5', but this environment is locked to 'ESH5' "
        "by instrument.yaml (QMACHINA_INSTRUMENT_CONFIG_PATH)\n"
    )


def test_an_unknown_key_is_refused(lake, spec):
    write(spec, pipeline={"grid_radius": 5})
    message = refusal(lake, "generate", spec)
    assert message.startswith(f"error: {spec}: pipeline.grid_radius: unknown key; allowed: ")
    assert "grid_radius_ticks" in message


def test_an_impossible_range_is_refused(lake, spec):
    write(spec, pipeline={"cell_width_ms": 0})
    assert refusal(lake, "generate", spec).startswith(f"error: {spec}: pipeline.cell_width_ms: ")


def test_an_unknown_pipeline_lists_those_of_the_lake(lake, spec):
    assert refusal(lake, "generate", "thirty") == "error: unknown pipeline file 'thirty'; there are: twenty\n"
    assert (
        refusal(lake, "generate", "/no/such.yaml") == "error: unknown file '/no/such.yaml'; there are: none\n"
    )


def test_a_lake_without_an_instrument_is_refused(lake, spec):
    (lake.root / "instrument.yaml").unlink()
    assert "instrument.yaml: the instrument lock is missing" in refusal(lake, "generate", spec)
