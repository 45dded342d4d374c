"""Records come out of a DBN file as they went in, whatever its version, compression and mixture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from qmcore.dbn import MBO_DTYPE, DbnFile
from tests.streams.dbn_files import (
    DAY_LENGTH_NS,
    DAY_NS,
    mapping_message,
    metadata,
    order_records,
    other_record,
    write_plain,
    write_zstd,
)


def read(path: Path, symbol: str = "TEST", **knobs: int) -> NDArray[np.void]:
    """All records of ``symbol``, copied out of their batches."""
    batches = [batch.records.copy() for batch in DbnFile.open(path).batches(symbol, **knobs)]
    return np.concatenate([np.zeros(0, MBO_DTYPE), *batches])


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("write", [write_plain, write_zstd])
def test_every_version_plain_and_compressed_reads_the_same(tmp_path, version, write):
    records = order_records([1] * 500)
    path = write(tmp_path / "misleading.name", metadata(version=version), records.tobytes())
    file = DbnFile.open(path)
    assert file.version == version
    assert file.symbols() == ["TEST"]
    assert file.coverage_end_ns == DAY_NS + DAY_LENGTH_NS
    assert read(path).tobytes() == records.tobytes()


def test_many_zstd_frames_read_as_one_stream(tmp_path):
    records = order_records([1] * 100)
    body = records.tobytes()
    frames = [body[i : i + 333] for i in range(0, len(body), 333)]
    assert read(write_zstd(tmp_path / "f", metadata(), *frames)).tobytes() == body


def test_an_undefined_end_is_no_coverage(tmp_path):
    assert DbnFile.open(write_plain(tmp_path / "f", metadata(end_ns=None))).coverage_end_ns is None


def test_records_of_other_instruments_are_left_out(tmp_path):
    records = order_records([1, 2, 1, 3, 3, 1, 2])
    path = write_plain(tmp_path / "f", metadata(), records.tobytes())
    assert read(path)["order_id"].tolist() == [0, 2, 5]


def test_other_kinds_of_records_are_stepped_over(tmp_path):
    a, b = order_records([1]).tobytes(), order_records([1, 1])[1:].tobytes()
    company = [other_record(0x17, 16), other_record(0x15, 1020), mapping_message("TEST", 1)]
    path = write_plain(tmp_path / "f", metadata(), *company, a, *company, b, *company)
    assert read(path)["order_id"].tolist() == [0, 1]


def test_a_ts_out_tail_is_cut_off(tmp_path):
    records = order_records([1, 2, 1, 1])
    long = b"".join(bytes([16]) + r.tobytes()[1:] + bytes(8) for r in records)
    assert (
        read(write_plain(tmp_path / "f", metadata(ts_out=True), long)).tobytes()
        == records[[0, 2, 3]].tobytes()
    )


@pytest.mark.parametrize("batch_records", [1, 2, 7, 50, 1000])
@pytest.mark.parametrize("first_index", [0, 1, 49, 50, 51, 120])
def test_batches_are_numbered_and_begin_where_asked(tmp_path, batch_records, first_index):
    records = order_records([1, 2, 2, 1] * 50)
    path = write_zstd(tmp_path / "f", metadata(), records.tobytes())
    mine = records[records["instrument_id"] == 1]
    seen = first_index
    for batch in DbnFile.open(path).batches("TEST", first_index=first_index, batch_records=batch_records):
        assert 0 < len(batch.records) <= batch_records
        assert batch.first_index == seen
        assert 0 < batch.file_bytes_read <= batch.file_bytes == path.stat().st_size
        assert batch.records.tobytes() == mine[seen : seen + len(batch.records)].tobytes()
        seen += len(batch.records)
    assert seen == max(len(mine), first_index)


def test_a_file_without_records_has_no_batches(tmp_path):
    assert len(read(write_zstd(tmp_path / "f", metadata()))) == 0


def test_an_abandoned_reader_closes_its_file(tmp_path):
    path = write_plain(tmp_path / "f", metadata(), order_records([1] * 10).tobytes())
    batches = DbnFile.open(path).batches("TEST", batch_records=1)
    next(batches)
    batches.close()
    with pytest.raises(StopIteration):
        next(batches)


def test_two_readers_of_one_file_do_not_disturb_each_other(tmp_path):
    path = write_plain(tmp_path / "f", metadata(), order_records([1] * 100).tobytes())
    file = DbnFile.open(path)
    pairs = zip(file.batches("TEST", batch_records=3), file.batches("TEST", batch_records=3), strict=True)
    assert all(a.records.tobytes() == b.records.tobytes() for a, b in pairs)


@pytest.mark.parametrize("knobs", [{"first_index": -1}, {"batch_records": 0}])
def test_impossible_ranges_are_refused(tmp_path, knobs):
    file = DbnFile.open(write_plain(tmp_path / "f", metadata()))
    with pytest.raises(ValueError, match="first_index must be >= 0 and batch_records >= 1"):
        file.batches("TEST", **knobs)
