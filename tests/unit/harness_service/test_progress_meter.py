"""What a sweep reports becomes progress with a rate and the time left, a few times a second."""

from __future__ import annotations

import pytest

from qm_harness.experiments.runner import Standing
from qm_harness.generate import Advance
from qm_harness.service.worker.progress_meter import EVERY_S, ProgressMeter
from qmcore.contracts.jobs import JobProgress


class Stage:
    """A meter whose clock is moved by hand, and what it said."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.said: list[JobProgress] = []
        self.meter = ProgressMeter(self.said.append, lambda: self.seconds)
        self.watchers = self.meter.watchers()


def test_points_have_a_rate_and_time_left() -> None:
    stage = Stage()
    stage.watchers.sweep(Standing(20, 4, 0, 0))
    assert stage.said[-1].model_dump() == {
        "phase": "points",
        "dataset": "",
        "dataset_done": None,
        "points": 20,
        "reused": 4,
        "finished": 0,
        "failed": 0,
        "points_per_second": None,
        "seconds_left": None,
    }
    stage.seconds += 2
    stage.watchers.sweep(Standing(20, 4, 3, 1))
    assert stage.said[-1].points_per_second == pytest.approx(2.0)
    assert stage.said[-1].seconds_left == pytest.approx(6.0)
    stage.seconds += 6
    stage.watchers.sweep(Standing(20, 4, 15, 1))
    assert stage.said[-1].seconds_left == 0.0


def test_nothing_to_do_is_no_time_left() -> None:
    stage = Stage()
    stage.watchers.sweep(Standing(16, 16, 0, 0))
    assert (stage.said[-1].points_per_second, stage.said[-1].seconds_left) == (None, 0.0)


def test_a_dataset_has_a_share_and_a_name() -> None:
    stage = Stage()
    with stage.watchers.dataset("flow_tanh_scale 2.0") as advance:
        advance(Advance(events=1000, bins=30, bins_expected=120))
        assert (stage.said[-1].phase, stage.said[-1].dataset) == ("dataset", "flow_tanh_scale 2.0")
        assert stage.said[-1].dataset_done == pytest.approx(0.25)
        stage.seconds += 1
        advance(Advance(events=2000, bins=130, bins_expected=120))
        assert stage.said[-1].dataset_done == 1.0
        stage.seconds += 1
        advance(Advance(events=0, bins=0, bins_expected=0))
        assert stage.said[-1].dataset_done is None


def test_it_speaks_a_few_times_a_second_and_never_withholds_a_new_phase_or_the_last_word() -> None:
    stage = Stage()
    with stage.watchers.dataset("") as advance:
        for bins in range(100):
            stage.seconds += 0.01
            advance(Advance(events=bins, bins=bins, bins_expected=100))
    assert len(stage.said) == pytest.approx(1 / EVERY_S, abs=1.5)
    stage.watchers.sweep(Standing(10, 0, 0, 0))
    assert stage.said[-1].phase == "points"
    count = len(stage.said)
    stage.watchers.sweep(Standing(10, 0, 10, 0))
    assert len(stage.said) == count
    assert stage.meter.flush() == stage.said[-1]
    assert stage.said[-1].finished == 10
    stage.meter.flush()
    assert len(stage.said) == count + 1, "the same is not said twice"
