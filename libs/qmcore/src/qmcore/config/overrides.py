"""Optional variants of config groups: every field may be left out, and then the instrument decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field, create_model

from qmcore.config.base import Spec
from qmcore.config.instrument import FlowConfig, GridConfig, PhysicsConfig, StateModelParams


def _optional(name: str, doc: str, *groups: type[BaseModel]) -> type[Spec]:
    """A model with the fields of ``groups``, same types and ranges, each defaulting to "not set"."""
    fields: dict[str, Any] = {}
    for group in groups:
        for key, info in group.model_fields.items():
            kind: Any = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
            fields[key] = (kind | None, Field(None, description=info.description))
    return create_model(name, __base__=Spec, __doc__=doc, **fields)


if TYPE_CHECKING:

    class PipelineOverrides(Spec):
        """Overrides of grid and physics."""

    class ScoringOverrides(Spec):
        """Overrides of spectrum and state model."""

else:
    PipelineOverrides = _optional(
        "PipelineOverrides", "Overrides of grid and physics.", GridConfig, PhysicsConfig
    )
    ScoringOverrides = _optional(
        "ScoringOverrides", "Overrides of spectrum and state model.", FlowConfig, StateModelParams
    )
