"""Tree ensembles: scikit-learn's numbers bit for bit, and no array that can lead a walk astray."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from qm_harness.training.fit_gbm import fit_gbm
from qm_harness.training.rows import Rows
from qmcore.kernels.trees import TreeEnsemble
from qmcore.reference import trees as plain
from qmcore.signals.features import FEATURES
from qmcore.signals.gbm import Gbm, GbmParams, Trees

STUMP = {
    "n_features": 2,
    "baseline": 0.25,
    "roots": np.array([0, 3]),
    "feature": np.array([1, 0, 0, 0]),
    "threshold": np.array([0.5, 0.0, 0.0, 0.0]),
    "left": np.array([1, -1, -1, -1]),
    "right": np.array([2, -1, -1, -1]),
    "value": np.array([0.0, -1.0, 1.0, 0.125]),
}
"""One split at x1 <= 0.5, and a tree that is a leaf."""


def rows(n: int, features: int, seed: int) -> Rows:
    """A pattern with interactions, repeated numbers and noise."""
    rng = np.random.default_rng(seed)
    x = np.where(rng.random((n, features)) < 0.3, 0.0, rng.normal(size=(n, features)))
    return Rows(x, x[:, 0] * x[:, 1] + 0.5 * (x[:, 2] > 0.3) + rng.normal(size=n) > 0.2)


def ensemble(model: Trees, n_features: int) -> TreeEnsemble:
    roots = np.cumsum(model.nodes_per_tree) - model.nodes_per_tree
    return TreeEnsemble(
        n_features,
        model.baseline,
        roots,
        model.feature,
        model.threshold,
        model.left,
        model.right,
        model.value,
    )


def fitted(data: Rows, params: GbmParams, seed: int) -> HistGradientBoostingClassifier:
    """What ``fit_gbm`` fits, as scikit-learn has it."""
    return HistGradientBoostingClassifier(
        max_iter=params.trees,
        learning_rate=params.learning_rate,
        max_leaf_nodes=params.max_leaves,
        min_samples_leaf=params.min_leaf_bins,
        l2_regularization=params.l2,
        max_features=params.feature_share,
        max_bins=63,
        categorical_features=None,
        early_stopping=False,
        random_state=seed,
    ).fit(data.features, data.up)


@pytest.mark.parametrize(("seed", "trees", "leaves"), [(1, 1, 2), (2, 40, 8), (3, 25, 31)])
def test_equals_scikit_learn_bit_for_bit(seed: int, trees: int, leaves: int) -> None:
    data = rows(3000, 6, seed)
    params = GbmParams(trees=trees, max_leaves=leaves, min_leaf_bins=20)
    theirs, mine = fitted(data, params, seed), ensemble(fit_gbm(data, params, seed), 6)
    assert mine.n_trees == trees
    unseen = np.vstack([rows(2000, 6, seed + 100).features, 1e9 * np.eye(6), -1e9 * np.eye(6)])
    np.testing.assert_array_equal(mine.margins(unseen), theirs.decision_function(unseen))
    p_up = 1.0 / (1.0 + np.exp(-mine.margins(unseen)))
    np.testing.assert_allclose(p_up, theirs.predict_proba(unseen)[:, 1], rtol=0, atol=1e-12)


def test_equals_scikit_learn_on_its_own_thresholds() -> None:
    data = rows(1000, 4, 7)
    params = GbmParams(trees=10, max_leaves=16, min_leaf_bins=5)
    model, theirs = fit_gbm(data, params, 0), fitted(data, params, 0)
    splits = np.unique(model.threshold[model.left >= 0])
    edges = np.concatenate([splits, np.nextafter(splits, -np.inf), np.nextafter(splits, np.inf)])
    grid = np.random.default_rng(0).choice(edges, (5000, 4))
    np.testing.assert_array_equal(ensemble(model, 4).margins(grid), theirs.decision_function(grid))


def test_one_row_and_many_and_the_plain_twin_are_equal_bit_for_bit() -> None:
    data = rows(800, 5, 3)
    model = fit_gbm(data, GbmParams(trees=30, max_leaves=12, min_leaf_bins=5), 0)
    made = ensemble(model, 5)
    many = made.margins(data.features)
    assert [made.margin(row) for row in data.features.tolist()] == many.tolist()
    assert [made.margins(row[np.newaxis])[0] for row in data.features[:50]] == many[:50].tolist()
    roots = np.cumsum(model.nodes_per_tree) - model.nodes_per_tree
    arrays = (roots, model.feature, model.threshold, model.left, model.right, model.value)
    twin = [plain.margin(row, model.baseline, *arrays) for row in data.features.tolist()]
    assert twin == many.tolist()


def test_a_sequence_of_models_comes_back_from_its_arrays() -> None:
    data = rows(500, len(FEATURES), 5)
    fits = [fit_gbm(data, GbmParams(trees=n, min_leaf_bins=10), n) for n in (3, 1, 7)]
    models = Gbm.models(Gbm.arrays(fits), 3)
    row = data.features[0].tolist()
    assert [model.margin(row) for model in models] == [
        ensemble(fit, len(FEATURES)).margin(row) for fit in fits
    ]


def test_a_row_goes_left_at_its_threshold_and_right_of_it() -> None:
    stump = TreeEnsemble(**STUMP)
    assert stump.margin([9.0, 0.5]) == 0.25 - 1.0 + 0.125
    assert stump.margin([9.0, math.nextafter(0.5, 1.0)]) == 0.25 + 1.0 + 0.125
    assert stump.margin([0.0, math.nan]) == 0.25 + 1.0 + 0.125
    assert (
        TreeEnsemble(**STUMP | {"threshold": np.full(4, np.inf)}).margin([0.0, 1e308]) == 0.25 - 1.0 + 0.125
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"left": [0, -1, -1, -1]}, "node 0 has children 0, 2"),
        ({"left": [3, -1, -1, -1]}, "node 0 has children 3, 2"),
        ({"right": [-1, -1, -1, -1]}, "node 0 has children 1, -1"),
        ({"left": [1, -1, -1, 0], "right": [2, -1, -1, 1]}, "node 3 has children 0, 1"),
        ({"right": [2**31 - 1, -1, -1, -1]}, "node 0 has children"),
        ({"right": [2**31, -1, -1, -1]}, "right are not indices"),
        ({"right": [-2, -1, -1, -1]}, "right are not indices"),
        ({"right": [2.0, -1.0, -1.0, -1.0]}, "right are not indices"),
        ({"feature": [2, 0, 0, 0]}, "node 0 asks for feature 2 of 2"),
        ({"feature": [-1, 0, 0, 0]}, "node 0 asks for feature -1 of 2"),
        ({"threshold": [np.nan, 0, 0, 0]}, "node 0 has no threshold"),
        ({"value": [0, np.nan, 0, 0]}, "leaf 1 has value nan"),
        ({"value": [0, 1, 0, np.inf]}, "leaf 3 has value inf"),
        ({"baseline": np.nan}, "baseline is nan"),
        ({"value": [0, 1, 0]}, "arrays of nodes differ in length"),
        ({"value": np.zeros((4, 1))}, "not one axis"),
        ({"roots": [1, 3]}, "tree 0 is nodes 1 to 3"),
        ({"roots": [0, 0]}, "tree 0 is nodes 0 to 0"),
        ({"roots": [0, 4]}, "tree 1 is nodes 4 to 4"),
        ({"roots": [0, 5]}, "tree 0 is nodes 0 to 5"),
        ({"roots": np.empty(0, np.int32)}, "nodes of no tree"),
        ({"n_features": 0}, "1 to 4096 features"),
    ],
)
def test_arrays_that_are_no_trees_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TreeEnsemble(**STUMP | {k: np.array(v) if isinstance(v, list) else v for k, v in change.items()})


def test_rows_of_another_width_are_refused() -> None:
    stump = TreeEnsemble(**STUMP)
    for row in ([], [1.0], [1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match=f"a row has 2 features, got {len(row)}"):
            stump.margin(row)
        with pytest.raises(ValueError, match=f"a row has 2 features, got {len(row)}"):
            stump.margins(np.array([row]))


def test_an_ensemble_keeps_its_own_arrays() -> None:
    arrays = {key: value.copy() if isinstance(value, np.ndarray) else value for key, value in STUMP.items()}
    stump = TreeEnsemble(**arrays)
    arrays["left"][0] = 1000
    assert stump.margin([0.0, 0.0]) == 0.25 - 1.0 + 0.125
