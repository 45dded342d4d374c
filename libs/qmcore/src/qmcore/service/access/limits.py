"""How much one address may ask: requests by a token bucket, WebSockets by number. Pure; memory is bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MOST_ADDRESSES: Final = 10_000
"""Buckets that are remembered. One that is forgotten is full again: only those quiet for longest are."""


class RequestRate:
    """One bucket an address."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second, self._burst = per_second, float(burst)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, address: str, now_s: float) -> float:
        """0 where the request may pass; else the seconds after which one may."""
        level, at_s = self._buckets.get(address, (self._burst, now_s))
        level = min(self._burst, level + max(0.0, now_s - at_s) * self._per_second)
        wait_s = 0.0 if level >= 1.0 else (1.0 - level) / self._per_second
        self._buckets[address] = (level - 1.0 if level >= 1.0 else level, now_s)
        self._buckets.move_to_end(address)
        if len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return wait_s


class OpenSockets:
    """The WebSockets of each address; one without any is forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def one_more(self, address: str) -> Iterator[bool]:
        """Whether ``address`` may have one more inside."""
        count = self._open.get(address, 0)
        if count >= self._most:
            yield False
            return
        self._open[address] = count + 1
        try:
            yield True
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]
