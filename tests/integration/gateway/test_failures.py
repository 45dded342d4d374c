"""What goes wrong reaches the viewer in words; what is down at the start is waited for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from qmcore.lake import Lake
from tests.fixtures.brokers import NatsServer, RedisServer, own_brokers
from tests.fixtures.market import DAY, FILE_NAME, MarketLake, config
from tests.fixtures.stack import Stack
from tests.fixtures.viewer import Viewer

FIXTURES = Path(__file__).parents[3].parent / "shared" / "data" / "dbn-fixtures"


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with brokers and a lake of its own, so that its workers get no other session."""
    folder = tmp_path_factory.mktemp("broken")
    lake = Lake(folder / "lake")
    lake.raw_dir("future_mbo", "ES").mkdir(parents=True)
    with (
        own_brokers(folder) as (nats, redis),
        Stack(folder, lake.root, nats, redis, QM_SESSION_SPEED="max") as made,
    ):
        yield made.start()


@pytest.fixture
def broken(own_stack: Stack, market: MarketLake) -> Stack:
    """The stack with a sound copy of the market file, to be spoilt."""
    folder = Lake(own_stack.lake).raw_dir("future_mbo", "ES")
    for file in (*folder.iterdir(), *own_stack.lake.glob("*.yaml")):
        file.unlink()
    shutil.copy(market.file, folder / FILE_NAME)
    return own_stack


def market_file(stack: Stack) -> Path:
    return Lake(stack.lake).raw_dir("future_mbo", "ES") / FILE_NAME


async def failure(stack: Stack, alias: str, **changes: object) -> Viewer:
    """A viewer of a session that fails, read to its end."""
    await stack.publish(alias, config(**changes))  # type: ignore[arg-type]
    async with stack.watch(alias) as viewer:
        await viewer.read_to_end()
    assert viewer.config, "the config comes first, also when nothing follows"
    assert viewer.end is not None
    assert viewer.end["state"] == "failed"
    assert viewer.close_code == 1000
    return viewer


async def test_a_truncated_file_fails_the_session_with_path_and_offset(broken: Stack) -> None:
    file = market_file(broken)
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 3 // 4])
    viewer = await failure(broken, "truncated")
    assert viewer.end is not None
    assert str(file) in viewer.end["reason"]
    assert "byte" in viewer.end["reason"]
    assert viewer.seqs == list(range(len(viewer.seqs)))
    assert viewer.end["last_bin_seq"] == str(len(viewer.seqs) - 1)
    status = (await broken.get(f"/v1/sessions/{viewer.session_id}")).json()
    assert (status["state"], status["reason"]) == ("failed", viewer.end["reason"])
    async with broken.watch("truncated") as late:
        await late.read_to_end()
        assert late.end == viewer.end


async def test_a_day_that_is_not_there_says_where_it_looked_and_what_there_is(broken: Stack) -> None:
    viewer = await failure(broken, "missing", dt="2024-01-02")
    assert viewer.end is not None
    assert "2024-01-02" in viewer.end["reason"]
    assert str(Lake(broken.lake).raw_dir("future_mbo", "ES")) in viewer.end["reason"]
    assert FILE_NAME in viewer.end["reason"]


async def test_a_symbol_that_the_file_does_not_map_is_said_with_those_it_has(broken: Stack) -> None:
    viewer = await failure(broken, "unmapped", symbol="ESM5")
    assert viewer.end is not None
    assert "'ESM5' is not in the file's symbology; it has: ESH5" in viewer.end["reason"]


async def test_an_environment_that_is_locked_to_another_instrument_refuses(broken: Stack) -> None:
    lock = {"product_type": "future_mbo", "symbol": "NQH5", "symbol_root": "NQ", "tick_size": 0.25}
    (broken.lake / "instrument.yaml").write_text(yaml.safe_dump(lock))
    viewer = await failure(broken, "locked", flow_tanh_scale=2.1)
    assert viewer.end is not None
    assert "symbol is 'ESH5', but this environment is locked to 'NQH5'" in viewer.end["reason"]


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="../shared/data is not there: no foreign DBN file")
async def test_a_file_that_is_no_mbo_is_refused_in_words(broken: Stack) -> None:
    market_file(broken).unlink()
    shutil.copy(
        FIXTURES / "test_data.mbp-1.v3.dbn.zst",
        market_file(broken).with_name(f"glbx-{DAY:%Y%m%d}.mbp-1.dbn.zst"),
    )
    viewer = await failure(broken, "mbp", flow_tanh_scale=2.2)
    assert viewer.end is not None
    assert "only mbo can be used" in viewer.end["reason"]


async def test_a_failed_session_is_tried_again_when_the_file_is_mended(
    broken: Stack, market: MarketLake
) -> None:
    file = market_file(broken)
    file.write_bytes(b"no DBN at all")
    viewer = await failure(broken, "mended", flow_tanh_scale=2.3)
    shutil.copy(market.file, file)
    restarted = await broken.post(f"/v1/sessions/{viewer.session_id}", action="restart")
    assert restarted.status_code == 200
    async with broken.watch("mended") as again:
        await again.read_to_end()
        assert again.end is not None
        assert again.end["state"] == "ended"


async def test_brokers_that_are_down_at_the_start_are_waited_for(tmp_path: Path, market: MarketLake) -> None:
    nats, redis = NatsServer(tmp_path / "nats"), RedisServer(tmp_path / "redis")
    made = Stack(tmp_path, market.root, nats, redis)
    services = (made.registry, made.replay, made.engine, made.gateway)
    try:
        for service in services:
            service.start(wait=False)
        for service in services[1:]:
            service.wait_alive()
            async with httpx.AsyncClient() as client:
                ready = await client.get(f"http://127.0.0.1:{service.port}/ready")
            assert ready.status_code == 503
            assert "NATS" in ready.json()["problems"]["nats"]
        async with made.watch("whatever") as viewer:
            await viewer.read_to_end()
            assert viewer.close_code in (1008, 1013)
        nats.start()
        redis.start()
        for service in services:
            service.wait_ready()
        await made.publish("patient", config())
        async with made.watch("patient") as viewer:
            await viewer.read_bins(3)
            assert viewer.seqs[:3] == [0, 1, 2]
    finally:
        made.close()
        nats.stop()
        redis.stop()
