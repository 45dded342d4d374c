"""What the services promise, as figures: throughput of the bus, latency at 1x, many viewers at one gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from qm_local.bench.figures import Figure
from qm_local.bench.latency import measure_latency
from qm_local.bench.throughput import measure_throughput
from qm_local.bench.viewers import measure_viewers

LATENCY_RUN_S: Final = 12.0
VIEWERS: Final = 500
VIEWERS_RUN_S: Final = 15.0


def run(folder: Path, runs: int) -> Iterator[Figure]:
    """File -> NATS JetStream -> engine -> grids."""
    measured = asyncio.run(measure_throughput(folder, runs))
    spent = ", ".join(
        f"{name} {seconds:.2f}" for name, seconds in measured.cpu_seconds.items() if seconds >= 0.05
    )
    yield Figure(
        what="file -> JetStream -> engine -> grids, as fast as possible",
        value=measured.records_per_second / 1e6,
        unit="M records/s",
        reach=2.0,
        at_least=True,
        baseline="JetStream alone moves 7-13 M",
        detail=f"{measured.records:,} records, {measured.bins:,} bins in {measured.seconds:.2f} s; CPU s: {spent}",
    )


def run_latency(folder: Path, runs: int) -> Iterator[Figure]:
    """Bin end -> bytes at a viewer."""
    measured = asyncio.run(measure_latency(folder, LATENCY_RUN_S * max(1, runs)))
    yield Figure(
        what="bin end -> bytes at a viewer, 1x pace, p99",
        value=measured.p99_ms,
        unit="ms",
        reach=20,
        detail=f"{measured.bins} bins: p50 {measured.p50_ms:.1f}, p90 {measured.p90_ms:.1f}, "
        f"max {measured.max_ms:.1f} ms",
    )


def run_viewers(folder: Path, runs: int) -> Iterator[Figure]:
    """500 viewers of one session at one gateway process."""
    measured = asyncio.run(measure_viewers(folder, VIEWERS, VIEWERS_RUN_S * max(1, runs)))
    yield Figure(
        what=f"{VIEWERS} viewers, 10 bins/s, one gateway process, p99",
        value=measured.p99_ms,
        unit="ms",
        reach=30,
        baseline="bare uvicorn sansio 27 ms",
        detail=f"{measured.delivered:,} bins delivered, {measured.missing} before a viewer had come or dropped; "
        f"p50 {measured.p50_ms:.1f}, max {measured.max_ms:.1f} ms",
    )
    yield Figure(
        what="the same, share of a core",
        value=measured.gateway_cpu * 100,
        unit="%",
        reach=25,
        baseline="bare uvicorn sansio 20 %",
        detail=f"{measured.gateway_rss_mb:.0f} MB resident",
    )
