"""resolve_config(): instrument lock + pipeline + serving -> RuntimeConfig, failing fast on a mismatch."""

from __future__ import annotations

from qmcore.config.base import parse_spec
from qmcore.config.instrument import InstrumentConfig
from qmcore.config.pipeline import PipelineSpec
from qmcore.config.runtime import RuntimeConfig
from qmcore.config.serving import ProjectionSpec, ServingSpec
from qmcore.errors import InstrumentMismatch


def check_instrument(instrument: InstrumentConfig, *, product_type: str, symbol: str, source: str) -> None:
    """Raise InstrumentMismatch unless ``symbol`` is the instrument that the environment is locked to."""
    for field, wanted, locked in (
        ("product_type", product_type, instrument.product_type),
        ("symbol", symbol, instrument.symbol),
    ):
        if wanted != locked:
            raise InstrumentMismatch(field=field, wanted=wanted, locked=locked, source=source)


def _projection_fields(spec: ProjectionSpec, cell_width_ms: int) -> dict[str, object]:
    fields: dict[str, object] = {}
    if spec.horizons_ms is not None:
        fields["projection_horizons_bins"] = tuple(
            max(1, round(ms / cell_width_ms)) for ms in spec.horizons_ms
        )
    for name in ("use_cubic", "cubic_scale", "damping_lambda"):
        value = getattr(spec, name)
        if value is not None:
            fields[f"projection_{name}"] = value
    return fields


def resolve_config(
    instrument: InstrumentConfig,
    pipeline: PipelineSpec,
    serving: ServingSpec | None = None,
    *,
    source: str = "pipeline",
) -> RuntimeConfig:
    """Resolve the chain. Raises InstrumentMismatch or ConfigError naming ``source``."""
    capture = pipeline.capture
    check_instrument(instrument, product_type=capture.product_type, symbol=capture.symbol, source=source)
    document: dict[str, object] = instrument.model_dump()
    document |= pipeline.pipeline.model_dump(exclude_none=True)
    document |= {"dt": capture.dt, "start_time": capture.start_time, "end_time": capture.end_time}
    if serving is not None:
        document |= serving.scoring.model_dump(exclude_none=True)
        width = getattr(pipeline.pipeline, "cell_width_ms", None) or instrument.cell_width_ms
        document |= _projection_fields(serving.projection, width)
        document |= {"signal": serving.signal, "stream_schema": serving.stream_schema}
    return parse_spec(RuntimeConfig, document, source)
