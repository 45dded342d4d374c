"""ServingSpec: what is streamed of a pipeline; PublishedServingSpec: its immutable, resolved form.

The id of a published serving contains the hash of its canonical snapshot, which is verified at every
load (SPEC section 6).
"""

from __future__ import annotations

from typing import Self

from pydantic import AwareDatetime, Field, SerializeAsAny, model_validator

from qmcore.config.base import Spec
from qmcore.config.instrument import NonNegative
from qmcore.config.overrides import ScoringOverrides
from qmcore.config.pipeline import SpecName
from qmcore.config.runtime import RuntimeConfig, SignalSpec, StreamSchema, canonical_hash
from qmcore.errors import CorruptData


class ProjectionSpec(Spec):
    """Overrides of the projection; horizons are rounded to whole bins."""

    horizons_ms: tuple[float, ...] | None = None
    use_cubic: bool | None = None
    cubic_scale: NonNegative | None = None
    damping_lambda: NonNegative | None = None


class ServingSpec(Spec):
    """``<name>.yaml`` under configs/serving."""

    name: SpecName
    pipeline: str = Field(min_length=1, description="name of a PipelineSpec, or a path to one")
    scoring: SerializeAsAny[ScoringOverrides] = ScoringOverrides()
    signal: SignalSpec = SignalSpec()
    projection: ProjectionSpec = ProjectionSpec()
    stream_schema: StreamSchema = StreamSchema()


class ServingSource(Spec):
    """Where a published serving came from."""

    run_id: str | None = None
    experiment: str | None = None
    serving: str | None = Field(None, description="name of the ServingSpec")
    config_hash: str = Field(description="hash of the specs that were resolved")
    published_at: AwareDatetime


class PublishedServingSpec(Spec):
    """An immutable serving: everything resolved, and named by its content."""

    serving_id: str
    runtime_snapshot: RuntimeConfig
    source: ServingSource

    @model_validator(mode="after")
    def _id_holds_the_hash(self) -> Self:
        wanted = serving_id_of(self.runtime_snapshot, self.serving_id.rsplit("-", 1)[0])
        if wanted != self.serving_id:
            raise CorruptData(
                path=f"serving {self.serving_id}",
                problem=f"hash mismatch: its content belongs to {wanted}; refused",
            )
        return self


def serving_id_of(snapshot: RuntimeConfig, name: str) -> str:
    """``<name>-<hash12>``, the hash over the canonical snapshot."""
    return f"{name}-{canonical_hash(snapshot)[:12]}"


def publish(snapshot: RuntimeConfig, *, name: str, source: ServingSource) -> PublishedServingSpec:
    """Freeze a resolved configuration as a serving."""
    return PublishedServingSpec(
        serving_id=serving_id_of(snapshot, name), runtime_snapshot=snapshot, source=source
    )
