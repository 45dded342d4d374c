"""What a service waits for before it can work, said by ``/ready`` in words. Pure."""

from __future__ import annotations

from collections.abc import Callable


class Readiness:
    """A set of named conditions; each is a function that answers what is wrong, or an empty string."""

    def __init__(self) -> None:
        self._conditions: dict[str, Callable[[], str]] = {}
        self._mentioned: dict[str, Callable[[], str]] = {}

    def require(self, name: str, problem: Callable[[], str]) -> None:
        """Be ready only while ``problem()`` is empty."""
        self._conditions[name] = problem

    def mention(self, name: str, problem: Callable[[], str]) -> None:
        """Say ``problem()``, but be ready all the same: what matters most works without it."""
        self._mentioned[name] = problem

    def away(self) -> dict[str, str]:
        """What is only mentioned and does not hold, with its reason."""
        return {name: reason for name, problem in self._mentioned.items() if (reason := problem())}

    def conditions(self) -> dict[str, bool]:
        """Whether each condition holds, those that are only mentioned included."""
        return {name: not problem() for name, problem in (self._conditions | self._mentioned).items()}

    def problems(self) -> dict[str, str]:
        """Every condition that does not hold, with its reason."""
        return {name: reason for name, problem in self._conditions.items() if (reason := problem())}
