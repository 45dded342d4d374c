"""A simulation: bins in, latencies, memory and equality with the offline replay out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qm_harness.online_sim.feeds import TimedBin, same_bits
from qm_harness.online_sim.latencies import Latencies
from qm_harness.online_sim.memory import own_bytes

_LOOK_EVERY: Final = 256
"""Bins from one look at the memory, and report of progress, to the next."""


@dataclass(slots=True)
class Simulated:
    """What has been seen so far."""

    bins: int = 0
    over_budget: int = 0
    different: int = 0
    """Values with other bits than the offline replay's."""
    growth_bytes: int = 0
    """Most memory at once, beyond what there was before the first bin."""
    seconds: float = 0.0
    feature: Latencies = field(default_factory=Latencies)
    inference: Latencies = field(default_factory=Latencies)
    total: Latencies = field(default_factory=Latencies)


Progress = Callable[[Simulated], None]


def simulate(
    bins: Iterator[TimedBin],
    *,
    budget_ms: float,
    expected: NDArray[np.float64] | None,
    n_bins: int | None = None,
    progress: Progress | None = None,
) -> Simulated:
    """Go through ``bins``, ``n_bins`` of them at most; ``expected``: values of the offline replay, shape (bins,)."""
    seen, budget_ns = Simulated(), budget_ms * 1e6
    begun, memory = time.monotonic(), own_bytes()
    for each in bins:
        if expected is not None and not same_bits(each.value, float(expected[seen.bins])):
            seen.different += 1
        seen.bins += 1
        if each.is_measured:
            seen.feature.add(each.feature_ns)
            seen.inference.add(each.inference_ns)
            seen.total.add(each.total_ns)
            seen.over_budget += each.total_ns > budget_ns
        is_last = seen.bins == n_bins
        if seen.bins % _LOOK_EVERY == 0 or is_last:
            seen.growth_bytes = max(seen.growth_bytes, own_bytes() - memory)
            seen.seconds = time.monotonic() - begun
            if progress is not None:
                progress(seen)
        if is_last:
            break
    seen.growth_bytes = max(seen.growth_bytes, own_bytes() - memory)
    seen.seconds = time.monotonic() - begun
    return seen
