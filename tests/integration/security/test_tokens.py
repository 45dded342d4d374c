"""A stack that wants credentials: who shows them is served, who does not is told why, and nobody else notices."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from contextlib import suppress

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from qmcore.contracts.problems import Problem
from qmcore.tokens import bearer_headers, bearer_protocol
from tests.fixtures.market import config
from tests.integration.security.conftest import SECOND_TOKEN, TOKEN, LockedStack

POLICY, TOO_BIG, TRY_AGAIN = 1008, 1009, 1013
WITH_TOKEN = [Subprotocol("qmachina.v1"), Subprotocol(bearer_protocol(TOKEN))]


async def closed(socket: ClientConnection) -> tuple[int, str]:
    """How the gateway closes it."""
    async with asyncio.timeout(10):
        with suppress(ConnectionClosed):
            while True:
                await socket.recv()
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""


@pytest.fixture
async def url(locked: LockedStack) -> str:
    """A stream that is served."""
    await locked.publish("locked", config())
    return f"{locked.stream_url()}?serving=locked"


async def test_a_viewer_streams_with_a_token_by_header_or_by_subprotocol(url: str) -> None:
    for token in (TOKEN, SECOND_TOKEN):
        protocols = [Subprotocol("qmachina.v1"), Subprotocol(bearer_protocol(token))]
        async with connect(url, subprotocols=protocols) as by_protocol:
            assert by_protocol.subprotocol == "qmachina.v1"
            assert json.loads(await by_protocol.recv())["type"] == "runtime_config"
        async with connect(url, additional_headers=bearer_headers(token)) as by_header:
            assert json.loads(await by_header.recv())["type"] == "runtime_config"
            assert json.loads(await by_header.recv())["type"] == "grid_update"


async def test_a_viewer_without_the_right_token_is_closed_with_words(url: str) -> None:
    wrong = [Subprotocol("qmachina.v1"), Subprotocol(bearer_protocol("some-other-long-token"))]
    for options in ({}, {"subprotocols": wrong}, {"additional_headers": {"authorization": "Basic YTpi"}}):
        async with connect(url, **options) as socket:  # type: ignore[arg-type]
            code, reason = await closed(socket)
            assert code == POLICY
            assert "token" in reason
    async with connect(f"{url}&token={TOKEN}", subprotocols=WITH_TOKEN) as socket:
        assert await closed(socket) == (
            POLICY,
            "a token in the query is refused: send it as a header, or as a WebSocket subprotocol",
        )


async def test_a_page_of_another_origin_may_not_watch_even_with_a_token(url: str) -> None:
    async with connect(url, origin=Origin("http://evil.example"), subprotocols=WITH_TOKEN) as socket:
        code, reason = await closed(socket)
        assert code == POLICY
        assert "evil.example" in reason
    async with connect(url, origin=Origin("http://localhost:5174"), subprotocols=WITH_TOKEN) as socket:
        assert json.loads(await socket.recv())["type"] == "runtime_config"


async def test_rest_wants_the_token_everywhere_but_for_health_and_pages(locked: LockedStack) -> None:
    for path in ("/v1/sessions", "/v1/aliases", "/v1/experiments", "/openapi.json", "/docs"):
        refused = await locked.ask(path, token=None)
        assert refused.status_code == 401, path
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert Problem.model_validate_json(refused.content).type == "NotAuthorised"
        assert (await locked.ask(path)).status_code == 200, path
    for path in ("/health", "/ready", "/metrics", "/"):
        assert (await locked.ask(path, token=None)).status_code == 200, path
    in_query = await locked.ask("/v1/sessions", params={"token": TOKEN})
    assert (in_query.status_code, TOKEN in in_query.text) == (400, False)


async def test_registry_and_harness_want_it_too(locked: LockedStack) -> None:
    for port, path in ((locked.registry.port, "/v1/aliases"), (locked.harness.port, "/v1/experiments/runs")):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            assert (await client.get(path)).status_code == 401
            assert (await client.get(path, headers=bearer_headers(SECOND_TOKEN))).status_code == 200


async def test_a_change_from_a_page_of_another_origin_is_refused(locked: LockedStack) -> None:
    async with httpx.AsyncClient(base_url=locked.url(), headers=bearer_headers(TOKEN)) as client:
        sent = await client.put(
            "/v1/aliases/locked", json={"serving_id": "x"}, headers={"origin": "https://evil.example"}
        )
        assert sent.status_code == 403
        assert Problem.model_validate_json(sent.content).type == "OriginRefused"


def test_commands_show_the_token_of_their_environment(locked: LockedStack) -> None:
    command = [sys.executable, "-m", "qmcore", "alias", "list"]
    endpoint = {"QM_REGISTRY_ENDPOINT": f"http://127.0.0.1:{locked.registry.port}"}
    with_token = os.environ | endpoint | {"QM_TOKEN": TOKEN}
    done = subprocess.run(command, env=with_token, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    refused = subprocess.run(command, env=os.environ | endpoint, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 2
    assert "set QM_TOKEN" in refused.stderr


async def test_more_connections_than_allowed_are_told_to_come_again_and_hurt_nobody(
    locked: LockedStack, url: str
) -> None:
    async with connect(url, subprotocols=WITH_TOKEN, max_queue=None) as watching:
        await watching.recv()
        others = [await connect(url, subprotocols=WITH_TOKEN) for _ in range(11)]
        try:
            for _ in range(5):
                async with connect(url, subprotocols=WITH_TOKEN) as one_too_many:
                    code, reason = await closed(one_too_many)
                    assert code == TRY_AGAIN
                    assert reason.startswith("too many WebSockets of this address")
        finally:
            await asyncio.gather(*(other.close() for other in others))
        bins = [json.loads(m)["bin_seq"] for _ in range(40) if isinstance(m := await watching.recv(), str)]
        assert [int(b) for b in bins] == list(range(int(bins[0]), int(bins[0]) + len(bins)))
    async with connect(url, subprotocols=WITH_TOKEN) as again:
        assert json.loads(await again.recv())["type"] == "runtime_config"


async def test_a_message_of_more_than_64_kb_closes_its_sender_with_1009(url: str) -> None:
    async with (
        connect(url, subprotocols=WITH_TOKEN, max_queue=None) as watching,
        connect(url, subprotocols=WITH_TOKEN, max_queue=None) as talking,
    ):
        await talking.send(b"x" * (1 << 16))
        assert json.loads(await talking.recv())["type"] == "runtime_config"
        await talking.send(b"x" * ((1 << 16) + 1))
        code, _ = await closed(talking)
        assert code == TOO_BIG
        assert json.loads(await watching.recv())["type"] == "runtime_config"
        assert json.loads(await watching.recv())["type"] == "grid_update"
