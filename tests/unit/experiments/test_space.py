"""The space of a sweep: every point once, in one order, and a random search that finds the same points again."""

from __future__ import annotations

import itertools

import pytest

from qm_harness.experiments.space import Point, Space, searched
from qmcore.config.experiment import ExperimentSpec, Steps
from qmcore.config.runtime import SignalSpec
from qmcore.errors import ConfigError

DERIVATIVE = SignalSpec(name="derivative", params={"x": 1})


def spec(**changes: object) -> ExperimentSpec:
    trading = {"tp_ticks": [4, 8], "sl_ticks": [4, 6, 8], "cooldown_bins": [10, 30]}
    return ExperimentSpec.model_validate(
        {"name": "test", "serving": "demo", "eval": trading, "sweep": changes}
    )


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
    assert len(space) == len(expected) == 72
    assert searched(space, sweep, source="test") == expected


def test_without_signals_the_serving_s_own_is_tried_with_its_parameters():
    assert {(p.signal, p.params) for p in Space(spec(), DERIVATIVE)} == {("derivative", (("x", 1),))}


def test_the_serving_s_parameters_hold_where_the_sweep_names_none():
    space = Space(spec(per_signal={"derivative": {"y": [1, 2]}, "ofi": {}}), DERIVATIVE)
    assert space.variants == [
        ("derivative", (("x", 1), ("y", 1))),
        ("derivative", (("x", 1), ("y", 2))),
        ("ofi", ()),
    ]
    assert Space(spec(per_signal={"derivative": {"x": [5]}}), DERIVATIVE).variants == [
        ("derivative", (("x", 5),))
    ]


def test_a_random_search_draws_different_points_and_the_same_ones_again():
    sweep = spec(search="random", n_trials=9, seed=7)
    space = Space(sweep, DERIVATIVE)
    drawn = searched(space, sweep, source="test")
    assert drawn == searched(Space(sweep, DERIVATIVE), sweep, source="test")
    assert len(set(drawn)) == 9
    assert drawn == [point for point in space if point in set(drawn)]
    other = spec(search="random", n_trials=9, seed=8)
    assert searched(space, other, source="test") != drawn


def test_a_random_search_cannot_draw_more_than_there_is():
    sweep = spec(search="random", n_trials=13)
    with pytest.raises(ConfigError, match=r"sweep\.n_trials: 13 different points .* allowed: 1 to 12"):
        searched(Space(sweep, DERIVATIVE), sweep, source="test")


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
