"""The client's patience: what it tries again, for how long, and what it never repeats."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from qmcore import registry as client_module
from qmcore.contracts.problems import problem_of
from qmcore.contracts.registry import Resolved
from qmcore.errors import ConfigError, CorruptData, NotFound, OptionError, Unavailable
from qmcore.registry import RegistryClient
from tests.unit.registry.servings import back, serving, to

DOWN = problem_of(Unavailable(what="registry database", problem="locked")).model_dump_json(exclude_none=True)
FOUND = Resolved(alias=None, promoted_at=None, version=None, serving=serving()).model_dump_json()


class Scripted(httpx.AsyncBaseTransport):
    """Answers with one step after another, the last one for ever; counts the requests."""

    def __init__(self, *steps: Callable[[httpx.Request], httpx.Response]) -> None:
        self.steps, self.requests = steps, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        step = self.steps[min(self.requests, len(self.steps) - 1)]
        self.requests += 1
        return step(request)


def _refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("connection refused", request=request)


def _lose_the_answer(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("", request=request)


def _say(status: int, content: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(status, content=content.encode(), request=request)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(client_module, "LONGEST_PAUSE_S", 0.01)


def _client(transport: Scripted, patience_s: float = 5.0) -> RegistryClient:
    return RegistryClient("http://registry", patience_s=patience_s, transport=transport)


@pytest.mark.parametrize(
    "trouble", [_refuse, _lose_the_answer, _say(503, DOWN), _say(502, "<html>bad gateway</html>")]
)
async def test_reading_is_tried_again_until_the_registry_answers(
    trouble: Callable[[httpx.Request], httpx.Response],
) -> None:
    transport = Scripted(trouble, trouble, _say(200, FOUND))
    resolved = await _client(transport).resolve(serving().serving_id)
    assert resolved.serving == serving()
    assert transport.requests == 3


async def test_patience_ends_with_unavailable_in_words() -> None:
    transport = Scripted(_refuse)
    with pytest.raises(Unavailable, match="registry http://registry is unavailable: connection refused"):
        await _client(transport, patience_s=0.05).resolve("demo")
    assert transport.requests > 1


async def test_without_patience_there_is_one_try() -> None:
    transport = Scripted(_refuse)
    with pytest.raises(Unavailable):
        await _client(transport, patience_s=0.0).resolve("demo")
    assert transport.requests == 1


async def test_publishing_is_repeated_because_it_is_idempotent() -> None:
    answer = json.dumps({"created": False, "serving": json.loads(serving().model_dump_json())})
    transport = Scripted(_lose_the_answer, _say(200, answer))
    published = await _client(transport).publish(serving(), who="tester", why="a test")
    assert (published.created, transport.requests) == (False, 2)


@pytest.mark.parametrize("trouble", [_lose_the_answer, _say(503, DOWN)])
async def test_a_change_that_may_have_happened_is_never_repeated(
    trouble: Callable[[httpx.Request], httpx.Response],
) -> None:
    transport = Scripted(trouble)
    with pytest.raises(Unavailable):
        await _client(transport).rollback("demo", back())
    with pytest.raises(Unavailable):
        await _client(transport).promote("demo", to(serving()))
    assert transport.requests == 2


async def test_a_change_that_was_never_sent_is_tried_again() -> None:
    state = {"alias": "demo", "serving_id": serving().serving_id, "version": 1, "action": "promote"}
    state |= {"promoted_at": "2025-11-24T00:00:00Z", "who": "tester", "why": "a test"}
    transport = Scripted(_refuse, _say(200, json.dumps(state)))
    assert (await _client(transport).promote("demo", to(serving()))).version == 1


async def test_an_error_that_waiting_cannot_mend_is_raised_at_once() -> None:
    missing = problem_of(NotFound(kind="serving", name="demo", available=["a"]))
    transport = Scripted(_say(404, missing.model_dump_json(exclude_none=True)))
    with pytest.raises(NotFound, match="unknown serving 'demo'; there are: a"):
        await _client(transport).resolve("demo")
    assert transport.requests == 1


async def test_a_serving_that_was_changed_on_its_way_is_refused() -> None:
    changed = FOUND.replace('"tau_jerk":10.0', '"tau_jerk":11.0')
    with pytest.raises(CorruptData, match="hash mismatch"):
        await _client(Scripted(_say(200, changed))).resolve("demo")


async def test_an_answer_that_is_none_of_a_registry_is_said_to_be_so() -> None:
    with pytest.raises(Unavailable, match="its answer is no Resolved"):
        await _client(Scripted(_say(200, "{}"))).resolve("demo")
    with pytest.raises(Unavailable, match="HTTP 418 that is no answer of a registry: 'teapot'"):
        await _client(Scripted(_say(418, "teapot")), patience_s=0.0).resolve("demo")


async def test_readiness_does_not_wait() -> None:
    transport = Scripted(_say(503, '{"ready":false}'))
    with pytest.raises(Unavailable, match="ready"):
        await _client(transport).ready()
    with pytest.raises(Unavailable):
        await _client(Scripted(_refuse)).ready()
    assert transport.requests == 1
    await _client(Scripted(_say(200, "{}"))).ready()


@pytest.mark.parametrize("name", ["../x", "a/b", "a.b", ""])
async def test_a_name_that_cannot_exist_is_never_sent(name: str) -> None:
    transport = Scripted(_refuse)
    with pytest.raises(ConfigError):
        await _client(transport).resolve(name)
    assert transport.requests == 0


@pytest.mark.parametrize("url", ["registry:8003", "ftp://registry", "http://", "http://a:b", ""])
def test_a_url_that_is_none_is_refused_in_words(url: str) -> None:
    with pytest.raises(OptionError, match="registry URL"):
        RegistryClient(url)
