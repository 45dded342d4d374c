"""From a dataset to an artifact: the same bytes each time, and a plain word where nothing can be learnt."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_info

from qm_harness.training import train as train_module
from qm_harness.training.rows import Rows
from qm_harness.training.train import train
from qmcore.errors import BadInput, ConfigError
from qmcore.signals.gbm import Gbm, GbmParams
from qmcore.signals.logit import Logit
from qmcore.signals.models import ModelSequence
from tests.fixtures.artifacts import QUICK, TRAINED, trained
from tests.fixtures.signal_data import Columns, blank, random_columns
from tests.streams.configs import small_config

DATA = random_columns(400, 1, small_config())
EVERY = pytest.mark.parametrize("name", TRAINED)


def test_both_learned_signals_are_trained() -> None:
    assert TRAINED == ["gbm", "logit"]


@EVERY
def test_the_same_data_params_and_seed_give_the_same_bytes(name: str) -> None:
    assert trained(name, DATA, seed=3) == trained(name, DATA, seed=3)
    assert trained(name, DATA, seed=3) != trained(name, DATA, seed=4)
    assert trained(name, DATA) != trained(name, random_columns(400, 2, small_config()))
    assert trained(name, DATA) != trained(name, DATA, horizon_bins=4)


def test_another_process_with_other_threads_makes_the_same_bytes() -> None:
    source = (
        "import hashlib\nfrom tests.unit.training.test_train import DATA\n"
        "from tests.fixtures.artifacts import TRAINED, trained\n"
        "print(*(hashlib.sha256(trained(name, DATA)).hexdigest() for name in TRAINED))\n"
    )
    other = os.environ | {"OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3", "PYTHONHASHSEED": "3"}
    done = subprocess.run(
        [sys.executable, "-c", source], env=other, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [hashlib.sha256(trained(name, DATA)).hexdigest() for name in TRAINED]


def test_a_fit_has_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[int] = []
    fit = train_module._FITS["gbm"]

    def counting(rows: Rows, params: GbmParams, seed: int) -> object:
        counts.extend(pool["num_threads"] for pool in threadpool_info())
        return fit(rows, params, seed)

    monkeypatch.setitem(train_module._FITS, "gbm", counting)
    trained("gbm", DATA)
    assert set(counts) == {1}


@EVERY
def test_models_become_active_with_the_first_bin_that_they_predict(name: str) -> None:
    sequence = ModelSequence.decode(trained(name, DATA), "test")
    ends = DATA.bins("bin_end_ns")
    assert sequence.active_from_ns.tolist() == ends[65::60].tolist()
    assert sequence.about.params["horizon_bins"] == QUICK["horizon_bins"]
    assert (sequence.about.signal, sequence.about.dataset_hash, sequence.about.seed) == (name, "0" * 64, 0)


@EVERY
def test_the_window_is_all_that_a_model_knows(name: str) -> None:
    early = np.arange(400) < 100
    other = DATA.replaced(early, random_columns(400, 9, small_config()))
    first, second = (
        ModelSequence.decode(trained(name, each, train_window_bins=60), "test") for each in (DATA, other)
    )
    baseline = "baseline" if name == "gbm" else "intercept"
    same = first.models[baseline] == second.models[baseline]
    late = first.active_from_ns >= DATA.bins("bin_end_ns")[100 + 60 + 5]
    assert late.sum() >= 3
    assert same[late].all()
    assert not same[0]


@EVERY
def test_folds_with_one_class_or_few_moves_are_left_out(name: str) -> None:
    bins = dict(DATA.bin_columns)
    rising = np.arange(400) < 130  # two folds of nothing but up-moves
    for side, spread in (("bid", 0), ("ask", 1)):
        key = f"best_{side}_price_int"
        steady = (400 + np.arange(400) + spread) * DATA.config.tick_int
        bins[key] = np.where(rising, steady, bins[key])
    data = Columns(bins, DATA.grid_columns, DATA.config)
    sequence = ModelSequence.decode(trained(name, data, train_window_bins=60), "test")
    assert sequence.active_from_ns.tolist() == DATA.bins("bin_end_ns")[65 + 120 :: 60].tolist()


@EVERY
def test_a_market_that_stands_still_cannot_be_learnt_from(name: str) -> None:
    with pytest.raises(
        BadInput, match=r"none of 6 trainings has 50 bins before a move of 0.5 ticks, 5 up and 5 down"
    ):
        trained(name, blank(400))


@EVERY
def test_a_dataset_that_is_too_short_says_how_long_it_must_be(name: str) -> None:
    with pytest.raises(
        ConfigError,
        match=f"signal {name}: min_train_bins: with horizon and embargo the first training needs 66 bins, "
        "the dataset has 65",
    ):
        trained(name, DATA.first(65))
    assert trained(name, DATA.first(66))


def test_a_signal_without_a_training_is_refused_by_name() -> None:
    class Mine(Gbm):
        name = "mine"

    with pytest.raises(
        ConfigError, match=r"signal mine: is trained, but the harness has no training.*: gbm, logit"
    ):
        train(Mine, GbmParams(), DATA, dataset_hash="", seed=0)


def test_a_fit_that_does_not_converge_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(self: object, x: object, y: object) -> None:
        warnings.warn("not yet", ConvergenceWarning, stacklevel=1)

    monkeypatch.setattr(LogisticRegression, "fit", fit)
    with pytest.raises(BadInput, match="logistic regression does not converge: not yet"):
        trained("logit", DATA)


def test_a_constant_feature_weighs_nothing() -> None:
    sequence = ModelSequence.decode(trained("logit", blank_but(DATA)), "test")
    constant = (np.asarray(sequence.models["scale"]) == 1.0) & (
        np.asarray(sequence.models["coefficient"]) == 0.0
    )
    assert constant.all(axis=0).sum() > 30
    assert not constant.all()
    assert np.isfinite(Logit.models(sequence.models, 6)[0].margin([1e300] * 52))


def blank_but(data: Columns) -> Columns:
    """The touch of ``data`` over an empty grid."""
    return dataclasses.replace(data, grid_columns=blank(data.n_bins).grid_columns)
