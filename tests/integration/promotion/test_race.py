"""Two promotions racing on one alias at a real registry service: one wins, the other is told, both are on record."""

from __future__ import annotations

import datetime as dt_
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from qm_harness.promotion.promote import promote_run
from qmcore.contracts.registry import AliasState
from qmcore.errors import AliasConflict
from qmcore.registry_access import RemoteRegistry
from tests.integration.promotion.conftest import SETTINGS, Evaluated
from tests.integration.registry.test_process import Service

SIGNALS = ("ofi", "pfp")


class Together(RemoteRegistry):
    """A registry whose users have all looked at the alias before any of them goes on."""

    def __init__(self, url: str, looked: threading.Barrier) -> None:
        super().__init__(url)
        self._looked = looked

    def alias(self, alias: str, at: dt_.datetime | None = None) -> AliasState:
        """Where it points, once everybody has asked."""
        try:
            return super().alias(alias, at)
        finally:
            self._looked.wait(30)


@pytest.fixture
def service(evaluated: Evaluated) -> Iterator[str]:
    """The URL of a registry service of its own."""
    service = Service(evaluated.lake.root)
    process = service.start()
    try:
        RemoteRegistry(service.url, patience_s=30).aliases()  # waits until it answers
        yield service.url
    finally:
        process.terminate()
        process.wait(20)


def _check_record(url: str, winner: str, runs: dict[str, str]) -> None:
    """One move, one refusal, and both publications are in the trail."""
    registry = RemoteRegistry(url)
    assert registry.resolve("live").serving.source.run_id == runs[winner]
    (done,) = registry.history("live", outcome="done").items
    (refused,) = registry.history("live", outcome="refused").items
    assert (refused.from_id, done.version, refused.version) == (done.to_id, 1, None)
    assert refused.to_id != done.to_id
    assert "was expected not to exist yet; nothing was changed" in refused.detail
    published = [event for event in registry.events().items if event.action == "publish"]
    assert [event.outcome for event in published] == ["done", "done"]
    assert {event.evidence.run_id for event in published if event.evidence} == set(runs.values())


def test_of_two_threads_that_saw_the_same_alias_one_wins(evaluated: Evaluated, service: str) -> None:
    looked = threading.Barrier(len(SIGNALS))
    runs = {signal: evaluated.run(signal).run_id for signal in SIGNALS}
    outcomes: dict[str, str] = {}

    def promote(signal: str) -> None:
        try:
            promote_run(
                evaluated.lake,
                Together(service, looked),
                evaluated.chain,
                runs[signal],
                "live",
                who=signal,
                threshold=0.1,
                override="a race",
            )
            outcomes[signal] = "won"
        except AliasConflict:
            outcomes[signal] = "lost"

    threads = [threading.Thread(target=promote, args=(signal,)) for signal in SIGNALS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes.values()) == ["lost", "won"]
    _check_record(service, next(signal for signal, outcome in outcomes.items() if outcome == "won"), runs)


def test_of_two_qm_promote_one_wins(evaluated: Evaluated, service: str) -> None:
    runs = {signal: evaluated.run(signal).run_id for signal in SIGNALS}
    qm = str(Path(sys.executable).parent / "qm")
    clean = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    options = ["--lake-root", str(evaluated.lake.root), "--registry", service, "--alias", "live"]
    options += ["--threshold", "0.1", "--override", "a race", "--expect", ""]
    racers = {
        signal: subprocess.Popen(
            [qm, "promote", "sweep", "--run-id", run_id, *options],
            env=clean,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for signal, run_id in runs.items()
    }
    said = {signal: racer.communicate(timeout=60)[1] for signal, racer in racers.items()}
    codes = {signal: racer.returncode for signal, racer in racers.items()}
    assert sorted(codes.values()) == [0, 1], said
    winner, loser = sorted(codes, key=codes.__getitem__)
    assert "but was expected not to exist yet; nothing was changed" in said[loser]
    _check_record(service, winner, runs)
