"""A dataset appears once, whole or not at all, and is refused when a byte of it changed."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from qm_harness import generate as generating
from qm_harness.dataset import Dataset
from qm_harness.generate import Generated, generate
from qm_harness.manifest import BINS_FILE, CHECKSUMS_FILE, GRID_FILE, MANIFEST_FILE
from qmcore.errors import BadInput, CorruptData, DbnError, NotFound, UnknownSymbol
from tests.integration.datasets.conftest import INSTRUMENT, pipeline

FILES = (MANIFEST_FILE, BINS_FILE, GRID_FILE, CHECKSUMS_FILE)


def assert_nothing_is_there(lake) -> None:
    """Neither a dataset nor a part of one."""
    assert not lake.datasets_dir.exists() or list(lake.datasets_dir.iterdir()) == []


def test_a_dataset_is_made_once(lake):
    first = generate(lake, pipeline(), source="test")
    before = {name: (first.dataset.path / name).stat().st_mtime_ns for name in FILES}
    second = generate(lake, pipeline(), source="test")
    assert (first.is_new, second.is_new) == (True, False)
    assert second.dataset.manifest == first.dataset.manifest
    assert {name: (second.dataset.path / name).stat().st_mtime_ns for name in FILES} == before
    assert sorted(p.name for p in first.dataset.path.iterdir()) == sorted(FILES)
    assert lake.dataset_ids() == [first.dataset.path.name]


def test_another_configuration_is_another_dataset(lake):
    names = {
        generate(lake, pipeline(cell_width_ms=width), source="test").dataset.path.name for width in (100, 200)
    }
    assert sorted(names) == lake.dataset_ids()
    assert len(names) == 2


def test_two_writers_at_once_make_one_dataset(lake):
    results: list[Generated] = []
    barrier = threading.Barrier(2)

    def run() -> None:
        barrier.wait()
        results.append(generate(lake, pipeline(), source="test"))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(result.is_new for result in results) == 1
    assert results[0].dataset.manifest == results[1].dataset.manifest
    assert [p.name for p in lake.datasets_dir.iterdir()] == lake.dataset_ids()


def test_a_truncated_file_makes_no_dataset(lake):
    file = lake.find_dbn("future_mbo", "ES", pipeline().capture.dt)
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(DbnError) as caught:
        generate(lake, pipeline(end_time="09:31"), source="test")
    assert str(caught.value).startswith(f"{file}: truncated: the file ends inside a zstd frame at byte ")
    assert_nothing_is_there(lake)


def test_a_full_disk_makes_no_dataset(lake, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(generating.TableWriter, "write", full)
    with pytest.raises(OSError, match="No space left"):
        generate(lake, pipeline(), source="test")
    assert_nothing_is_there(lake)


def test_a_window_outside_the_file_makes_no_dataset(lake):
    with pytest.raises(BadInput) as caught:
        generate(lake, pipeline(start_time="10:00", end_time="10:01"), source="test")
    file = lake.find_dbn("future_mbo", "ES", pipeline().capture.dt)
    assert str(caught.value) == (
        f"{file}: no whole bin of 10:00 to 10:01 ET on 2025-02-03 (from 2025-02-03 15:00:00 UTC) "
        "lies in this file, which covers up to 2025-02-03 14:31:00 UTC"
    )
    assert_nothing_is_there(lake)


def test_a_symbol_that_the_file_does_not_map_makes_no_dataset(lake):
    (lake.root / "instrument.yaml").write_text(str(INSTRUMENT | {"symbol": "ESM5"}))
    with pytest.raises(UnknownSymbol) as caught:
        generate(lake, pipeline(symbol="ESM5"), source="test")
    assert "symbol 'ESM5' is not in the file's symbology; it has: ESH5" in str(caught.value)
    assert_nothing_is_there(lake)


KILLED = """
import os, signal, sys
from pathlib import Path
from qmcore.lake import Lake
from qm_harness import generate as generating
from tests.integration.datasets.conftest import pipeline
generating.write_document = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
generating.generate(Lake(Path(sys.argv[1])), pipeline(), source="test")
"""


def test_a_killed_process_leaves_nothing_that_matters(lake):
    done = subprocess.run([sys.executable, "-c", KILLED, str(lake.root)])
    assert done.returncode == -signal.SIGKILL
    assert lake.dataset_ids() == []
    assert generate(lake, pipeline(), source="test").is_new
    assert [p.name for p in lake.datasets_dir.iterdir()] == lake.dataset_ids()


@pytest.mark.parametrize("name", [MANIFEST_FILE, BINS_FILE, GRID_FILE])
def test_a_changed_byte_is_refused(lake, name):
    path = generate(lake, pipeline(), source="test").dataset.path
    data = bytearray((path / name).read_bytes())
    data[len(data) // 2] ^= 1
    (path / name).write_bytes(data)
    problem = f"{path / name}: does not match its checksum: it was changed after it was written; refused"
    with pytest.raises(CorruptData) as caught:
        Dataset.open(lake, path.name)
    assert str(caught.value) == problem
    with pytest.raises(CorruptData) as caught:
        generate(lake, pipeline(), source="test")
    assert str(caught.value) == f"{problem}; remove {path} to make it again"


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(lake, name):
    path = generate(lake, pipeline(), source="test").dataset.path
    (path / name).unlink()
    with pytest.raises(CorruptData) as caught:
        Dataset.open(lake, path.name, contents=False)
    assert str(caught.value) == f"{path / name}: is missing; the dataset is not whole"


def test_a_cut_table_is_refused_without_reading_it(lake):
    path = generate(lake, pipeline(), source="test").dataset.path
    data = (path / GRID_FILE).read_bytes()
    (path / GRID_FILE).write_bytes(data[:-1])
    with pytest.raises(CorruptData) as caught:
        Dataset.open(lake, path.name, contents=False)
    assert str(caught.value) == (
        f"{path / GRID_FILE}: has {len(data) - 1} bytes, but was written with {len(data)}; the dataset is refused"
    )


def test_checksums_that_are_no_checksums_are_refused(lake):
    path = generate(lake, pipeline(), source="test").dataset.path
    (path / CHECKSUMS_FILE).write_text('{"files": {"bins.parquet": 5}}')
    with pytest.raises(CorruptData) as caught:
        Dataset.open(lake, path.name)
    assert str(caught.value).startswith(f"{path / CHECKSUMS_FILE}: cannot be read (")


def test_a_renamed_dataset_is_refused(lake):
    path = generate(lake, pipeline(), source="test").dataset.path
    renamed = path.rename(path.with_name("ESH5_other"))
    with pytest.raises(CorruptData) as caught:
        Dataset.open(lake, "ESH5_other")
    assert str(caught.value) == f"{renamed}: its manifest belongs to dataset {path.name}; refused"


def test_an_unknown_dataset_lists_those_that_are_there(lake):
    name = generate(lake, pipeline(), source="test").dataset.path.name
    with pytest.raises(NotFound) as caught:
        Dataset.open(lake, "nothing")
    assert str(caught.value) == f"unknown dataset 'nothing'; there are: {name}"
