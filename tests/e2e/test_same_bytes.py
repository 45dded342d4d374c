"""Online equals offline, byte for byte: real data as a dataset on disk, and through the whole stack to viewers."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from qm_harness.dataset import Dataset
from qmcore.config.runtime import RuntimeConfig
from qmcore.lake import Lake
from tests.fixtures.brokers import own_brokers
from tests.fixtures.stack import Stack

DATA = Path(__file__).parents[2].parent / "shared" / "data"
ESH4 = "esh4-glbx-mdp3-20231225.mbo.dbn.zst"
ESM4 = "esm4-glbx-mdp3-20240508-0000.mbo.dbn.zst"

CAPTURES = [
    pytest.param(ESH4, "ESH4", "2023-12-25", "18:00", "18:00:12", 120, id="ESH4 from its opening auction"),
    pytest.param(ESM4, "ESM4", "2024-05-08", "20:00", "20:00:02", 20, id="ESM4 after clear and snapshot"),
]

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there: no real market data")


def make_lake(root: Path, file: str, symbol: str, day: str, start: str, end: str) -> Lake:
    """A lake with one real file, its instrument lock and one pipeline."""
    lake = Lake(root)
    raw = lake.raw_dir("future_mbo", "ES")
    raw.mkdir(parents=True)
    shutil.copy(DATA / file, raw / file)
    lock = {"product_type": "future_mbo", "symbol": symbol, "symbol_root": "ES", "tick_size": 0.25}
    (root / "instrument.yaml").write_text(yaml.safe_dump(lock))
    capture = {
        "product_type": "future_mbo",
        "symbol": symbol,
        "dt": day,
        "start_time": start,
        "end_time": end,
    }
    (root / "real.yaml").write_text(yaml.safe_dump({"name": "real", "capture": capture}))
    return lake


def generate(lake: Lake) -> Dataset:
    """The dataset, by the command that a user calls."""
    command = [str(Path(sys.executable).parent / "qm"), "generate", str(lake.root / "real.yaml")]
    done = subprocess.run(
        [*command, "--lake-root", str(lake.root)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (dataset_id,) = lake.dataset_ids()
    return Dataset.open(lake, dataset_id)


async def watch(stack: Stack, config: RuntimeConfig, bins: int) -> list[str]:
    """Hashes of the Arrow streams that a viewer at the gateway gets, bin after bin."""
    await stack.publish("real", config)
    async with stack.watch("real") as viewer:
        await viewer.read_to_end()
        assert viewer.seqs == list(range(bins))
        return [hashlib.sha256(b.arrow).hexdigest() for b in viewer.bins]


@pytest.mark.parametrize("speed", ["1", "max"])
@pytest.mark.parametrize(("file", "symbol", "day", "start", "end", "bins"), CAPTURES)
def test_a_viewer_gets_the_datasets_bytes(
    tmp_path: Path, file: str, symbol: str, day: str, start: str, end: str, bins: int, speed: str
) -> None:
    lake = make_lake(tmp_path / "lake", file, symbol, day, start, end)
    dataset = generate(lake)
    wanted = [hashlib.sha256(stream).hexdigest() for stream in dataset.frames()]
    assert len(wanted) == bins
    # At full speed a viewer lags behind for a moment; none of its bins shall be dropped.
    paced = {"QM_SESSION_SPEED": speed, "QM_VIEWER_QUEUE_BINS": "1000"}
    with own_brokers(tmp_path) as (nats, redis), Stack(tmp_path, lake.root, nats, redis, **paced) as stack:
        assert asyncio.run(watch(stack.start(), dataset.config, bins)) == wanted
