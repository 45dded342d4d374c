"""``gbm``: gradient-boosted trees on pooled grid features (``qmcore.signals.features``), trained walk-forward.

Fitted by scikit-learn's HistGradientBoostingClassifier, served by ``qmcore.kernels.trees`` with the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from qmcore.kernels.trees import TreeEnsemble
from qmcore.signals.features import FEATURES
from qmcore.signals.models import Arrays
from qmcore.signals.params import unit
from qmcore.signals.trained import Model, TrainedSignal, WalkForwardParams


class GbmParams(WalkForwardParams):
    """Training, and the size of the trees."""

    trees: int = Field(60, ge=1, le=500, description="trees of a model", json_schema_extra=unit("trees"))
    learning_rate: float = Field(0.05, gt=0, le=1, description="share of each tree that is added")
    max_leaves: int = Field(
        8, ge=2, le=64, description="most leaves of a tree", json_schema_extra=unit("leaves")
    )
    min_leaf_bins: int = Field(
        100, ge=1, le=100_000, description="fewest training bins in a leaf", json_schema_extra=unit("bins")
    )
    l2: float = Field(1.0, ge=0, le=1e6, description="L2 penalty of the leaves' values")
    feature_share: float = Field(
        0.5, gt=0, le=1, description="share of the features, drawn anew, that each split may choose from"
    )


@dataclass(frozen=True, slots=True)
class Trees:
    """One model. Children are counted from the model's first node; -1 in both: a leaf."""

    baseline: float
    nodes_per_tree: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float64]


_OF_NODES = ("feature", "threshold", "left", "right", "value")


class Gbm(TrainedSignal[GbmParams]):
    """Gradient-boosted trees on the grid pooled by distance: will the mid move up or down?"""

    name = "gbm"
    Params = GbmParams
    source = "Friedman (2001); Ke et al. (2017); scikit-learn's HistGradientBoostingClassifier"

    @staticmethod
    def arrays(models: Sequence[Trees]) -> Arrays:
        """How a sequence's models are kept."""
        return {
            "baseline": np.array([model.baseline for model in models]),
            "trees_per_model": np.array([len(model.nodes_per_tree) for model in models], np.int32),
            **{
                name: np.concatenate([getattr(model, name) for model in models])
                for name in ("nodes_per_tree", *_OF_NODES)
            },
        }

    @staticmethod
    def models(arrays: Arrays, n_models: int) -> list[Model]:
        sizes = _sizes(arrays["nodes_per_tree"], len(arrays["feature"]))
        trees = _sizes(arrays["trees_per_model"], len(sizes))
        if not len(trees) == len(arrays["baseline"]) == n_models:
            raise ValueError(f"{len(trees)} models for {n_models} times")
        first_trees, first_nodes = np.cumsum([0, *trees]), np.cumsum([0, *sizes])
        models: list[Model] = []
        for i in range(n_models):
            mine = slice(first_trees[i], first_trees[i + 1])
            begin, end = first_nodes[mine.start], first_nodes[mine.stop]
            nodes = [arrays[name][begin:end] for name in _OF_NODES]
            roots = first_nodes[mine] - begin
            models.append(TreeEnsemble(len(FEATURES), float(arrays["baseline"][i]), roots, *nodes))
        return models


def _sizes(sizes: NDArray[np.generic], total: int) -> list[int]:
    """``sizes`` as numbers; ValueError unless they are sizes that add up to ``total``."""
    numbers: list[int] = sizes.tolist() if sizes.ndim == 1 and sizes.dtype.kind in "iu" else [-1]
    if min(numbers, default=0) < 0 or sum(numbers) != total:
        raise ValueError(f"sizes do not add up to {total}")
    return numbers
