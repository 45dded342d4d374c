"""The progress bar says what is going on, and only to a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from qm_harness.generate import Advance
from qm_harness.progress import GenerateProgress


def shown(*advances: Advance, is_terminal: bool) -> str:
    """What a terminal, or a file, gets to see."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=is_terminal, width=120, color_system=None)
    with GenerateProgress(console) as progress:
        for advance in advances:
            progress(advance)
    return screen.getvalue()


def test_the_book_is_built_first():
    text = shown(Advance(events=5_000_000, bins=0, bins_expected=36_000), is_terminal=True)
    assert "building the book" in text
    assert "M events/s" in text
    assert "bins/s" not in text


def test_then_bins_are_counted_towards_their_number():
    text = shown(Advance(5_000, 0, 200), Advance(6_000, 10, 200), Advance(7_000, 50, 200), is_terminal=True)
    assert "25%" in text
    assert "bins/s" in text


def test_a_file_gets_nothing():
    assert shown(Advance(5_000, 50, 200), is_terminal=False).strip() == ""
