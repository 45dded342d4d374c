"""Search by TPE: points of the space, the same ones again, and better ones than luck finds."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from qm_harness.experiments.search import Outcome, search_of
from qm_harness.experiments.space import Point, Space
from qmcore.config.experiment import ExperimentSpec
from qmcore.config.runtime import SignalSpec

Worth = Callable[[Point], Outcome]
SERVED = SignalSpec(name="derivative", params={"x": 1})
SIGNALS = {
    "pfp": {"lag": {"low": 1, "high": 20, "step": 1}, "kind": ["slow", "fast"], "odd": [True, False]},
    "ofi": {"levels": [5, 1, 3]},
    "derivative": {},
}


def spec(n_trials: int = 60, **changes: object) -> ExperimentSpec:
    trading = {"tp_ticks": [4, 8, 12, 16], "sl_ticks": 4, "cooldown_bins": {"low": 5, "high": 50, "step": 5}}
    sweep = {
        "scoring": {"flow_tanh_scale": [3, 2.5]},
        "per_signal": SIGNALS,
        "search": "tpe",
        "n_trials": n_trials,
        "seed": 4,
    }
    return ExperimentSpec.model_validate(
        {"name": "test", "serving": "demo", "eval": trading, "sweep": sweep | changes}
    )


def rounds(sweep: ExperimentSpec, worth: Worth) -> list[list[Point]]:
    """What a search visits that is told what its points are worth."""
    search = search_of(Space(sweep, SERVED), sweep)
    found = []
    while points := search.ask():
        found.append(list(points))
        search.tell([worth(point) for point in points])
    return found


def visited(sweep: ExperimentSpec, worth: Worth) -> list[Point]:
    return [point for each in rounds(sweep, worth) for point in each]


def hill(point: Point) -> Outcome:
    """Best at pfp with a lag of 14, slow, a take-profit of 12 and a cooldown of 30."""
    params = dict(point.params)
    value = -abs(point.tp_ticks - 12) / 4 - abs(point.cooldown_bins - 30) / 10
    if point.signal != "pfp":
        return Outcome(value - 8)
    return Outcome(value - abs(params["lag"] - 14) / 3 - (params["kind"] == "fast"))


def test_every_suggestion_is_a_point_of_the_space_and_has_its_signal_s_parameters_only():
    space = set(Space(spec(), SERVED))
    points = visited(spec(n_trials=200), hill)
    assert len(points) == 200
    assert set(points) <= space
    assert {p.signal for p in points} == {"pfp", "ofi", "derivative"}
    assert {p.params for p in points if p.signal == "derivative"} == {(("x", 1),)}
    assert {dict(p.params)["levels"] for p in points if p.signal == "ofi"} == {1, 3, 5}
    assert {p.scoring for p in points} == {(("flow_tanh_scale", 3),), (("flow_tanh_scale", 2.5),)}


def test_points_come_in_rounds_of_the_size_that_is_asked_for():
    assert [len(each) for each in rounds(spec(n_trials=50), hill)] == [16, 16, 16, 2]
    assert [len(each) for each in rounds(spec(n_trials=50, round_size=25), hill)] == [25, 25]


def test_the_same_spec_and_outcomes_give_the_same_points():
    points = visited(spec(), hill)
    assert visited(spec(), hill) == points
    assert visited(spec(seed=5), hill) != points
    # What it is told matters, failures and missing values too.
    assert visited(spec(), lambda point: Outcome(-(hill(point).value or 0))) != points
    for other in (Outcome(failed=True), Outcome(None)):

        def worth(point: Point, other: Outcome = other) -> Outcome:
            return other if point.tp_ticks == 12 else hill(point)

        assert visited(spec(), worth) == visited(spec(), worth) != points


@pytest.mark.parametrize("nothing", [Outcome(failed=True), Outcome(None)])
def test_a_space_of_which_nothing_can_be_learned_is_searched_to_the_end(nothing):
    assert len(visited(spec(n_trials=80), lambda point: nothing)) == 80


def test_it_finds_better_points_than_luck_and_looks_closer_where_they_are():
    def best(points: list[Point]) -> float:
        return max(hill(point).value for point in points)

    def near(points: list[Point]) -> int:
        return sum(hill(point).value > -4 for point in points)

    learned, lucky = [], []
    close, closer = [], []
    for seed in range(5):
        sweep = spec(n_trials=96, seed=seed, scoring={})
        points = visited(sweep, hill)
        learned.append(best(points))
        close.append(near(points[:48]))
        closer.append(near(points[48:]))
        space = Space(sweep, SERVED)
        drawn = random.Random(seed).sample(range(space.size), 96)
        lucky.append(best([space[index] for index in drawn]))
    assert sum(learned) > sum(lucky)
    assert sum(closer) > 1.4 * sum(close)


def test_a_point_that_is_suggested_again_is_among_them_again():
    tiny = spec(n_trials=12, scoring={}, per_signal={"ofi": {"levels": [1, 3]}})
    tiny = tiny.model_copy(update={"eval": tiny.eval.model_copy(update={"cooldown_bins": (5, 10)})})
    points = visited(tiny, hill)
    assert len(points) == 12 > len(set(points))
