"""From a dataset to an artifact: one model a fold, in order of time.

Guarantees: the same data, parameters and seed give the same bytes (on machines of one kind: scikit-learn may round
otherwise on another); a model knows nothing of bins at or after the first one that it predicts.

A fold is trained where it has at least ``LEAST_ROWS`` labelled bins, ``LEAST_OF_A_CLASS`` of them up and as many down.
Other folds are left out: the model before stays in use.

Importing this module imports scikit-learn, which takes a second: import it where something is trained.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from threadpoolctl import threadpool_limits

from qm_harness.training.fit_gbm import fit_gbm
from qm_harness.training.fit_logit import fit_logit
from qm_harness.training.folds import Fold, walk_forward
from qm_harness.training.rows import Rows, TrainingRows
from qmcore.errors import BadInput, ConfigError
from qmcore.signals.base import SignalData
from qmcore.signals.features import FEATURE_NAMES
from qmcore.signals.models import About, FeatureSettings, ModelSequence
from qmcore.signals.trained import TrainedSignal, WalkForwardParams

LEAST_ROWS: Final = 50
LEAST_OF_A_CLASS: Final = 5

Fit = Callable[[Rows, Any, int], Any]
"""Rows, parameters and a seed of 32 bits; the answer is a model as the signal's ``arrays`` takes it."""

_FITS: Final[dict[str, Fit]] = {"gbm": fit_gbm, "logit": fit_logit}


def train(
    kind: type[TrainedSignal[Any]],
    params: WalkForwardParams,
    data: SignalData,
    *,
    dataset_hash: str,
    seed: int,
) -> bytes:
    """The artifact of ``kind`` with ``params`` on ``data``.

    Raises ConfigError where ``data`` is too short for a first fold, or this harness has no training for ``kind``;
    BadInput where no fold can be trained.
    """
    fit = _FITS.get(kind.name)
    if fit is None:
        problem = "is trained, but the harness has no training for it"
        raise ConfigError(source=f"signal {kind.name}", field="", problem=problem, allowed=", ".join(_FITS))
    folds = list(walk_forward(data.n_bins, params))
    if not folds:
        least = params.min_train_bins + params.horizon_bins + params.embargo_bins + 1
        raise ConfigError(
            source=f"signal {kind.name}",
            field="min_train_bins",
            problem=f"with horizon and embargo the first training needs {least} bins, the dataset has {data.n_bins}",
        )
    rows = TrainingRows(data, params.horizon_bins, params.label_ticks)
    # One thread, of the libraries that are loaded by now: sums of several would round differently from one run to the
    # next, and other workers need the cores.
    with threadpool_limits(limits=1):
        trained, models = _fitted(fit, params, rows, folds, seed)
    active_from_ns = data.bins("bin_end_ns")[[fold.first_predicted for fold in trained]]
    about = About(
        signal=kind.name,
        params=params.model_dump(),
        features=FEATURE_NAMES,
        settings=FeatureSettings.of(data.config),
        dataset_hash=dataset_hash,
        seed=seed,
    )
    return ModelSequence(about, np.asarray(active_from_ns, np.int64), kind.arrays(models)).encode()


def _fitted(
    fit: Fit, params: WalkForwardParams, rows: TrainingRows, folds: list[Fold], seed: int
) -> tuple[list[Fold], list[Any]]:
    """The folds that can be trained, and their models."""
    trained: list[Fold] = []
    models: list[Any] = []
    for fold in folds:
        window = rows.window(fold.start, fold.stop)
        if _is_enough(window):
            own = np.random.SeedSequence([seed, fold.first_predicted]).generate_state(1)
            models.append(fit(window, params, int(own[0])))
            trained.append(fold)
    if not models:
        raise BadInput(
            f"none of {len(folds)} trainings has {LEAST_ROWS} bins before a move of {params.label_ticks:g} ticks, "
            f"{LEAST_OF_A_CLASS} up and {LEAST_OF_A_CLASS} down"
        )
    return trained, models


def _is_enough(rows: Rows) -> bool:
    n_up = int(rows.up.sum())
    return len(rows.up) >= LEAST_ROWS and min(n_up, len(rows.up) - n_up) >= LEAST_OF_A_CLASS
