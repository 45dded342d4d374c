"""Runs from before there were artifacts stay readable beside runs that name one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pyarrow.parquet as pq

from qm_harness.results.store import META_DIR, ResultStore
from qmcore.lake import Lake
from tests.unit.results.rows import run


def test_a_part_without_the_column_is_read_and_merged_as_without_an_artifact(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    store = ResultStore(lake)
    store.append([run("old")])
    (path,) = (lake.results_dir / META_DIR).glob("*.parquet")
    pq.write_table(pq.read_table(path).drop_columns(["artifact"]), path)
    assert store.metas()[0].artifact is None
    new = run("new", 1)
    store.append([dataclasses.replace(new, meta=new.meta.model_copy(update={"artifact": "f" * 64}))])
    for _ in range(2):
        assert {meta.run_id: meta.artifact for meta in store.metas()} == {"old": None, "new": "f" * 64}
        store.compact()
    assert len(store.parts()) == 1
