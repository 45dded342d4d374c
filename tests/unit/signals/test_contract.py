"""What every signal promises, for each one that is registered."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qmcore.checkpoint import pack, unpack
from qmcore.config.runtime import SignalSpec
from qmcore.errors import ConfigError, NotFound
from qmcore.signals import BatchSignal, SignalData, create, describe, names, replay, stream
from qmcore.signals.base import BLOCK_BINS, State
from qmcore.signals.offline import DatasetBins
from tests.fixtures.artifacts import made, replayed
from tests.fixtures.market import MarketLake, config
from tests.fixtures.signal_data import Columns, market_columns, random_columns
from tests.streams.configs import small_config

EVERY = pytest.mark.parametrize("name", names())
TINY = small_config(grid_radius_ticks=1)
QUICK = {"zscore_window_bins": 50, "zscore_min_periods": 10}


def spec(name: str, **params: float) -> SignalSpec:
    """The signal with windows short enough for a few hundred bins."""
    known = {info.name for info in describe(name).params}
    quick = {"refit_bins": 50, "prior_count": 1.0} | QUICK | params
    return SignalSpec(name=name, params={key: value for key, value in quick.items() if key in known})


@pytest.fixture(scope="module")
def seen(market: MarketLake) -> Columns:
    """300 bins of the simulated market, ten of them made to have no valid touch."""
    data = market_columns(market, config())
    gone = np.zeros(data.n_bins, bool)
    gone[[0, 1, 57, 58, 59, 120, 201, 202, 203, 299]] = True
    bins = dict(data.bin_columns)
    bins["mid_price"] = np.where(gone, 0.0, bins["mid_price"])
    assert data.n_bins == 300
    return Columns(bins, data.grid_columns, data.config)


def through_a_checkpoint(state: State) -> State:
    sections = unpack(pack(state), "test")
    return {name: value for name, value in sections.items() if not isinstance(value, bytes)}


@EVERY
def test_it_says_something_about_a_market(name: str, seen: Columns) -> None:
    values = replayed(spec(name), seen)
    assert values.shape == (seen.n_bins,)
    assert len(np.unique(values[100:])) > 3


@EVERY
def test_two_replays_are_equal(name: str, seen: Columns) -> None:
    np.testing.assert_array_equal(replayed(spec(name), seen), replayed(spec(name), seen))


@EVERY
def test_batch_equals_stream_bit_for_bit(name: str, seen: Columns) -> None:
    signal = made(spec(name), seen.config)
    assert isinstance(signal, BatchSignal)
    batch = signal.batch(seen)
    np.testing.assert_array_equal(batch, stream(made(spec(name), seen.config), seen))


@EVERY
@pytest.mark.parametrize("rows", ["small", "tiny"])
def test_batch_equals_stream_over_several_blocks(name: str, rows: str) -> None:
    data = random_columns(1500, 3, small_config() if rows == "small" else TINY, valid_share=0.9)
    data.bins("mid_price")[BLOCK_BINS - 1 : BLOCK_BINS + 2] = 0.0
    np.testing.assert_array_equal(replayed(spec(name), data), stream(made(spec(name), data.config), data))


@EVERY
def test_later_bins_change_no_value(name: str, seen: Columns) -> None:
    values, cut = replayed(spec(name), seen), 170
    np.testing.assert_array_equal(replayed(spec(name), seen.first(cut)), values[:cut])
    later = np.arange(seen.n_bins) >= cut
    other = random_columns(seen.n_bins, 5, seen.config)
    np.testing.assert_array_equal(replayed(spec(name), seen.replaced(later, other))[:cut], values[:cut])


@EVERY
@pytest.mark.parametrize("cut", [0, 1, 59, 150, 251])
def test_a_checkpoint_changes_no_bit(name: str, cut: int, seen: Columns) -> None:
    undisturbed = stream(made(spec(name), seen.config), seen)
    bins, first, second = DatasetBins(seen), made(spec(name), seen.config), made(spec(name), seen.config)
    values = [first.update(bins.header(t), bins) for t in range(cut)]
    second.import_state(through_a_checkpoint(first.export_state()))
    values += [second.update(bins.header(t), bins) for t in range(cut, seen.n_bins)]
    np.testing.assert_array_equal(values, undisturbed)
    again = made(spec(name), seen.config)
    again.import_state(second.export_state())
    assert pack(again.export_state()) == pack(second.export_state())


@EVERY
@pytest.mark.parametrize("scale", [1e3, 1e12, 1e22])
def test_finite_on_wild_inputs(name: str, scale: float) -> None:
    wild = random_columns(400, 11, small_config(), scale=scale, valid_share=0.9)
    tame = random_columns(400, 12, small_config(), scale=3.0)
    mixed = wild.replaced(np.arange(400) % 100 > 50, tame)
    for data in (wild, mixed):
        values = replayed(spec(name), data)
        assert np.isfinite(values).all()
        if "[-1, 1]" in describe(name).unit:
            assert np.abs(values).max() <= 1.0


@EVERY
def test_bins_without_a_touch_are_skipped(name: str, seen: Columns) -> None:
    values, gone = replayed(spec(name), seen), seen.bins("mid_price") == 0
    np.testing.assert_array_equal(values[:2], [0.0, 0.0])
    for t in np.flatnonzero(gone)[2:]:
        assert values[t] == values[t - 1]
    garbage = random_columns(seen.n_bins, 9, seen.config, scale=1e6)
    other = seen.replaced(gone, garbage, keep=("mid_price", "bin_seq"))
    np.testing.assert_array_equal(replayed(spec(name), other), values)


@EVERY
def test_memory_is_bounded(name: str) -> None:
    data = random_columns(1500, 4, small_config())
    bins, signal = DatasetBins(data), made(spec(name), data.config)

    def size_after(first: int, last: int) -> int:
        for t in range(first, last):
            signal.update(bins.header(t), bins)
        return sum(array.nbytes for array in signal.export_state().values())

    assert size_after(0, 300) == size_after(300, 1500)


@EVERY
def test_a_state_of_another_size_is_refused(name: str, seen: Columns) -> None:
    bins, signal = DatasetBins(seen), made(spec(name), seen.config)
    for t in range(100):
        signal.update(bins.header(t), bins)
    state = signal.export_state()
    for key in state:
        without = {k: v for k, v in state.items() if k != key}
        with pytest.raises((KeyError, ValueError)):
            made(spec(name), seen.config).import_state(without)
    with pytest.raises(ValueError, match="value has shape"):
        made(spec(name), seen.config).import_state(state | {"value": np.zeros(2)})


LIMITED = [
    (name, param.name, float(word[2:]), word[:2])
    for name in names()
    for param in describe(name).params
    for word in (part.replace("> ", "> ").replace(" ", " ") for part in param.allowed.split(", "))
    if word[0] in "<>"
]


@pytest.mark.parametrize(("name", "param", "limit", "sign"), LIMITED)
def test_out_of_range_is_refused_by_name_and_range(name: str, param: str, limit: float, sign: str) -> None:
    step = 1.0 if limit == int(limit) else limit / 2
    value: float = limit - step if sign[0] == ">" else limit + max(step, limit * 1e-3)
    if value == int(value):
        value = int(value)
    with pytest.raises(ConfigError) as caught:
        create(SignalSpec(name=name, params={param: value}), small_config())
    assert caught.value.field == param
    assert str(caught.value).startswith(f"signal {name}: {param}: ")
    assert f"{sign.strip()} {limit:g}" in caught.value.allowed
    assert f"got {value!r}" in str(caught.value)


@EVERY
def test_every_number_has_a_range_and_every_parameter_a_sentence(name: str) -> None:
    for param in describe(name).params:
        assert param.doc
        assert param.unit
        if param.allowed.startswith(("int", "float")):
            assert ">" in param.allowed, param


@EVERY
def test_an_unknown_parameter_is_refused(name: str) -> None:
    with pytest.raises(
        ConfigError, match=f"signal {name}: frobnicate: unknown parameter; allowed: "
    ) as caught:
        create(SignalSpec(name=name, params={"frobnicate": 1}), small_config())
    assert all(param.name in caught.value.allowed for param in describe(name).params)


@EVERY
def test_a_word_for_a_number_is_refused(name: str) -> None:
    param = next(p for p in describe(name).params if p.allowed.startswith(("int", "float")))
    with pytest.raises(ConfigError, match=rf"signal {name}: {param.name}: .*got 'many'"):
        create(SignalSpec(name=name, params={param.name: "many"}), small_config())


def test_an_unknown_signal_is_refused_with_those_there_are() -> None:
    with pytest.raises(NotFound, match=r"unknown signal 'adz'; there are: ads, derivative"):
        create(SignalSpec(name="adz"), small_config())


def test_weights_are_parameters_by_another_name() -> None:
    one = create(SignalSpec(name="pfp", weights={"add": 1.0, "pull": 2.0}), small_config())
    two = create(SignalSpec(name="pfp", params={"add_weight": 1.0, "pull_weight": 2.0}), small_config())
    assert one.params == two.params
    with pytest.raises(ConfigError, match=r"signal pfp: weights.fill: unknown weight; allowed: add, pull"):
        create(SignalSpec(name="pfp", weights={"fill": 1.0}), small_config())
    with pytest.raises(ConfigError, match=r"signal ofi: weights.x: unknown weight; allowed: no weights"):
        create(SignalSpec(name="ofi", weights={"x": 1.0}), small_config())
    with pytest.raises(ConfigError, match="given twice, add_weight is a parameter as well"):
        create(SignalSpec(name="pfp", weights={"add": 1.0}, params={"add_weight": 1.0}), small_config())


@pytest.mark.parametrize(
    ("name", "params", "words"),
    [
        ("ads", {"zscore_min_periods": 300}, "zscore_min_periods 300 must not exceed zscore_window_bins 240"),
        ("ads", dict.fromkeys((f"slope_{i}_weight" for i in (1, 2, 3)), 0.0), "must have a positive sum"),
        (
            "pfp",
            {"inner_far_ticks": 2, "inner_near_ticks": 3},
            "inner_near_ticks must not exceed inner_far_ticks",
        ),
        ("microprice", {"imbalance_buckets": 10}, "imbalance_buckets must be odd"),
        ("derivative", {"zscore_min_periods": 11}, "zscore_min_periods must not exceed"),
        ("derivative", {"d1_weight": 0, "d2_weight": 0, "d3_weight": 0}, "must have a positive sum"),
    ],
)
def test_parameters_that_do_not_go_together(name: str, params: dict[str, float], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        create(SignalSpec(name=name, params=params), small_config())


def test_the_protocol_is_what_a_dataset_gives(seen: Columns) -> None:
    data: SignalData = seen
    assert math.isfinite(replay(SignalSpec(), data)[-1])
