"""In and out of sample: where the border lies, and who may not cross it."""

from __future__ import annotations

import numpy as np

from qm_harness.statistics.split import BinRange, split_bins, trades_within
from qmcore.kernels.first_passage import TRADE_DTYPE


def test_the_border_divides_what_comes_after_warm_up() -> None:
    split = split_bins(1000, 200, 0.75)
    assert (split.in_sample, split.out_of_sample) == (BinRange(200, 800), BinRange(800, 1000))
    short = split_bins(100, 200, 0.75)
    assert (short.in_sample, short.out_of_sample) == (BinRange(100, 100), BinRange(100, 100))


def test_a_trade_that_spans_the_border_belongs_to_neither() -> None:
    trades = np.zeros(4, TRADE_DTYPE)
    trades["signal_bin"], trades["exit_bin"] = [200, 700, 790, 800], [210, 799, 805, 801]
    split = split_bins(1000, 200, 0.75)
    assert trades_within(trades, split.in_sample)["signal_bin"].tolist() == [200, 700]
    assert trades_within(trades, split.out_of_sample)["signal_bin"].tolist() == [800]
