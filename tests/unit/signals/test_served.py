"""Every signal in the pipeline that serves it: the streamed values are the offline ones, also across a checkpoint."""

from __future__ import annotations

import numpy as np
import pytest

from qmcore.config.runtime import SignalSpec
from qmcore.dbn import MBO_DTYPE, DbnFile
from qmcore.errors import CorruptData
from qmcore.pipeline import GridPipeline
from qmcore.signals import names, replay
from tests.fixtures.artifacts import ARTIFACTS, with_artifact
from tests.fixtures.market import MarketLake, config
from tests.fixtures.signal_data import Columns, market_columns

EVERY = pytest.mark.parametrize("name", names())


@pytest.fixture(scope="module")
def seen(market: MarketLake) -> Columns:
    return market_columns(market, config())


@pytest.fixture(scope="module")
def records(market: MarketLake) -> np.ndarray:
    return np.concatenate([batch.records for batch in DbnFile.open(market.file).batches("ESH5")])


@EVERY
def test_streamed_values_are_the_offline_ones_across_a_checkpoint(
    name: str, seen: Columns, records: np.ndarray
) -> None:
    assert records.dtype == MBO_DTYPE
    serving = config(signal=with_artifact(SignalSpec(name=name), config()))
    cut = int(len(records) * 0.7)
    pipeline = GridPipeline(serving, ARTIFACTS)
    values = [frame.signal.value for frame in pipeline.feed(records[:cut])]
    assert 20 < len(values) < 280
    pipeline = GridPipeline.from_state(pipeline.export_state(), serving, ARTIFACTS)
    values += [frame.signal.value for frame in pipeline.feed(records[cut:])]
    assert len(values) >= 290
    np.testing.assert_array_equal(values, replay(serving.signal, seen, ARTIFACTS)[: len(values)])


def test_a_checkpoint_of_another_signal_is_refused(records: np.ndarray) -> None:
    pipeline = GridPipeline(config(signal=SignalSpec(name="ofi")))
    list(pipeline.feed(records[:1000]))
    with pytest.raises(CorruptData, match="config_hash"):
        GridPipeline.from_state(pipeline.export_state(), config(signal=SignalSpec(name="mlofi")))
