"""A symbol means what the file says, on the days that it says; anything else is refused in words."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from qmcore.dbn import DbnFile
from qmcore.errors import DbnError, UnknownSymbol
from tests.streams.dbn_files import (
    DAY,
    DAY_LENGTH_NS,
    DAY_NS,
    Days,
    mapping_message,
    mapping_message_v1,
    metadata,
    order_records,
    write_plain,
    write_zstd,
)

NEXT_DAY = DAY + dt.timedelta(days=1)
DAY_AFTER = DAY + dt.timedelta(days=2)
TODAY: Days = [(DAY, NEXT_DAY, "1")]


def order_ids(path: Path, symbol: str) -> list[int]:
    """``order_id`` of every record of ``symbol``."""
    return [int(i) for batch in DbnFile.open(path).batches(symbol) for i in batch.records["order_id"]]


def test_an_unknown_symbol_lists_those_that_are_there(tmp_path):
    path = write_plain(tmp_path / "f.dbn", metadata({"ESM4": TODAY, "ESM4-ESU4": [(DAY, NEXT_DAY, "2")]}))
    with pytest.raises(UnknownSymbol) as caught:
        DbnFile.open(path).batches("ES")
    assert str(caught.value) == f"{path}: symbol 'ES' is not in the file's symbology; it has: ESM4, ESM4-ESU4"


def test_a_spread_is_another_instrument(tmp_path):
    mappings = {"ESM4": TODAY, "ESM4-ESU4": [(DAY, NEXT_DAY, "2")]}
    path = write_plain(tmp_path / "f", metadata(mappings), order_records([1, 2, 2, 1]).tobytes())
    assert order_ids(path, "ESM4") == [0, 3]
    assert order_ids(path, "ESM4-ESU4") == [1, 2]


def test_mappings_from_ids_to_raw_symbols_are_read_the_other_way_round(tmp_path):
    mappings = {"5602": [(DAY, NEXT_DAY, "ESM4")]}
    header = metadata(mappings, stype_in="instrument_id", stype_out="raw_symbol")
    path = write_plain(tmp_path / "f", header, order_records([5602, 1]).tobytes())
    assert DbnFile.open(path).symbols() == ["ESM4"]
    assert order_ids(path, "ESM4") == [0]


def test_an_id_that_changes_hands_follows_the_dates(tmp_path):
    mappings = {"OLD": TODAY, "NEW": [(NEXT_DAY, DAY_AFTER, "1")]}
    times = [DAY_NS, DAY_NS + DAY_LENGTH_NS - 1, DAY_NS + DAY_LENGTH_NS, DAY_NS + 3 * DAY_LENGTH_NS]
    path = write_plain(tmp_path / "f", metadata(mappings), order_records([1] * 4, ts_recv_ns=times).tobytes())
    assert order_ids(path, "OLD") == [0, 1]
    assert order_ids(path, "NEW") == [2]


def test_a_continuous_symbol_rolls_to_its_next_contract(tmp_path):
    mappings = {
        "ES.c.0": [(DAY, NEXT_DAY, "1"), (NEXT_DAY, DAY_AFTER, "2")],
        "ES.c.1": [(DAY, NEXT_DAY, "2")],
    }
    times = [DAY_NS, DAY_NS, DAY_NS + DAY_LENGTH_NS, DAY_NS + DAY_LENGTH_NS]
    header = metadata(mappings, stype_in="continuous")
    path = write_plain(tmp_path / "f", header, order_records([1, 2, 1, 2], ts_recv_ns=times).tobytes())
    assert order_ids(path, "ES.c.0") == [0, 3]
    assert order_ids(path, "ES.c.1") == [1]


def test_an_undefined_receive_time_falls_back_to_the_event_time(tmp_path):
    mappings = {"OLD": TODAY, "NEW": [(NEXT_DAY, DAY_AFTER, "1")]}
    path = write_plain(
        tmp_path / "f", metadata(mappings), order_records([1], ts_recv_ns=[2**64 - 1]).tobytes()
    )
    assert order_ids(path, "OLD") == [0]
    assert order_ids(path, "NEW") == []


def test_dates_do_not_matter_where_an_id_has_one_meaning(tmp_path):
    times = [DAY_NS - 1, DAY_NS + 5 * DAY_LENGTH_NS, 2**64 - 1]
    path = write_plain(tmp_path / "f", metadata(), order_records([1] * 3, ts_recv_ns=times).tobytes())
    assert order_ids(path, "TEST") == [0, 1, 2]


def test_a_parent_that_means_several_instruments_is_refused(tmp_path):
    mappings = {"ES.FUT": [(DAY, NEXT_DAY, "1"), (DAY, NEXT_DAY, "2")]}
    path = write_plain(tmp_path / "f.dbn", metadata(mappings, stype_in="parent"))
    with pytest.raises(DbnError) as caught:
        DbnFile.open(path).batches("ES.FUT")
    assert str(caught.value) == (
        f"{path}: symbol 'ES.FUT' means several instruments at once, 1 and 2 among them; name one of them"
    )


def test_days_on_which_a_symbol_was_not_found_map_to_nothing(tmp_path):
    path = write_plain(tmp_path / "f", metadata({"GONE": [(DAY, NEXT_DAY, "")], "TEST": TODAY}))
    assert DbnFile.open(path).symbols() == ["TEST"]


def test_a_symbology_that_is_no_symbology_is_refused(tmp_path):
    path = write_plain(tmp_path / "f.dbn", metadata({"TEST": [(DAY, NEXT_DAY, "ESM4")]}))
    with pytest.raises(DbnError) as caught:
        DbnFile.open(path)
    assert str(caught.value).startswith(f"{path}: its symbology cannot be read (invalid literal for int()")


class TestLiveCapture:
    """No mappings in the metadata: those in the stream count, from their place on."""

    @pytest.mark.parametrize("message", [mapping_message, mapping_message_v1])
    def test_mappings_in_the_stream_are_used(self, tmp_path, message):
        orders = order_records([7, 8, 7, 8])
        path = write_zstd(
            tmp_path / "f",
            metadata({}, stype_in=None, schema=None),
            message("ESM4", 7),
            orders[:2].tobytes(),
            message("ESU4", 8),
            orders[2:].tobytes(),
        )
        assert DbnFile.open(path).symbols() == ["ESM4", "ESU4"]
        assert order_ids(path, "ESM4") == [0, 2]
        assert order_ids(path, "ESU4") == [3]

    def test_a_mapping_with_ts_out_is_read(self, tmp_path):
        message = mapping_message("ESM4", 7)
        long = bytes([len(message) // 4 + 2]) + message[1:] + bytes(8)
        path = write_plain(
            tmp_path / "f", metadata({}, stype_in=None, ts_out=True), long, order_records([7]).tobytes()
        )
        assert order_ids(path, "ESM4") == [0]

    def test_a_new_id_takes_over_and_an_id_that_changes_hands_is_lost(self, tmp_path):
        orders = order_records([7, 9, 7, 9])
        path = write_plain(
            tmp_path / "f",
            metadata({}, stype_in=None),
            mapping_message("ESM4", 7),
            orders[:2].tobytes(),
            mapping_message("ESM4", 9),
            mapping_message("NQM4", 7),
            orders[2:].tobytes(),
        )
        assert order_ids(path, "ESM4") == [0, 3]
        assert order_ids(path, "NQM4") == [2]

    def test_the_name_that_was_asked_for_is_not_a_symbol(self, tmp_path):
        path = write_plain(tmp_path / "f.dbn", metadata({}, stype_in=None), mapping_message("ESM4", 7))
        with pytest.raises(UnknownSymbol) as caught:
            list(DbnFile.open(path).batches("ES.FUT"))
        assert str(caught.value) == f"{path}: symbol 'ES.FUT' is not in the file's symbology; it has: ESM4"

    def test_no_mapping_at_all_says_none(self, tmp_path):
        path = write_plain(tmp_path / "f.dbn", metadata({}), order_records([7]).tobytes())
        with pytest.raises(UnknownSymbol) as caught:
            list(DbnFile.open(path).batches("ESM4"))
        assert str(caught.value).endswith("it has: none")

    def test_mappings_of_unknown_size_or_spelling_are_refused(self, tmp_path):
        for name, message, problem in (
            ("size.dbn", bytes([25, 0x16]) + bytes(98), "a symbol mapping of 100 bytes"),
            (
                "text.dbn",
                mapping_message("X", 7).replace(b"X", b"\xff"),
                "a symbol mapping that is not UTF-8",
            ),
        ):
            header = metadata({}, stype_in=None)
            path = write_plain(tmp_path / name, header, message)
            with pytest.raises(DbnError) as caught:
                DbnFile.open(path).symbols()
            assert str(caught.value) == f"{path}: {problem} at byte {len(header)} of the uncompressed stream"
