"""A user's own signal: a file in a package of theirs, found by its entry point, evaluated and served."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from qmcore.config.runtime import SignalSpec
from qmcore.dbn import DbnFile
from qmcore.errors import ConfigError, CorruptData
from qmcore.pipeline import GridPipeline
from qmcore.signals import create, describe, names, replay
from qmcore.signals.catalogue import forget_packages
from tests.fixtures.market import MarketLake, config
from tests.fixtures.signal_data import blank, market_columns

SOURCE = '''
from pydantic import Field

from qmcore.config.base import Spec
from qmcore.signals import Signal


class TiltParams(Spec):
    band_ticks: int = Field(5, ge=1, le=100, description="rows each side", json_schema_extra={"unit": "ticks"})


class Tilt(Signal[TiltParams]):
    """Depth below spot against depth above."""

    name = "tilt"
    Params = TiltParams

    def next(self, header, grid):
        depth, band = grid.column("rest_depth"), self.params.band_ticks
        centre = len(depth) // 2
        below, above = depth[centre - band : centre].sum(), depth[centre + 1 : centre + band + 1].sum()
        return float((below - above) / max(below + above, 1.0))
'''

Install = Callable[[str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Put a package with one signal where Python finds it: install(module source, entry point)."""

    def into(source: str, entry_point: str) -> None:
        module = entry_point.split("=")[1].split(":")[0].strip()
        (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[qm.signals]\n{entry_point}\n")
        monkeypatch.syspath_prepend(str(tmp_path))
        forget_packages()

    before = set(sys.modules)
    yield into
    for module in set(sys.modules) - before:
        del sys.modules[module]
    monkeypatch.undo()
    forget_packages()


def test_it_is_found_described_evaluated_and_served(install: Install, market: MarketLake) -> None:
    install(SOURCE, "tilt = own_tilt:Tilt")
    assert "tilt" in names()
    info = describe("tilt")
    assert info.doc == "Depth below spot against depth above."
    assert [(p.name, p.default, p.allowed, p.unit) for p in info.params] == [
        ("band_ticks", 5, "int, >= 1, <= 100", "ticks")
    ]
    spec = SignalSpec(name="tilt", params={"band_ticks": 9})
    serving = config(signal=spec)
    offline = replay(spec, market_columns(market, serving))
    assert np.unique(offline).size > 10
    pipeline, online = GridPipeline(serving), []
    for batch in DbnFile.open(market.file).batches(serving.symbol):
        for frame in pipeline.feed(batch.records):
            assert frame.signal.name == "tilt"
            online.append(frame.signal.value)
    np.testing.assert_array_equal(online, offline[: len(online)])
    assert len(online) >= 290
    with pytest.raises(ConfigError, match=r"signal tilt: band_ticks: .*allowed: int, >= 1, <= 100"):
        create(SignalSpec(name="tilt", params={"band_ticks": 0}), serving)


def test_a_checkpoint_of_other_signal_code_is_refused(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(SOURCE, "tilt = own_tilt:Tilt")
    serving = config(signal=SignalSpec(name="tilt"))
    checkpoint = GridPipeline(serving).export_state()
    assert GridPipeline.from_state(checkpoint, serving).export_state() == checkpoint
    (tmp_path / "own_tilt.py").write_text(SOURCE.replace("below - above", "above - below"))
    monkeypatch.delitem(sys.modules, "own_tilt")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    importlib.invalidate_caches()
    forget_packages()
    with pytest.raises(
        CorruptData, match=r"^checkpoint: signal_code is b'\w{12}', this session needs '\w{12}'"
    ):
        GridPipeline.from_state(checkpoint, serving)
    other = config(signal=SignalSpec(name="ofi"))
    assert GridPipeline.from_state(GridPipeline(other).export_state(), other).next_bin_seq == 0


def test_a_value_that_is_not_finite_is_refused(install: Install) -> None:
    install(SOURCE.replace("return float(", "return float('nan') * float("), "tilt = own_nan:Tilt")
    with pytest.raises(ConfigError, match="signal tilt: its value at bin 0 is nan; a signal must be finite"):
        replay(SignalSpec(name="tilt"), blank(3))


def test_a_package_that_cannot_be_imported_breaks_only_itself(install: Install) -> None:
    install("import nothing_of_this_name", "broken = own_broken:Thing")
    assert "broken" in names()
    assert replay(SignalSpec(name="ofi"), blank(3, ofi=1)).shape == (3,)
    with pytest.raises(
        ConfigError, match=r"signal broken: entry point own_broken:Thing cannot be loaded: ModuleNot"
    ):
        describe("broken")


def test_something_else_than_a_signal_is_refused(install: Install) -> None:
    install("Thing = 3", "thing = own_thing:Thing")
    with pytest.raises(ConfigError, match=r"own_thing:Thing is not a subclass of qmcore.signals.Signal"):
        describe("thing")


def test_two_packages_cannot_share_a_name(install: Install) -> None:
    install(SOURCE, "ofi = own_ofi:Tilt")
    with pytest.raises(
        ConfigError, match=r"signal ofi: claimed by own_ofi:Tilt and by qmcore.signals.ofi:Ofi"
    ):
        describe("ofi")


def test_it_is_gone_with_its_package() -> None:
    assert "tilt" not in names()
