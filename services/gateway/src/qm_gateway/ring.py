"""``BinRing``: the newest bins of a session, shared by all its viewers. Pure."""

from __future__ import annotations

from collections import deque

from qm_gateway.frames import PreparedBin


class BinRing:
    """Consecutive bins; the oldest one leaves when a new one comes and ``capacity`` is reached."""

    def __init__(self, capacity: int) -> None:
        self._bins: deque[PreparedBin] = deque(maxlen=max(1, capacity))

    @property
    def empty(self) -> bool:
        """Whether no bin has come yet."""
        return not self._bins

    @property
    def tail(self) -> int:
        """The oldest bin that is there; 0 in an empty ring."""
        return self._bins[0].bin_seq if self._bins else 0

    @property
    def head(self) -> int:
        """The newest bin; -1 in an empty ring."""
        return self._bins[-1].bin_seq if self._bins else -1

    def append(self, prepared: PreparedBin) -> bool:
        """Add the next bin; false for one that is there already. After a hole in the source only newer bins stay."""
        if self._bins:
            if prepared.bin_seq <= self.head:
                return False
            if prepared.bin_seq != self.head + 1:
                self._bins.clear()
        self._bins.append(prepared)
        return True

    def __getitem__(self, bin_seq: int) -> PreparedBin:
        """Bin ``bin_seq``, which must lie between ``tail`` and ``head``."""
        return self._bins[bin_seq - self.tail]
