"""``qm serving`` and ``qm alias``: on the lake's own registry and on a service, with the same answers."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from fastapi import FastAPI

from qm_registry.local import LocalRegistry
from qmcore.cli import main
from qmcore.errors import PromotionRefused
from qmcore.registry_access import RemoteRegistry
from tests.unit.registry.test_gate import evidence, of_a_run

SAMPLE = Path(__file__).parents[3] / "deploy" / "sample-lake"
Qm = Callable[..., Result]


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the sample lake."""
    for name in ("QM_REGISTRY_URL", "QM_REGISTRY_ENDPOINT", "QM_LAKE", "QMACHINA_INSTRUMENT_CONFIG_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("QM_WHO", "ada")
    root = tmp_path / "lake"
    shutil.copytree(SAMPLE, root)
    return root


@pytest.fixture(params=["lake", "service"])
def qm(request: pytest.FixtureRequest, lake: Path, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> Qm:
    """``qm`` on the lake, and the same through its registry service."""
    options = ["--lake-root", str(lake)]
    if request.param == "service":
        options += ["--registry", "http://registry"]

        def connected(url: str, token: str | None) -> RemoteRegistry:
            return RemoteRegistry(url, patience_s=0.0, token=token, transport=httpx.ASGITransport(app=app))

        monkeypatch.setattr("qmcore.registry_access.RemoteRegistry", connected)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, [*arguments, *options])

    return run


@pytest.fixture
def demo(lake: Path) -> Path:
    """The sample serving's file."""
    return lake / "research/harness/configs/serving/demo.yaml"


def _rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    return rows


def _publish(qm: Qm, file: Path, *more: str) -> dict[str, Any]:
    (row,) = _rows(qm("serving", "publish", str(file), "--format", "json", *more))
    return row


def _edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_publish_resolves_the_chain_freezes_it_and_moves_the_alias(qm: Qm, demo: Path) -> None:
    row = _publish(qm, demo, "--alias", "demo")
    assert row["serving_id"].startswith("demo-")
    assert (row["created"], row["alias"], row["version"]) == (True, "demo", 1)
    spec = json.loads(qm("serving", "show", "demo", "--format", "json").stdout)
    assert spec["serving_id"] == row["serving_id"]
    assert spec["runtime_snapshot"]["symbol"] == "ESZ5"
    assert spec["runtime_snapshot"]["projection_horizons_bins"] == [5, 10, 20, 40]
    assert (spec["source"]["serving"], len(spec["source"]["config_hash"])) == ("demo", 64)
    (event,) = _rows(qm("alias", "history", "demo", "--format", "json"))
    assert (event["who"], event["why"]) == ("ada", f"published from {demo}")


def test_publishing_an_unchanged_file_again_gives_the_same_serving(qm: Qm, demo: Path) -> None:
    first = _publish(qm, demo)
    again = _publish(qm, demo)
    assert (first["created"], again["created"]) == (True, False)
    assert first["serving_id"] == again["serving_id"]


def test_an_edit_gives_a_new_serving_whose_difference_is_shown(qm: Qm, demo: Path) -> None:
    first = _publish(qm, demo, "--alias", "demo")
    _edit(demo, "flow_neutral_threshold: 0.15", "flow_neutral_threshold: 0.2")
    second = _publish(qm, demo)
    assert _rows(qm("serving", "diff", "demo", second["serving_id"], "--format", "json")) == [
        {"field": "flow_neutral_threshold", "a": 0.15, "b": 0.2}
    ]
    listed = _rows(qm("serving", "list", "--format", "json"))
    assert [row["serving_id"] for row in listed] == [second["serving_id"], first["serving_id"]]
    assert [row["aliases"] for row in listed] == ["", "demo"]


def test_set_rollback_and_history(qm: Qm, demo: Path) -> None:
    first = _publish(qm, demo, "--alias", "demo")["serving_id"]
    _edit(demo, "damping_lambda: 0.1", "damping_lambda: 0.2")
    second = _publish(qm, demo)["serving_id"]
    (state,) = _rows(qm("alias", "set", "demo", second, "--expect", first, "--why", "x", "--format", "json"))
    assert (state["serving_id"], state["version"], state["who"]) == (second, 2, "ada")
    (state,) = _rows(qm("alias", "rollback", "demo", "--why", "worse", "--format", "json"))
    assert (state["serving_id"], state["action"]) == (first, "rollback")
    (state,) = _rows(qm("alias", "set", "live", "demo", "--expect", "", "--why", "x", "--format", "json"))
    assert state["serving_id"] == first
    history = _rows(qm("alias", "history", "demo", "--format", "json"))
    assert [event["to_id"] for event in history] == [first, second, first]
    (then,) = _rows(qm("alias", "show", "demo", "--at", history[1]["at"], "--format", "json"))
    assert then["serving_id"] == second
    assert [row["alias"] for row in _rows(qm("alias", "list", "--format", "json"))] == ["demo", "live"]


def test_the_audit_trail_tells_of_publications_their_evidence_and_their_overrides(
    qm: Qm, demo: Path, local: LocalRegistry
) -> None:
    _publish(qm, demo, "--alias", "demo")
    weak = evidence(holm_p=0.5)
    local.publish(of_a_run(), who="bob", why="a run", evidence=weak, override="a demonstration")
    with pytest.raises(PromotionRefused):
        local.publish(of_a_run(), who="eve", why="a run", evidence=weak)
    refused, overridden, moved, published = _rows(qm("serving", "audit", "--format", "json"))
    assert [row["action"] for row in (refused, overridden, moved, published)] == [
        "publish",
        "publish",
        "promote",
        "publish",
    ]
    assert (overridden["override"], overridden["evidence"]["holm_p"]) == ("a demonstration", 0.5)
    assert (moved["evidence"], published["evidence"]) == (None, None)
    text = qm("serving", "audit", "--outcome", "refused", "--format", "csv").stdout
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["who"], row["run_id"], row["holm_p"]) == ("eve", weak.run_id, "0.5")
    assert "Holm-corrected for 500 trials: 0.5; must be at most 0.05" in row["detail"]
    assert "a demonstration" in qm("serving", "audit").stdout


