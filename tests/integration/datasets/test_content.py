"""What a dataset holds is what the pipeline streams, byte for byte."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qm_harness import tables
from qm_harness.dataset import Dataset
from qm_harness.generate import Advance, generate
from qm_harness.manifest import BINS_FILE, GRID_FILE
from qmcore.config.runtime import StreamSchema
from qmcore.contracts.columns import BIN_TABLE
from qmcore.contracts.frames import split_message
from qmcore.pipeline import code_version
from tests.fixtures.market import MarketLake
from tests.integration.datasets.conftest import make_lake, pipeline


@pytest.fixture
def dataset(lake) -> Dataset:
    return generate(lake, pipeline(), source="test").dataset


def test_frames_are_those_of_the_stream(dataset, market: MarketLake):
    streamed = [split_message(message)[1] for message in market.messages(dataset.config)]
    assert len(streamed) == 200
    assert list(dataset.frames()) == streamed


@pytest.mark.parametrize(
    "schema",
    [
        StreamSchema(float_dtype="float32"),
        StreamSchema(columns=("composite", "state5_code")),
        StreamSchema(columns=("k",), float_dtype="float32"),
    ],
    ids=str,
)
def test_frames_are_those_of_the_stream_in_other_schemas(dataset, market: MarketLake, schema):
    config = dataset.config.model_copy(update={"stream_schema": schema})
    assert list(dataset.frames(schema)) == [split_message(m)[1] for m in market.messages(config)]


def test_small_blocks_and_row_groups_change_nothing(dataset, market, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "BLOCK_BYTES", 7 * 101 * 283)
    other = generate(make_lake(tmp_path / "other", market.file), pipeline(), source="test").dataset
    metadata = pq.ParquetFile(other.path / GRID_FILE).metadata
    assert {metadata.row_group(i).num_rows for i in range(28)} == {7 * 101}
    assert metadata.num_row_groups == 29
    assert list(other.frames()) == list(dataset.frames())
    assert other.bins().equals(dataset.bins())


def test_the_same_file_makes_the_same_bytes(dataset, market, tmp_path):
    other = generate(make_lake(tmp_path / "other", market.file), pipeline(), source="test").dataset
    assert other.path.name == dataset.path.name
    for name in (BINS_FILE, GRID_FILE):
        assert (other.path / name).read_bytes() == (dataset.path / name).read_bytes()


def test_bins_and_grid_belong_together(dataset):
    bins = dataset.bins()
    assert bins.column_names == [c.name for c in BIN_TABLE]
    assert bins.column("bin_seq").to_pylist() == list(range(200))
    grid = pa.concat_tables(dataset.grid(["bin_seq", "k"]))
    assert grid.column("bin_seq").to_pylist() == [b for b in range(200) for _ in range(101)]
    assert grid.column("k").to_pylist() == [*range(-50, 51)] * 200
    assert dataset.bins(["ofi"]).column_names == ["ofi"]


def test_the_manifest_says_where_it_comes_from(dataset, market: MarketLake):
    manifest = dataset.manifest
    bins = dataset.bins(["event_id", "mid_price", "bin_start_ns", "bin_end_ns"]).to_pydict()
    assert manifest.source.name == market.file.name
    assert manifest.source.sha256 == hashlib.sha256(market.file.read_bytes()).hexdigest()
    assert manifest.source.size == market.file.stat().st_size
    assert manifest.code_version == code_version()
    assert (manifest.bins, manifest.rows) == (200, 200 * 101)
    assert manifest.bins_with_touch == sum(mid != 0 for mid in bins["mid_price"])
    assert manifest.events == bins["event_id"][-1] > 1000
    assert (manifest.first_bin_start_ns, manifest.last_bin_end_ns) == (
        bins["bin_start_ns"][0],
        bins["bin_end_ns"][-1],
    )
    assert manifest.anomalies["unknown_order"] == 0
    assert manifest.config.symbol == "ESH5"


def test_bins_end_where_the_file_ends(lake):
    dataset = generate(lake, pipeline(end_time="09:45"), source="test").dataset
    assert dataset.manifest.bins == 400
    assert dataset.manifest.last_bin_end_ns == dataset.manifest.source.end_ns


def test_progress_tells_how_far_it_has_come(lake):
    seen: list[Advance] = []
    generate(lake, pipeline(), source="test", progress=seen.append)
    assert seen[-1].bins_expected == 200
    assert seen[-1].events > 0
    assert [a.events for a in seen] == sorted(a.events for a in seen)
