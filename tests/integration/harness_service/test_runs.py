"""What came out of the jobs: experiments, runs, one run, its report, and its way to an alias."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from qm_harness.dataset import Dataset
from qm_harness.results.comparison import ranked
from qm_harness.results.judged import judged_trials
from qmcore.contracts.experiments import ExperimentList, RunDetail, RunList, SampleStats
from tests.fixtures.brokers import NatsServer, free_port
from tests.fixtures.harness import Harness
from tests.fixtures.market import MarketLake
from tests.fixtures.stack import Service
from tests.integration.datasets.conftest import make_lake
from tests.integration.experiments.conftest import Laboratory, make_laboratory

BRACKETS = {
    "warmup_bins": 50,
    "thresholds": [0.1, 0.3],
    "cooldown_bins": [5],
    "tp_ticks": [2, 4],
    "sl_ticks": [2],
}


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory, market: MarketLake) -> Laboratory:
    """An experiment of four good and two bad points was run in its lake."""
    folder = tmp_path_factory.mktemp("searched")
    made = make_laboratory(make_lake(folder / "lake", market.file), folder / "packages")
    made.write(eval=BRACKETS, sweep={"per_signal": {"derivative": {}, "ofi": {}, "raising": {"number": [1]}}})
    code, _, err = made.qm("run", "sweep")
    assert (code, "1 is odd" in err) == (1, True)
    return made


@pytest.fixture(scope="module")
def searched(
    tmp_path_factory: pytest.TempPathFactory, laboratory: Laboratory, nats_server: NatsServer
) -> Iterator[Harness]:
    """A harness on that lake, without a registry."""
    env = {
        "PYTHONPATH": str(laboratory.packages),
        "QM_REGISTRY_ENDPOINT": f"http://127.0.0.1:{free_port()}",
    }
    made = Harness(tmp_path_factory.mktemp("harness"), laboratory.lake, nats_server, **env)
    made.api.start()
    yield made
    made.close()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Service]:
    """A registry of the test's own."""
    port = free_port()
    env = {"QM_REGISTRY_PORT": str(port), "QM_REGISTRY_URL": f"sqlite:///{tmp_path / 'registry.sqlite'}"}
    service = Service("registry", "qm_registry", port, env, tmp_path / "registry.log").start()
    yield service
    service.kill()


def test_runs_are_listed_as_the_command_lists_them(searched: Harness, laboratory: Laboratory) -> None:
    listed = RunList.model_validate(searched.get("/runs", min_signals=1))
    expected = ranked(judged_trials(laboratory.store, lambda _: True), min_signals=1)
    figures = {"overfitting_probability", "spa_p"}
    assert len(listed.runs) == len(expected) == listed.total == 4
    for mine, theirs in zip(listed.runs, expected, strict=True):
        assert mine.model_dump(include=set(theirs.model_dump()) - figures) == theirs.model_dump(
            exclude=figures
        )
        assert (mine.artifact, mine.can_stream, mine.streaming_url) == (None, False, None)
    assert (listed.failed, listed.too_few_signals, listed.experiments) == (2, 0, ("sweep",))
    assert listed.signals == ("derivative", "ofi", "raising")
    assert listed.registry_problem is not None, "the registry is not up yet"
    assert "registry" in listed.registry_problem
    only = RunList.model_validate(searched.get("/runs", signal="ofi", sort="holm_p", top_n=1, min_signals=1))
    assert [r.signal for r in only.runs] == ["ofi"]
    assert (only.total, only.smaller_is_better) == (2, True)
    nobody = RunList.model_validate(searched.get("/runs", experiment="nobody"))
    assert (nobody.runs, nobody.total, nobody.experiments) == ((), 0, ("sweep",))
    none = RunList.model_validate(searched.get("/runs", min_signals=10_000))
    assert (none.total, none.too_few_signals) == (0, 4)


def test_one_run_in_full(searched: Harness, laboratory: Laboratory) -> None:
    run = searched.get("/runs", min_signals=1, signal="ofi")["runs"][0]
    document = searched.get(f"/runs/{run['run_id']}/detail")
    detail = RunDetail.model_validate(document)
    (kept,) = laboratory.store.runs(lambda meta: meta.run_id == run["run_id"])
    assert detail.lineage.model_dump() == kept.meta.model_dump()
    assert [t.threshold for t in detail.thresholds] == [0.1, 0.3]
    for threshold, row in zip(detail.thresholds, kept.rows, strict=True):
        assert threshold.whole.model_dump() == {name: getattr(row, name) for name in SampleStats.model_fields}
        assert threshold.out_of_sample.model_dump() == row.out_of_sample.model_dump()
        assert threshold.equity_ticks == pytest.approx(np.cumsum(row.period_pnl))
        assert min(threshold.drawdown_ticks) >= 0
        assert threshold.max_drawdown_ticks == max(threshold.drawdown_ticks)
        assert not threshold.gate.passes
        assert any("Holm-corrected" in reason for reason in threshold.gate.reasons)
    assert isinstance(document["period_end_ns"][0], str), "64-bit integers are strings"
    manifest = Dataset.open(laboratory.lake, run["dataset_id"]).manifest
    assert detail.start_ns == manifest.first_bin_start_ns + 50 * 100_000_000
    assert detail.period_end_ns is not None
    assert detail.period_end_ns[-1] == manifest.last_bin_end_ns
    assert detail.out_of_sample_from_ns is not None
    assert detail.start_ns < detail.out_of_sample_from_ns < manifest.last_bin_end_ns
    assert (detail.can_stream, detail.streaming_url, detail.servings) == (False, None, ())


