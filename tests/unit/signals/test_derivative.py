"""``derivative``: the state model's score, with the serving's parameters or its own."""

from __future__ import annotations

import numpy as np
import pytest

from qmcore.config.runtime import SignalSpec
from qmcore.dbn import DbnFile
from qmcore.pipeline import GridPipeline
from qmcore.reference.state_model import ReferenceStateModel, TouchMove, states_by_force, states_by_reprice
from qmcore.signals import create, describe, replay
from qmcore.signals.offline import DatasetBins
from tests.fixtures.market import MarketLake, config
from tests.fixtures.signal_data import Columns, blank, market_columns, random_columns
from tests.streams.configs import small_config

CHANGES: list[dict[str, float | str]] = [
    {},
    {"zscore_window_bins": 30, "zscore_min_periods": 5, "tanh_scale": 1.5},
    {
        "spatial_decay_power": 1.0,
        "center_exclusion_radius": 2,
        "bear_vacuum_weight": 0.25,
        "mixed_weight": 0.5,
    },
    {"d1_weight": 0.2, "d2_weight": 0.3, "d3_weight": 0.5},
    {"state_source": "force", "spatial_decay_power": 0.5},
]


@pytest.fixture(scope="module")
def seen(market: MarketLake) -> Columns:
    return market_columns(market, config())


def scoring(params: dict[str, float | str]) -> dict[str, float | str]:
    """The same parameters as fields of the serving."""
    return {key if key == "state_source" else f"state_model_{key}": value for key, value in params.items()}


@pytest.mark.parametrize("params", CHANGES)
def test_own_parameters_are_those_of_a_serving(
    market: MarketLake, seen: Columns, params: dict[str, float | str]
) -> None:
    served = market_columns(market, config(**scoring(params)))
    score = served.bins("model_score")
    assert np.unique(score).size > 3
    np.testing.assert_array_equal(replay(SignalSpec(params=params), seen), score)
    np.testing.assert_array_equal(replay(SignalSpec(), served), score)


def test_the_stream_carries_the_score(market: MarketLake, seen: Columns) -> None:
    pipeline, values = GridPipeline(config()), []
    for batch in DbnFile.open(market.file).batches("ESH5"):
        for frame in pipeline.feed(batch.records):
            assert frame.signal.value == frame.header["model_score"]
            values.append(frame.signal.value)
    np.testing.assert_array_equal(values, seen.bins("model_score")[: len(values)])
    assert len(values) >= 290


@pytest.mark.parametrize("source", ["bbo_reprice", "force"])
def test_against_the_plain_state_model(source: str) -> None:
    resolved = small_config(state_source=source)
    data = random_columns(200, 6, resolved)
    balance = np.clip(data.grid("composite") / 50, -1, 1)
    data = Columns(data.bin_columns, {**data.grid_columns, "composite": balance}, resolved)
    k = np.arange(-6, 7, dtype=np.int32)
    model, wanted = ReferenceStateModel(resolved, 0.1), []
    for t in range(200):
        if source == "force":
            codes = states_by_force(k, balance[t], resolved.flow_neutral_threshold)
        else:
            move = TouchMove(
                int(data.grid("ask_reprice_sign")[t, 0]), int(data.grid("bid_reprice_sign")[t, 0])
            )
            codes = states_by_reprice(k, move)
        wanted.append(model.update(k, codes).score)
    np.testing.assert_allclose(replay(SignalSpec(), data), wanted, rtol=0, atol=1e-9)


def test_every_field_of_the_state_model_is_a_parameter() -> None:
    found = {param.name for param in describe("derivative").params}
    assert {
        "state_source",
        "zscore_window_bins",
        "d3_weight",
        "mixed_weight",
        "center_exclusion_radius",
    } <= found
    assert len(found) == 14


def test_a_rise_of_both_touches_after_quiet_is_bullish() -> None:
    signs = np.zeros((10, 13), np.int8)
    signs[9] = 1
    data = blank(10, ask_reprice_sign=signs, bid_reprice_sign=signs)
    values = replay(SignalSpec(params={"zscore_min_periods": 3, "zscore_window_bins": 10}), data)
    assert values[:9].tolist() == [0.0] * 9
    assert values[9] == pytest.approx(
        np.tanh(3.0 / 3.0), rel=1e-12
    )  # one of ten: z = (1 - 0.1) / 0.3 by deviation


def test_a_history_of_another_length_is_refused() -> None:
    resolved, bins = small_config(), DatasetBins(blank(30))
    signal = create(SignalSpec(), resolved)
    for t in range(30):
        signal.update(bins.header(t), bins)
    state = signal.export_state()
    for wrong in (np.zeros((3, 11)), np.zeros((3, 9)), np.zeros(30)):
        with pytest.raises(ValueError, match=r"model_history has shape .*, not that of 30 samples"):
            create(SignalSpec(), resolved).import_state(state | {"model_history": wrong})
