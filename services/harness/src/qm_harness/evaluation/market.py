"""The market that signals are traded in, with what was already worked out about it.

Guarantees: what is kept changes no result, only how soon it is there, and takes a bounded part of memory. Not to be
shared between threads.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from qm_harness.evaluation.brackets import Bracket, Circles
from qm_harness.evaluation.params import EvalParams
from qmcore.kernels.first_passage import TouchPath

_KEPT_BYTES: Final = 128 << 20
"""Brackets that a market keeps; the sweep comes back to each with every signal and cooldown."""


class EvalMarket:
    """The touch of every bin; make one a dataset and use it for all of its points."""

    def __init__(self, path: TouchPath, cell_width_ms: int) -> None:
        self.path, self.cell_width_ms = path, cell_width_ms
        self._circles = Circles()
        self._brackets: OrderedDict[tuple[float | str, ...], Bracket] = OrderedDict()

    @classmethod
    def of(
        cls,
        best_bid_price_int: NDArray[np.int64],
        best_ask_price_int: NDArray[np.int64],
        mid_price: NDArray[np.float64],
        *,
        tick_int: int,
        cell_width_ms: int,
    ) -> Self:
        """From columns of a dataset, shape (n_bins,). Raises ValueError where they do not fit together."""
        return cls(TouchPath(best_bid_price_int, best_ask_price_int, mid_price, tick_int), cell_width_ms)

    def bracket(self, params: EvalParams) -> Bracket:
        """How every entry ends under ``params``; the ones asked for last are kept."""
        key = Bracket.key(params)
        found = self._brackets.get(key)
        if found is None:
            found = Bracket(self.path, self.cell_width_ms, params, self._circles)
            self._brackets[key] = found
            while len(self._brackets) > max(1, _KEPT_BYTES // found.n_bytes):
                self._brackets.popitem(last=False)
        self._brackets.move_to_end(key)
        return found