def test_a_failed_run_says_why(searched: Harness, laboratory: Laboratory) -> None:
    failed = next(meta for meta in laboratory.store.metas() if meta.status == "failed")
    detail = RunDetail.model_validate(searched.get(f"/runs/{failed.run_id}/detail"))
    assert (detail.lineage.status, detail.lineage.error) == ("failed", "ValueError: 1 is odd")
    assert detail.thresholds == ()


def test_a_run_is_promoted_through_the_gate_and_can_be_streamed(searched: Harness, registry: Service) -> None:
    api = searched.add_api("promoting", QM_REGISTRY_ENDPOINT=f"http://127.0.0.1:{registry.port}").start()
    run_id = searched.get("/runs", min_signals=1, signal="ofi", api=api)["runs"][0]["run_id"]
    path, ask = f"/runs/{run_id}/promote", {"alias": "live", "threshold": 0.1, "who": "ann"}
    refused = searched.call("POST", path, json=ask, api=api)
    assert refused.status_code == 403, refused.text
    assert refused.json()["type"] == "PromotionRefused"
    assert any("Holm-corrected" in reason for reason in refused.json()["reasons"])
    promoted = searched.call("POST", path, json=ask | {"override": "a rehearsal", "why": "to see"}, api=api)
    assert promoted.status_code == 200, promoted.text
    answer = promoted.json()
    assert (answer["overridden"], answer["gate"]["passes"], answer["threshold"]) == (True, False, 0.1)
    assert answer["gate"]["reasons"] == refused.json()["reasons"]
    assert (answer["previous_serving_id"], answer["same_code"]) == (None, True)
    assert answer["streaming_url"] == "/vp-stream.html?serving=live"
    detail = searched.get(f"/runs/{run_id}/detail", api=api)
    assert (detail["can_stream"], detail["streaming_url"]) == (True, "/vp-stream.html?serving=live")
    assert [s["aliases"] for s in detail["servings"]] == [["live"]]
    listed = searched.get("/runs", min_signals=1, api=api)
    assert listed["registry_problem"] is None
    urls = {r["run_id"]: r["streaming_url"] for r in listed["runs"]}
    assert urls == dict.fromkeys(urls) | {run_id: "/vp-stream.html?serving=live"}
    history = httpx.get(f"http://127.0.0.1:{registry.port}/v1/aliases/live/history").json()
    assert history["items"][0]["who"] == "ann"
    assert history["items"][0]["why"] == "to see; gate overridden: a rehearsal"
    moved = searched.call("POST", path, json=ask | {"override": "x", "expected_serving_id": ""}, api=api)
    assert moved.status_code == 409


def test_experiments_of_the_lake(searched: Harness, laboratory: Laboratory) -> None:
    folder = laboratory.lake.config_dir("experiments")
    (folder / "broken.yaml").write_text("name: broken\nserving: live\nworkers: 3\n")
    job = searched.submit(spec={"name": "ad-hoc", "serving": "live"})
    listed = ExperimentList.model_validate(searched.get(""))
    by_name = {e.name: e for e in listed.experiments}
    assert list(by_name) == ["ad-hoc", "broken", "sweep"]
    assert "unknown key" in (by_name["broken"].error or "")
    assert (by_name["ad-hoc"].in_lake, by_name["ad-hoc"].active_job) == (False, job.job_id)
    sweep = by_name["sweep"]
    assert (sweep.runs, sweep.failed_runs, sweep.thresholds) == (6, 2, 2)
    assert (sweep.serving, sweep.signals, sweep.search) == ("live", ("derivative", "ofi", "raising"), "grid")


def test_a_report_is_drawn_when_it_is_asked_for(searched: Harness, laboratory: Laboratory) -> None:
    first = searched.call("GET", "/sweep/report")
    assert first.status_code == 200, first.text
    assert first.headers["content-type"] == "text/html; charset=utf-8"
    assert "<html" in first.text
    written = laboratory.lake.report_path("sweep").stat().st_mtime_ns
    assert searched.call("GET", "/sweep/report").status_code == 200
    assert laboratory.lake.report_path("sweep").stat().st_mtime_ns == written, "it is as new as the results"
    missing = searched.call("GET", "/nobody/report")
    assert missing.status_code == 404
    assert missing.json()["available"] == ["sweep"]


