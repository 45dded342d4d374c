"""No name leads out of its place: hostile ids in every route, every body, every command and every file of the lake."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from qm_harness.service.job_files import JobFiles
from qmcore.__main__ import main
from qmcore.artifacts import ArtifactStore
from qmcore.config.pipeline import SpecName
from qmcore.contracts.registry import check_alias, check_alias_or_id
from qmcore.contracts.subjects import check_session_id
from qmcore.errors import BadInput, QmError
from qmcore.lake import Lake
from qmcore.tokens import bearer_headers
from tests.integration.security.conftest import TOKEN, LockedStack

SENTINEL: Final = "sentinel-that-no-answer-may-hold"
HOSTILE: Final = (
    "..",
    ".",
    "../secret",
    "../../../../../../secret",
    "..\\..\\secret",
    "%2e%2e%2fsecret",
    "..;/secret",
    "/etc/passwd",
    "//etc/passwd",
    "~root",
    "a/../../secret",
    "a\0b",
    "a\nb",
    "secret\0.yaml",
    "\u2025/secret",
    "$(id)",
    "{}",
    "*",
    ">",
    "a b",
    "-rf",
    "",
    "x" * 300,
    "x" * 5000,
)


def encodings(name: str) -> set[str]:
    """How ``name`` can stand in a path of HTTP: encoded whole, encoded twice, and as it is where that is possible."""
    once = quote(name, safe="")
    dots = once.replace(".", "%2e")
    plain = {name} if re.fullmatch(r"[!-~]+", name) and "?" not in name and "#" not in name else set()
    return {once, dots, quote(once, safe="")} | plain


def ask(port: int, method: str, path: str, body: object = None) -> tuple[int, str]:
    """One request whose path nobody tidies up."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        content = None if body is None else json.dumps(body)
        headers = bearer_headers(TOKEN) | {"content-type": "application/json"}
        connection.request(method, path, content, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(1 << 20).decode("utf-8", "replace")
    finally:
        connection.close()


@pytest.fixture(scope="module")
def secrets_around(locked: LockedStack) -> Path:
    """Files that a name could reach, were it a path."""
    lake = locked.lake
    harness = lake / "research" / "harness"
    inner = [harness / name for name in ("configs", "jobs", "reports", "artifacts", "results")]
    for folder in (lake.parent, lake, lake / "research", harness, *inner, harness / "configs" / "serving"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("secret", "secret.yaml", "secret.html", "state.json", "secret.qma"):
            (folder / name).write_text(SENTINEL)
    return lake


def everything_in(folder: Path) -> set[str]:
    """Files below, but for what SQLite and NATS keep."""
    return {str(p) for p in folder.rglob("*") if not re.search(r"sqlite|\.lock$|/js/", str(p))}


@pytest.mark.parametrize("service", ["registry", "harness", "gateway"])
def test_no_path_parameter_leads_anywhere(locked: LockedStack, secrets_around: Path, service: str) -> None:
    port = getattr(locked, service).port
    document = json.loads(ask(port, "GET", "/openapi.json")[1])
    routes = [
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
        if "{" in path
    ]
    assert len(routes) >= 5
    before = everything_in(secrets_around)
    for method, path in routes:
        for name in HOSTILE:
            for written in encodings(name):
                asked = re.sub(r"\{[^}]*\}", lambda _, w=written: w, path)  # type: ignore[misc]
                if " " in asked or len(asked) > 20_000:
                    continue
                status, text = ask(port, method, asked, {} if method != "GET" else None)
                assert SENTINEL not in text, f"{method} {asked[:200]}"
                assert status in (400, 404, 405, 409, 422) or _is_no_name(status, asked, path), (
                    f"{method} {asked[:200]}: {status} {text[:300]}"
                )
    assert everything_in(secrets_around) == before


def _is_no_name(status: int, asked: str, path: str) -> bool:
    """An empty name makes another route of it: a list, or a redirect to one."""
    return status in (200, 307) and (asked.rstrip("/") != asked or "//" in asked) and asked != path


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_in_a_body_or_a_query_leads_anywhere(
    locked: LockedStack, secrets_around: Path, name: str
) -> None:
    before = everything_in(secrets_around)
    jobs = "/v1/experiments/jobs"
    spec = {"name": name, "serving": name, "datasets": [name], "sweep": {"per_signal": {}}}
    bodies: list[tuple[str, str, Any]] = [
        ("POST", jobs, {"experiment": name}),
        ("POST", jobs, {"spec": spec}),
        ("POST", jobs, {"spec": spec | {"name": "fine"}}),
        ("PUT", "/v1/aliases/fine", {"serving_id": name, "who": "x", "why": "x"}),
        ("POST", "/v1/experiments/runs/0123456789abcdef/promote", {"alias": name, "who": "x"}),
    ]
    for method, path, body in bodies:
        status, text = ask(locked.gateway.port, method, path, body)
        assert status in (404, 409, 422), f"{path} {body}: {status} {text[:300]}"
        assert SENTINEL not in text
    for path in (
        f"/v1/experiments/runs?dataset_id={quote(name)}&experiment={quote(name)}",
        f"/v1/experiments/jobs?experiment={quote(name)}",
        f"/v1/servings?name={quote(name)}",
        f"/v1/diff?a={quote(name)}&b={quote(name)}",
    ):
        status, text = ask(locked.gateway.port, "GET", path)
        assert status in (200, 404, 422), f"{path[:200]}: {status} {text[:300]}"
        assert SENTINEL not in text
    assert everything_in(secrets_around) == before


def test_the_pages_are_files_of_their_folder_only(locked: LockedStack) -> None:
    for name in ("../secret", "..%2fsecret", "%2e%2e/secret", "assets/../../secret", "/etc/passwd", "a%00b"):
        status, text = ask(locked.gateway.port, "GET", f"/{name}")
        assert status in (200, 400, 404)
        assert SENTINEL not in text
        assert "root:" not in text


LAKE_NAMES: Final[dict[str, Callable[[Lake, str], object]]] = {
    "dataset": lambda lake, name: lake.dataset_dir(name),
    "column cache": lambda lake, name: lake.column_cache_dir(name),
    "report": lambda lake, name: lake.report_path(name),
    "artifact": lambda lake, name: lake.artifact_path(name),
    "stored artifact": lambda lake, name: ArtifactStore(lake).load(name),
    "verdicts": lambda lake, name: lake.verdict_cache_path(name),
    "job": lambda lake, name: JobFiles(lake).job(name),
    "session": lambda _, name: check_session_id(name),
    "alias": lambda _, name: check_alias(name),
    "alias or id": lambda _, name: check_alias_or_id(name),
}


@pytest.mark.parametrize("kind", sorted(LAKE_NAMES))
@pytest.mark.parametrize("name", HOSTILE)
def test_every_door_from_names_to_files_and_subjects_is_shut(tmp_path: Path, kind: str, name: str) -> None:
    lake = Lake(tmp_path)
    lake.jobs_dir.mkdir(parents=True)
    if set(name) == {"x"} and kind in ("dataset", "column cache", "report"):
        return  # only long: a file system says so itself
    with pytest.raises(BadInput):
        LAKE_NAMES[kind](lake, name)


@pytest.mark.parametrize("name", [name for name in HOSTILE if name and "\0" not in name])
@pytest.mark.parametrize(
    "command",
    [
        ["report"],
        ["alias", "show"],
        ["serving", "show"],
        ["online-sim", "--signal", "ofi", "--dataset-id"],
        ["online-sim", "--run-id"],
    ],
    ids=" ".join,
)
def test_commands_refuse_names_that_are_paths(
    tmp_path: Path, command: list[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("QM_REGISTRY_ENDPOINT", "QM_REGISTRY_URL"):
        monkeypatch.delenv(variable, raising=False)
    lake = tmp_path / "a" / "b" / "lake"
    (lake / "research" / "harness").mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "a", lake, lake / "research"):
        (folder / "secret").write_text(SENTINEL)
        (folder / "secret.yaml").write_text(SENTINEL)
    arguments = [*command[:-1], "--lake-root", str(lake), command[-1], "--", name]
    if command[-1].startswith("--"):
        arguments = [*command[:-1], "--lake-root", str(lake), f"{command[-1]}={name}"]
    elif len(command) == 2:
        arguments = [*command, "--lake-root", str(lake), "--", name]
    else:
        arguments = [command[0], "--lake-root", str(lake), "--", name]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code in (1, 2), done.output
    assert done.exception is None or isinstance(done.exception, SystemExit | QmError), repr(done.exception)
    assert SENTINEL not in done.output


def test_a_spec_name_is_no_path() -> None:
    from pydantic import TypeAdapter, ValidationError

    names = TypeAdapter(SpecName)
    assert names.validate_python("fine-name_1") == "fine-name_1"
    for name in HOSTILE:
        with pytest.raises(ValidationError):
            names.validate_python(name)


def test_this_table_is_asked_as_it_is_written() -> None:
    assert {"..%2Fsecret", "%2e%2e%2Fsecret", "..%252Fsecret", "../secret"} == encodings("../secret")
