"""Datasets of real CME data: every anomaly is explained, and a checkpoint in the middle changes no byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import yaml

from qm_harness.dataset import Dataset
from qm_harness.generate import generate
from qmcore.config.pipeline import PipelineSpec
from qmcore.contracts.columns import BIN_TABLE
from qmcore.dbn import DbnFile
from qmcore.pipeline import GridPipeline
from tests.integration.datasets.conftest import INSTRUMENT, make_lake

DATA = Path(__file__).parents[4] / "shared" / "data"
ESH4 = DATA / "esh4-glbx-mdp3-20231225.mbo.dbn.zst"
ESM4 = DATA / "esm4-glbx-mdp3-20240508-0000.mbo.dbn.zst"

BIN_NAMES = [c.name for c in BIN_TABLE]

pytestmark = pytest.mark.skipif(not ESH4.exists(), reason="no real market data in ../shared/data")


def make(root: Path, file: Path, symbol: str, dt: str, start: str, end: str) -> Dataset:
    """The dataset of ``start`` to ``end`` ET, in a lake of its own."""
    lake = make_lake(root, file)
    (root / "instrument.yaml").write_text(yaml.safe_dump(INSTRUMENT | {"symbol": symbol}))
    capture = {"product_type": "future_mbo", "symbol": symbol, "dt": dt, "start_time": start, "end_time": end}
    return generate(lake, PipelineSpec(name="real", capture=capture), source="test").dataset


def seen(dataset: Dataset) -> dict[str, int]:
    """The anomalies that occurred."""
    return {name: count for name, count in dataset.manifest.anomalies.items() if count}


def test_the_christmas_reopening(tmp_path):
    """17:59:50 to 18:00:30: the pre-open auction, then the market opens at 18:00."""
    dataset = make(tmp_path, ESH4, "ESH4", "2023-12-25", "17:59:50", "18:00:30")
    # 891 groups of the pre-open auction leave bids above asks; the snapshot ends without F_LAST; the auction
    # fills 7 orders that were never in the book (stop orders, side N).
    assert seen(dataset) == {"crossed_book": 891, "unterminated_groups": 1, "unknown_fill": 7}
    bins = {name: column.to_numpy() for name, column in zip(BIN_NAMES, dataset.bins().columns, strict=True)}
    assert not bins["mid_price"][:100].any()
    assert bins["book_valid"].tolist() == [False] * 100 + [True] * 300
    assert (bins["mid_price"][100:] > 0).all()
    assert (bins["best_bid_price_int"] < bins["best_ask_price_int"])[100:].all()
    assert bins["trade_count"].sum() > 100


def test_after_the_auction_the_book_is_never_crossed_again(tmp_path):
    dataset = make(tmp_path, ESH4, "ESH4", "2023-12-25", "18:59:50", "19:00")
    assert dataset.manifest.events == 68_792
    assert seen(dataset) == {"crossed_book": 891, "unterminated_groups": 1, "unknown_fill": 7}


def test_two_seconds_after_a_clear_and_a_snapshot(tmp_path):
    dataset = make(tmp_path, ESM4, "ESM4", "2024-05-08", "20:00", "20:01")
    assert seen(dataset) == {}
    assert (dataset.manifest.bins, dataset.manifest.bins_with_touch) == (20, 20)
    assert dataset.manifest.events == 13_796


def test_a_checkpoint_in_the_middle_changes_no_byte(tmp_path):
    dataset = make(tmp_path, ESH4, "ESH4", "2023-12-25", "18:00", "18:00:30")
    records = np.concatenate([b.records.copy() for b in DbnFile.open(ESH4).batches("ESH4")])
    streamed: list[str] = []
    pipeline = GridPipeline(dataset.config)
    at = 0
    while not pipeline.done:
        streamed += [hashlib.sha256(f.arrow()).hexdigest() for f in pipeline.feed(records[at : at + 5003])]
        at = pipeline.next_event_index
        pipeline = GridPipeline.from_state(pipeline.export_state(), dataset.config)
    assert len(streamed) == 300
    assert [hashlib.sha256(frame).hexdigest() for frame in dataset.frames()] == streamed
