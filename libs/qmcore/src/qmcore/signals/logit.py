"""``logit``: logistic regression on pooled grid features (``qmcore.signals.features``), trained walk-forward.

    margin = intercept + sum over the features, in order, of coefficient z,   z = (x - mean) / scale within +-MOST_Z

Mean and scale are those of the bins that the model was trained on. Fitted by scikit-learn's LogisticRegression with an
L2 penalty; served by IEEE arithmetic in a fixed order, so that values have the same bits on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from qmcore.signals.features import FEATURES
from qmcore.signals.models import Arrays
from qmcore.signals.trained import Model, TrainedSignal, WalkForwardParams

MOST_Z: Final = 8.0
"""Scales from the mean that a feature counts at most: one wild number must not decide alone."""


class LogitParams(WalkForwardParams):
    """Training, and how strongly coefficients are held back."""

    inverse_penalty: float = Field(
        0.01, gt=0, le=1e6, description="inverse of the L2 penalty, scikit-learn's C; smaller holds back more"
    )


@dataclass(frozen=True, slots=True)
class Linear:
    """One model; arrays have shape (features,)."""

    intercept: float
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    coefficient: NDArray[np.float64]

    def __post_init__(self) -> None:
        numbers = np.concatenate([[self.intercept], self.mean, self.scale, self.coefficient])
        if len(numbers) != 1 + 3 * len(FEATURES) or not np.isfinite(numbers).all() or (self.scale <= 0).any():
            raise ValueError(f"not {len(FEATURES)} finite means, positive scales and coefficients")


class _Margin:
    """A model at work."""

    def __init__(self, model: Linear) -> None:
        self._intercept = model.intercept
        self._terms = list(
            zip(model.mean.tolist(), model.scale.tolist(), model.coefficient.tolist(), strict=True)
        )

    def margin(self, row: Sequence[float]) -> float:
        total = self._intercept
        for x, (mean, scale, coefficient) in zip(row, self._terms, strict=True):
            total += coefficient * min(max((x - mean) / scale, -MOST_Z), MOST_Z)
        return total


class Logit(TrainedSignal[LogitParams]):
    """Regularised logistic regression on the grid pooled by distance: will the mid move up or down?"""

    name = "logit"
    Params = LogitParams
    source = "scikit-learn's LogisticRegression"

    @staticmethod
    def arrays(models: Sequence[Linear]) -> Arrays:
        """How a sequence's models are kept."""
        return {
            "intercept": np.array([model.intercept for model in models]),
            **{
                name: np.stack([getattr(model, name) for model in models])
                for name in ("mean", "scale", "coefficient")
            },
        }

    @staticmethod
    def models(arrays: Arrays, n_models: int) -> list[Model]:
        mean, scale, coefficient = (
            np.asarray(arrays[name], np.float64) for name in ("mean", "scale", "coefficient")
        )
        intercept = np.asarray(arrays["intercept"], np.float64)
        if not mean.shape == scale.shape == coefficient.shape == (n_models, len(FEATURES)):
            raise ValueError(f"coefficients of shape {coefficient.shape} for {n_models} times")
        if intercept.shape != (n_models,):
            raise ValueError(f"intercepts of shape {intercept.shape} for {n_models} times")
        return [
            _Margin(Linear(float(intercept[i]), mean[i], scale[i], coefficient[i])) for i in range(n_models)
        ]
