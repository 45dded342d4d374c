"""The first start: sample configuration, market data from the simulator, and the alias ``demo``.

Nothing that is there already is touched: a lake with an instrument lock of its own keeps it.
"""

from __future__ import annotations

import contextlib
import datetime as dt_
import shutil
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from qmcore.config.base import load_spec
from qmcore.config.instrument import InstrumentConfig, load_instrument
from qmcore.config.pipeline import PipelineSpec
from qmcore.config.resolve import resolve_config
from qmcore.config.runtime import canonical_hash
from qmcore.config.serving import ServingSource, ServingSpec, publish
from qmcore.contracts.registry import ABSENT, PromoteRequest
from qmcore.errors import MissingData, NotFound
from qmcore.lake import Lake
from qmcore.registry import RegistryClient
from qmcore.synth import SynthSpec, write_dbn
from qmcore.tokens import own_token
from qmcore.units import NS_PER_SECOND, Ns

DEMO = "demo"
WHO = "qm up"
LEAD_IN_S = 600
"""Simulated seconds before the session's start, so that the first bins show a living market."""
TAIL_S = 1
DEMO_INTENSITY, DEMO_TOUCH_DEPTH, DEMO_TREND = 0.5, 14, 0.15
"""A market that moves some 50 ticks in a minute, so that there is something to see."""


def repository_root() -> Path:
    """The checkout that this package is installed from. Raises NotFound."""
    for parent in Path(__file__).resolve().parents:
        if (parent / "deploy" / "sample-lake").is_dir():
            return parent
    raise NotFound(kind="folder", name="deploy/sample-lake above " + str(Path(__file__).parent))


def copy_configuration(lake: Lake) -> bool:
    """Copy the sample configuration into a lake without an instrument lock; whether it did."""
    if (lake.root / "instrument.yaml").exists():
        return False
    source = repository_root() / "deploy" / "sample-lake"
    for path in sorted(source.rglob("*.yaml")):
        target = lake.root / path.relative_to(source)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    return True


def make_market_data(
    lake: Lake, instrument: InstrumentConfig, pipeline: PipelineSpec, console: Console
) -> None:
    """Simulate the day of the demo pipeline where the lake has no file for it."""
    try:
        lake.find_dbn(instrument.product_type, instrument.symbol_root, pipeline.capture.dt)
        return
    except MissingData:
        pass
    window = pipeline.capture.window()
    start = window.start_ns - LEAD_IN_S * NS_PER_SECOND
    spec = SynthSpec(
        symbol=instrument.symbol,
        start_ns=Ns(start),
        minutes=(window.end_ns - start + TAIL_S * NS_PER_SECOND) / NS_PER_SECOND / 60,
        preset="open",
        intensity=DEMO_INTENSITY,
        touch_depth=DEMO_TOUCH_DEPTH,
        trend_strength=DEMO_TREND,
    )
    folder = lake.raw_dir(instrument.product_type, instrument.symbol_root)
    path = folder / f"glbx-mdp3-{pipeline.capture.dt:%Y%m%d}.mbo.dbn.zst"
    columns = (
        TextColumn("simulating a market day"),
        BarColumn(),
        TextColumn("{task.fields[records]:,} records"),
    )
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task("synth", total=1.0, records=0)

        def show(records: int, fraction: float) -> None:
            progress.update(task, completed=fraction, records=records)

        write_dbn(path, spec, show)


async def promote_demo(lake: Lake, instrument: InstrumentConfig, registry_url: str) -> None:
    """Publish the demo serving and give it its alias, unless the lake has none or the alias exists."""
    path = lake.config_dir("serving") / f"{DEMO}.yaml"
    if not path.exists():
        return
    async with RegistryClient(registry_url, token=own_token()) as registry:
        with contextlib.suppress(NotFound):
            await registry.alias(DEMO)
            return
        serving = load_spec(ServingSpec, path)
        pipeline = load_spec(PipelineSpec, lake.config_dir("pipelines") / f"{serving.pipeline}.yaml")
        snapshot = resolve_config(instrument, pipeline, serving, source=str(path))
        source = ServingSource(
            serving=serving.name, config_hash=canonical_hash(serving), published_at=dt_.datetime.now(dt_.UTC)
        )
        spec = publish(snapshot, name=DEMO, source=source)
        why = "sample data of the first start"
        await registry.publish(spec, who=WHO, why=why)
        await registry.promote(
            DEMO, PromoteRequest(serving_id=spec.serving_id, expected_serving_id=ABSENT, who=WHO, why=why)
        )


def prepare(lake: Lake, console: Console) -> InstrumentConfig:
    """Make the lake ready to stream: configuration and market data. Returns the instrument lock."""
    if copy_configuration(lake):
        console.print(f"sample configuration copied to {lake.root}")
    instrument = load_instrument(lake.root)
    demo = lake.config_dir("pipelines") / f"{DEMO}.yaml"
    if demo.exists():
        make_market_data(lake, instrument, load_spec(PipelineSpec, demo), console)
    return instrument
