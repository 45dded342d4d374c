"""``qm data synth`` as a user meets it: files, summaries, and answers to bad arguments."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qm_replay.commands_synth import session_start
from qmcore.cli import main
from qmcore.errors import OptionError
from qmcore.lake import Lake

HALF_PAST_NINE_ET = 1_738_593_000 * 10**9


def qm(*arguments: str, lake: Path) -> Result:
    return CliRunner(env={"QM_LAKE": str(lake)}).invoke(main, ["data", "synth", *arguments])


def test_it_writes_into_the_lake_where_the_day_is_found(tmp_path: Path) -> None:
    result = qm("--minutes", "0.2", "--format", "json", lake=tmp_path)
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    path = Path(summary["path"])
    assert path.relative_to(tmp_path) == Path(
        "raw/source=databento/product_type=future_mbo/symbol=ES/table=market_by_order_dbn",
        "glbx-mdp3-20250203.mbo.dbn.zst",
    )
    found = Lake(tmp_path).find_dbn("future_mbo", "ES", dt.date(2025, 2, 3))
    assert found == path
    assert summary["start_ns"] == HALF_PAST_NINE_ET
    assert summary["records"] > 5_000


def test_the_table_and_csv_tell_the_same(tmp_path: Path) -> None:
    arguments = ("--minutes", "0.2", "--output", str(tmp_path / "a.dbn"), "--overwrite", "--format")
    as_csv = next(csv.DictReader(io.StringIO(qm(*arguments, "csv", lake=tmp_path).stdout)))
    table = qm(*arguments, "table", lake=tmp_path).stdout
    assert f"{int(as_csv['records']):,}" in table
    assert str(tmp_path / "a.dbn") in table
    assert "2025-02-03T14:30:00+00:00" in table


def test_every_choice_reaches_the_file(tmp_path: Path) -> None:
    result = qm(
        *(
            "--symbol",
            "NQM5",
            "--tick-size",
            "0.05",
            "--price",
            "100",
            "--events",
            "3000",
            "--dt",
            "2025-05-06",
        ),
        *("--start", "14:00 UTC", "--minutes", "1", "--with-spread", "--seed", "9", "--snapshot", "no-clear"),
        *("--format", "json"),
        lake=tmp_path,
    )
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert "symbol=NQ/" in summary["path"]
    assert "20250506" in summary["path"]
    assert (summary["symbol"], summary["seed"]) == ("NQM5", 9)
    assert summary["spread_records"] > 0
    assert summary["low_price_int"] % 50_000_000 == 0
    assert summary["start_ns"] == 1_746_540_000 * 10**9


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--minutes", "0"), "--minutes: 0.0 is not allowed; allowed: more than 0, at most 10080"),
        (("--live-orders", "3"), "--live-orders: 3 is not allowed; allowed: at least 1000"),
        (("--price", "1"), "--price: '1' is not allowed; allowed: price must be at least 128 ticks"),
        (("--price", "abc"), "'--price': 'abc' is not a decimal number"),
        (("--preset", "wild"), "'wild' is not one of 'quiet', 'normal', 'open'"),
        (("--events", "10", "--intensity", "2"), "events and intensity exclude each other"),
        (("--symbol", "es"), "--symbol: 'es'"),
        (("--start", "25:00"), "--start: '25:00' is not allowed; allowed: 09:30"),
        (("--dt", "2025-13-01"), "--dt: '2025-13-01' is not allowed; allowed: a date like"),
        (("--dt", "2025-02-03", "--start", "2025-02-03T09:30"), "--start: '2025-02-03T09:30' is not allowed"),
        (("--dt", "1960-01-01"), "--start:"),
        (("--output", "a.csv"), "--output: 'a.csv' is not allowed; allowed: a name that ends in .dbn"),
        (("--level", "99"), "--level: 99 is not allowed; allowed: 1 to 22"),
        (
            ("--snapshot", "none", "--events", "100"),
            "--events: '100' is not allowed; allowed: events must be",
        ),
    ],
)
def test_bad_arguments_end_with_code_2_and_say_what_is_allowed(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    result = qm(*arguments, lake=tmp_path)
    assert result.exit_code == 2
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_not_replaced_unasked(tmp_path: Path) -> None:
    assert qm("--minutes", "0.1", lake=tmp_path).exit_code == 0
    again = qm("--minutes", "0.1", lake=tmp_path)
    assert again.exit_code == 2
    assert "--overwrite" in again.stderr
    assert qm("--minutes", "0.1", "--overwrite", lake=tmp_path).exit_code == 0


@pytest.mark.parametrize(
    ("day", "start"),
    [
        (None, "09:30"),
        ("2025-02-03", "09:30 ET"),
        (None, "2025-02-03T09:30"),
        (None, "2025-02-03T14:30Z"),
        (None, "2025-02-03 14:30:00 UTC"),
        (None, "2025-02-03T15:30:00+01:00"),
    ],
)
def test_a_start_is_new_york_time_unless_it_says_otherwise(day: str | None, start: str) -> None:
    assert session_start(day, start) == HALF_PAST_NINE_ET


def test_a_start_keeps_microseconds_and_knows_summer_time() -> None:
    assert session_start(None, "09:30:00.000250") == HALF_PAST_NINE_ET + 250_000
    assert session_start("2025-07-01", "09:30") == 1_751_376_600 * 10**9
    with pytest.raises(OptionError, match="--start"):
        session_start(None, "soon")
