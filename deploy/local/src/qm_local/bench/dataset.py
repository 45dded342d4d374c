"""One trading hour from ``.dbn.zst`` to the dataset on disk, in a process of its own."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import yaml

from qm_local.bench.figures import Figure
from qm_local.bench.kernels import zstd_seconds
from qm_local.bench.market import DAY, HOUR, INSTRUMENT, Market
from qmcore.dbn import DbnFile
from qmcore.errors import QmError
from qmcore.lake import Lake


def market_lake(root: Path, source: Path, market: Market) -> Path:
    """A lake with the file of ``market`` in it; the path of its pipeline."""
    raw = Lake(root).raw_dir("future_mbo", "ES")
    raw.mkdir(parents=True)
    (raw / f"glbx-mdp3-{DAY.replace('-', '')}.mbo.dbn.zst").symlink_to(source.resolve())
    lock = INSTRUMENT.model_dump(mode="json", exclude_defaults=True)
    (root / "instrument.yaml").write_text(yaml.safe_dump(lock))
    pipeline = root / f"{market.name}.yaml"
    pipeline.write_text(yaml.safe_dump(market.pipeline().model_dump(mode="json", exclude_none=True)))
    return pipeline


def _generate(source: Path) -> tuple[float, float, int]:
    """Seconds, peak MB and bytes on disk of one ``qm generate``."""
    with tempfile.TemporaryDirectory(prefix="qm-bench-") as folder:
        root = Path(folder)
        pipeline = market_lake(root, source, HOUR)
        script = (
            "import resource, sys; from qmcore.cli import main\n"
            "try: main(sys.argv[1:])\n"
            "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
        )
        command = [sys.executable, "-c", script, "generate", str(pipeline), "--lake-root", str(root)]
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - began
        if done.returncode != 0:
            raise QmError(f"qm generate failed: {done.stderr[-2000:]}")
        size = sum(f.stat().st_size for f in Lake(root).datasets_dir.rglob("*") if f.is_file())
        return seconds, int(done.stderr.strip().splitlines()[-1]) / 1024, size


def run(folder: Path, runs: int) -> Iterator[Figure]:
    """Seconds and peak memory of the hour."""
    source = HOUR.path(folder)
    records = sum(len(b.records) for b in DbnFile.open(source).batches(INSTRUMENT.symbol))
    floor = zstd_seconds(source, runs)
    results = [_generate(source) for _ in range(runs)]
    seconds = statistics.median(r[0] for r in results)
    yield Figure(
        what="one trading hour: .dbn.zst -> dataset on disk",
        value=seconds,
        unit="s",
        reach=8,
        baseline=f"zstd alone, same run: {floor / records * 1e9:.0f} ns a record; earlier engine about 3.5 h",
        detail=f"{records:,} records, 36,000 bins, {results[0][2] / 1e6:,.0f} MB written",
    )
    yield Figure(
        what="the same, peak memory",
        value=max(r[1] for r in results),
        unit="MB",
        reach=500,
        detail="whole process",
    )
