"""Which runs are published and behind an alias, as the registry says; asked at most once a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from pydantic import BaseModel

from qmcore.contracts.experiments import RunServing
from qmcore.contracts.registry import AliasState, Page, ServingSummary
from qmcore.errors import QmError
from qmcore.registry import RegistryClient

FRESH_S: Final = 1.0
PATIENCE_S: Final = 0.5
PAGE: Final = 500

ItemT = TypeVar("ItemT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Served:
    """What the registry said."""

    servings: Mapping[str, tuple[RunServing, ...]] = field(default_factory=dict)
    """By run."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """The alias that was moved last among those that point at a serving of a run, by run."""
    problem: str | None = None
    """Why it said nothing."""

    def streaming_url(self, run_id: str) -> str | None:
        """The page that streams a run; None where no alias points at a serving of it."""
        alias = self.aliases.get(run_id)
        return None if alias is None else streaming_url(alias)


def streaming_url(alias: str) -> str:
    """The page that streams an alias."""
    return f"/vp-stream.html?serving={alias}"


class ServedRuns:
    """The registry, as far as runs are concerned."""

    def __init__(self, endpoint: str, *, token: str | None = None) -> None:
        self._registry = RegistryClient(endpoint, patience_s=PATIENCE_S, token=token)
        self._summaries: dict[str, ServingSummary] = {}
        self._newest, self._asked_at = Served(), float("-inf")
        self._asking = asyncio.Lock()

    async def close(self) -> None:
        """Give the connections back."""
        await self._registry.close()

    def forget(self) -> None:
        """Ask anew the next time: something was changed just now."""
        self._asked_at = float("-inf")

    async def served(self) -> Served:
        """As it is now, or was a second ago. Never raises: what is wrong is in ``problem``."""
        async with self._asking:
            if time.monotonic() - self._asked_at > FRESH_S:
                try:
                    self._newest = await self._ask()
                except QmError as error:
                    self._newest = Served(problem=str(error))
                self._asked_at = time.monotonic()
            return self._newest

    async def _ask(self) -> Served:
        await self._read_new_servings()
        states = await self._aliases()
        pointing: dict[str, list[AliasState]] = {}
        for state in sorted(states, key=lambda s: s.promoted_at, reverse=True):
            pointing.setdefault(state.serving_id, []).append(state)
        servings: dict[str, tuple[RunServing, ...]] = {}
        newest: dict[str, AliasState] = {}
        for summary in self._summaries.values():
            run_id = summary.source.run_id if summary.source else None
            if run_id is None:
                continue
            here = pointing.get(summary.serving_id, [])
            serving = RunServing(serving_id=summary.serving_id, aliases=tuple(s.alias for s in here))
            servings[run_id] = (*servings.get(run_id, ()), serving)
            if here and (run_id not in newest or here[0].promoted_at > newest[run_id].promoted_at):
                newest[run_id] = here[0]
        return Served(servings, {run_id: state.alias for run_id, state in newest.items()})

    async def _read_new_servings(self) -> None:
        """Servings never change and never go away: those that are known need not be read again."""
        fresh: dict[str, ServingSummary] = {}
        while True:
            page = await self._registry.servings(limit=PAGE, offset=len(fresh))
            fresh |= {s.serving_id: s for s in page.items if s.serving_id not in self._summaries}
            if any(s.serving_id in self._summaries for s in page.items) or len(page.items) < PAGE:
                break
        self._summaries = fresh | self._summaries

    async def _aliases(self) -> list[AliasState]:
        states: list[AliasState] = []
        while True:
            page: Page[AliasState] = await self._registry.aliases(limit=PAGE, offset=len(states))
            states += page.items
            if len(page.items) < PAGE:
                return states
