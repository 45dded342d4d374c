"""``derivative``: the score of the state model (SPEC section 4)."""

from __future__ import annotations

from qmcore.kernels.frames import FrameBuffer
from qmcore.signals.base import BinHeader, Signal


class Derivative(Signal):
    """The state model's score, which the pipeline has worked out already."""

    name = "derivative"

    def update(self, header: BinHeader, frame: FrameBuffer) -> float:
        """The score at this bin, in [-1, 1]."""
        return float(header["model_score"])
