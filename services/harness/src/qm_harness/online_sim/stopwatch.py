"""Timing calls by ``perf_counter_ns``, with what the timing itself costs known and taken off."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any, Final, Self

_ROUNDS: Final = 2_000


class TimedCall:
    """A function that adds up how long its calls took, in ``elapsed_ns``; reset it as you like."""

    __slots__ = ("_call", "elapsed_ns")

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call
        self.elapsed_ns = 0

    def __call__(self, *arguments: Any) -> Any:
        begun = perf_counter_ns()
        result = self._call(*arguments)
        self.elapsed_ns += perf_counter_ns() - begun
        return result


@dataclass(frozen=True, slots=True)
class Overhead:
    """What an empty measurement shows, in nanoseconds (medians)."""

    inner_ns: int
    """A ``TimedCall`` of a function that does nothing, by its own reckoning."""
    outer_ns: int
    """The clock around that call."""

    @classmethod
    def measured(cls) -> Self:
        """Of this machine, now."""
        nothing = TimedCall(_nothing)
        inner, outer = [], []
        for _ in range(_ROUNDS):
            nothing.elapsed_ns = 0
            begun = perf_counter_ns()
            nothing(None)
            outer.append(perf_counter_ns() - begun)
            inner.append(nothing.elapsed_ns)
        return cls(round(statistics.median(inner)), round(statistics.median(outer)))


def _nothing(_: object) -> None:
    """What is timed to see what timing costs."""
