"""Sessions of trained signals: streamed as evaluated, also by another worker; and refused in words without a model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from qmcore.artifacts import ArtifactStore
from qmcore.config.runtime import RuntimeConfig, SignalSpec
from qmcore.lake import Lake
from qmcore.signals import replay
from tests.fixtures.artifacts import ARTIFACTS, TRAINED, with_artifact
from tests.fixtures.bus_client import BusClient
from tests.fixtures.market import FILE_NAME, MarketLake, config
from tests.fixtures.signal_data import market_columns
from tests.fixtures.stack import Stack
from tests.fixtures.viewer import split
from tests.fixtures.workers import client as client
from tests.fixtures.workers import own_workers


@pytest.fixture
def own_lake(tmp_path: Path, market: MarketLake) -> Lake:
    """A lake of this test's own, with the simulated minute."""
    lake = Lake(tmp_path / "lake")
    folder = lake.raw_dir("future_mbo", "ES")
    folder.mkdir(parents=True)
    shutil.copy(market.file, folder / FILE_NAME)
    return lake


@pytest.fixture
def own(tmp_path: Path, own_lake: Lake) -> Iterator[Stack]:
    with own_workers(tmp_path, own_lake.root) as made:
        yield made


def serving(name: str, lake: Lake) -> RuntimeConfig:
    """The simulated half minute with a trained signal, whose artifact is in ``lake``."""
    snapshot = config(signal=with_artifact(SignalSpec(name=name), config()))
    assert snapshot.signal.artifact is not None
    ArtifactStore(lake).save(ARTIFACTS.load(snapshot.signal.artifact))
    return snapshot


def values_of(bins: list[bytes]) -> list[float]:
    """The signal of each grid message."""
    return [json.loads(split(data)[0])["signal"]["value"] for data in bins]


@pytest.mark.parametrize("name", TRAINED)
async def test_the_streamed_values_are_the_offline_ones_also_after_a_hand_over(
    name: str, client: BusClient, own: Stack, own_lake: Lake, market: MarketLake
) -> None:
    snapshot = serving(name, own_lake)
    session = await client.start(snapshot, 10.0)
    await client.wait_for_bin(session, 120)
    own.engine.kill()
    own.add_worker("engine2", "qm_engine").start()
    played = await client.play(session)
    assert (played.end.state, played.end.last_bin_seq) == ("ended", 299)
    offline = replay(snapshot.signal, market_columns(market, config()), ArtifactStore(own_lake))
    np.testing.assert_array_equal(values_of(played.bins), offline)
    assert np.unique(offline).size > 5


async def test_a_session_without_its_model_fails_with_the_reason_and_the_worker_goes_on(
    client: BusClient, own: Stack, own_lake: Lake
) -> None:
    pid = own.engine.pid
    snapshot = serving("gbm", own_lake)
    artifact = snapshot.signal.artifact
    assert artifact is not None
    path = own_lake.artifact_path(artifact)
    whole = path.read_bytes()

    async def ending(config: RuntimeConfig) -> tuple[str, str]:
        played = await client.play(await client.start(config))
        return played.end.state, played.end.reason

    bare = snapshot.model_copy(update={"signal": SignalSpec(name="gbm")})
    state, reason = await ending(bare)
    assert (state, reason.startswith("signal gbm: artifact: is trained: it needs an artifact")) == (
        "failed",
        True,
    )
    path.write_bytes(whole[:-1])
    assert await ending(snapshot) == ("failed", f"{path}: its content does not match its name; refused")
    path.unlink()
    assert await ending(snapshot) == ("failed", f"unknown artifact '{artifact}'")
    other = snapshot.model_copy(update={"cell_width_ms": 50})
    path.write_bytes(whole)
    state, reason = await ending(other)
    assert (state, reason.endswith("was trained with cell_width_ms 100, not 50")) == ("failed", True)
    assert await ending(snapshot) == ("ended", "the session is complete")
    assert own.engine.pid == pid
