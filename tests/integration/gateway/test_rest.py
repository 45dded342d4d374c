"""The gateway's REST beside sessions: health, the registry under its origin, pages, its own description."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.fixtures.brokers import NatsServer, RedisServer
from tests.fixtures.market import MarketLake, config
from tests.fixtures.stack import Service, Stack


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A front end as Vite builds it."""
    folder = tmp_path_factory.mktemp("dist")
    (folder / "assets").mkdir()
    (folder / "index.html").write_text("<!doctype html>index")
    (folder / "vp-stream.html").write_text("<!doctype html>stream")
    (folder / "assets" / "stream-4f3a.js").write_text("export {}")
    (folder.parent / "secret.txt").write_text("secret")
    return folder


@pytest.fixture(scope="module")
def paged(stack: Stack, dist: Path) -> Iterator[Service]:
    """A gateway with pages."""
    made = stack.add_gateway("gateway-pages", QM_FRONTEND_DIST=str(dist)).start()
    yield made
    made.stop()


async def fetch(service: Service, path: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{service.port}") as client:
        return await client.get(path)


async def test_every_service_says_that_it_lives_and_is_ready(stack: Stack) -> None:
    for service in (stack.gateway, stack.engine, stack.replay):
        assert (await fetch(service, "/health")).json() == {"status": "ok", "service": service.name}
        ready = (await fetch(service, "/ready")).json()
        assert (ready["ready"], ready["problems"]) == (True, {})
        metrics = (await fetch(service, "/metrics")).text
        assert f"qm_{service.name}_" in metrics
        assert "process_resident_memory_bytes" in metrics


async def test_the_registry_is_under_the_same_origin(stack: Stack) -> None:
    serving_id = await stack.publish("proxied", config(flow_tanh_scale=8.0))
    resolved = (await stack.get("/v1/resolve/proxied")).json()
    assert (resolved["alias"], resolved["serving"]["serving_id"]) == ("proxied", serving_id)
    assert (await stack.get("/v1/aliases/proxied")).json()["serving_id"] == serving_id
    other = await stack.publish("proxied-other", config(flow_tanh_scale=8.5))
    diff = (await stack.get("/v1/diff", a="proxied", b="proxied-other")).json()
    assert [c["field"] for c in diff["changes"]] == ["flow_tanh_scale"]
    async with httpx.AsyncClient(base_url=stack.url()) as client:
        body = {"serving_id": other, "who": "test", "why": "moved through the gateway"}
        assert (await client.put("/v1/aliases/proxied", json=body)).status_code == 200
        wrong = await client.put("/v1/aliases/proxied", json={**body, "expected_serving_id": serving_id})
        assert wrong.status_code == 409
        assert (await client.put("/v1/aliases/proxied", json={"serving": 1})).status_code == 422
        too_large = await client.post("/v1/servings", content=b"x" * (2 << 20))
        assert too_large.status_code == 413
        assert "larger than" in too_large.json()["error"]
    history = (await stack.get("/v1/aliases/proxied/history")).json()
    assert history["total"] >= 2
    missing = await stack.get("/v1/resolve/nobody-has-this")
    assert missing.status_code == 404
    assert "proxied" in missing.json()["available"]


@pytest.mark.parametrize("path", ["/v1/resolve/..%2f..%2fhealth", "/v1/aliases/%2e%2e%2fservings"])
async def test_no_path_leads_out_of_the_registrys_names(stack: Stack, path: str) -> None:
    assert (await stack.get(path)).status_code in (404, 422)


async def test_everything_is_described(stack: Stack) -> None:
    described = (await stack.get("/openapi.json")).json()["paths"]
    for path in (
        "/health",
        "/ready",
        "/metrics",
        "/v1/sessions",
        "/v1/sessions/{session_id}",
        "/v1/sessions/{session_id}/bins",
        "/v1/servings",
        "/v1/resolve/{alias_or_id}",
        "/v1/aliases/{alias}/rollback",
        "/v1/diff",
        "/v1/experiments",
        "/v1/experiments/jobs/{job_id}/progress",
        "/v1/experiments/runs/{run_id}/promote",
    ):
        assert path in described, path
    runs = described["/v1/experiments/runs"]["get"]
    assert {"sort", "min_signals", "top_n"} <= {p["name"] for p in runs["parameters"]}
    (answer,) = runs["responses"]["200"]["content"].values()
    assert answer["schema"]["$ref"].endswith("/RunList")
    progress = described["/v1/experiments/jobs/{job_id}/progress"]["get"]
    assert list(progress["responses"]["200"]["content"]) == ["text/event-stream"]
    assert (await stack.get("/docs")).status_code == 200


async def test_pages_are_asked_for_again_and_hashed_files_are_kept(paged: Service) -> None:
    page = await fetch(paged, "/vp-stream.html?serving=demo")
    assert (page.text, page.headers["cache-control"]) == ("<!doctype html>stream", "no-cache")
    assert (await fetch(paged, "/")).text == "<!doctype html>index"
    script = await fetch(paged, "/assets/stream-4f3a.js")
    assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await fetch(paged, "/no-such-page.html")).status_code == 404
    assert (await fetch(paged, "/..%2fsecret.txt")).status_code == 404


async def test_without_pages_it_says_how_to_get_them(stack: Stack) -> None:
    assert "QM_FRONTEND_DIST" in (await stack.get("/")).text


async def test_without_a_harness_sessions_stream_and_it_is_said(stack: Stack) -> None:
    ready = await stack.get("/ready")
    assert (ready.status_code, list(ready.json()["away"])) == (200, ["harness"])
    answer = await stack.get("/v1/experiments/runs")
    assert answer.status_code == 503
    assert answer.json()["error"].startswith("harness is unavailable")


async def test_while_the_registry_is_down_it_says_so(
    tmp_path: Path, nats_server: NatsServer, redis_server: RedisServer, market: MarketLake
) -> None:
    with Stack(tmp_path, market.root, nats_server, redis_server) as own:
        own.gateway.start(wait=False)
        own.gateway.wait_alive()
        answer = await own.get("/v1/aliases")
        assert answer.status_code == 503
        assert "registry" in answer.json()["error"]
        ready = await own.get("/ready")
        assert ready.status_code == 503
        assert "registry" in ready.json()["problems"]
        async with own.watch("demo") as viewer:
            await viewer.read_to_end()
            assert viewer.close_code == 1013
            assert "registry" in viewer.close_reason
        own.registry.start()
        own.gateway.wait_ready()
        assert (await own.get("/v1/aliases")).status_code == 200
