"""The sample lake teaches: what it says must parse, resolve and be true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from qmcore.config.base import Spec, load_spec
from qmcore.config.experiment import ExperimentSpec
from qmcore.config.instrument import InstrumentConfig
from qmcore.config.pipeline import PipelineSpec
from qmcore.config.resolve import resolve_config
from qmcore.config.serving import ServingSpec
from qmcore.errors import InstrumentMismatch
from qmcore.lake import Lake
from qmcore.serving_chain import load_serving_chain

SAMPLE = Path(__file__).parents[3] / "deploy" / "sample-lake"
LAKES = {"sample": SAMPLE, "equity": SAMPLE / "examples" / "equity"}


@pytest.fixture(autouse=True)
def _no_other_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QMACHINA_INSTRUMENT_CONFIG_PATH", raising=False)
    monkeypatch.delenv("VP_INSTRUMENT_CONFIG_PATH", raising=False)


def test_every_yaml_file_is_one_that_the_software_reads() -> None:
    kinds: dict[str, type[Spec]] = {
        "instrument.yaml": InstrumentConfig,
        "pipelines": PipelineSpec,
        "serving": ServingSpec,
        "experiments": ExperimentSpec,
    }
    files = sorted(SAMPLE.rglob("*.yaml"))
    assert len(files) >= 6
    for file in files:
        kind = kinds.get(file.name) or kinds[file.parent.name]
        spec = load_spec(kind, file)
        if isinstance(spec, PipelineSpec | ServingSpec):
            assert spec.name == file.stem


@pytest.mark.parametrize("root", LAKES.values(), ids=LAKES)
def test_every_sample_serving_resolves(root: Path) -> None:
    (file,) = Lake(root).config_dir("serving").glob("*.yaml")
    chain = load_serving_chain(file, root)
    assert chain.runtime.symbol == chain.instrument.symbol
    assert chain.runtime.window.start_ns < chain.runtime.window.end_ns


def test_the_demo_is_an_hour_of_es_after_the_open() -> None:
    runtime = load_serving_chain(SAMPLE / "research/harness/configs/serving/demo.yaml", SAMPLE).runtime
    assert (runtime.symbol, runtime.symbol_root, runtime.tick_int) == ("ESZ5", "ES", 250_000_000)
    assert runtime.window.start_ns == 1_763_994_600_000_000_000  # 2025-11-24 14:30 UTC
    assert runtime.window.end_ns - runtime.window.start_ns == 3_600_000_000_000
    assert runtime.projection_horizons_bins == (5, 10, 20, 40)


def test_the_equity_example_counts_in_buckets_of_five_cents() -> None:
    root = LAKES["equity"]
    runtime = load_serving_chain(root / "research/harness/configs/serving/opening.yaml", root).runtime
    assert (runtime.tick_int, runtime.bucket_ticks) == (10_000_000, 5)
    streamed = [column.name for column in runtime.stream_schema.resolve()]
    assert (streamed[0], streamed[-1], len(streamed)) == ("k", "last_event_id", 9)


def test_a_sample_of_one_instrument_is_refused_in_the_lake_of_another() -> None:
    pipeline = load_spec(PipelineSpec, LAKES["equity"] / "research/harness/configs/pipelines/opening.yaml")
    instrument = load_spec(InstrumentConfig, SAMPLE / "instrument.yaml")
    with pytest.raises(InstrumentMismatch, match="locked to 'future_mbo'"):
        resolve_config(instrument, pipeline)


def test_the_defaults_that_the_instrument_file_teaches_are_those_of_the_code() -> None:
    text = (SAMPLE / "instrument.yaml").read_text()
    taught = yaml.safe_load("\n".join(re.findall(r"^# ([a-z]\w*: \S.*)$", text, flags=re.MULTILINE)))
    given = yaml.safe_load(text)
    plain = InstrumentConfig(product_type="future_mbo", symbol="X", symbol_root="X", tick_size=1.0)
    defaults = plain.model_dump(mode="json")
    assert taught == {name: defaults[name] for name in taught}
    assert taught.keys() | given.keys() | {"bucket_size_dollars"} == InstrumentConfig.model_fields.keys()
