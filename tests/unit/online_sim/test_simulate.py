"""A simulation over bins that are made up."""

from __future__ import annotations

import mmap
import time

import numpy as np
import pytest

from qm_harness.online_sim.feeds import FirstBins, TimedBin, dataset_bins
from qm_harness.online_sim.memory import own_bytes
from qm_harness.online_sim.simulate import simulate
from qm_harness.online_sim.stopwatch import Overhead, TimedCall
from qmcore.config.base import Spec
from qmcore.config.runtime import SignalSpec
from qmcore.kernels.windows import tanh
from qmcore.signals import MeasuredSignal, Signal, create, replay
from tests.fixtures.signal_data import blank, random_columns
from tests.streams.configs import small_config

MS = 1_000_000
NONE = Overhead(inner_ns=0, outer_ns=0)


def bins(*spent: tuple[int, int]) -> list[TimedBin]:
    return [TimedBin(float(i), feature, inference, True) for i, (feature, inference) in enumerate(spent)]


def test_latencies_are_by_stage_and_bins_over_budget_are_counted():
    seen = simulate(
        iter(bins((1 * MS, 2 * MS), (3 * MS, 4 * MS), (9 * MS, 2 * MS))), budget_ms=7, expected=None
    )
    assert (seen.bins, seen.over_budget, seen.different) == (3, 1, 0)
    assert [s.max_ns for s in (seen.feature, seen.inference, seen.total)] == [9 * MS, 4 * MS, 11 * MS]


def test_bins_that_are_not_measured_count_for_values_only():
    resting = TimedBin(1.0, 50 * MS, 0, False)
    seen = simulate(iter([*bins((1, 1)), resting]), budget_ms=1, expected=np.array([0.0, 2.0]))
    assert (seen.bins, seen.total.count, seen.over_budget, seen.different) == (2, 1, 0, 1)


@pytest.mark.parametrize(("offline", "different"), [(0.5, 0), (np.nextafter(0.5, 1), 1)])
def test_values_are_compared_to_the_last_bit(offline, different):
    one = [TimedBin(0.5, 1, 1, True)]
    assert simulate(iter(one), budget_ms=1, expected=np.array([offline])).different == different


def test_zero_and_its_negative_are_different():
    one = [TimedBin(0.0, 1, 1, True)]
    assert simulate(iter(one), budget_ms=1, expected=np.array([-0.0])).different == 1


def test_only_so_many_bins_are_asked_for():
    asked = []

    def endless():
        while True:
            asked.append(1)
            yield TimedBin(0.0, 1, 1, True)

    said = []
    seen = simulate(endless(), budget_ms=1, expected=None, n_bins=300, progress=lambda s: said.append(s.bins))
    assert (seen.bins, len(asked), said) == (300, 300, [256, 300])


def test_memory_that_is_kept_is_seen():
    kept = []

    def hoarding():
        for _ in range(300):
            # Pages of its own: the allocator may answer from what earlier tests have freed.
            kept.append(mmap.mmap(-1, 200_000, flags=mmap.MAP_PRIVATE))
            kept[-1].write(b"1" * 200_000)
            yield TimedBin(0.0, 1, 1, True)

    seen = simulate(hoarding(), budget_ms=1, expected=None)
    assert 30e6 < seen.growth_bytes < 120e6
    assert own_bytes() > 60e6


class Slow(MeasuredSignal[Spec]):
    """Measures for a millisecond, steps for three."""

    name = "slow"
    reads_bins = ("mid_price",)

    def measure(self, bins, grid):
        time.sleep(0.001)
        return bins["mid_price"][:, np.newaxis]

    def step(self, row):
        time.sleep(0.003)
        return tanh(row[0])


class Whole(Signal[Spec]):
    """Takes three milliseconds."""

    name = "whole"

    def next(self, header, grid):
        time.sleep(0.003)
        return 0.25


def test_feature_is_what_is_measured_and_inference_the_step():
    data = blank(5)
    for kind, least in ((Slow, (1 * MS, 3 * MS)), (Whole, (0, 3 * MS))):
        signal = kind(kind.Params(), data.config)
        made = list(dataset_bins(signal, data, Overhead.measured()))
        assert min(b.inference_ns for b in made) >= 0.99 * least[1]
        assert min(b.feature_ns for b in made) >= 0.99 * least[0]
        if kind is Whole:
            assert min(b.feature_ns for b in made) < MS
        assert all(b.total_ns == b.feature_ns + b.inference_ns for b in made)


def test_bins_without_a_touch_are_not_measured():
    data = blank(4, mid_price=np.array([100.0, 0.0, 0.0, 100.0]))
    signal = create(SignalSpec(name="ofi"), data.config)
    assert [b.is_measured for b in dataset_bins(signal, data, NONE)] == [True, False, False, True]


def test_a_signal_with_a_watch_in_it_has_the_same_values():
    data = random_columns(300, 3, small_config(), valid_share=0.9)
    for name in ("pfp", "microprice", "derivative"):
        spec = SignalSpec(name=name)
        seen = simulate(
            dataset_bins(create(spec, data.config), data, NONE), budget_ms=100, expected=replay(spec, data)
        )
        assert (seen.bins, seen.different) == (300, 0)


def test_the_first_bins_are_a_dataset():
    data = random_columns(50, 4, small_config())
    first = FirstBins(data, 20)
    assert (first.n_bins, first.rows) == (20, data.rows)
    assert first.bins("mid_price").shape == (20,)
    assert first.grid("k").shape == (20, data.rows)
    spec = SignalSpec(name="pfp")
    assert replay(spec, first).tobytes() == replay(spec, data)[:20].tobytes()


def test_the_watch_gives_back_what_it_got_and_its_cost_is_small():
    watch = TimedCall(max)
    assert watch(1, 5, 3) == 5
    assert watch.elapsed_ns > 0
    overhead = Overhead.measured()
    assert 0 < overhead.inner_ns <= overhead.outer_ns < 100_000
