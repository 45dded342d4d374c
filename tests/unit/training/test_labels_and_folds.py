"""Small hand-made cases of labels and folds."""

from __future__ import annotations

import numpy as np

from qm_harness.training.folds import Fold, walk_forward
from qm_harness.training.labels import move_labels
from qm_harness.training.rows import labels_of
from qmcore.signals.trained import WalkForwardParams
from tests.fixtures.signal_data import blank


def test_a_label_is_the_sign_of_the_move_over_the_horizon() -> None:
    mids = np.array([10.0, 10.5, 9.0, 9.5, 9.0, np.nan, 12.0])
    assert move_labels(mids, 1, 0.5).tolist() == [1, -1, 1, -1, 0, 0, 0]
    assert move_labels(mids, 2, 0.5).tolist() == [-1, -1, 0, 0, 1, 0, 0]
    assert move_labels(mids, 2, 1.5).tolist() == [0, 0, 0, 0, 1, 0, 0]
    assert move_labels(mids, 7, 0.5).tolist() == move_labels(mids, 70, 0.5).tolist() == [0] * 7
    assert move_labels(np.empty(0), 1, 0.5).tolist() == []


def test_the_mid_is_that_of_the_touch_and_bins_without_one_have_no_label() -> None:
    data = blank(6)
    tick = data.config.tick_int
    data.bins("best_ask_price_int")[:] = np.array([401, 403, 403, 401, 402, 402]) * tick
    data.bins("mid_price")[4] = 0.0
    assert labels_of(data, 1, 0.5).tolist() == [1, 0, -1, 0, 0, 0]
    assert labels_of(data, 1, 1.0).tolist() == [1, 0, -1, 0, 0, 0]
    assert labels_of(data, 1, 1.5).tolist() == [0] * 6
    assert labels_of(data, 2, 0.5).tolist() == [1, -1, 0, 1, 0, 0]


def params(**changes: int) -> WalkForwardParams:
    shape = {
        "horizon_bins": 5,
        "embargo_bins": 3,
        "min_train_bins": 50,
        "train_window_bins": 100,
        "retrain_bins": 40,
    }
    return WalkForwardParams.model_validate(shape | changes)


def test_folds_walk_forward_with_a_purge_and_an_embargo() -> None:
    assert list(walk_forward(200, params())) == [
        Fold(0, 50, 58),
        Fold(0, 90, 98),
        Fold(30, 130, 138),
        Fold(70, 170, 178),
    ]


def test_a_dataset_that_ends_before_the_first_prediction_has_no_fold() -> None:
    assert list(walk_forward(58, params())) == []
    assert list(walk_forward(59, params())) == [Fold(0, 50, 58)]
    assert list(walk_forward(0, params())) == []
