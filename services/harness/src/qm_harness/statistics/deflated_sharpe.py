"""The Sharpe ratio of the best of many trials, deflated by how many there were (Bailey and Lopez de Prado 2014)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from qm_harness.statistics.periods import sharpe_ratios


@dataclass(frozen=True, slots=True)
class DeflatedSharpe:
    """Of every trial: Sharpe ratio a period, and the probability that it exceeds what luck gives the best trial."""

    sharpe: NDArray[np.float64]
    expected_maximum: float
    probability: NDArray[np.float64]


def expected_maximum_sharpe(variance: float, n_trials: int) -> float:
    """Expected best Sharpe ratio of ``n_trials`` without skill whose ratios have this ``variance``.

    sqrt(V) ((1 - g) Z(1 - 1/N) + g Z(1 - 1/(N e))), g the Euler-Mascheroni constant, Z the normal quantile
    (J. Portfolio Management 40(5):94-107, equation 1). 0 for a single trial.
    """
    if n_trials < 2:
        return 0.0
    first = (1 - np.euler_gamma) * ndtri(1 - 1 / n_trials)
    return math.sqrt(variance) * float(first + np.euler_gamma * ndtri(1 - 1 / (n_trials * math.e)))


def probabilistic_sharpe(
    sharpe: NDArray[np.float64],
    benchmark: float,
    n_periods: int,
    skewness: NDArray[np.float64],
    kurtosis: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Probability that the true Sharpe ratio exceeds ``benchmark`` (Bailey and Lopez de Prado 2012, J. Risk 15(2)).

    Phi((SR - SR0) sqrt(T - 1) / sqrt(1 - g3 SR + (g4 - 1)/4 SR^2)), elementwise; ``kurtosis`` is 3 for a normal
    distribution. What is under the root is never negative, because g4 >= 1 + g3^2.
    """
    variance = np.maximum(1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe**2, 1e-12)
    return np.asarray(ndtr((sharpe - benchmark) * math.sqrt(n_periods - 1) / np.sqrt(variance)))


def deflated_sharpe(pnl: NDArray[np.float64], n_trials: int) -> DeflatedSharpe:
    """The deflated Sharpe ratios of ``pnl``, shape (periods, trials), the best of ``n_trials`` in all.

    ``n_trials`` may exceed the columns, where trials failed or earned nothing. A trial that never varies has Sharpe
    ratio and probability 0. The variance of the ratios over the columns stands for that of trials without skill.
    """
    ratios = sharpe_ratios(pnl)
    spread = pnl.std(axis=0)
    varies = np.ptp(pnl, axis=0) > 0
    standard = (pnl - pnl.mean(axis=0)) / np.where(varies, spread, 1.0)
    variance = float(ratios.var(ddof=1)) if len(ratios) > 1 else 0.0
    maximum = expected_maximum_sharpe(variance, n_trials)
    probability = probabilistic_sharpe(
        ratios, maximum, len(pnl), (standard**3).mean(axis=0), (standard**4).mean(axis=0)
    )
    return DeflatedSharpe(ratios, maximum, np.where(varies, probability, 0.0))
