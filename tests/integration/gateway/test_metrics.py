"""What a running gateway and its engine count while a session is watched."""

from __future__ import annotations

import asyncio

from tests.fixtures.market import config
from tests.fixtures.stack import Stack


async def gateway_says(stack: Stack) -> dict[str, float]:
    """Every line of /metrics."""
    lines = (await stack.get("/metrics")).text.splitlines()
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in lines) if name[0] != "#"
    }


async def test_a_watched_session_is_counted_wanted_and_timed(stack: Stack) -> None:
    await stack.publish("counted", config(flow_tanh_scale=6.5))
    async with stack.watch("counted") as viewer:
        await viewer.read_bins(20)
        async with asyncio.timeout(10):
            while True:
                said = await gateway_says(stack)
                if said.get('qm_gateway_sessions{state="running"}', 0) >= 1:
                    break
                await asyncio.sleep(0.1)
        assert said["qm_gateway_sessions_wanted"] >= 1
        assert said["qm_gateway_session_lag_seconds"] < 5
        assert said['qm_gateway_ready{condition="redis"}'] == 1
        timed = said["qm_gateway_bin_latency_seconds_count"]
        assert timed > 0
        assert said["qm_gateway_bin_latency_seconds_sum"] / timed < 1, "from due records to the socket"
        await stack.post(f"/v1/sessions/{viewer.session_id}", action="stop")
        wanted = said["qm_gateway_sessions_wanted"]
        async with asyncio.timeout(10):
            while True:
                if (await gateway_says(stack))["qm_gateway_sessions_wanted"] < wanted:
                    break
                await asyncio.sleep(0.1)
