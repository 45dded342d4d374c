"""Which faults, in which order: the same for the same seed, and each kind as often as any other. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What goes wrong."""

    KILL_ENGINE = "engine killed"
    KILL_REPLAY = "replay killed"
    KILL_GATEWAY = "gateway killed"
    KILL_REGISTRY = "registry killed"
    KILL_NATS = "NATS killed"
    LOSE_NATS = "NATS killed, its files lost"
    KILL_REDIS = "Redis killed, its memory lost"
    FREEZE_ENGINE = "engine stands still past its lease"
    FREEZE_REPLAY = "replay stands still"
    FREEZE_GATEWAY = "gateway stands still"
    CUT_OFF_ENGINE = "engine cut off, what it sent comes late"
    DELAY_ENGINE = "engine's messages come late"
    DUPLICATE = "messages come again"
    CORRUPT_CHECKPOINT = "checkpoint corrupted, engine killed"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``pick`` chooses among what is there to be hit, ``share`` between the shortest and longest time."""

    kind: Kind
    pick: int
    share: float
    then_s: float


def make_plan(seed: int, faults: int) -> list[Fault]:
    """``faults`` faults, in rounds in which every kind comes once."""
    choice = random.Random(seed)
    kinds: list[Kind] = []
    while len(kinds) < faults:
        round_ = list(Kind)
        choice.shuffle(round_)
        kinds += round_
    return [
        Fault(kind, choice.randrange(1 << 16), choice.random(), choice.uniform(0.5, 2.0))
        for kind in kinds[:faults]
    ]
