"""One model of ``gbm`` by scikit-learn, and its trees as arrays."""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from qm_harness.training.rows import Rows
from qmcore.signals.gbm import GbmParams, Trees


def fit_gbm(rows: Rows, params: GbmParams, seed: int) -> Trees:
    """Fit ``rows``, which hold both classes. The same rows, parameters and seed give the same trees."""
    model = HistGradientBoostingClassifier(
        max_iter=params.trees,
        learning_rate=params.learning_rate,
        max_leaf_nodes=params.max_leaves,
        min_samples_leaf=params.min_leaf_bins,
        l2_regularization=params.l2,
        max_features=params.feature_share,
        max_bins=63,
        categorical_features=None,
        early_stopping=False,  # it would judge by bins drawn from the middle of the window
        random_state=seed,
    ).fit(rows.features, rows.up)
    trees = [tree.nodes for (tree,) in model._predictors]
    sizes = np.array([len(tree) for tree in trees], np.int32)
    nodes = np.concatenate(trees)
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    leaf = nodes["is_leaf"] != 0
    return Trees(
        baseline=float(model._baseline_prediction[0, 0]),
        nodes_per_tree=sizes,
        feature=np.where(leaf, 0, nodes["feature_idx"]).astype(np.int32),
        threshold=np.where(leaf, 0.0, nodes["num_threshold"]),
        left=np.where(leaf, -1, nodes["left"] + first).astype(np.int32),
        right=np.where(leaf, -1, nodes["right"] + first).astype(np.int32),
        value=np.where(leaf, nodes["value"], 0.0),
    )
