"""What only REST has: statuses, bodies, bad requests in words, and a description that says all of it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from qm_registry.local import LocalRegistry
from qmcore.contracts.problems import Problem
from qmcore.service.access import MAX_BODY_BYTES
from tests.unit.registry.servings import numbered, serving, snapshot, source, to

JSON = {"content-type": "application/json"}


def _request(name: str = "demo", **overrides: object) -> dict[str, Any]:
    return {
        "name": name,
        "runtime_snapshot": snapshot(**overrides).model_dump(mode="json"),
        "source": source().model_dump(mode="json"),
    }


@pytest.fixture
def published(local: LocalRegistry) -> list[str]:
    """Ids of two servings; alias ``demo`` points at the first."""
    specs = numbered(2)
    for spec in specs:
        local.publish(spec, who="tester", why="a test")
    local.promote("demo", to(specs[0]))
    return [spec.serving_id for spec in specs]


async def test_a_new_serving_is_201_and_the_same_content_again_is_200(http: httpx.AsyncClient) -> None:
    first = await http.post("/v1/servings", json=_request())
    again = await http.post("/v1/servings", json=_request())
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() | {"created": False} == again.json()
    assert first.json()["serving"]["serving_id"] == serving().serving_id


async def test_a_whole_published_serving_is_taken_as_well(http: httpx.AsyncClient) -> None:
    body = json.loads(serving().model_dump_json())
    assert (await http.post("/v1/servings", json=body)).status_code == 201
    assert (await http.get(f"/v1/servings/{serving().serving_id}")).json() == body


async def test_the_publisher_and_the_reason_stand_in_the_audit_trail(http: httpx.AsyncClient) -> None:
    await http.post("/v1/servings", json=_request(), params={"who": "ada", "why": "for the desk"})
    event = (await http.get("/v1/events")).json()["items"][0]
    assert (event["who"], event["why"]) == ("ada", "for the desk")


async def test_resolve_answers_alias_serving_and_time(http: httpx.AsyncClient, published: list[str]) -> None:
    answer = (await http.get("/v1/resolve/demo")).json()
    assert set(answer) == {"alias", "serving", "promoted_at", "version"}
    assert (answer["alias"], answer["serving"]["serving_id"]) == ("demo", published[0])
    by_id = (await http.get(f"/v1/resolve/{published[1]}")).json()
    assert (by_id["alias"], by_id["promoted_at"]) == (None, None)


async def test_404_lists_what_there_is(http: httpx.AsyncClient, published: list[str]) -> None:
    answer = await http.get("/v1/resolve/nope")
    assert answer.status_code == 404
    assert answer.json()["available"] == ["demo", published[1], published[0]]
    assert answer.json()["error"].startswith("unknown serving 'nope'; there are: demo")


async def test_409_says_what_the_alias_is_now(http: httpx.AsyncClient, published: list[str]) -> None:
    body = {"serving_id": published[1], "expected_serving_id": published[1], "who": "ada", "why": "a test"}
    answer = await http.put("/v1/aliases/demo", json=body)
    assert answer.status_code == 409
    assert answer.json()["current_serving_id"] == published[0]
    assert published[0] in answer.json()["error"]


async def test_promote_and_rollback_answer_where_the_alias_points(
    http: httpx.AsyncClient, published: list[str]
) -> None:
    body = {"serving_id": published[1], "expected_serving_id": published[0], "who": "ada", "why": "better"}
    promoted = await http.put("/v1/aliases/demo", json=body)
    assert (promoted.status_code, promoted.json()["serving_id"]) == (200, published[1])
    rolled = await http.post("/v1/aliases/demo/rollback", json={"who": "ada", "why": "worse"})
    assert (rolled.status_code, rolled.json()["serving_id"]) == (200, published[0])
    again = await http.post("/v1/aliases/demo/rollback", json={"who": "ada", "why": "worse"})
    assert again.status_code == 409
    assert "nothing to roll back to" in again.json()["error"]
    history = (await http.get("/v1/aliases/demo/history", params={"outcome": "refused"})).json()
    assert [event["action"] for event in history["items"]] == ["rollback"]


async def test_an_alias_at_a_past_instant(http: httpx.AsyncClient, published: list[str]) -> None:
    promoted_at = (await http.get("/v1/aliases/demo")).json()["promoted_at"]
    then = await http.get("/v1/aliases/demo", params={"at": promoted_at})
    assert then.json()["serving_id"] == published[0]
    before = await http.get("/v1/aliases/demo", params={"at": "2020-01-01T00:00:00Z"})
    assert before.status_code == 404
    assert before.json()["available"][0].startswith("demo since ")


def _promotion(**overrides: object) -> dict[str, object]:
    return {"serving_id": serving().serving_id, "who": "ada", "why": "a test"} | overrides


WRONG: list[tuple[str, str, object, str, str]] = [
    ("GET", "/v1/servings?limti=3", None, "limti", "unknown key; allowed: limit, offset, name"),
    ("GET", "/v1/servings?limit=0", None, "limit", "greater than or equal to 1 (got '0')"),
    ("GET", "/v1/servings?limit=501", None, "limit", "less than or equal to 500 (got '501')"),
    ("GET", "/v1/servings?offset=-1", None, "offset", "greater than or equal to 0 (got '-1')"),
    ("GET", "/v1/servings?offset=9999999999999999999", None, "offset", "less than or equal to 1000000000"),
    ("GET", "/v1/servings?name=..%2Fa", None, "name", "should match pattern"),
    ("GET", "/v1/events?outcome=maybe", None, "outcome", "'done', 'unchanged' or 'refused' (got 'maybe')"),
    ("GET", "/v1/aliases/demo?at=yesterday", None, "at", "valid datetime"),
    ("GET", "/v1/aliases/demo?at=2025-01-01T00:00:00", None, "at", "timezone"),
    ("GET", "/v1/diff?a=demo", None, "b", "required, but missing"),
    ("GET", "/v1/diff?a=demo&b=demo&c=demo", None, "c", "unknown key; allowed: a, b"),
    ("GET", "/v1/resolve/demo?x=1", None, "x", "unknown key"),
    ("GET", "/v1/resolve/a.b", None, "alias_or_id", "should match pattern"),
    ("GET", "/v1/servings/demo", None, "serving_id", "should match pattern"),
    ("GET", "/v1/aliases/demo-0123456789ab", None, "alias", "must not look like a serving id"),
    ("PUT", "/v1/aliases/a%20b", _promotion(), "alias", "should match pattern"),
    ("PUT", "/v1/aliases/demo", _promotion(who=""), "who", "at least 1 character"),
    ("PUT", "/v1/aliases/demo", _promotion(why=" "), "why", "should match pattern"),
    ("PUT", "/v1/aliases/demo", _promotion(who="a\nb"), "who", "should match pattern"),
    ("PUT", "/v1/aliases/demo", _promotion(who="x" * 129), "who", "at most 128 characters"),
    ("PUT", "/v1/aliases/demo", _promotion(serving_id="../x"), "serving_id", "should match pattern"),
    (
        "PUT",
        "/v1/aliases/demo",
        _promotion(force=True),
        "force",
        "unknown key; allowed: serving_id, expected_serving_id",
    ),
    ("PUT", "/v1/aliases/demo", {"who": "ada", "why": "x"}, "serving_id", "required, but missing"),
    ("PUT", "/v1/aliases/demo", [], "", "a mapping of keys to values|valid dictionary"),
    ("POST", "/v1/aliases/demo/rollback", {"who": "ada"}, "why", "required, but missing"),
    ("POST", "/v1/servings", _request(name="../evil"), "name", "should match pattern"),
    (
        "POST",
        "/v1/servings",
        _request() | {"serving_id": serving().serving_id},
        "",
        "exactly one of name and serving_id",
    ),
    ("POST", "/v1/servings", _request() | {"more": 1}, "more", "unknown key; allowed: name, serving_id"),
    ("POST", "/v1/servings?whom=ada", _request(), "whom", "unknown key; allowed: who, why"),
]


@pytest.mark.parametrize(("method", "path", "body", "field", "words"), WRONG)
async def test_a_wrong_request_is_422_naming_the_field_and_what_is_allowed(
    http: httpx.AsyncClient, method: str, path: str, body: object, field: str, words: str
) -> None:
    answer = await http.request(method, path, json=body)
    assert answer.status_code == 422
    problem = Problem.model_validate_json(answer.content)
    assert problem.field == field
    assert any(word in problem.error for word in words.split("|")), problem.error


async def test_a_wrong_field_deep_in_the_snapshot_is_named(
    http: httpx.AsyncClient, local: LocalRegistry
) -> None:
    body = _request()
    body["runtime_snapshot"]["cell_width_ms"] = 0
    answer = await http.post("/v1/servings", json=body)
    assert answer.status_code == 422
    assert answer.json()["field"] == "runtime_snapshot.cell_width_ms"
    assert "greater than or equal to 1 (got 0)" in answer.json()["error"]
    body["runtime_snapshot"]["cell_width_ms"] = 100
    text = json.dumps(body).replace('"tau_jerk": 10.0', '"tau_jerk": NaN')
    answer = await http.post("/v1/servings", content=text, headers=JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, "runtime_snapshot.tau_jerk")
    body["runtime_snapshot"] = snapshot().model_dump(mode="json") | {"cell_widht_ms": 100}
    answer = await http.post("/v1/servings", json=body)
    assert answer.json()["field"] == "runtime_snapshot.cell_widht_ms"
    assert "cell_width_ms" in answer.json()["allowed"]
    assert local.servings().total == 0


@pytest.mark.parametrize(
    ("content", "headers", "words"),
    [
        (b"{", JSON, "is not JSON"),
        (b"", JSON, "required|missing"),
        (b"{}", {}, "application/json"),
        (b"\xff\xfe", JSON, "JSON|parsing"),
        (b"[" * 100_000, JSON, "JSON|parsing"),
    ],
)
async def test_a_body_that_is_no_json_object_is_refused_in_words(
    http: httpx.AsyncClient, content: bytes, headers: dict[str, str], words: str
) -> None:
    answer = await http.post("/v1/servings", content=content, headers=headers)
    assert answer.status_code in (400, 422)
    assert any(word in answer.json()["error"] for word in words.split("|")), answer.text


async def test_a_body_without_end_is_cut_off(http: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 100 * MAX_BODY_BYTES:
            sent += 1 << 16
            yield b" " * (1 << 16)

    answer = await http.post("/v1/servings", content=endless(), headers=JSON)
    assert answer.status_code == 413
    assert "larger than 1048576 bytes" in answer.json()["error"]
    assert sent <= 2 * MAX_BODY_BYTES


@pytest.mark.parametrize(
    "path",
    [
        "/v1/servings/../../etc/passwd",
        "/v1/servings/..%2f..%2fetc%2fpasswd",
        "/v1/servings/%2e%2e%2fx-0123456789ab",
        "/v1/resolve/..",
        "/v1/resolve/%00",
        "/v1/aliases/..%5c..%5cx",
        "/v1/servings/x%2f-0123456789ab",
    ],
)
async def test_no_path_leaves_the_registry(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert answer.status_code in (404, 422)
    assert "error" in answer.json()


async def test_unknown_routes_and_methods_are_problems_too(http: httpx.AsyncClient) -> None:
    nowhere = await http.get("/v1/nowhere")
    assert (nowhere.status_code, nowhere.json()["error"]) == (404, "GET /v1/nowhere: Not Found")
    method = await http.delete("/v1/aliases/demo")
    assert (method.status_code, method.json()["error"]) == (
        405,
        "DELETE /v1/aliases/demo: Method Not Allowed",
    )


async def test_nothing_can_be_deleted_over_rest(app: FastAPI) -> None:
    methods = {method for path in app.openapi()["paths"].values() for method in path}
    assert methods == {"get", "post", "put"}


async def test_openapi_documents_every_error_as_a_problem(app: FastAPI) -> None:
    document = app.openapi()
    routes = {
        (method, path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if path.startswith("/v1/")
    }
    assert len(routes) == 11
    for (method, path), operation in routes.items():
        answers = operation["responses"]
        expected = {"422", "503"}
        if "{" in path or path == "/v1/diff":
            expected.add("404")
        if method in ("put", "post"):
            expected |= {"413", "500"}
        if method in ("put", "post") and "alias" in path:
            expected.add("409")
        assert expected <= answers.keys(), (method, path)
        for status, answer in answers.items():
            schema = answer["content"]["application/json"]["schema"]["$ref"]
            assert (schema == "#/components/schemas/Problem") == (int(status) >= 400), (method, path, status)
        assert operation["summary"]
        assert operation["description"]
    assert "PublishRequest" in json.dumps(routes["post", "/v1/servings"]["requestBody"])


async def test_every_reference_in_openapi_leads_somewhere(app: FastAPI) -> None:
    document = app.openapi()
    text = json.dumps(document)
    references = {part.split('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}
    assert references
    assert references <= document["components"]["schemas"].keys()


async def test_health_ready_and_metrics(http: httpx.AsyncClient, published: list[str]) -> None:
    assert (await http.get("/health")).json() == {"status": "ok", "service": "registry"}
    assert (await http.get("/ready")).json() == {"ready": True, "problems": {}}
    await http.get("/v1/resolve/demo")
    await http.get("/v1/resolve/nope")
    metrics = (await http.get("/metrics")).text
    assert 'qm_registry_changes_total{action="promote",outcome="done"} 1.0' in metrics
    assert 'qm_registry_changes_total{action="publish",outcome="done"} 2.0' in metrics
    route = 'route="/v1/resolve/{alias_or_id}"'
    assert f'qm_registry_requests_total{{method="GET",{route},status="200"}} 1.0' in metrics
    assert f'qm_registry_requests_total{{method="GET",{route},status="404"}} 1.0' in metrics


async def test_a_bug_is_a_problem_without_secrets_and_is_logged(
    http: httpx.AsyncClient,
    local: LocalRegistry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_: str) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(local, "resolve", broken)
    answer = await http.get("/v1/resolve/demo")
    assert answer.status_code == 500
    assert answer.json() == {"error": "internal error; see the service's log", "type": "QmError"}
    assert "GET /v1/resolve/demo failed" in caplog.text
