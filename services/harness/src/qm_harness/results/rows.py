"""What is kept of a run: ``RunMeta``, one a run, and ``RunRow``, one a run and threshold."""

from __future__ import annotations

import datetime as dt_

from pydantic import Field

from qm_harness.evaluation.rows import EvalRow
from qmcore.contracts.experiments import Lineage, RunLineage


class RunMeta(RunLineage):
    """A run that was tried, and how it ended."""

    @classmethod
    def ended(cls, lineage: Lineage, *, seconds: float, error: str | None = None) -> RunMeta:
        """The run of ``lineage``, ended now."""
        return cls(
            **lineage.model_dump(),
            status="ok" if error is None else "failed",
            error=error,
            created_at=dt_.datetime.now(dt_.UTC),
            seconds=seconds,
        )


class RunRow(EvalRow):
    """A run at one threshold."""

    run_id: str
    period_pnl: tuple[float, ...] = Field(
        description="net ticks by period of the exit, in equal periods from warm-up to the end"
    )
