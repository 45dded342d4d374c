"""The bar of a sweep: how far, how fast, what failed; and nothing where nobody looks."""

from __future__ import annotations

import io
from types import SimpleNamespace

from rich.console import Console

from qm_harness.experiments.progress import SweepProgress, watchers
from qm_harness.experiments.runner import Standing
from qm_harness.experiments.work import LastFew


def shown(*, terminal: bool) -> str:
    """What is written for a sweep of 20 points, 4 of them there already, that has ended 10, 3 of them failed."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=terminal, width=120)
    with watchers(console) as watching:
        with watching.dataset("state_model_tanh_scale 3"):
            pass
        watching.sweep(Standing(20, 4, 0, 0))
        watching.sweep(Standing(20, 4, 7, 3))
    return screen.getvalue()


def test_a_terminal_shows_points_failures_and_rate():
    text = shown(terminal=True)
    assert "dataset with state_model_tanh_scale 3" in text
    assert "10/16" in text
    assert "3 failed" in text
    assert "points/s" in text


def test_a_dataset_in_the_middle_of_a_sweep_has_the_terminal_and_takes_no_time_of_the_points(monkeypatch):
    clock = iter(range(0, 1000, 10)).__next__
    monkeypatch.setattr("qm_harness.experiments.progress.time", SimpleNamespace(monotonic=clock))
    screen = io.StringIO()
    sweep = SweepProgress(Console(file=screen, force_terminal=True, width=120))
    sweep(Standing(20, 0, 0, 0))  # at 0
    sweep(Standing(20, 2, 1, 0))  # at 10
    sweep.pause()  # at 20
    clock()  # a dataset
    clock()
    sweep(Standing(20, 4, 1, 0))  # at 50, with 20 s of its own
    sweep(Standing(20, 4, 6, 0))  # at 60: 6 points in 30 s
    sweep.bar.stop()
    last = screen.getvalue().rsplit("points ", 1)[-1]
    assert "6/16" in screen.getvalue()
    assert "0.2 points/s" in last


def test_a_file_gets_nothing():
    assert shown(terminal=False) == ""


def test_the_last_few_are_kept_and_others_made_again():
    made: list[int] = []
    few: LastFew[int, int] = LastFew(2)
    for key in (1, 2, 1, 3, 1, 2):
        assert few.get(key, lambda key=key: made.append(key) or key * 10) == key * 10
    assert made == [1, 2, 3, 2]
