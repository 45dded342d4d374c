"""Sums of regression trees: the raw prediction of a gradient-boosted ensemble, float64, in the order of the trees.

Guarantees: one row and many give the same bits, which are those of scikit-learn's histogram gradient boosting with the
same trees; whatever arrays an ensemble is made of, no evaluation reads outside them or fails to end, because the door
admits only children that lie behind their parent and inside its tree. Plain twin: ``qmcore.reference.trees``.
"""

cimport cython
from libc.math cimport isfinite, isnan
from libc.stdint cimport int32_t

import numpy as np

cdef enum:
    MOST_FEATURES = 4096


@cython.final
cdef class TreeEnsemble:
    """``n_trees`` trees over rows of ``n_features`` numbers, added to ``baseline``.

    ``roots``: where each tree begins, from 0 up; a tree ends where the next one begins. Of each node ``feature``,
    ``threshold``, ``left``, ``right`` (-1 in both: a leaf) and ``value`` (of a leaf), shape (n_nodes,). A row goes left
    where its feature is <= the threshold, else right (NaN as well). Raises ValueError where the arrays are no trees.
    """

    def __cinit__(self, n_features, baseline, roots, feature, threshold, left, right, value):
        if not 1 <= n_features <= MOST_FEATURES:
            raise ValueError(f"1 to {MOST_FEATURES} features, got {n_features}")
        self.n_features, self.baseline = n_features, baseline
        self.roots, self.feature, self.left, self.right = (
            whole("roots", roots), whole("feature", feature), whole("left", left), whole("right", right)
        )
        self.threshold, self.value = real("threshold", threshold), real("value", value)
        self.n_trees = self.roots.shape[0]
        if not isfinite(self.baseline):
            raise ValueError(f"baseline is {baseline}")
        self.check()

    cdef object check(self):
        """Raise ValueError unless every walk from a root ends at a leaf inside the arrays."""
        cdef Py_ssize_t n = self.feature.shape[0]
        cdef Py_ssize_t tree, node, begin, end
        if not n == self.threshold.shape[0] == self.left.shape[0] == self.right.shape[0] == self.value.shape[0]:
            raise ValueError("arrays of nodes differ in length")
        if self.n_trees == 0 and n > 0:
            raise ValueError("nodes of no tree")
        for tree in range(self.n_trees):
            begin = self.roots[tree]
            end = self.roots[tree + 1] if tree + 1 < self.n_trees else n
            if (tree == 0 and begin != 0) or not begin < end <= n:
                raise ValueError(f"tree {tree} is nodes {begin} to {end} of {n}")
            for node in range(begin, end):
                if self.left[node] == -1 and self.right[node] == -1:
                    if not isfinite(self.value[node]):
                        raise ValueError(f"leaf {node} has value {self.value[node]}")
                elif not (node < self.left[node] < end and node < self.right[node] < end):
                    raise ValueError(f"node {node} has children {self.left[node]}, {self.right[node]}")
                elif not 0 <= self.feature[node] < self.n_features:
                    raise ValueError(f"node {node} asks for feature {self.feature[node]} of {self.n_features}")
                elif isnan(self.threshold[node]):
                    raise ValueError(f"node {node} has no threshold")

    cdef double evaluate(self, const double *row) noexcept nogil:
        cdef double total = self.baseline
        cdef Py_ssize_t tree
        cdef int32_t node
        for tree in range(self.n_trees):
            node = self.roots[tree]
            while self.left[node] >= 0:
                node = self.left[node] if row[self.feature[node]] <= self.threshold[node] else self.right[node]
            total += self.value[node]
        return total

    def margin(self, row not None):
        """The raw prediction for one row, ``n_features`` numbers: log-odds of a classifier."""
        cdef double[MOST_FEATURES] numbers
        cdef Py_ssize_t i
        if len(row) != self.n_features:
            raise ValueError(f"a row has {self.n_features} features, got {len(row)}")
        for i in range(self.n_features):
            numbers[i] = row[i]
        return self.evaluate(numbers)

    def margins(self, rows not None):
        """The same for many rows, shape (n, n_features) float64; shape (n,)."""
        cdef const double[:, ::1] numbers = np.ascontiguousarray(rows, np.float64)
        if numbers.shape[1] != self.n_features:
            raise ValueError(f"a row has {self.n_features} features, got {numbers.shape[1]}")
        made = np.empty(numbers.shape[0])
        cdef double[::1] out = made
        cdef Py_ssize_t i
        with nogil:
            for i in range(numbers.shape[0]):
                out[i] = self.evaluate(&numbers[i, 0])
        return made


cdef object one_axis(str name, object array):
    if np.ndim(array) != 1:
        raise ValueError(f"{name} has shape {np.shape(array)}, not one axis")
    return array


cdef object whole(str name, object array):
    """A copy as int32; ValueError unless these are whole numbers that fit."""
    array = np.asarray(one_axis(name, array))
    if array.dtype.kind not in "iu" or (array.size and not (-1 <= array.min() and array.max() < 1 << 31)):
        raise ValueError(f"{name} are not indices")
    return np.array(array, np.int32, order="C")


cdef object real(str name, object array):
    """A copy as float64."""
    return np.array(one_axis(name, array), np.float64, order="C")
