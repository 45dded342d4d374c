"""The bar of a sweep: how far, how fast, what failed; and nothing where nobody looks."""

from __future__ import annotations

import io

from rich.console import Console

from qm_harness.experiments.progress import watchers
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


def test_a_file_gets_nothing():
    assert shown(terminal=False) == ""


def test_the_last_few_are_kept_and_others_made_again():
    made: list[int] = []
    few: LastFew[int, int] = LastFew(2)
    for key in (1, 2, 1, 3, 1, 2):
        assert few.get(key, lambda key=key: made.append(key) or key * 10) == key * 10
    assert made == [1, 2, 3, 2]
