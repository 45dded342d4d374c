"""``qm validate`` and ``qm schema``: what a user reads who wrote a spec wrongly."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from qm_harness.experiments.specs import KINDS
from qmcore.cli import main
from qmcore.lake import Lake
from tests.integration.datasets.conftest import CAPTURE, INSTRUMENT

SAMPLE = Path(__file__).parents[3] / "deploy" / "sample-lake"
BROKEN = yaml.safe_load(Path(__file__).with_name("broken_specs.yaml").read_text())
PLACES = {
    "instrument": "instrument.yaml",
    "pipeline": "research/harness/configs/pipelines/market.yaml",
    "serving": "research/harness/configs/serving/live.yaml",
    "experiment": "research/harness/configs/experiments/sweep.yaml",
}
GOOD = {
    "instrument": INSTRUMENT,
    "pipeline": {"name": "market", "capture": CAPTURE, "pipeline": {"grid_radius_ticks": 20}},
    "serving": {"name": "live", "pipeline": "market", "signal": {"name": "derivative"}},
    "experiment": {
        "name": "sweep",
        "serving": "live",
        "eval": {"tp_ticks": [4, 8], "costs": {"entry": "mid"}},
        "sweep": {"per_signal": {"derivative": {}}},
    },
}


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """A lake with one good file of every kind."""
    monkeypatch.delenv("QMACHINA_INSTRUMENT_CONFIG_PATH", raising=False)
    for kind, document in GOOD.items():
        path = tmp_path / PLACES[kind]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(document))
    return Lake(tmp_path)


def validate(lake: Lake, *arguments: object) -> Result:
    return CliRunner().invoke(main, ["validate", *map(str, arguments), "--lake-root", str(lake.root)])


def broken(document: dict, path: str, value: object) -> dict:
    """``document`` with another value at the dotted ``path``; without that key for ``...``."""
    changed = copy.deepcopy(document)
    *parents, last = path.split(".")
    inner = changed
    for key in parents:
        inner = inner.setdefault(key, {})
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return changed


def test_good_files_of_every_kind_are_said_to_be_good(specs):
    result = validate(specs, *(specs.root / place for place in PLACES.values()), "--format", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert [(row["kind"], row["problems"]) for row in json.loads(result.stdout)] == [
        (kind, 0) for kind in GOOD
    ]


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: f"{case['kind']}-{case['field']}")
def test_a_broken_file_is_answered_with_its_mistake(specs, case):
    path = specs.root / PLACES[case["kind"]]
    document = broken(GOOD[case["kind"]], case["field"], ... if case.get("absent") else case["value"])
    path.write_text(yaml.safe_dump(document))
    result = validate(specs, path)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"error: {path}: ")
    if "said" in case:
        assert line == f"error: {path}: {case['said']}"
    else:
        assert [part for part in case["parts"] if part not in line] == []


def test_all_mistakes_of_all_files_are_said(specs):
    experiment, serving = (specs.root / PLACES[kind] for kind in ("experiment", "serving"))
    experiment.write_text(
        yaml.safe_dump({"name": "sweep", "eval": {"warmup_bins": -1, "costs": {"entry": 1}}, "x": 1})
    )
    serving.write_text("name: [live")
    result = validate(specs, experiment, serving, specs.root / "absent.yaml", specs.root / PLACES["pipeline"])
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert [line.split(": ")[2] for line in lines if str(experiment) in line] == [
        "serving",
        "eval.warmup_bins",
        "eval.costs.entry",
        "x",
    ]
    assert any(line.startswith(f"error: {serving}: not valid YAML: ") for line in lines)
    assert f"error: unknown file '{specs.root / 'absent.yaml'}'; there are: instrument.yaml" in lines


def test_a_file_outside_a_lake_is_known_by_its_keys(specs, tmp_path):
    for kind, document in GOOD.items():
        (tmp_path / f"{kind}-x.yaml").write_text(yaml.safe_dump(document))
    result = validate(specs, *(tmp_path / f"{kind}-x.yaml" for kind in GOOD), "--format", "json")
    assert [row["kind"] for row in json.loads(result.stdout)] == list(GOOD)
    assert result.exit_code == 0
    (tmp_path / "what.yaml").write_text("a: 1")
    assert validate(specs, tmp_path / "what.yaml").stderr == (
        f"error: {tmp_path / 'what.yaml'}: neither its place nor its keys say what it is; name it with --kind; "
        "allowed: instrument, pipeline, serving, experiment, published\n"
    )


def test_the_sample_lake_is_valid():
    files = sorted(SAMPLE.rglob("*.yaml"))
    result = validate(Lake(SAMPLE), *files)
    assert (result.exit_code, result.stderr) == (0, "")


def test_schemas_are_written_one_a_kind(tmp_path):
    result = CliRunner().invoke(main, ["schema", "--output", str(tmp_path), "--format", "json"])
    assert result.exit_code == 0
    assert [row["kind"] for row in json.loads(result.stdout)] == list(KINDS)
    schema = json.loads((tmp_path / "experiment.schema.json").read_text())
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"name", "serving"}
    axis = schema["$defs"]["EvalSpec"]["properties"]["tp_ticks"]
    assert [option.get("type") for option in axis["anyOf"]] == ["array", "number", None]
    assert axis["description"] == "take-profit distances from the entry, in ticks"
