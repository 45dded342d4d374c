"""Viewers at a running gateway, with everything behind it real."""

from __future__ import annotations

import asyncio

import pytest

from tests.fixtures.market import MarketLake, config
from tests.fixtures.stack import Stack
from tests.fixtures.viewer import Bin, Viewer, split


def assert_equal_bins(bins: list[Bin], direct: list[bytes]) -> None:
    """Header and Arrow bytes of every bin are those that the pipeline makes directly."""
    for got in bins:
        json, arrow = split(direct[got.seq])
        assert got.arrow == arrow
        assert got.plain_json == json


async def new_serving(stack: Stack, alias: str, **changes: object) -> None:
    """A serving of its own, so that its session is of its own."""
    await stack.publish(alias, config(**changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("speed", [1.0, 8.0])
async def test_a_viewer_gets_config_and_bins_that_equal_the_pipelines(
    stack: Stack, market: MarketLake, speed: float
) -> None:
    changes = {"flow_tanh_scale": 3.0 + speed}
    await new_serving(stack, f"equal{int(speed)}", **changes)
    async with stack.watch(f"equal{int(speed)}") as viewer:
        started = await viewer.read_config()
        assert started["serving"]["serving_name"] == f"equal{int(speed)}"
        assert started["grid_rows"] == 101
        assert started["model_config"]["name"] == "derivative"
        assert viewer.connection.subprotocol == "qmachina.v1"
        if speed != 1.0:
            answer = await stack.post(f"/v1/sessions/{viewer.session_id}", action="speed", speed=speed)
            assert answer.status_code == 200, answer.text
        await viewer.read_bins(40)
        assert viewer.seqs == list(range(40))
        assert_equal_bins(viewer.bins, market.messages(config(**changes)))  # type: ignore[arg-type]


async def test_two_viewers_share_one_session_and_the_late_one_gets_the_past(
    stack: Stack, market: MarketLake
) -> None:
    await new_serving(stack, "shared", flow_tanh_scale=2.0)
    async with stack.watch("shared") as first:
        await first.read_bins(15)
        async with stack.watch("shared") as late:
            await asyncio.gather(first.read_bins(40), late.read_bins(40))
            assert late.session_id == first.session_id
            assert late.seqs == first.seqs == list(range(40))
            flagged = [b.seq for b in late.bins if b.update.get("backfill")]
            assert flagged == list(range(len(flagged)))
            assert 14 <= flagged[-1] < 39
            assert not any("backfill" in b.update for b in first.bins)
            assert [b.arrow for b in late.bins] == [b.arrow for b in first.bins]
            assert [b.plain_json for b in late.bins] == [b.plain_json for b in first.bins]
    sessions = [s for s in (await stack.get("/v1/sessions")).json() if s["serving_name"] == "shared"]
    assert len(sessions) == 1


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?serving=nothing-like-it", "unknown serving 'nothing-like-it'; there are: "),
        ("", "'serving' is missing"),
        ("?serving=", "'serving' is missing"),
        ("?serving=a&speed=2", "unknown query parameter 'speed'; allowed: serving"),
        ("?serving=../etc/passwd", "cannot name a serving"),
    ],
)
async def test_a_wrong_query_is_closed_with_1008_and_the_reason(stack: Stack, query: str, words: str) -> None:
    async with Viewer(stack.stream_url() + query) as viewer:
        await viewer.read_to_end()
        assert viewer.close_code == 1008
        assert words in viewer.close_reason


async def test_a_returning_viewer_goes_on_after_its_bin(stack: Stack) -> None:
    await new_serving(stack, "resume", flow_tanh_scale=2.5)
    async with stack.watch("resume") as viewer:
        await viewer.read_bins(10)
    async with stack.watch("resume", resume=(viewer.session_id, 4)) as again:
        await again.read_bins(20)
        assert again.session_id == viewer.session_id
        assert again.seqs == list(range(5, 25))
    async with stack.watch("resume", resume=("0123456789abcdef", 4)) as other:
        await other.read_bins(3)
        assert other.seqs[0] == 0


async def test_a_gateway_that_goes_down_sends_its_viewers_on_and_they_miss_nothing(stack: Stack) -> None:
    await new_serving(stack, "rolling", flow_tanh_scale=2.7)
    leaving = stack.add_gateway("gateway-leaving").start()
    async with stack.watch("rolling", leaving) as viewer:
        await viewer.read_bins(10)
        assert await asyncio.to_thread(leaving.stop) == 0
        await viewer.read_to_end()
        assert viewer.close_code == 1012
    async with stack.watch("rolling", resume=(viewer.session_id, viewer.seqs[-1])) as again:
        await again.read_bins(10)
        assert again.session_id == viewer.session_id
        assert viewer.seqs + again.seqs == list(range(len(viewer.seqs) + len(again.seqs)))


async def test_a_returning_viewer_gets_also_what_the_gateway_does_not_hold_any_more(
    stack: Stack, market: MarketLake
) -> None:
    await new_serving(stack, "long-away", flow_tanh_scale=2.8)
    forgetful = stack.add_gateway("gateway-forgetful", QM_BACKFILL_BINS="5", QM_VIEWER_QUEUE_BINS="5").start()
    try:
        async with stack.watch("long-away") as viewer:
            session_id = (await viewer.read_config())["session"]["id"]
            await stack.post(f"/v1/sessions/{session_id}", action="speed", speed=10)
            await viewer.read_bins(120)
            async with stack.watch("long-away", forgetful, resume=(session_id, 7)) as again:
                await again.read_bins(150)
                assert again.seqs == list(range(8, 8 + len(again.seqs)))
                assert_equal_bins(again.bins, market.messages(config(flow_tanh_scale=2.8)))
    finally:
        forgetful.stop()
