"""Walk-forward folds: which bins a model is trained on, and from which bin on it predicts.

                 train                    purge    embargo   predicted by this model
    ... |------------------------------|--------|---------|--------------------------- ...
      start                           stop           first_predicted

The label of the last training bin ends before the embargo begins: purge is the horizon.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qmcore.signals.trained import WalkForwardParams


@dataclass(frozen=True, slots=True)
class Fold:
    """Trained on bins [start, stop), used from bin ``first_predicted`` on."""

    start: int
    stop: int
    first_predicted: int


def walk_forward(n_bins: int, params: WalkForwardParams) -> Iterator[Fold]:
    """The folds of ``n_bins`` bins, in order of time; none where there are too few bins for the first.

    The first is trained on ``min_train_bins`` bins; one follows every ``retrain_bins``, and none looks back more than
    ``train_window_bins``.
    """
    gap = params.horizon_bins + params.embargo_bins
    for first_predicted in range(params.min_train_bins + gap, n_bins, params.retrain_bins):
        stop = first_predicted - gap
        yield Fold(max(0, stop - params.train_window_bins), stop, first_predicted)
