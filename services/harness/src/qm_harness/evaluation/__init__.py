"""What a signal is worth: ``evaluate_signal`` for one point of a sweep, ``judge_sweep`` for all of them together."""

from qm_harness.evaluation.evaluate import Evaluation, evaluate_signal
from qm_harness.evaluation.market import EvalMarket
from qm_harness.evaluation.params import EvalParams
from qm_harness.evaluation.rows import EvalRow, SampleStats
from qm_harness.evaluation.sweep import SweepVerdict, judge_sweep

__all__ = [
    "EvalMarket",
    "EvalParams",
    "EvalRow",
    "Evaluation",
    "SampleStats",
    "SweepVerdict",
    "evaluate_signal",
    "judge_sweep",
]
