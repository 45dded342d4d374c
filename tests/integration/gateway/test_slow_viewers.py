"""A viewer that stops reading: it loses whole bins, is told so, is closed, and costs nobody else anything."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from tests.fixtures.brokers import own_brokers
from tests.fixtures.market import MarketLake, config
from tests.fixtures.stack import Stack
from tests.fixtures.viewer import Viewer

SLOW = 8
GROWTH_BYTES = 48 << 20
"""The shared ring of bins fills meanwhile; what a viewer may hold is far less than this."""


@pytest.fixture(scope="module")
def tight_stack(tmp_path_factory: pytest.TempPathFactory, market: MarketLake) -> Iterator[Stack]:
    """A gateway with little patience and little room for a viewer."""
    folder = tmp_path_factory.mktemp("tight")
    tight = {
        "QM_VIEWER_QUEUE_BINS": "8",
        "QM_VIEWER_SOCKET_BYTES": "65536",
        "QM_SLOW_CLOSE_SECONDS": "3",
        "QM_IDLE_SECONDS": "5",
        "QM_BACKFILL_BINS": "50",
    }
    with own_brokers(folder) as (nats, redis), Stack(folder, market.root, nats, redis, **tight) as made:
        yield made.start()


async def stalled_connection(stack: Stack, serving: str) -> socket.socket:
    """A viewer that shakes hands and then never reads."""
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
    stalled.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(stalled, ("127.0.0.1", stack.gateway.port))
    request = (
        f"GET /v1/stream?serving={serving} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    await loop.sock_sendall(stalled, request.encode())
    return stalled


async def metric(stack: Stack, name: str) -> float:
    for line in (await stack.get("/metrics")).text.splitlines():
        if line.startswith(f"qm_gateway_{name}"):
            return float(line.split()[-1])
    raise AssertionError(f"no metric {name}")


async def test_viewers_that_stop_reading_neither_slow_others_nor_grow_the_gateway(tight_stack: Stack) -> None:
    await tight_stack.publish("slow", config(flow_tanh_scale=4.0))
    stalled: list[socket.socket] = []
    async with tight_stack.watch("slow") as quick:
        await quick.read_bins(5)
        stalled += [await stalled_connection(tight_stack, "slow") for _ in range(SLOW)]
        await quick.read_bins(20)
        before = tight_stack.gateway.rss_bytes()
        changed = await tight_stack.post(f"/v1/sessions/{quick.session_id}", action="speed", speed=4)
        assert changed.status_code == 200
        loop = asyncio.get_running_loop()
        began, first = loop.time(), len(quick.bins)
        await quick.read_bins(first + 160)
        took = loop.time() - began
        assert took < 6.0, f"160 bins at 40 a second took {took:.1f} s"
        assert quick.seqs == list(range(len(quick.bins)))
        assert not any("dropped" in b.update for b in quick.bins)
        assert await metric(tight_stack, "bins_dropped_total") >= SLOW * 50
        assert await metric(tight_stack, "viewers_closed_slow_total") >= SLOW
        grown = tight_stack.gateway.rss_bytes() - before
        assert grown < GROWTH_BYTES, f"the gateway has grown by {grown / 1e6:.0f} MB"
        for _ in range(100):
            if await metric(tight_stack, "viewers ") == 1:
                break
            await asyncio.sleep(0.1)
        assert await metric(tight_stack, "viewers ") == 1, "stalled viewers still hold their places"
    for connection in stalled:
        connection.close()


async def test_a_viewer_that_pauses_is_told_how_many_bins_it_lost(tight_stack: Stack) -> None:
    await tight_stack.publish("pausing", config(flow_tanh_scale=4.5))
    async with Viewer(f"{tight_stack.stream_url()}?serving=pausing", receive_buffer=1 << 14) as viewer:
        await viewer.read_bins(3)
        await tight_stack.post(f"/v1/sessions/{viewer.session_id}", action="speed", speed=8)
        await asyncio.sleep(2.0)
        had = len(viewer.bins)
        await viewer.read_bins(had + 40)
    told = sum(b.update.get("dropped", 0) for b in viewer.bins)
    assert told > 10
    assert viewer.seqs == sorted(set(viewer.seqs))
    for before, after in zip(viewer.bins, viewer.bins[1:], strict=False):
        assert after.seq - before.seq - 1 == after.update.get("dropped", 0)


async def test_a_viewer_that_stays_behind_is_closed_with_1013(tight_stack: Stack) -> None:
    await tight_stack.publish("behind", config(flow_tanh_scale=4.6))
    async with Viewer(f"{tight_stack.stream_url()}?serving=behind", receive_buffer=1 << 14) as viewer:
        await viewer.read_bins(3)
        await tight_stack.post(f"/v1/sessions/{viewer.session_id}", action="speed", speed=8)
        await asyncio.sleep(5.5)
        await viewer.read_to_end()
        assert viewer.close_code == 1013
        assert "too slow" in viewer.close_reason
