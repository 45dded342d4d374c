"""The board of the harness's service says what ``qm compare`` says, and sees what is new."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path

from qm_harness.results.board import RunBoard
from qm_harness.results.board_view import BOARD_SORTS, BoardView
from qm_harness.results.comparison import SORTS, ranked
from qm_harness.results.judged import judged_trials
from qm_harness.results.store import ResultStore, Run
from qm_harness.results.sweep_figures import SweepFigures
from qmcore.lake import Lake
from tests.unit.results.rows import meta, row
from tests.unit.results.test_comparison import lake as lake
from tests.unit.results.test_comparison import noise


class Clock:
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def board_of(lake: Lake, now: Callable[[], float] = time.monotonic) -> RunBoard:
    return RunBoard(ResultStore(lake), SweepFigures(lake, still_s=0.0), now)


def with_figures(board: RunBoard) -> BoardView:
    view, end = board.view(), time.monotonic() + 20
    while board.work_out_figures(view):
        assert time.monotonic() < end
        time.sleep(0.01)
    return view


def test_it_ranks_as_the_command_does(lake: Lake) -> None:
    ResultStore(lake).append(
        [
            Run(meta("e", 4, tp_ticks=3.0), (row("e", 0.4, noise(8), mean_pnl_ticks=1.0, p_value=0.5),)),
            Run(
                meta("f", 5, dataset_id="ES_20250204_0930_1030__m__01234567"),
                (row("f", 0.4, noise(6)[:20], p_value=0.02),),
            ),
        ]
    )
    view = with_figures(board_of(lake))
    for wanted in (lambda _: True, lambda m: m.experiment == "sweep", lambda m: m.signal == "ofi"):
        trials = judged_trials(ResultStore(lake), wanted)
        assert trials
        for sort, min_signals in itertools.product(SORTS, (1, 5, 11)):
            rows = view.ranked(view.where(wanted), sort=sort, min_signals=min_signals)
            assert view.compared(rows) == ranked(trials, sort=sort, min_signals=min_signals)


def test_the_newest_run_can_come_first(lake: Lake) -> None:
    view = board_of(lake).view()
    rows = view.ranked(view.where(lambda _: True), sort="created_at", min_signals=1)
    assert [r.run_id for r in view.compared(rows)] == ["d", "b", "a"]
    assert set(BOARD_SORTS) == {*SORTS, "created_at"}


def test_figures_of_whole_experiments_come_later_and_are_kept(lake: Lake) -> None:
    board = board_of(lake)
    view = board.view()
    everything = view.ranked(view.where(lambda _: True), sort="spa_p", min_signals=1)
    assert {r.spa_p for r in view.compared(everything)} == {None}
    assert board.work_out_figures(view) == ("other", "sweep")
    with_figures(board)
    assert None not in {r.spa_p for r in view.compared(everything)}
    restarted = board_of(lake)
    assert restarted.work_out_figures(restarted.view()) == ()


def test_what_is_new_is_seen_after_a_rest_and_a_compaction_changes_nothing(lake: Lake) -> None:
    clock, store = Clock(), ResultStore(lake)
    board = board_of(lake, clock)
    assert len(board.view().found) == 4
    store.append([Run(meta("late", 9), (row("late", 0.4, noise(9)),)), Run(meta("a", 9), (row("a"),))])
    assert len(board.view().found) == 4, "it rests"
    clock.seconds += 1.1
    view = board.view()
    assert [each.meta.run_id for each in view.found] == ["a", "b", "c", "d", "late"]
    assert len(view.standings(0)) == 2, "a run that was appended twice is the first one"
    before = board.period_pnl(["a", "late"])
    store.compact()
    assert (board.period_pnl(["a", "late"]) == before).all(), "also while the view is of parts that are gone"
    clock.seconds += 1.1
    again = board.view()
    assert again.names != view.names
    assert again.rows.to_pylist() == view.rows.to_pylist()


def test_a_failed_run_has_a_place_and_no_standing(lake: Lake) -> None:
    view = board_of(lake).view()
    failed = view.position("c")
    assert failed is not None
    assert (view.standings(failed), view.group_of_run(failed)) == ([], None)
    assert view.position("nobody") is None


def test_a_lake_without_results_has_an_empty_board(tmp_path: Path) -> None:
    board = board_of(Lake(tmp_path))
    view = board.view()
    assert view.ranked(view.where(lambda _: True), sort="holm_p", min_signals=1).tolist() == []
    assert board.work_out_figures(view) == ()
