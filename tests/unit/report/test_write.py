"""``write_report`` and ``qm report``: one file, whole or as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from qm_harness.report import page
from qm_harness.report.write import write_report
from qmcore.cli import main
from qmcore.errors import NotFound
from qmcore.lake import Lake


def test_a_report_lies_in_the_lake_under_the_experiments_name(lake):
    path = write_report(lake, "sweep")
    assert path == lake.root / "research" / "harness" / "reports" / "sweep.html"
    assert path.read_text().startswith("<!doctype html>")
    assert [p.name for p in path.parent.iterdir()] == ["sweep.html"]


def test_what_fails_leaves_the_old_report(lake, monkeypatch):
    before = write_report(lake, "sweep").read_bytes()
    monkeypatch.setattr(page, "render", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(lake, "sweep")
    assert lake.report_path("sweep").read_bytes() == before
    assert len(list(lake.report_path("sweep").parent.iterdir())) == 1


def test_an_unknown_experiment_is_answered_with_those_there_are(lake):
    with pytest.raises(NotFound) as caught:
        write_report(lake, "swep")
    assert caught.value.available == ["sweep"]


def test_the_command_prints_where_it_is(lake: Lake, tmp_path: Path):
    result = CliRunner().invoke(main, ["report", "sweep", "--lake-root", str(lake.root)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{lake.report_path('sweep')}\n"
    other = tmp_path / "here" / "mine.html"
    result = CliRunner().invoke(
        main, ["report", "sweep", "--lake-root", str(lake.root), "--output", str(other)]
    )
    assert result.stdout == f"{other}\n"
    assert other.read_text().startswith("<!doctype html>")


def test_the_command_refuses_what_it_does_not_know(lake):
    result = CliRunner().invoke(main, ["report", "x", "--lake-root", str(lake.root)])
    assert result.exit_code == 2
    assert result.stderr == "error: unknown experiment among the results 'x'; there are: sweep\n"
