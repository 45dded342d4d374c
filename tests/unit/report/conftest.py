"""A made-up experiment of four runs: one good, one poor, one with too few signals, one failed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qm_harness.report.findings import Findings
from qm_harness.results.rows import RunRow
from qm_harness.results.store import ResultStore, Run
from qmcore.lake import Lake
from tests.unit.results.rows import meta, row, sample

THRESHOLDS = (0.2, 0.4, 0.6)
ERROR = "ValueError: <script>alert('no luck')</script> & more"


def noise(seed: int, drift: float = 0.0) -> tuple[float, ...]:
    return tuple((np.random.default_rng(seed).normal(size=40) + drift).tolist())


def rows_of(run_id: str, edge: float, **changes: object) -> tuple[RunRow, ...]:
    """A row a threshold, the middle one best; ``edge`` is what it earns there."""
    return tuple(
        row(
            run_id,
            threshold,
            noise(index, edge),
            **{
                "n_signals": 60 - 10 * index,
                "mean_pnl_ticks": edge - abs(index - 1),
                "mean_pnl_low": edge - abs(index - 1) - 0.5,
                "mean_pnl_high": edge - abs(index - 1) + 0.5,
                "mean_gross_pnl_ticks": edge + 1,
                "p_value": 0.0001 if edge > 1 else 0.4,
                "random_mean_pnl_ticks": -0.25,
                "tp_rate": 0.5,
                "tp_rate_low": 0.4,
                "tp_rate_high": 0.6,
                "sl_rate": 0.3,
                "timeout_rate": 0.2,
                "median_time_to_outcome_ms": 4_000.0,
            }
            | changes,
        ).model_copy(
            update={
                "in_sample": sample(mean_pnl_ticks=edge, mean_pnl_low=edge - 1, n_signals=33),
                "out_of_sample": sample(
                    mean_pnl_ticks=edge / 2, mean_pnl_low=0.125, mean_pnl_high=edge, n_signals=35
                ),
            }
        )
        for index, threshold in enumerate(THRESHOLDS)
    )


def runs(**good: object) -> list[Run]:
    """The four; ``good`` changes the first one's meta."""
    both = {"n_thresholds": 3, "n_trials": 12}
    poor = [
        r.model_copy(update={"enough_signals": False})
        for r in rows_of("few", 9.0, n_signals=2, p_value=None, mean_pnl_low=None)
    ]
    return [
        Run(meta("good", signal="ofi", params='{"window_bins": 20}', **(both | good)), rows_of("good", 2.0)),
        Run(
            meta("poor", 1, signal="ofi", params='{"window_bins": 40}', **both, tp_ticks=6.0),
            rows_of("poor", -1.0),
        ),
        Run(meta("few", 2, **both), tuple(poor)),
        Run(meta("bad", 3, ERROR, **both)),
    ]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake with the experiment ``sweep``."""
    made = Lake(tmp_path)
    ResultStore(made).append(runs())
    return made


@pytest.fixture(scope="session")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    """What its report is made of."""
    made = Lake(tmp_path_factory.mktemp("findings"))
    ResultStore(made).append(runs())
    return Findings.gather(made, "sweep")
