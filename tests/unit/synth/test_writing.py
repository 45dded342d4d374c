"""Simulated files as other people's readers see them."""

from __future__ import annotations

from pathlib import Path

import databento
import numpy as np
import pytest

from qmcore.dbn import MBO_DTYPE
from qmcore.errors import OptionError
from qmcore.synth import SynthSpec, simulate, write_dbn

SPEC = SynthSpec(minutes=0.5, seed=3, with_spread=True)


@pytest.mark.parametrize("name", ["a.dbn", "a.dbn.zst"])
def test_databento_reads_back_what_was_simulated(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    summary = write_dbn(path, SPEC)
    store = databento.DBNStore.from_file(path)
    metadata = store.metadata
    assert (metadata.version, metadata.dataset, str(metadata.schema)) == (3, "GLBX.MDP3", "mbo")
    assert (metadata.start, metadata.end) == (SPEC.start_ns, SPEC.end_ns)
    assert metadata.symbols == ["ESH5", "ESH5-ESM5"]
    read = store.to_ndarray(schema="mbo")
    written = np.concatenate(list(simulate(SPEC)))
    assert read.tobytes() == written.tobytes()
    assert summary.records == len(written)
    assert summary.file_bytes == path.stat().st_size


def test_databento_maps_symbols_and_prices(tmp_path: Path) -> None:
    path = tmp_path / "a.dbn.zst"
    summary = write_dbn(path, SPEC)
    frame = databento.DBNStore.from_file(path).to_df(schema="mbo")
    assert set(frame["symbol"]) == {"ESH5", "ESH5-ESM5"}
    assert (frame["symbol"] == "ESH5-ESM5").sum() == summary.spread_records > 0
    trades = frame[(frame["action"] == "T") & (frame["symbol"] == "ESH5")]
    assert (len(trades), int(trades["size"].sum())) == (summary.trades, summary.traded_contracts)
    assert summary.low_price_int is not None
    assert trades["price"].min() == summary.low_price_int / 1e9
    assert 4_900 < trades["price"].min() <= trades["price"].max() < 5_100


def test_the_summary_counts_the_live_records_of_the_instrument(tmp_path: Path) -> None:
    summary = write_dbn(tmp_path / "a.dbn", SPEC)
    written = np.concatenate(list(simulate(SPEC)))
    live = written[(written["instrument_id"] == SPEC.instrument_id) & ((written["flags"] & 32) == 0)]
    counted = [summary.adds, summary.cancels, summary.modifies, summary.trades, summary.fills]
    assert counted == [int(np.count_nonzero(live["action"] == ord(name))) for name in "ACMTF"]
    assert sum(counted) == len(live)


def test_progress_grows_to_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, float]] = []
    summary = write_dbn(tmp_path / "a.dbn.zst", SPEC, lambda written, done: seen.append((written, done)))
    assert [written for written, _ in seen] == sorted(written for written, _ in seen)
    assert seen[-1][0] == summary.records
    assert 0.95 < seen[-1][1] <= 1.0


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(written: int, done: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        write_dbn(tmp_path / "a.dbn.zst", SPEC, stop)
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_kept_unless_told_otherwise(tmp_path: Path) -> None:
    path = tmp_path / "a.dbn"
    path.write_bytes(b"precious")
    with pytest.raises(OptionError, match=r"--output.*--overwrite"):
        write_dbn(path, SPEC)
    assert path.read_bytes() == b"precious"
    write_dbn(path, SPEC, overwrite=True)
    assert path.read_bytes()[:4] == b"DBN\x03"
    assert (
        path.stat().st_size - 8 - int.from_bytes(path.read_bytes()[4:8], "little")
    ) % MBO_DTYPE.itemsize == 0


@pytest.mark.parametrize("name", ["a.csv", "a.zst", "a.dbn.gz"])
def test_other_file_types_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match=r"\.dbn or \.dbn\.zst"):
        write_dbn(tmp_path / name, SPEC)
    assert list(tmp_path.iterdir()) == []
