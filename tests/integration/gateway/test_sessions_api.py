"""``/v1/sessions`` of a running gateway: looking, controlling, scrolling back, ending, starting again."""

from __future__ import annotations

import asyncio
import io

import pyarrow as pa
import pytest

from qmcore.contracts.columns import BIN_COLUMNS, GRID_COLUMNS
from tests.fixtures.brokers import NatsServer, RedisServer
from tests.fixtures.bus_client import bus_client
from tests.fixtures.market import MarketLake, config
from tests.fixtures.stack import Stack
from tests.fixtures.viewer import split


async def state_of(stack: Stack, session_id: str, wanted: str) -> dict[str, object]:
    """The session's status once it is ``wanted``."""
    async with asyncio.timeout(20):
        while True:
            status: dict[str, object] = (await stack.get(f"/v1/sessions/{session_id}")).json()
            if status["state"] == wanted:
                return status
            await asyncio.sleep(0.05)


async def test_a_session_pauses_goes_on_changes_its_pace_and_stops(stack: Stack) -> None:
    await stack.publish("controlled", config(flow_tanh_scale=5.0))
    async with stack.watch("controlled") as viewer:
        await viewer.read_bins(5)
        path = f"/v1/sessions/{viewer.session_id}"
        paused = await stack.post(path, action="pause")
        assert (paused.status_code, paused.json()["state"]) == (200, "paused")
        assert paused.json()["pace"] == {"speed": 1.0, "paused": True}
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await viewer.read_bins(1000)
        standing = len(viewer.bins)
        faster = await stack.post(path, action="speed", speed=5)
        assert faster.json()["pace"] == {"speed": 5.0, "paused": True}
        resumed = await stack.post(path, action="resume")
        assert resumed.json()["state"] == "running"
        loop = asyncio.get_running_loop()
        began = loop.time()
        await viewer.read_bins(standing + 50)
        assert 0.5 < loop.time() - began < 3.0, "50 bins at 5x take a second"
        stopped = await stack.post(path, action="stop")
        assert (stopped.status_code, stopped.json()["state"]) == (200, "stopped")
        await viewer.read_to_end()
        assert viewer.end is not None
        assert (viewer.end["state"], viewer.end["reason"]) == ("stopped", "stopped by request")
        assert viewer.end["last_bin_seq"] == str(viewer.seqs[-1])
        assert viewer.close_code == 1000
        assert viewer.seqs == list(range(len(viewer.seqs)))
        too_late = await stack.post(path, action="pause")
        assert too_late.status_code == 409
        assert "is stopped" in too_late.json()["error"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"action": "fly"}, "action"),
        ({"action": "speed"}, "needs a speed"),
        ({"action": "pause", "speed": 2}, "takes no speed"),
        ({"action": "speed", "speed": 0}, "speed"),
        ({"action": "speed", "speed": "warp"}, "speed"),
        ({"action": "pause", "sped": 1}, "sped"),
    ],
)
async def test_a_wrong_action_is_refused_in_words(stack: Stack, body: dict[str, object], words: str) -> None:
    answer = await stack.post("/v1/sessions/0123456789abcdef", **body)
    assert answer.status_code == 422
    assert words in answer.json()["error"]


@pytest.mark.parametrize("session_id", ["0123456789abcdef", "..%2f..%2fetc", "a"])
async def test_a_session_that_is_not_there_is_not_found(stack: Stack, session_id: str) -> None:
    answer = await stack.get(f"/v1/sessions/{session_id}")
    assert answer.status_code == 404
    assert (await stack.post("/v1/sessions/0123456789abcdef", action="pause")).status_code == 404


async def test_a_session_without_viewers_stops_and_the_next_viewer_gets_a_new_one(stack: Stack) -> None:
    await stack.publish("left-alone", config(flow_tanh_scale=5.5))
    async with stack.watch("left-alone") as viewer:
        await viewer.read_bins(3)
    status = await state_of(stack, viewer.session_id, "stopped")
    assert status["reason"] == "idle: the last viewer has left"
    async with stack.watch("left-alone") as other:
        await other.read_bins(3)
        assert other.session_id != viewer.session_id
        assert other.seqs[0] == 0