def test_whatever_is_wrong_is_said_in_words(searched: Harness) -> None:
    spec = {"name": "x", "serving": "live"}
    cases = [
        ("POST", "/jobs", {"json": {}}, 422, "give exactly one of experiment and spec"),
        ("POST", "/jobs", {"json": {"experiment": "sweep", "spec": spec}}, 422, "exactly one"),
        ("POST", "/jobs", {"json": {"experiment": "nobody"}}, 404, "sweep"),
        ("POST", "/jobs", {"json": {"experiment": "../sweep"}}, 422, "experiment"),
        (
            "POST",
            "/jobs",
            {"json": {"spec": spec | {"serving": "../live.yaml"}}},
            422,
            "is a name and not a path",
        ),
        ("POST", "/jobs", {"json": {"spec": spec | {"serving": "nobody"}}}, 422, "live"),
        ("POST", "/jobs", {"json": {"spec": spec | {"name": "../../x"}}}, 422, "spec: name"),
        ("POST", "/jobs", {"json": {"spec": spec | {"evil": 1}}}, 422, "unknown key"),
        (
            "POST",
            "/jobs",
            {"json": {"spec": spec | {"parallel": {"dask": "tcp://x:8786"}}}},
            422,
            "parallel.dask",
        ),
        (
            "POST",
            "/jobs",
            {"json": {"spec": spec | {"tracking": {"uri": "sqlite:////x"}}}},
            422,
            "tracking.uri",
        ),
        ("POST", "/jobs", {"json": {"spec": spec | {"eval": {"tp_ticks": -1}}}}, 422, "eval.tp_ticks"),
        ("POST", "/jobs", {"json": {"spec": spec | {"sweep": {"per_signal": {"magic": {}}}}}}, 422, "magic"),
        ("POST", "/jobs", {"json": {"experiment": "sweep", "workers": 0}}, 422, "workers"),
        ("POST", "/jobs", {"content": b"{"}, 422, "JSON"),
        ("GET", "/jobs/nobody-has-this", {}, 422, "job_id"),
        ("GET", "/jobs/20250101000000", {}, 404, "unknown job"),
        ("GET", "/jobs/..%2f..%2fresults", {}, 404, ""),
        ("GET", "/jobs/20250101000000/progress", {}, 404, "unknown job"),
        ("POST", "/jobs/20250101000000/cancel", {}, 404, "unknown job"),
        ("GET", "/jobs?state=asleep", {}, 422, "state"),
        ("GET", "/runs?sort=luck", {}, 422, "mean_pnl_ticks"),
        ("GET", "/runs?colour=red", {}, 422, "unknown key"),
        ("GET", "/runs?top_n=many", {}, 422, "top_n"),
        ("GET", "/runs/0123456789abcdef/detail", {}, 404, "unknown run"),
        ("GET", "/runs/x/detail", {}, 422, "run_id"),
        ("POST", "/runs/0123456789abcdef/promote", {"json": {"alias": "a", "who": "me"}}, 404, "unknown run"),
        ("POST", "/runs/0123456789abcdef/promote", {"json": {"alias": "a b", "who": "me"}}, 422, "alias"),
        ("GET", "/..%2f..%2fx/report", {}, 404, ""),
        ("DELETE", "/jobs", {}, 405, "Method Not Allowed"),
    ]
    for method, path, options, status, words in cases:
        answer = searched.call(method, path, **options)
        assert answer.status_code == status, (method, path, options, answer.text)
        assert words in answer.json()["error"], (method, path, options, answer.text)


def test_a_promotion_without_a_registry_says_so(searched: Harness) -> None:
    run_id = searched.get("/runs", min_signals=1)["runs"][0]["run_id"]
    answer = searched.call(
        "POST", f"/runs/{run_id}/promote", json={"alias": "a", "who": "me", "threshold": 0.1}
    )
    assert answer.status_code == 503, answer.text
    assert "registry" in answer.json()["error"]


def test_everything_is_described(searched: Harness) -> None:
    described = httpx.get(f"http://127.0.0.1:{searched.api.port}/openapi.json").json()
    root = "/v1/experiments"
    routes = {(method, path) for path, of in described["paths"].items() for method in of}
    assert {
        ("get", root),
        ("post", f"{root}/jobs"),
        ("get", f"{root}/jobs"),
        ("get", f"{root}/jobs/{{job_id}}"),
        ("post", f"{root}/jobs/{{job_id}}/cancel"),
        ("get", f"{root}/jobs/{{job_id}}/progress"),
        ("get", f"{root}/runs"),
        ("get", f"{root}/runs/{{run_id}}/detail"),
        ("post", f"{root}/runs/{{run_id}}/promote"),
        ("get", f"{root}/{{experiment}}/report"),
    } <= routes
    for method, path in routes:
        route = described["paths"][path][method]
        assert route["summary"], path
        if path.startswith(root):
            assert route["responses"]["422"]["content"]["application/json"]["schema"]["$ref"].endswith(
                "/Problem"
            )
    assert {"RunList", "RunDetail", "Job", "JobSubmit", "PromotedRun"} <= set(
        described["components"]["schemas"]
    )
    assert json.dumps(described).count('"type": "string"') > 50
