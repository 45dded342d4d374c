"""1x pace: from a bin's end, as the market's clock runs in replay, to its bytes at a viewer of the gateway."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Final

import numpy as np
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from qm_local.bench.market import BURST
from qm_local.bench.services import bench_stack
from qmcore.bus import RawMessage
from qmcore.contracts.bus_messages import BatchHeader
from qmcore.contracts.messages import Message
from qmcore.contracts.subjects import mbo_subject

ALIAS: Final = "bench"
SETTLE_BINS: Final = 20


class Latency(Message):
    """Milliseconds from the bin's end to both of its messages at the viewer."""

    bins: int
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float


async def measure_latency(folder: Path, seconds: float) -> Latency:
    """Watch a session at 1x for ``seconds``.

    Replay stamps each batch with the wall time at which it was due; the batch that closes a bin says ``through_ns``
    equal to the bin's end, so that its stamp is the bin's end on this machine's clock.
    """
    ended_ns: dict[int, int] = {}
    arrived_ns: dict[int, int] = {}

    async def overhear(raw: RawMessage) -> None:
        header = BatchHeader.decode(raw.headers or {})
        if header.through_ns:
            ended_ns[header.through_ns] = header.due_ns

    async with bench_stack(BURST, folder, ("registry", "replay", "engine", "gateway")) as bench:
        await bench.promote(ALIAS, BURST.config())
        await bench.bus.subscribe_raw(mbo_subject("*"), overhear)
        url = f"ws://127.0.0.1:{bench.stack.gateway_port}/v1/stream?serving={ALIAS}"
        protocols = [Subprotocol("qmachina.v1")]
        async with connect(
            url, max_size=None, compression=None, subprotocols=protocols, proxy=None
        ) as viewer:
            end_s = time.monotonic() + seconds
            bin_end = 0
            while time.monotonic() < end_s:
                message = await viewer.recv()
                if isinstance(message, bytes):
                    arrived_ns[bin_end] = time.time_ns()
                elif (update := json.loads(message))["type"] == "grid_update":
                    bin_end = int(update["bin_end_ns"])
            await asyncio.sleep(0.2)
    late = [(arrived_ns[end] - ended_ns[end]) / 1e6 for end in sorted(arrived_ns) if end in ended_ns][
        SETTLE_BINS:
    ]
    p50, p90, p99 = np.percentile(late, [50, 90, 99]).tolist()
    return Latency(bins=len(late), p50_ms=p50, p90_ms=p90, p99_ms=p99, max_ms=max(late))
