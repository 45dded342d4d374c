"""The sweep's baseline does the same work: its trades are the kernel's."""

from __future__ import annotations

import numpy as np
import pytest

from qm_harness.evaluation import EvalMarket, EvalParams, evaluate_signal
from qm_local.bench.first_passage import Hour
from qm_local.bench.notebook import notebook_point

PARAMS = EvalParams(
    tp_ticks=6,
    sl_ticks=4,
    max_hold_bins=90,
    warmup_bins=50,
    cooldown_bins=10,
    fee_ticks=0.2,
    slippage_ticks=0.25,
)
THRESHOLDS = (0.2, 0.5, 0.8)


def test_trades_of_the_notebook_are_the_kernels() -> None:
    hour = Hour.of(3000)
    market = EvalMarket(hour.path(), 100)
    rows = evaluate_signal(hour.values, market, PARAMS, THRESHOLDS).rows
    bids = hour.bids.astype(np.float64)
    plain = notebook_point(hour.values, bids, bids + 1, PARAMS, THRESHOLDS)
    for row, own in zip(rows, plain, strict=True):
        assert own.n_signals == row.n_signals
        assert own.mean_pnl_ticks == pytest.approx(row.mean_pnl_ticks)
        assert own.interval[0] < own.mean_pnl_ticks < own.interval[1]
        assert 0 <= own.p_value <= 1
