"""Many viewers at one gateway process, 10 bins a second: latency, and what it costs the gateway."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np

from qm_local.bench.latency import ALIAS
from qm_local.bench.market import BURST
from qm_local.bench.services import bench_stack
from qm_local.bench.throughput import cpu_seconds
from qmcore.bus import RawMessage
from qmcore.contracts.bus_messages import BatchHeader
from qmcore.contracts.messages import Message
from qmcore.contracts.subjects import mbo_subject
from qmcore.errors import QmError

CONNECT_S: Final = 8.0
"""Until all viewers are connected and have caught up."""


class ViewersFigure(Message):
    """What the viewers saw after all of them were connected."""

    viewers: int
    bins: int
    delivered: int
    missing: int
    """Bins that some viewer did not get."""
    p50_ms: float
    p99_ms: float
    max_ms: float
    """From the bin's end on the market's clock to its last byte at a viewer."""
    gateway_cpu: float
    """Share of one core."""
    gateway_rss_mb: float


def _rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


async def measure_viewers(folder: Path, viewers: int, seconds: float) -> ViewersFigure:
    """``viewers`` watch one session at 1x for ``seconds``."""
    ended_ns: dict[int, int] = {}

    async def overhear(raw: RawMessage) -> None:
        header = BatchHeader.decode(raw.headers or {})
        if header.through_ns:
            ended_ns[header.through_ns] = header.due_ns

    async with bench_stack(BURST, folder, ("registry", "replay", "engine", "gateway")) as bench:
        await bench.promote(ALIAS, BURST.config())
        await bench.bus.subscribe_raw(mbo_subject("*"), overhear)
        arguments = [
            "127.0.0.1",
            str(bench.stack.gateway_port),
            f"/v1/stream?serving={ALIAS}",
            str(viewers),
            str(CONNECT_S + seconds),
        ]
        load = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "qm_local.bench.viewer_load", *arguments, stdout=asyncio.subprocess.PIPE
        )
        await asyncio.sleep(CONNECT_S + viewers * 0.005)
        gateway = bench.pids["gateway"]
        from_wall_ns, from_s, from_cpu = time.time_ns(), time.monotonic(), cpu_seconds(gateway)
        await asyncio.sleep(seconds - 1)
        cpu = (cpu_seconds(gateway) - from_cpu) / (time.monotonic() - from_s)
        until_wall_ns, rss = time.time_ns(), _rss_mb(gateway)
        out, _ = await load.communicate()
    return _figure(np.load(io.BytesIO(out)), ended_ns, viewers, from_wall_ns, until_wall_ns, cpu, rss)


def _figure(
    seen: np.ndarray[tuple[int, int], np.dtype[np.int64]],
    ended_ns: dict[int, int],
    viewers: int,
    from_wall_ns: int,
    until_wall_ns: int,
    cpu: float,
    rss_mb: float,
) -> ViewersFigure:
    whole = {e for e, wall in ended_ns.items() if from_wall_ns < wall < until_wall_ns - 1_000_000_000}
    bins = sorted(whole & set(np.unique(seen[:, 1]).tolist()))
    if not bins:
        raise QmError("no viewer got a bin")
    kept = seen[np.isin(seen[:, 1], bins)]
    late_ms = (kept[:, 2] - np.array([ended_ns[e] for e in kept[:, 1].tolist()])) / 1e6
    p50, p99 = np.percentile(late_ms, [50, 99]).tolist()
    return ViewersFigure(
        viewers=viewers,
        bins=len(bins),
        delivered=len(kept),
        missing=len(bins) * viewers - len(kept),
        p50_ms=p50,
        p99_ms=p99,
        max_ms=float(late_ms.max()),
        gateway_cpu=cpu,
        gateway_rss_mb=rss_mb,
    )
