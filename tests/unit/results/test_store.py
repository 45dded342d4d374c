"""The results store: what was appended stays, once, whoever writes, compacts or is killed meanwhile."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import tests
from qm_harness.results import store as store_module
from qm_harness.results.rows import RunMeta
from qm_harness.results.store import META_DIR, ROWS_DIR, ResultStore
from qmcore.errors import CorruptData
from qmcore.lake import Lake
from tests.unit.results.rows import run

ROOT = Path(tests.__path__[0]).parent


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    """An empty store; its files are under ``tmp_path``."""
    return ResultStore(Lake(tmp_path))


def folder(tmp_path: Path, name: str) -> Path:
    return Lake(tmp_path).results_dir / name


def test_what_was_appended_is_read_back(store):
    runs = [run("a"), run("b", 1, error="no luck"), run("c", 2)]
    store.append(runs[:2])
    store.append(runs[2:])
    store.append([])
    assert store.runs() == runs
    assert store.metas() == [each.meta for each in runs]
    assert store.runs(lambda meta: meta.status == "failed") == [runs[1]]
    assert len(store.parts()) == 2


def test_an_empty_store_has_no_runs_and_makes_no_folder(store, tmp_path):
    assert (store.runs(), store.metas(), store.parts(), store.compact()) == ([], [], [], 0)
    assert list(tmp_path.iterdir()) == []


def test_a_run_is_read_once_the_first_that_finished_else_the_last_that_failed(store):
    store.append([run("a", 3), run("b", 1, error="first")])
    store.append([run("a", 1, error="early"), run("a", 2), run("b", 2, error="second")])
    for _ in range(2):
        assert store.runs() == [run("a", 2), run("b", 2, error="second")]
        store.compact()


def test_others_read_the_parts_as_parquet(store, tmp_path):
    store.append([run("a"), run("b")])
    rows = pl.read_parquet(folder(tmp_path, ROWS_DIR))
    assert rows["run_id"].to_list() == ["a", "a", "b", "b"]
    assert rows["out_of_sample"].struct.field("n_signals").to_list() == [10] * 4
    assert pl.read_parquet(folder(tmp_path, META_DIR))["created_at"].dtype == pl.Datetime("us", "UTC")


def test_an_append_that_was_cut_short_is_not_seen_and_swept_away(store, tmp_path, monkeypatch):
    store.append([run("a")])
    publish, seen = store_module.publish_file, []

    def killed_before_the_second(target, data):
        seen.append(target)
        if len(seen) == 2:
            raise KeyboardInterrupt
        publish(target, data)

    monkeypatch.setattr(store_module, "publish_file", killed_before_the_second)
    with pytest.raises(KeyboardInterrupt):
        store.append([run("b")])
    monkeypatch.undo()
    (folder(tmp_path, META_DIR) / ".part-1.parquet.x8").write_bytes(b"half of a pa")
    assert store.runs() == [run("a")]
    assert len(list(folder(tmp_path, ROWS_DIR).iterdir())) == 2
    store.compact()
    assert store.runs() == [run("a")]
    for name in (META_DIR, ROWS_DIR):
        assert [path.name for path in folder(tmp_path, name).iterdir()] == store.parts()


@pytest.mark.parametrize("step", range(1, 6))
def test_a_compaction_that_was_cut_short_loses_nothing(store, tmp_path, monkeypatch, step):
    for number in range(4):
        store.append([run(str(number), number)])
    steps = iter(range(1, 100))

    def counted(real):
        def wrapped(*arguments, **keywords):
            if not keywords and next(steps) == step:
                raise KeyboardInterrupt
            return real(*arguments, **keywords)

        return wrapped

    with monkeypatch.context() as killing:
        killing.setattr(store_module, "publish_file", counted(store_module.publish_file))
        killing.setattr(Path, "unlink", counted(Path.unlink))
        with pytest.raises(KeyboardInterrupt):
            store.compact()
    expected = [run(str(number), number) for number in range(4)]
    assert store.runs() == expected
    store.compact()
    assert store.runs() == expected
    assert len(store.parts()) == 1


def test_older_parts_lack_columns_and_newer_ones_have_more(store, tmp_path):
    store.append([run("a")])
    path = folder(tmp_path, META_DIR) / store.parts()[0]
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["error"]).append_column("mood", pa.array(["good"])), path)
    store.append([run("b", 1)])
    store.compact()
    assert store.runs() == [run("a"), run("b", 1)]


def test_a_damaged_part_is_named(store, tmp_path):
    store.append([run("a")])
    path = folder(tmp_path, META_DIR) / store.parts()[0]
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CorruptData, match="is not the Parquet that was written"):
        store.metas()


def test_readers_see_every_run_while_others_append_and_compact(store):
    store.append([run("first")])
    stop, problems = threading.Event(), []

    def read() -> None:
        seen: set[str] = set()
        while not stop.is_set():
            found = [each.meta.run_id for each in store.runs()]
            if len(set(found)) != len(found) or not seen <= set(found):
                problems.append((sorted(seen), found))
            seen = set(found)

    def compact() -> None:
        while not stop.is_set():
            store.compact()

    threads = [threading.Thread(target=work) for work in (read, read, compact)]
    for thread in threads:
        thread.start()
    for number in range(40):
        store.append([run(f"{number}")])
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert {meta.run_id for meta in store.metas()} == {"first", *map(str, range(40))}


def test_killed_writers_lose_nothing_that_was_appended_and_leave_no_half(store, tmp_path):
    """Three processes append until each is killed at some moment, while this one reads and compacts."""
    draw = random.Random(5)
    command = [sys.executable, "-m", "tests.unit.results.writers", str(tmp_path)]
    writers = [
        subprocess.Popen([*command, name], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for name in ("x", "y", "z")
    ]
    try:
        said = [writer.stdout.readline().strip() for writer in writers]
        for writer in writers:
            until = time.monotonic() + draw.uniform(0.2, 0.5)
            while time.monotonic() < until:
                assert_whole(store.metas())
            store.compact()
            writer.kill()
            said += writer.stdout.read().split()
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
            writer.stdout.close()
    for _ in range(2):
        runs = store.runs()
        assert_whole([each.meta for each in runs])
        assert all(len(each.rows) == 2 for each in runs)
        assert set(said) <= {each.meta.run_id for each in runs}
        store.compact()


def assert_whole(metas: list[RunMeta]) -> None:
    """No run twice, and parts of three runs are there with all of them."""
    ids = [meta.run_id for meta in metas]
    assert len(set(ids)) == len(ids)
    appends = {run_id.rsplit("-", 1)[0] for run_id in ids}
    assert len(ids) == 3 * len(appends)
