"""One model of ``logit`` by scikit-learn."""

from __future__ import annotations

import warnings
from typing import Final

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from qm_harness.training.rows import Rows
from qmcore.errors import BadInput
from qmcore.signals.logit import MOST_Z, Linear, LogitParams

_LEAST_SCALE: Final = 1e-9
"""A feature that varies less is constant: its coefficient is 0."""


def fit_logit(rows: Rows, params: LogitParams, seed: int) -> Linear:
    """Fit ``rows``, which hold both classes; nothing is drawn, so ``seed`` has no effect.

    Raises BadInput where the fit does not converge.
    """
    mean, deviation = rows.features.mean(axis=0), rows.features.std(axis=0)
    scale = np.where(deviation < _LEAST_SCALE, 1.0, deviation)
    z = np.where(deviation < _LEAST_SCALE, 0.0, np.clip((rows.features - mean) / scale, -MOST_Z, MOST_Z))
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            model = LogisticRegression(C=params.inverse_penalty, solver="newton-cholesky", max_iter=200)
            model.fit(z, rows.up)
        except ConvergenceWarning as error:
            raise BadInput(f"logistic regression does not converge: {error}") from error
    return Linear(float(model.intercept_[0]), mean, scale, model.coef_[0].astype(np.float64))
