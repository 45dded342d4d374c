"""The evaluation on a real opening: kernel against reference, and columns that agree with the trades behind them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from qm_harness.evaluation import EvalMarket, EvalParams, evaluate_signal
from qm_harness.generate import generate
from qmcore.config.pipeline import PipelineSpec
from qmcore.reference import first_passage as plain
from tests.integration.datasets.conftest import INSTRUMENT, make_lake

ESH4 = Path(__file__).parents[4] / "shared" / "data" / "esh4-glbx-mdp3-20231225.mbo.dbn.zst"
OUTCOMES = {1: "take_profit", 2: "stop_loss", 3: "timeout"}
COLUMNS = ["best_bid_price_int", "best_ask_price_int", "mid_price", "ofi"]

pytestmark = pytest.mark.skipif(not ESH4.exists(), reason="no real market data in ../shared/data")


@pytest.mark.parametrize("entry", ["mid", "touch"])
def test_order_flow_imbalance_of_the_christmas_reopening(tmp_path: Path, entry: str) -> None:
    lake = make_lake(tmp_path, ESH4)
    (tmp_path / "instrument.yaml").write_text(yaml.safe_dump(INSTRUMENT | {"symbol": "ESH4"}))
    capture = {"product_type": "future_mbo", "symbol": "ESH4", "dt": "2023-12-25"} | {
        "start_time": "17:59:50",
        "end_time": "18:03",
    }
    dataset = generate(lake, PipelineSpec(name="real", capture=capture), source="test").dataset
    bid, ask, mid, ofi = (dataset.bins(COLUMNS).column(name).to_numpy() for name in COLUMNS)
    tick_int = dataset.config.tick_int
    market = EvalMarket.of(bid, ask, mid, tick_int=tick_int, cell_width_ms=dataset.config.cell_width_ms)
    params = EvalParams.model_validate(
        {"tp_ticks": 4, "sl_ticks": 3, "max_hold_bins": 150, "warmup_bins": 50, "cooldown_bins": 5}
        | {"entry": entry, "fee_ticks": 0.2, "slippage_ticks": 0.5}
    )
    values = np.tanh(ofi / 10)
    done = evaluate_signal(values, market, params, [0.3, 0.6])

    touches = [
        plain.Touch(b / tick_int, a / tick_int) if m else None for b, a, m in zip(bid, ask, mid, strict=True)
    ]
    assert touches[:100] == [None] * 100  # the pre-open auction is crossed
    names = ("tp_ticks", "sl_ticks", "max_hold_bins", "warmup_bins", "cooldown_bins", "entry", "fee_ticks")
    rules = plain.Rules(**{n: getattr(params, n) for n in names}, slippage_ticks=params.slippage_ticks)
    for row, trades in zip(done.rows, done.trades, strict=True):
        wanted = plain.evaluate(values.tolist(), touches, row.threshold, rules)
        got = [plain.Trade(s, e, x, d, OUTCOMES[o], g, n) for s, e, x, d, o, g, n in trades.tolist()]
        assert got == wanted
        assert row.n_signals == len(wanted) >= 15
        assert row.mean_pnl_ticks == pytest.approx(np.mean([t.net_ticks for t in wanted]))
        assert row.events_per_hour == pytest.approx(row.n_signals / (np.count_nonzero(mid[50:]) / 36_000))
