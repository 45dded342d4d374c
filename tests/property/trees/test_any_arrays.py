"""Whatever arrays an ensemble is made of: it is refused, or every evaluation ends with the plain twin's number."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qmcore.kernels.trees import TreeEnsemble
from qmcore.reference.trees import margin

INDEX = st.integers(-1, 9)
NUMBER = st.sampled_from([-1.0, 0.0, 0.5, 1.0, np.nan, np.inf])


@settings(max_examples=500)
@given(st.data())
def test_an_admitted_ensemble_ends_at_its_leaves(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 8))
    trees = data.draw(st.lists(st.integers(0, n), min_size=1, max_size=3, unique=True))

    def drawn(values: st.SearchStrategy[float], dtype: type) -> np.ndarray:
        return np.array(data.draw(st.lists(values, min_size=n, max_size=n)), dtype)

    leaf = drawn(st.booleans(), bool)
    behind = np.minimum(np.arange(n) + drawn(st.integers(0, 3), int), n - 1)
    left = np.where(leaf, -1, np.where(drawn(st.booleans(), bool), behind, drawn(INDEX, int)))
    right = np.where(leaf, -1, np.where(drawn(st.booleans(), bool), behind, drawn(INDEX, int)))
    arrays = (
        np.sort(np.array(trees)),
        drawn(st.integers(-1, 2), int),
        drawn(NUMBER, float),
        left,
        right,
        drawn(NUMBER, float),
    )
    try:
        ensemble = TreeEnsemble(2, 0.5, *arrays)
    except ValueError:
        return
    for row in ([0.0, 0.0], [0.5, 1.0], [-9.0, 9.0]):
        assert ensemble.margin(row) == margin(row, 0.5, *arrays)
