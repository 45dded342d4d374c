"""The space of a sweep: every point once, in one order, and a random search that finds the same points again."""

from __future__ import annotations

import itertools

import pytest

from qm_harness.experiments.search import check_search, search_of
from qm_harness.experiments.space import Point, Space
from qmcore.config.experiment import ExperimentSpec, Steps
from qmcore.config.runtime import SignalSpec
from qmcore.errors import ConfigError

DERIVATIVE = SignalSpec(name="derivative", params={"x": 1})


def spec(**changes: object) -> ExperimentSpec:
    trading = {"tp_ticks": [4, 8], "sl_ticks": [4, 6, 8], "cooldown_bins": [10, 30]}
    return ExperimentSpec.model_validate(
        {"name": "test", "serving": "demo", "eval": trading, "sweep": changes}
    )


def visited(sweep: ExperimentSpec) -> list[Point]:
    """The points of the search, which has one round."""
    search = search_of(Space(sweep, DERIVATIVE), sweep)
    points = list(search.ask())
    assert len(points) == search.n_points
    assert list(search.ask()) == []
    return points


def test_a_grid_is_the_product_of_its_axes_the_stop_loss_running_fastest():
    sweep = spec(scoring={"flow_tanh_scale": [2, 3]}, per_signal={"pfp": {"a": [1, 2], "b": "x"}, "ofi": {}})
    variants = [("pfp", (("a", 1), ("b", "x"))), ("pfp", (("a", 2), ("b", "x"))), ("ofi", ())]
    expected = [
        Point((("flow_tanh_scale", scale),), *variant, cooldown, tp, sl)
        for scale, variant, cooldown, tp, sl in itertools.product(
            (2, 3), variants, (10, 30), (4.0, 8.0), (4.0, 6.0, 8.0)
        )
    ]
    space = Space(sweep, DERIVATIVE)
    assert list(space) == expected
    assert space.size == len(expected) == 72
    assert visited(sweep) == expected


def test_without_signals_the_serving_s_own_is_tried_with_its_parameters():
    assert {(p.signal, p.params) for p in Space(spec(), DERIVATIVE)} == {("derivative", (("x", 1),))}


def test_the_serving_s_parameters_hold_where_the_sweep_names_none():
    space = Space(spec(per_signal={"derivative": {"y": [1, 2]}, "ofi": {}}), DERIVATIVE)
    assert list(space.variants()) == [
        ("derivative", (("x", 1), ("y", 1))),
        ("derivative", (("x", 1), ("y", 2))),
        ("ofi", ()),
    ]
    assert list(Space(spec(per_signal={"derivative": {"x": [5]}}), DERIVATIVE).variants()) == [
        ("derivative", (("x", 5),))
    ]


def test_a_random_search_draws_different_points_and_the_same_ones_again():
    sweep = spec(search="random", n_trials=9, seed=7)
    drawn = visited(sweep)
    assert drawn == visited(sweep)
    assert len(set(drawn)) == 9
    assert drawn == [point for point in Space(sweep, DERIVATIVE) if point in set(drawn)]
    assert visited(spec(search="random", n_trials=9, seed=8)) != drawn


@pytest.mark.parametrize("search", ["random", "tpe"])
def test_a_search_cannot_visit_more_than_there_is(search):
    sweep = spec(search=search, n_trials=13)
    with pytest.raises(ConfigError, match=r"sweep\.n_trials: 13 different points .* allowed: 1 to 12"):
        check_search(Space(sweep, DERIVATIVE), sweep, source="test")


def test_a_space_may_be_larger_than_what_could_be_listed():
    axes = {f"p{axis}": {"low": 0, "high": 999, "step": 1} for axis in range(5)}
    drawn = visited(spec(search="random", n_trials=50, seed=3, per_signal={"pfp": axes, "ofi": {}}))
    assert len(set(drawn)) == 50
    assert all(0 <= value < 1000 for point in drawn for _, value in point.params)
    grid = spec(per_signal={"pfp": axes})
    space = Space(grid, DERIVATIVE)
    assert space[space.size - 1].params == tuple((name, 999) for name in axes)
    with pytest.raises(
        ConfigError, match="the space has 12,000,000,000,000,000 points; allowed: at most 1,000,000 "
    ):
        check_search(space, grid, source="test")


@pytest.mark.parametrize(
    ("low", "high", "step", "values"),
    [
        (0, 1, 0.1, (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)),
        (10, 50, 15, (10, 25, 40)),
        (0.3, 0.3, 1, (0.3,)),
        (-1, 1, 1, (-1, 0, 1)),
    ],
)
def test_steps_have_no_binary_rounding_and_stay_whole(low, high, step, values):
    made = Steps(low=low, high=high, step=step).values()
    assert made == values
    assert [type(value) for value in made] == [type(value) for value in values]


def test_trading_takes_a_value_a_list_or_steps():
    made = ExperimentSpec.model_validate(
        {
            "name": "test",
            "serving": "demo",
            "eval": {"tp_ticks": {"low": 2, "high": 6, "step": 2}, "sl_ticks": 3, "cooldown_bins": [1, 5]},
        }
    )
    assert (made.eval.tp_ticks, made.eval.sl_ticks, made.eval.cooldown_bins) == (
        (2.0, 4.0, 6.0),
        (3.0,),
        (1, 5),
    )
