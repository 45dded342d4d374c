"""What is streamed is what the pipeline makes: at any pace, and whoever dies on the way."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from qmcore.config.runtime import RuntimeConfig
from qmcore.contracts.bus_messages import Speed
from qmcore.lake import Lake
from tests.fixtures.bus_client import BusClient
from tests.fixtures.market import MarketLake, config, direct_messages
from tests.fixtures.stack import Stack
from tests.fixtures.workers import client as client
from tests.fixtures.workers import own_workers

REAL = Path(__file__).parents[3].parent / "shared" / "data"


@pytest.fixture
def own(tmp_path: Path, market: MarketLake) -> Iterator[Stack]:
    with own_workers(tmp_path, market.root, QM_ENGINE_SLOTS="8") as made:
        yield made


@pytest.mark.parametrize("speed", ["max", 25.0, 400.0])
async def test_bins_are_the_pipelines_at_any_pace(
    client: BusClient, market: MarketLake, speed: Speed
) -> None:
    played = await client.play(await client.start(config(), speed))
    assert played.bins == market.messages(config())
    assert (played.end.state, played.end.last_bin_seq) == ("ended", 299)


async def test_a_session_that_outlasts_the_file_ends_with_its_last_whole_bin(
    client: BusClient, market: MarketLake
) -> None:
    long = config("09:30:50", "09:40")
    for speed in ("max", 50.0):
        played = await client.play(await client.start(long, speed))
        assert played.bins == market.messages(long)
        assert played.end.state == "ended"


async def test_a_killed_engines_session_goes_on_at_another_one_within_its_patience(
    own: Stack, client: BusClient, market: MarketLake
) -> None:
    second = own.add_worker("engine2", "qm_engine").start()
    session = await client.start(config(), 10.0)
    await client.wait_for_bin(session, 100)
    owner = (await client.status(session)).worker
    own_engine = own.engine if owner.endswith(f"-{own.engine.pid}") else second
    loop = asyncio.get_running_loop()
    own_engine.kill()
    began = loop.time()
    await client.wait_for_bin(session, 180)
    assert loop.time() - began < 16.0
    played = await client.play(session)
    assert played.bins == market.messages(config())
    assert (await client.status(session, final=True)).worker != owner


async def test_an_engine_that_is_told_to_end_hands_its_session_over_at_once(
    own: Stack, client: BusClient, market: MarketLake
) -> None:
    session = await client.start(config(), 3.0)
    await client.wait_for_bin(session, 60)
    second = own.add_worker("engine2", "qm_engine").start()
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await asyncio.to_thread(own.engine.stop) == 0
    newest = await client.directory.status(session)
    assert newest is not None
    await client.wait_for_bin(session, newest.bin_seq + 20)
    assert loop.time() - began < 4.0, "a hand-over does not wait for the lease to run out"
    played = await client.play(session)
    assert played.bins == market.messages(config())
    assert (await client.status(session, final=True)).worker.endswith(f"-{second.pid}")


async def test_an_engine_that_was_stopped_past_its_lease_publishes_nothing_any_more(
    own: Stack, client: BusClient, market: MarketLake
) -> None:
    session = await client.start(config(), 10.0)
    await client.wait_for_bin(session, 60)
    own.add_worker("engine2", "qm_engine").start()
    own.engine.send(signal.SIGSTOP)
    await asyncio.sleep(8.0)
    own.engine.send(signal.SIGCONT)
    played = await client.play(session)
    assert played.bins == market.messages(config())


async def test_a_replay_worker_that_dies_or_leaves_is_replaced(
    own: Stack, client: BusClient, market: MarketLake
) -> None:
    session = await client.start(config(), 10.0)
    await client.wait_for_bin(session, 40)
    own.replay.kill()
    own.replay.start()
    await client.wait_for_bin(session, 120)
    own.add_worker("replay2", "qm_replay").start()
    assert await asyncio.to_thread(own.replay.stop) == 0
    played = await client.play(session)
    assert played.bins == market.messages(config())


async def test_a_broker_that_is_killed_and_comes_back_costs_no_bin(
    own: Stack, client: BusClient, market: MarketLake
) -> None:
    session = await client.start(config(), 10.0)
    await client.wait_for_bin(session, 40)
    own.nats.kill()
    await asyncio.sleep(0.5)
    own.nats.start()
    await client.wait_for_bin(session, 120)
    own.redis.kill()
    await asyncio.sleep(0.5)
    own.redis.start()
    await client.directory.mark_watched(session, 600)
    played = await client.play(session)
    assert played.bins == market.messages(config())
    assert (await client.status(session, final=True)).state == "ended"


async def test_grids_that_the_broker_lost_are_made_again(
    own: Stack, client: BusClient, market: MarketLake
) -> None:
    session = await client.start(config(), 10.0)
    await client.wait_for_bin(session, 60)
    own.nats.kill()
    shutil.rmtree(own.nats.folder / "js")
    own.nats.start()
    played = await client.play(session)
    assert played.bins == market.messages(config())


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/data is not there: no real market data")
@pytest.mark.parametrize("speed", ["max", 60.0])
async def test_a_real_session_streams_as_the_pipeline_makes_it(
    tmp_path: Path, client: BusClient, own: Stack, speed: Speed
) -> None:
    file = REAL / "esh4-glbx-mdp3-20231225.mbo.dbn.zst"
    folder = Lake(tmp_path / "real").raw_dir("future_mbo", "ES")
    folder.mkdir(parents=True)
    shutil.copy(file, folder / file.name)
    snapshot = RuntimeConfig.model_validate(
        config("18:00", "18:02").model_dump() | {"symbol": "ESH4", "dt": "2023-12-25"}
    )
    replay = own.add_worker("replay-real", "qm_replay", QM_LAKE=str(tmp_path / "real"))
    own.replay.stop()
    replay.start()
    played = await client.play(await client.start(snapshot, speed))
    assert len(played.bins) == 1200
    assert played.bins == direct_messages(file, snapshot)
