"""Columns of a dataset as memory-mapped arrays: the dataset's values, decoded once, made again when it is another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from qm_harness import columns_cache
from qm_harness.columns_cache import ColumnCache, dataset_hash
from qm_harness.dataset import Dataset
from qm_harness.generate import generate
from qmcore.contracts.columns import BIN_TABLE, GRID_COLUMNS
from qmcore.errors import NotFound
from tests.integration.datasets.conftest import pipeline


@pytest.fixture
def dataset(lake) -> Dataset:
    """Ten seconds of the simulated minute."""
    return generate(lake, pipeline(end_time="09:30:30"), source="test").dataset


def files_of(lake, dataset: Dataset) -> list[str]:
    folder = lake.column_cache_dir(dataset.manifest.dataset_id)
    return sorted(path.name for path in folder.glob("*/*"))


def test_every_column_is_that_of_the_tables_and_read_only(lake, dataset):
    cache = ColumnCache(lake, dataset)
    bins = dataset.bins()
    for column in BIN_TABLE:
        values = cache.bins(column.name)
        assert (values.shape, str(values.dtype)) == ((cache.n_bins,), column.dtype)
        np.testing.assert_array_equal(values, bins.column(column.name).to_numpy())
        assert isinstance(values, np.memmap)
        assert not values.flags.writeable
    for column in GRID_COLUMNS:
        values = cache.grid(column.name)
        assert (values.shape, str(values.dtype)) == ((cache.n_bins, cache.rows), column.dtype)
        expected = np.concatenate(
            [part.column(column.name).to_numpy() for part in dataset.grid([column.name])]
        )
        np.testing.assert_array_equal(values.ravel(), expected)
        assert values.flags.c_contiguous
    assert len(files_of(lake, dataset)) == len(BIN_TABLE) + len(GRID_COLUMNS)


def test_a_column_is_decoded_once_by_whoever_comes_first(lake, dataset, monkeypatch):
    decoded = []
    parts = columns_cache.ColumnCache._parts
    monkeypatch.setattr(
        columns_cache.ColumnCache,
        "_parts",
        lambda self, *column: decoded.append(column) or parts(self, *column),
    )
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: ColumnCache(lake, dataset).grid("v_add").sum(), range(8)))
    assert len(set(found)) == 1
    assert decoded == [("grid", "v_add")]


def test_a_decoding_that_was_cut_short_is_done_again(lake, dataset, monkeypatch):
    def cut(self, *column):
        yield np.zeros(3)
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(columns_cache.ColumnCache, "_parts", cut)
        with pytest.raises(OSError, match="disk full"):
            ColumnCache(lake, dataset).bins("mid_price")
    assert files_of(lake, dataset) == ["bins.mid_price.npy.partial"]
    assert ColumnCache(lake, dataset).bins("mid_price").min() > 0
    assert files_of(lake, dataset) == ["bins.mid_price.npy"]


def test_a_dataset_of_other_content_has_other_files(lake, dataset, monkeypatch):
    ColumnCache(lake, dataset).bins("mid_price")
    before = dataset_hash(dataset)
    monkeypatch.setattr(columns_cache, "dataset_hash", lambda dataset: before[::-1])
    ColumnCache(lake, dataset).bins("mid_price")
    assert files_of(lake, dataset) == ["bins.mid_price.npy"] * 2


def test_an_unknown_column_names_those_there_are(lake, dataset):
    with pytest.raises(NotFound, match="unknown grid column 'speed'; there are: a_add, "):
        ColumnCache(lake, dataset).grid("speed")
