"""The guard in front of an application: what it answers, what it passes on, what it leaves alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, WebSocket

from qmcore.contracts.problems import Problem, error_of, status_of
from qmcore.errors import ConfigError, NotAuthorised, OriginRefused, TokenInUrl, TooMany
from qmcore.service import AccessSettings, ServiceMetrics, install_access, install_problem_answers
from qmcore.service.access import MAX_BODY_BYTES
from qmcore.tokens import bearer_headers, bearer_protocol

TOKEN = "correct-horse-battery-staple"


def made(**settings: Any) -> tuple[FastAPI, ServiceMetrics]:
    app = FastAPI()
    metrics = ServiceMetrics("some")

    @app.post("/v1/echo")
    async def echo(request: Request) -> dict[str, Any]:
        return {"size": len(await request.body()), "client": request.client.host if request.client else None}

    @app.get("/health")
    async def health() -> str:
        return "ok"

    @app.websocket("/v1/stream")
    async def stream(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_json(websocket.scope["subprotocols"])
        await websocket.receive_text()

    install_problem_answers(app)
    install_access(app, AccessSettings(**settings), metrics)
    return app, metrics


def client_of(app: FastAPI, address: str = "192.0.2.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://gw")


async def test_one_address_that_asks_too_often_is_told_when_to_come_again_and_no_other() -> None:
    app, metrics = made(address_request_burst=3, address_requests_per_second=0.5)
    async with client_of(app) as busy, client_of(app, "192.0.2.2") as other:
        assert [(await busy.post("/v1/echo")).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
        refused = await busy.post("/v1/echo")
        assert 1 <= int(refused.headers["retry-after"]) <= 2
        problem = Problem.model_validate_json(refused.content)
        assert isinstance(error_of(problem), TooMany)
        assert "too many requests of this address" in problem.error
        assert (await other.post("/v1/echo")).status_code == 200
        assert (await busy.get("/health")).status_code == 200
    assert b'qm_some_access_refused_total{why="TooMany"} 3.0' in metrics.text()


async def test_behind_a_trusted_proxy_clients_are_told_apart_and_seen_by_the_routes() -> None:
    app, _ = made(address_request_burst=1, address_requests_per_second=0.001, trusted_proxies="10.0.0.0/8")
    async with client_of(app, "10.0.0.1") as proxy, client_of(app, "192.0.2.9") as liar:
        for address in ("198.51.100.1", "198.51.100.2"):
            said = await proxy.post("/v1/echo", headers={"x-forwarded-for": address})
            assert said.json()["client"] == address
        forged = [{"x-forwarded-for": f"198.51.100.{n}"} for n in (3, 4)]
        assert [(await liar.post("/v1/echo", headers=h)).status_code for h in forged] == [200, 429]


async def test_a_large_body_is_refused_whether_it_is_announced_or_not() -> None:
    app, _ = made()
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 1 << 17
            yield bytes(1 << 17)

    async with client_of(app) as client:
        assert (await client.post("/v1/echo", content=bytes(MAX_BODY_BYTES))).json()["size"] == MAX_BODY_BYTES
        announced = await client.post("/v1/echo", content=bytes(MAX_BODY_BYTES + 1))
        assert announced.status_code == 413
        assert "larger than" in Problem.model_validate_json(announced.content).error
        assert (await client.post("/v1/echo", content=endless())).status_code == 413
    assert read <= 2 * MAX_BODY_BYTES


async def test_a_body_that_never_comes_whole_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qmcore.service.access.guard.BODY_S", 0.2)
    app, _ = made()

    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(30)

    async with client_of(app) as client, asyncio.timeout(5):
        assert (await client.post("/v1/echo", content=slow())).status_code == 408


async def test_refusals_come_back_as_the_errors_that_they_are() -> None:
    app, _ = made(token=TOKEN)
    async with client_of(app) as client:
        for headers, query, kind, status in (
            ({}, "", NotAuthorised, 401),
            (bearer_headers(TOKEN) | {"origin": "http://evil"}, "", OriginRefused, 403),
            (bearer_headers(TOKEN), "?token=x", TokenInUrl, 400),
        ):
            refused = await client.post(f"/v1/echo{query}", headers=headers)
            assert refused.status_code == status
            assert refused.headers["cache-control"] == "no-store"
            error = error_of(Problem.model_validate_json(refused.content))
            assert isinstance(error, kind)
            assert status_of(error) == status
        assert (await client.post("/v1/echo", headers=bearer_headers(TOKEN))).status_code == 200


class Handshake:
    """A WebSocket spoken to the application by hand."""

    def __init__(self, app: FastAPI, *offered: str, origin: str = "") -> None:
        self._app, self._offered, self._origin = app, list(offered), origin
        self._in: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.out: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def __aenter__(self) -> Handshake:
        self._in.put_nowait({"type": "websocket.connect"})
        headers = [(b"host", b"gw")] + ([(b"origin", self._origin.encode("latin-1"))] if self._origin else [])
        scope = {
            "type": "websocket",
            "path": "/v1/stream",
            "query_string": b"",
            "headers": headers,
            "client": ("192.0.2.1", 1),
            "subprotocols": self._offered,
        }
        self._task = asyncio.create_task(self._app(scope, self._in.get, self.out.put))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._in.put_nowait({"type": "websocket.receive", "text": "done"})
        await self._task

    async def says(self) -> dict[str, Any]:
        """What the application sends next."""
        async with asyncio.timeout(5):
            return await self.out.get()


async def test_a_websocket_is_refused_after_it_was_accepted_and_routes_do_not_see_tokens() -> None:
    app, _ = made(token=TOKEN, address_sockets=1)
    async with Handshake(app, "other") as refused:
        assert await refused.says() == {"type": "websocket.accept", "subprotocol": "other"}
        close = await refused.says()
        assert (close["code"], "token" in close["reason"]) == (1008, True)
    shown = ("qmachina.v1", bearer_protocol(TOKEN))
    async with Handshake(app, *shown) as served:
        assert (await served.says())["type"] == "websocket.accept"
        assert (await served.says())["text"] == '["qmachina.v1"]'
        async with Handshake(app, *shown) as second:
            assert (await second.says())["type"] == "websocket.accept"
            assert (await second.says())["code"] == 1013
    async with Handshake(app, *shown, origin="http://" + "\xe9" * 300) as elsewhere:
        await elsewhere.says()
        assert len((await elsewhere.says())["reason"].encode()) <= 123


def test_every_refusal_fits_a_close_frame() -> None:
    for error in (
        NotAuthorised("the token that was shown is not accepted"),
        OriginRefused(origin="http://" + "x" * 500),
        TokenInUrl(),
        TooMany(what="WebSockets of this address", problem="close some, or try again later"),
    ):
        assert len(str(error).encode()) <= 123, str(error)


def test_a_wrong_setting_is_said_when_the_application_is_made() -> None:
    for wrong in ({"allowed_origins": "evil"}, {"trusted_proxies": "evil"}, {"token": "short"}):
        with pytest.raises(ConfigError):
            made(**wrong)


def test_the_description_names_what_the_guard_may_answer() -> None:
    app, _ = made()
    document = app.openapi()
    assert {"400", "401", "403", "408", "413", "429"} <= set(
        document["paths"]["/v1/echo"]["post"]["responses"]
    )
    assert "Problem" in document["components"]["schemas"]
