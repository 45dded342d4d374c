"""The configuration chain: what resolves, and what every mistake answers."""

import datetime as dt
from pathlib import Path

import pytest
import yaml

from qmcore.config.base import load_spec, parse_spec
from qmcore.config.instrument import InstrumentConfig, instrument_config_path, load_instrument
from qmcore.config.pipeline import CaptureSpec, PipelineSpec
from qmcore.config.resolve import resolve_config
from qmcore.config.runtime import canonical_hash
from qmcore.config.serving import PublishedServingSpec, ServingSource, ServingSpec, publish
from qmcore.errors import BadInput, ConfigError, CorruptData, InstrumentMismatch

INSTRUMENT = {"product_type": "future_mbo", "symbol": "ESH4", "symbol_root": "ES", "tick_size": 0.25}
CAPTURE = {
    "product_type": "future_mbo",
    "symbol": "ESH4",
    "dt": "2023-12-25",
    "start_time": "18:00",
    "end_time": "18:30",
}
PIPELINE = {"name": "p", "capture": CAPTURE}
SERVING = {"name": "s", "pipeline": "p"}
SOURCE = ServingSource(config_hash="0" * 64, published_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def resolved(pipeline: dict | None = None, serving: dict | None = None):
    return resolve_config(
        parse_spec(InstrumentConfig, INSTRUMENT, "instrument.yaml"),
        parse_spec(PipelineSpec, pipeline or PIPELINE, "p.yaml"),
        parse_spec(ServingSpec, serving, "s.yaml") if serving else None,
    )


def utc(text: str) -> int:
    return int(dt.datetime.fromisoformat(text).timestamp()) * 1_000_000_000


def test_the_defaults_are_those_of_the_specification() -> None:
    config = resolved()
    assert (config.n_absolute_ticks, config.grid_radius_ticks, config.cell_width_ms) == (8192, 50, 100)
    assert (config.tau_velocity, config.tau_acceleration, config.tau_jerk, config.tau_rest_decay) == (
        2,
        5,
        10,
        30,
    )
    assert config.flow_windows == (5, 10, 20, 40)
    assert config.tick_int == 250_000_000
    assert config.rows == 101


@pytest.mark.parametrize(
    ("day", "start", "end", "start_utc", "end_utc"),
    [
        ("2023-12-25", "18:00", "18:30", "2023-12-25T23:00+00:00", "2023-12-25T23:30+00:00"),
        # the futures session of a date is 00:00-24:00 UTC, so its Eastern evening lies on the day before
        ("2024-05-08", "20:00", "20:01", "2024-05-08T00:00+00:00", "2024-05-08T00:01+00:00"),
        ("2024-05-08", "20:00", "20:00", "2024-05-08T00:00+00:00", "2024-05-09T00:00+00:00"),
        ("2024-05-08", "09:30", "16:00", "2024-05-08T13:30+00:00", "2024-05-08T20:00+00:00"),
        ("2024-05-08", "09:30:00.250", "09:31", "2024-05-08T13:30:00+00:00", "2024-05-08T13:31+00:00"),
    ],
)
def test_futures_times_are_eastern_inside_the_utc_day(
    day: str, start: str, end: str, start_utc: str, end_utc: str
) -> None:
    capture = CaptureSpec.model_validate(CAPTURE | {"dt": day, "start_time": start, "end_time": end})
    window = capture.window()
    fraction = 250_000_000 if "." in start else 0
    assert window.start_ns == utc(start_utc) + fraction
    assert window.end_ns == utc(end_utc)
    assert window.start_ns - window.warmup_ns == 30 * 60 * 1_000_000_000


def test_equity_times_are_eastern_wall_clock_across_daylight_saving() -> None:
    for day, hour in (("2024-01-16", 14), ("2024-07-16", 13)):
        capture = CaptureSpec.model_validate(
            CAPTURE
            | {
                "product_type": "equity_mbo",
                "symbol": "NVDA",
                "dt": day,
                "start_time": "09:30",
                "end_time": "16:00",
            }
        )
        assert capture.window().start_ns == utc(f"{day}T{hour}:30+00:00")


def test_a_time_that_yaml_reads_as_a_number_keeps_its_meaning() -> None:
    document = yaml.safe_load("{start_time: 18:00, end_time: 18:30}")
    assert document == {"start_time": 1080, "end_time": 1110}
    assert CaptureSpec.model_validate(CAPTURE | document).start_time == "18:00"


def test_overrides_win_over_the_instrument() -> None:
    config = resolved(
        PIPELINE | {"pipeline": {"tau_velocity": 1.5, "grid_radius_ticks": 20}},
        SERVING | {"scoring": {"flow_tanh_scale": 2.0}, "projection": {"horizons_ms": [250, 1000]}},
    )
    assert (config.tau_velocity, config.grid_radius_ticks, config.flow_tanh_scale) == (1.5, 20, 2.0)
    assert config.projection_horizons_bins == (2, 10)


def test_a_stream_schema_always_has_k_and_last_event_id() -> None:
    config = resolved(
        serving=SERVING | {"stream_schema": {"columns": ["bid_depth"], "float_dtype": "float32"}}
    )
    columns = config.stream_schema.resolve()
    assert [(c.name, c.dtype) for c in columns] == [
        ("k", "int32"),
        ("bid_depth", "float32"),
        ("last_event_id", "int64"),
    ]


BAD = [
    (
        InstrumentConfig,
        INSTRUMENT | {"tick_sise": 1},
        "tick_sise: unknown key; allowed: product_type, symbol",
    ),
    (
        InstrumentConfig,
        INSTRUMENT | {"product_type": "option_mbo"},
        "product_type: Input should be 'future_mbo' or",
    ),
    (InstrumentConfig, INSTRUMENT | {"tick_size": 0}, "tick_size: Input should be greater than 0"),
    (InstrumentConfig, INSTRUMENT | {"tick_size": 1e-10}, "must be a multiple of 1e-9"),
    (
        InstrumentConfig,
        INSTRUMENT | {"tau_velocity": float("nan")},
        "tau_velocity: Input should be a finite number",
    ),
    (
        InstrumentConfig,
        INSTRUMENT | {"n_absolute_ticks": 1000},
        "n_absolute_ticks: Input should be a multiple of 64",
    ),
    (InstrumentConfig, INSTRUMENT | {"flow_windows": [5, 10]}, "one weight for each of the 2 flow_windows"),
    (
        InstrumentConfig,
        INSTRUMENT | {"flow_zscore_min_periods": 301},
        "must not exceed flow_zscore_window_bins",
    ),
    (
        InstrumentConfig,
        {k: v for k, v in INSTRUMENT.items() if k != "symbol"},
        "symbol: required, but missing",
    ),
    (PipelineSpec, {"name": "p"}, "capture: required, but missing"),
    (PipelineSpec, PIPELINE | {"name": "../p"}, "name: String should match pattern"),
    (PipelineSpec, PIPELINE | {"capture": CAPTURE | {"dt": "2023-13-01"}}, "capture.dt: "),
    (
        PipelineSpec,
        PIPELINE | {"capture": CAPTURE | {"start_time": "25:00"}},
        "must be an Eastern time HH:MM",
    ),
    (
        PipelineSpec,
        PIPELINE | {"capture": CAPTURE | {"end_time": "17:00"}},
        "must lie after start_time 18:00",
    ),
    (
        PipelineSpec,
        PIPELINE | {"pipeline": {"tau_jerk": "fast"}},
        "pipeline.tau_jerk: Input should be a valid number",
    ),
    (
        PipelineSpec,
        PIPELINE | {"pipeline": {"flow_windows": [1]}},
        "pipeline.flow_windows: unknown key; allowed: n_abs",
    ),
    (ServingSpec, SERVING | {"signal": {"name": "Bad Name"}}, "signal.name: String should match pattern"),
    (
        ServingSpec,
        SERVING | {"stream_schema": {"columns": ["bid"]}},
        "unknown column 'bid'; allowed: k, pressure",
    ),
    (
        ServingSpec,
        SERVING | {"stream_schema": {"float_dtype": "float16"}},
        "stream_schema.float_dtype: Input should be",
    ),
    (ServingSpec, ["not", "a", "mapping"], "must be a mapping of keys to values"),
]


@pytest.mark.parametrize(("model", "document", "message"), BAD, ids=[message[:40] for _, _, message in BAD])
def test_a_mistake_names_file_field_and_what_is_allowed(model: type, document: object, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_spec(model, document, "some.yaml")
    assert str(caught.value).startswith("some.yaml: ")
    assert message in str(caught.value)


def test_files_that_cannot_be_read_say_so(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: [unclosed")
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_spec(PipelineSpec, tmp_path / "a.yaml")
    with pytest.raises(BadInput, match=r"unknown file .*b.yaml'; there are: a.yaml"):
        load_spec(PipelineSpec, tmp_path / "b.yaml")


def test_another_instrument_than_the_lock_is_refused() -> None:
    with pytest.raises(InstrumentMismatch) as caught:
        resolved(PIPELINE | {"capture": CAPTURE | {"symbol": "NQH4"}})
    assert "symbol is 'NQH4', but this environment is locked to 'ESH4'" in str(caught.value)


def test_the_lock_is_found_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "locked.yaml"
    lock.write_text(yaml.safe_dump(INSTRUMENT))
    monkeypatch.delenv("QMACHINA_INSTRUMENT_CONFIG_PATH", raising=False)
    monkeypatch.delenv("VP_INSTRUMENT_CONFIG_PATH", raising=False)
    assert instrument_config_path(tmp_path) == tmp_path / "instrument.yaml"
    with pytest.raises(ConfigError, match="the instrument lock is missing"):
        load_instrument(tmp_path)
    monkeypatch.setenv("VP_INSTRUMENT_CONFIG_PATH", str(lock))
    with pytest.warns(DeprecationWarning, match="set QMACHINA_INSTRUMENT_CONFIG_PATH"):
        assert load_instrument(tmp_path).symbol == "ESH4"
    monkeypatch.setenv("QMACHINA_INSTRUMENT_CONFIG_PATH", str(lock))
    assert load_instrument(tmp_path).symbol == "ESH4"


def test_a_published_serving_is_named_by_its_content_and_refuses_a_changed_one() -> None:
    spec = publish(resolved(), name="demo", source=SOURCE)
    assert spec.serving_id == f"demo-{canonical_hash(spec.runtime_snapshot)[:12]}"
    document = spec.model_dump(mode="json")
    assert PublishedServingSpec.model_validate(document) == spec
    document["runtime_snapshot"]["tau_velocity"] = 3.0
    with pytest.raises(CorruptData, match="hash mismatch"):
        PublishedServingSpec.model_validate(document)