async def test_a_finished_session_can_be_watched_and_restarted(stack: Stack, market: MarketLake) -> None:
    short = config("09:30:20", "09:30:22", flow_tanh_scale=6.0)
    await stack.publish("short", short)
    async with stack.watch("short") as viewer:
        await viewer.read_to_end()
        assert viewer.seqs == list(range(20))
        assert viewer.end is not None
        assert (viewer.end["state"], viewer.end["last_bin_seq"]) == ("ended", "19")
    async with stack.watch("short") as later:
        await later.read_to_end()
        assert later.session_id == viewer.session_id
        assert later.config["session"]["state"] == "ended"
        assert later.seqs == viewer.seqs
        assert all(b.update["backfill"] for b in later.bins)
        assert later.end == viewer.end
        assert [split(m)[1] for m in market.messages(short)] == [b.arrow for b in later.bins]
    restarted = await stack.post(f"/v1/sessions/{viewer.session_id}", action="restart", speed="max")
    assert restarted.status_code == 200
    assert restarted.json()["session_id"] != viewer.session_id
    async with stack.watch("short") as again:
        await again.read_to_end()
        assert again.session_id == restarted.json()["session_id"]
        assert [b.arrow for b in again.bins] == [b.arrow for b in viewer.bins]
    stale = await stack.post(f"/v1/sessions/{viewer.session_id}", action="restart")
    assert stale.status_code == 409


async def test_a_restart_ends_the_running_session_for_its_viewers(stack: Stack) -> None:
    await stack.publish("again", config(flow_tanh_scale=6.5))
    async with stack.watch("again") as viewer:
        await viewer.read_bins(5)
        restarted = await stack.post(f"/v1/sessions/{viewer.session_id}", action="restart")
        await viewer.read_to_end()
        assert viewer.end is not None
        assert viewer.end["reason"] == f"restarted as session {restarted.json()['session_id']}"
    async with stack.watch("again") as other:
        await other.read_bins(2)
        assert other.session_id == restarted.json()["session_id"]


async def test_past_bins_are_one_arrow_stream_that_says_which_bins_it_holds(
    stack: Stack, market: MarketLake
) -> None:
    short = config("09:30:20", "09:30:26", flow_tanh_scale=7.0)
    await stack.publish("past", short)
    async with stack.watch("past") as viewer:
        await stack.post(
            f"/v1/sessions/{(await viewer.read_config())['session']['id']}", action="speed", speed="max"
        )
        await viewer.read_to_end()
    path = f"/v1/sessions/{viewer.session_id}/bins"
    answer = await stack.get(path, **{"from": "10", "to": "55"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    batches = list(pa.ipc.open_stream(io.BytesIO(answer.content)))
    assert [b.column("bin_seq")[0].as_py() for b in batches] == list(range(10, 55))
    names = [c.name for c in GRID_COLUMNS]
    assert batches[0].schema.names == [c.name for c in BIN_COLUMNS] + names
    direct = pa.ipc.open_stream(split(market.messages(short)[42])[1]).read_next_batch()
    assert batches[32].select(names) == direct
    beyond = await stack.get(path, **{"from": "50", "to": "500"})
    assert pa.ipc.open_stream(io.BytesIO(beyond.content)).read_all().num_rows == 10 * 101
    for query in (
        {"from": "5", "to": "5"},
        {"from": "0", "to": "100000"},
        {"from": "-1", "to": "5"},
        {"from": "1"},
    ):
        wrong = await stack.get(path, **query)
        assert wrong.status_code == 422, query
        assert wrong.json()["error"]


async def test_gateways_share_sessions(
    stack: Stack, nats_server: NatsServer, redis_server: RedisServer
) -> None:
    await stack.publish("everywhere", config(flow_tanh_scale=7.5))
    second = stack.add_gateway("gateway2").start()
    try:
        async with stack.watch("everywhere") as here, stack.watch("everywhere", second) as there:
            await asyncio.gather(here.read_bins(12), there.read_bins(12))
            assert here.session_id == there.session_id
            assert [b.arrow for b in here.bins[:12]] == [b.arrow for b in there.bins[:12]]
        async with bus_client(nats_server.url, redis_server.url) as client:
            ids = [s.session_id for s in await client.directory.sessions() if s.serving_name == "everywhere"]
        assert ids == [here.session_id]
    finally:
        second.stop()
