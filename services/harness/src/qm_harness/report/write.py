"""``write_report``: the report of an experiment as it stands, in its place in the lake."""

from __future__ import annotations

import datetime as dt_
from pathlib import Path

from qmcore.lake import Lake, publish_file


def write_report(lake: Lake, experiment: str, *, output: Path | None = None) -> Path:
    """Write the report of ``experiment`` as ``output``, else as ``lake.report_path``; returns where it is.

    Readers see the old file or the new one. Raises NotFound naming the experiments that have results.
    """
    from qm_harness.report.findings import Findings
    from qm_harness.report.page import render

    findings = Findings.gather(lake, experiment)
    target = output or lake.report_path(experiment)
    publish_file(target, render(findings, written_at=dt_.datetime.now(dt_.UTC)).encode())
    return target
