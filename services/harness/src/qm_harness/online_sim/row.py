"""What ``qm online-sim`` prints."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from qm_harness.online_sim.latencies import Latencies
from qm_harness.online_sim.simulate import Simulated
from qm_harness.online_sim.stopwatch import Overhead
from qmcore.config.base import Spec
from qmcore.config.runtime import SignalSpec
from qmcore.signals import Signal


class OnlineSimRow(Spec):
    """One simulation. Latencies are of bins with a valid touch; null where there is none."""

    signal: str
    params: str = Field(description="as given")
    artifact: str | None
    source: str = Field(description="dataset, or file of market data")
    values: Literal["equal", "different", "not checked"] = Field(
        description="against the offline replay, bit for bit"
    )
    bins: int
    measured_bins: int
    different_bins: int
    bin_budget_ms: float
    bins_over_budget: int
    budget_share_p50: float | None = Field(description="of the bin budget, total latency")
    budget_share_p99: float | None
    feature_p50_us: float | None
    feature_p95_us: float | None
    feature_p99_us: float | None
    feature_max_us: float | None
    inference_p50_us: float | None
    inference_p95_us: float | None
    inference_p99_us: float | None
    inference_max_us: float | None
    total_p50_us: float | None
    total_p95_us: float | None
    total_p99_us: float | None
    total_max_us: float | None
    retrains: int = Field(description="newly fitted models that were taken up")
    memory_growth_mb: float = Field(description="peak, beyond what there was before the first bin")
    timer_overhead_us: float = Field(description="of the timing itself; taken off the latencies")
    seconds: float

    @classmethod
    def of(
        cls,
        seen: Simulated,
        spec: SignalSpec,
        signal: Signal[Any],
        *,
        source: str,
        budget_ms: float,
        overhead: Overhead,
        is_checked: bool,
    ) -> OnlineSimRow:
        """The row of a simulation that has ended."""
        budget_us = budget_ms * 1e3
        latencies: dict[str, float | None] = {}
        for stage in ("feature", "inference", "total"):
            latencies |= _of_stage(stage, getattr(seen, stage))
        p50, p99 = latencies["total_p50_us"], latencies["total_p99_us"]
        return cls(
            signal=spec.name,
            params=", ".join(f"{name} {value}" for name, value in spec.params.items()) or "defaults",
            artifact=spec.artifact,
            source=source,
            values="not checked" if not is_checked else "different" if seen.different else "equal",
            bins=seen.bins,
            measured_bins=seen.total.count,
            different_bins=seen.different,
            bin_budget_ms=budget_ms,
            bins_over_budget=seen.over_budget,
            budget_share_p50=None if p50 is None else round(p50 / budget_us, 6),
            budget_share_p99=None if p99 is None else round(p99 / budget_us, 6),
            retrains=signal.retrains,
            memory_growth_mb=round(max(0, seen.growth_bytes) / 1e6, 2),
            timer_overhead_us=round(overhead.outer_ns / 1e3, 3),
            seconds=round(seen.seconds, 3),
            **latencies,
        )


def _of_stage(stage: str, latencies: Latencies) -> dict[str, float | None]:
    shares = {"p50": 0.50, "p95": 0.95, "p99": 0.99, "max": 1.0}
    values = {name: latencies.percentile(share) for name, share in shares.items()}
    values["max"] = float(latencies.max_ns) if latencies.count else None
    return {f"{stage}_{name}_us": None if ns is None else round(ns / 1e3, 3) for name, ns in values.items()}
