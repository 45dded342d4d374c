"""The ``runtime_config`` message of a serving: what every viewer gets first. Engines store it, gateways send it."""

from __future__ import annotations

from qmcore.config.runtime import canonical_hash
from qmcore.config.serving import PublishedServingSpec
from qmcore.contracts.messages import (
    GridField,
    RuntimeConfigMessage,
    ServingRef,
    SessionRef,
    SessionState,
    StateModelConfig,
)


def _source_of(serving: PublishedServingSpec) -> str:
    source = serving.source
    named = (("run", source.run_id), ("experiment", source.experiment), ("serving", source.serving))
    return ", ".join(f"{kind} {name}" for kind, name in named if name) or "registry"


def runtime_config_message(
    serving: PublishedServingSpec, asked_for: str, session_id: str, *, state: SessionState, bin_seq: int
) -> RuntimeConfigMessage:
    """Everything resolved, for a viewer who asked for ``asked_for`` (alias or id)."""
    config = serving.runtime_snapshot
    return RuntimeConfigMessage.model_validate(
        config.model_dump()
        | {
            "serving": ServingRef(
                serving_name=asked_for, serving_id=serving.serving_id, source=_source_of(serving)
            ),
            "grid_rows": config.rows,
            "grid_schema_fields": tuple(
                GridField(name=c.name, dtype=c.dtype, role=c.role) for c in config.stream_schema.resolve()
            ),
            "effective_config_hash": canonical_hash(config),
            "model_config": StateModelConfig(state_source=config.state_source),
            "session": SessionRef(id=session_id, state=state, bin_seq=bin_seq),
        }
    )