def test_a_lost_compare_and_set_fails_with_what_the_alias_is_now(qm: Qm, demo: Path) -> None:
    first = _publish(qm, demo, "--alias", "demo")["serving_id"]
    result = qm("alias", "set", "demo", first, "--expect", "", "--why", "x")
    assert result.exit_code == 1
    assert result.stderr == (
        f"error: alias 'demo' points at {first}, but was expected not to exist yet; nothing was changed\n"
    )


def test_output_is_a_table_or_csv_when_asked(qm: Qm, demo: Path) -> None:
    serving_id = _publish(qm, demo, "--alias", "demo")["serving_id"]
    table = qm("alias", "list").stdout
    assert "serving_id" in table
    assert serving_id in table
    (row,) = csv.DictReader(io.StringIO(qm("alias", "list", "--format", "csv").stdout))
    assert (row["alias"], row["serving_id"], row["version"]) == ("demo", serving_id, "1")
    fields = {
        row["field"]: row["value"]
        for row in csv.DictReader(io.StringIO(qm("serving", "show", "demo", "--format", "csv").stdout))
    }
    assert fields["runtime_snapshot.tick_size"] == "0.25"


BAD: list[tuple[list[str], str]] = [
    (["serving", "show", "nope"], "error: unknown serving 'nope'; there are: none\n"),
    (["serving", "show", "../x"], "alias_or_id"),
    (["serving", "diff", "a", "b"], "error: unknown serving 'a'; there are: none\n"),
    (["serving", "list", "--limit", "0"], "0 is not in the range 1<=x<=500"),
    (["serving", "publish", "missing.yaml"], "unknown file 'missing.yaml'"),
    (["alias", "history", "nope"], "error: unknown alias 'nope'; there are: none\n"),
    (["alias", "rollback", "nope", "--why", "x"], "error: unknown alias 'nope'"),
    (["alias", "rollback", "nope"], "Missing option '--why'"),
    (["alias", "set", "a.b", "x", "--why", "x"], "alias: String should match pattern"),
    (["alias", "set", "demo", "nope", "--why", "x"], "unknown serving 'nope'"),
    (["alias", "show", "demo", "--at", "noon"], "--at: 'noon' is not allowed; allowed: ISO 8601 with offset"),
    (["alias", "show", "demo", "--at", "2025-01-01T00:00:00"], "allowed: ISO 8601 with offset"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD)
def test_bad_input_is_exit_code_2_and_says_what_is_wrong(qm: Qm, arguments: list[str], words: str) -> None:
    result = qm(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def _unknown_key(lake: Path, demo: Path) -> str:
    _edit(demo, "scoring:\n", "scoring:\n  flow_window: 3\n")
    return "demo.yaml: scoring.flow_window: unknown key"


def _unknown_pipeline(lake: Path, demo: Path) -> str:
    _edit(demo, "pipeline: demo", "pipeline: other")
    return "other.yaml'; there are: demo.yaml"


def _renamed_pipeline(lake: Path, demo: Path) -> str:
    _edit(lake / "research/harness/configs/pipelines/demo.yaml", "name: demo", "name: other")
    return "demo.yaml: name: is 'other', unlike its file; allowed: demo"


def _other_instrument(lake: Path, demo: Path) -> str:
    _edit(lake / "instrument.yaml", "symbol: ESZ5", "symbol: ESH6")
    return "symbol is 'ESZ5', but this environment is locked to 'ESH6'"


def _impossible_range(lake: Path, demo: Path) -> str:
    _edit(lake / "research/harness/configs/pipelines/demo.yaml", "cell_width_ms: 100", "cell_width_ms: 0")
    return "pipeline.cell_width_ms: Input should be greater than or equal to 1 (got 0)"


@pytest.mark.parametrize(
    "spoil", [_unknown_key, _unknown_pipeline, _renamed_pipeline, _other_instrument, _impossible_range]
)
def test_a_chain_that_does_not_resolve_publishes_nothing(
    qm: Qm, lake: Path, demo: Path, local: LocalRegistry, spoil: Callable[[Path, Path], str]
) -> None:
    words = spoil(lake, demo)
    result = qm("serving", "publish", str(demo), "--alias", "demo")
    assert result.exit_code == 2
    assert words in result.stderr
    assert local.servings().total == local.events().total == 0


def test_a_pipeline_may_be_named_by_its_path(qm: Qm, lake: Path, demo: Path) -> None:
    by_name = _publish(qm, demo)
    _edit(demo, "pipeline: demo", "pipeline: ../pipelines/demo.yaml")
    assert _publish(qm, demo)["serving_id"] == by_name["serving_id"]


def test_a_bad_alias_is_refused_before_anything_is_published(
    qm: Qm, demo: Path, local: LocalRegistry
) -> None:
    result = qm("serving", "publish", str(demo), "--alias", "../demo")
    assert result.exit_code == 2
    assert local.events().total == 0


def test_a_lake_that_is_not_there_is_not_made(tmp_path: Path, lake: Path) -> None:
    result = CliRunner().invoke(main, ["alias", "list", "--lake-root", str(tmp_path / "typo")])
    assert (result.exit_code, result.stderr) == (2, f"error: unknown lake '{tmp_path}/typo'\n")
    assert not (tmp_path / "typo").exists()


def test_a_registry_that_is_down_is_a_failure_in_words(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "qmcore.registry_access.RemoteRegistry",
        lambda url, token: RemoteRegistry(url, patience_s=0.0, token=token),
    )
    result = CliRunner().invoke(main, ["alias", "list", "--registry", "http://127.0.0.1:9"])
    assert result.exit_code == 1
    assert result.stderr.startswith("error: registry http://127.0.0.1:9 is unavailable: ")


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--database", "nonsense", "QM_REGISTRY_URL"),
        ("--database", "sqlite://", "a registry in memory would forget everything"),
        ("--database", "fancydb://host/name", "a database whose driver is installed"),
        ("--port", "70000", "70000 is not in the range"),
    ],
)
def test_a_service_that_cannot_work_ends_with_exit_code_2(
    lake: Path, capfd: pytest.CaptureFixture[str], option: str, value: str, words: str
) -> None:
    result = CliRunner().invoke(main, ["registry", "--port", "0", option, value, "--lake-root", str(lake)])
    assert result.exit_code == 2
    assert words in result.stderr + capfd.readouterr().err
