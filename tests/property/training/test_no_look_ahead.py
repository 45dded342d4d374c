"""Walk-forward training knows nothing of the bins that it predicts, whatever the parameters."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qm_harness.training.folds import walk_forward
from qm_harness.training.labels import move_labels
from qm_harness.training.rows import TrainingRows, labels_of
from qmcore.signals.features import READS_BINS, READS_GRID, GridFeatures
from qmcore.signals.models import ModelSequence
from qmcore.signals.trained import WalkForwardParams
from tests.fixtures.artifacts import TRAINED, trained
from tests.fixtures.signal_data import random_columns
from tests.streams.configs import small_config

PARAMS = st.builds(
    WalkForwardParams,
    horizon_bins=st.integers(1, 60),
    embargo_bins=st.integers(0, 60),
    min_train_bins=st.integers(50, 150),
    train_window_bins=st.integers(150, 400),
    retrain_bins=st.integers(10, 200),
)


@given(st.integers(0, 1500), PARAMS)
def test_no_label_of_a_training_bin_reaches_into_the_embargo(n_bins: int, params: WalkForwardParams) -> None:
    folds = list(walk_forward(n_bins, params))
    for fold in folds:
        last_mid_of_a_label = fold.stop - 1 + params.horizon_bins
        assert last_mid_of_a_label < fold.first_predicted - params.embargo_bins
        assert 0 <= fold.start < fold.stop
        assert min(params.min_train_bins, fold.stop) <= fold.stop - fold.start <= params.train_window_bins
        assert fold.first_predicted < n_bins
    steps = np.diff([fold.first_predicted for fold in folds])
    assert (steps == params.retrain_bins).all()
    assert bool(folds) == (n_bins > params.min_train_bins + params.horizon_bins + params.embargo_bins)


@given(st.integers(0, 1000), st.integers(1, 30), st.integers(0, 99), st.sampled_from([0.5, 1.0, 3.0]))
def test_a_label_depends_on_its_two_mids_alone(
    seed: int, horizon: int, bin_seq: int, label_ticks: float
) -> None:
    rng = np.random.default_rng(seed)
    mids = np.where(rng.random(100) < 0.1, np.nan, rng.integers(0, 20, 100) / 2)
    label = move_labels(mids, horizon, label_ticks)[bin_seq]
    others = np.arange(100)
    others = others[(others != bin_seq) & (others != bin_seq + horizon)]
    mids[others] = rng.normal(size=len(others)) * 100
    assert move_labels(mids, horizon, label_ticks)[bin_seq] == label


@settings(max_examples=15)
@given(st.data())
def test_models_before_a_bin_do_not_change_with_later_bins(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(TRAINED))
    cut = data.draw(st.integers(130, 399))
    config = small_config(grid_radius_ticks=3)
    seen = random_columns(400, 1, config, valid_share=0.9)
    other = random_columns(400, 2, config, valid_share=data.draw(st.sampled_from([0.0, 0.5, 1.0])))
    changed = seen.replaced(np.arange(400) >= cut, other)
    first, second = (ModelSequence.decode(trained(name, each), "test") for each in (seen, changed))
    before = seen.bins("bin_end_ns")[cut]
    active = int((first.active_from_ns <= before).sum())
    assert active > 0
    np.testing.assert_array_equal(second.active_from_ns[:active], first.active_from_ns[:active])
    for mine, theirs in zip(models_of(name, first)[:active], models_of(name, second)[:active], strict=True):
        assert mine == theirs


def models_of(name: str, sequence: ModelSequence) -> list[bytes]:
    """Every model's own arrays as bytes."""
    arrays, n = sequence.models, len(sequence.active_from_ns)
    if name == "logit":
        return [b"".join(arrays[key][i].tobytes() for key in sorted(arrays)) for i in range(n)]
    first_trees = np.cumsum([0, *arrays["trees_per_model"]])
    first_nodes = np.cumsum([0, *arrays["nodes_per_tree"]])
    made = []
    for i in range(n):
        trees = slice(first_trees[i], first_trees[i + 1])
        nodes = slice(first_nodes[trees.start], first_nodes[trees.stop])
        parts = [arrays["baseline"][i : i + 1], arrays["nodes_per_tree"][trees]]
        parts += [arrays[key][nodes] for key in ("feature", "threshold", "left", "right", "value")]
        made.append(b"".join(part.tobytes() for part in parts))
    return made


WIDE = [
    random_columns(2200, radius, small_config(grid_radius_ticks=radius), valid_share=0.8)
    for radius in (1, 3, 30)
]


@settings(max_examples=40)
@given(st.data())
def test_a_window_holds_the_labelled_bins_as_they_are_served(data: st.DataObject) -> None:
    """Train/serve skew: features and labels of training are those of a bin that is looked at alone."""
    seen = data.draw(st.sampled_from(WIDE))
    horizon = data.draw(st.integers(1, 40))
    labels, rows = labels_of(seen, horizon, 0.5), TrainingRows(seen, horizon, 0.5)
    start = stop = 0
    served = GridFeatures(seen.config)
    for _ in range(3):
        start = data.draw(st.integers(start, 2100))
        stop = data.draw(st.integers(max(start, stop), 2200))
        window = rows.window(start, stop)
        bins = start + np.flatnonzero(labels[start:stop])
        np.testing.assert_array_equal(window.up, labels[bins] == 1)
        assert len(window.features) == len(bins)
        for at in data.draw(st.lists(st.sampled_from(range(len(bins))), max_size=5)) if len(bins) else []:
            t = bins[at]
            one = served.of(
                {key: seen.bins(key)[t : t + 1] for key in READS_BINS},
                {key: seen.grid(key)[t : t + 1] for key in READS_GRID},
            )
            np.testing.assert_array_equal(window.features[at], one[0])
