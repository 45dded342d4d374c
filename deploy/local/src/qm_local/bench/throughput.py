"""File -> NATS JetStream -> engine -> grids in JetStream, as fast as possible."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

from qm_local.bench.market import BURST
from qm_local.bench.services import BenchStack, bench_stack
from qmcore.config.runtime import RuntimeConfig
from qmcore.contracts.bus_messages import FINAL_STATES, SessionStatus
from qmcore.contracts.messages import Message
from qmcore.contracts.subjects import SESSION_STATUS


class Throughput(Message):
    """Medians over the runs."""

    records: int
    bins: int
    seconds: float
    """From the session in the queue to its end marker in the grid stream."""
    records_per_second: float
    cpu_seconds: dict[str, float]
    """User and system time of each process, in the median run."""


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def _one(bench: BenchStack, config: RuntimeConfig) -> tuple[float, SessionStatus, dict[str, float]]:
    over: asyncio.Future[SessionStatus] = asyncio.get_running_loop().create_future()

    def hear(status: SessionStatus) -> None:
        if status.state in FINAL_STATES and not over.done():
            over.set_result(status)

    listening = await bench.bus.on_message(SESSION_STATUS, SessionStatus, hear)
    await bench.bus.flush()
    before = {name: cpu_seconds(pid) for name, pid in bench.pids.items()}
    began = time.perf_counter()
    await bench.start_session(config, "max")
    status = await over
    seconds = time.perf_counter() - began
    spent = {name: round(cpu_seconds(pid) - before[name], 2) for name, pid in bench.pids.items()}
    await bench.bus.unsubscribe(listening)
    if status.state != "ended":
        raise RuntimeError(f"the session {status.state}: {status.reason}")
    return seconds, status, spent


async def measure_throughput(folder: Path, runs: int) -> Throughput:
    """Play the burst file ``runs`` times, after once that is not counted."""
    config = BURST.config()
    async with bench_stack(BURST, folder, ("replay", "engine")) as bench:
        await _one(bench, config)
        results = sorted([await _one(bench, config) for _ in range(runs)], key=lambda r: r[0])
    _, status, spent = results[len(results) // 2]
    seconds = statistics.median(r[0] for r in results)
    return Throughput(
        records=status.event_index,
        bins=status.bin_seq + 1,
        seconds=seconds,
        records_per_second=status.event_index / seconds,
        cpu_seconds=spent,
    )
