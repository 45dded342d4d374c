"""A file that cannot be used gets one clear error, with the byte where it goes wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import zstandard

from qmcore.dbn import DbnFile
from qmcore.errors import DbnError
from tests.streams.dbn_files import metadata, order_records, other_record, write_plain, write_zstd


def refusal(path: Path, symbol: str = "TEST") -> DbnError:
    """The error that reading ``path`` ends with."""
    with pytest.raises(DbnError) as caught:
        list(DbnFile.open(path).batches(symbol))
    assert caught.value.path == str(path)
    return caught.value


def test_another_schema_is_refused_in_words(tmp_path):
    path = write_plain(tmp_path / "f.dbn", metadata(schema="mbp-1"))
    assert str(refusal(path)) == f"{path}: this file holds mbp-1, only mbo can be used"


def test_a_capture_without_a_single_mbo_record_is_refused(tmp_path):
    path = write_plain(tmp_path / "f.dbn", metadata(schema=None), other_record(0x01), other_record(0x17))
    problem = "this file holds no mbo records but 1 of other schemas, only mbo can be used"
    assert str(refusal(path)) == f"{path}: {problem}"


@pytest.mark.parametrize("flag", [64, 16])
def test_records_that_are_not_order_events_are_refused(tmp_path, flag):
    records = order_records([1, 2, 1])
    records["flags"][1] |= flag
    header = metadata()
    error = refusal(write_zstd(tmp_path / "f", header, records.tobytes()))
    assert error.problem == "its flags (F_TOB, F_MBP) say top-of-book / MBP records, not order events"
    assert error.offset == len(header) + 56


@pytest.mark.parametrize("length", [0, 1, 3])
def test_a_record_shorter_than_its_header_is_refused(tmp_path, length):
    header, records = metadata(), bytearray(order_records([1, 1, 1]).tobytes())
    records[112] = length
    error = refusal(write_plain(tmp_path / "f", header, bytes(records)))
    assert error.problem == "a record whose length byte is shorter than its header"
    assert error.offset == len(header) + 112


def test_records_before_the_fault_are_handed_out_first(tmp_path):
    path = write_plain(tmp_path / "f", metadata(), order_records([1, 1]).tobytes(), bytes(56))
    batches = DbnFile.open(path).batches("TEST")
    assert len(next(batches).records) == 2
    with pytest.raises(DbnError):
        next(batches)


def test_an_mbo_record_of_another_length_is_refused(tmp_path):
    header = metadata()
    error = refusal(write_plain(tmp_path / "f", header, other_record(0xA0, 60)))
    assert error.problem == "an MBO record of a wrong length"
    assert error.offset == len(header)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not a DBN file: it is empty"),
        (b"PK\x03\x04 and more", "not a DBN file: it begins with b'PK\\x03\\x04'"),
        (b"DB", "not a DBN file: it begins with b'DB'"),
        (b"DBN\x03\x00", "truncated: the file ends inside the DBN header"),
        (b"DBN\x07\x10\x00\x00\x00", "DBN version 7 is not supported; supported: 1, 2, 3"),
        (b"DBN\x03\xff\xff\xff\xff", "corrupt metadata: it claims to be 4294967295 bytes long"),
        (b"DBN\x03\x10\x00\x00\x00abc", "truncated: the metadata ends after 3 of 16 bytes"),
    ],
)
@pytest.mark.parametrize("write", [write_plain, write_zstd])
def test_what_is_not_a_dbn_file_is_refused(tmp_path, content, problem, write):
    assert refusal(write(tmp_path / "f", content)).problem == problem


def test_metadata_that_cannot_be_decoded_is_refused(tmp_path):
    path = write_plain(tmp_path / "f", b"DBN\x03\x10\x00\x00\x00" + bytes(16))
    assert refusal(path).problem.startswith("corrupt metadata (")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    path = tmp_path / "none.dbn"
    assert str(refusal(path)) == f"{path}: cannot be read: No such file or directory"


def test_a_folder_is_refused(tmp_path):
    assert refusal(tmp_path).problem == "cannot be read: Is a directory"


def test_corrupt_compression_says_where(tmp_path):
    header = metadata()
    path = write_zstd(tmp_path / "f.zst", header, order_records([1] * 5000).tobytes())
    data = bytearray(path.read_bytes())
    data[-100] ^= 0xFF
    error = refusal(write_plain(path, bytes(data)))
    assert error.problem.startswith("corrupt zstd data (")
    assert len(header) <= error.offset <= len(header) + 5000 * 56


@pytest.mark.parametrize("write", [write_plain, write_zstd])
def test_a_file_cut_at_any_byte_gives_one_clear_error(tmp_path, write):
    header, records = metadata(), order_records([1, 1]).tobytes()
    whole = write(tmp_path / "whole", header, records).read_bytes()
    path = tmp_path / "cut"
    at_a_boundary = {len(header), len(header) + 56} if write is write_plain else {frame_end(header)}
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        if size in at_a_boundary:
            assert sum(len(b.records) for b in DbnFile.open(path).batches("TEST")) < 2
            continue
        assert refusal(path).problem.startswith(("truncated: the ", "not a DBN file: it ")), size


def frame_end(frame: bytes) -> int:
    """Size of the compressed frame that ``write_zstd`` makes of ``frame``."""
    return len(zstandard.ZstdCompressor(write_checksum=True).compress(frame))


def test_a_frame_without_its_end_is_truncated_wherever_it_is_cut(tmp_path):
    whole = zstandard.compress(metadata() + order_records([1] * 100_000).tobytes())
    for size in (len(whole) - 1, len(whole) - 5, len(whole) // 2):
        path = write_plain(tmp_path / "f.zst", whole[:size])
        assert refusal(path).problem == "truncated: the file ends inside a zstd frame"
