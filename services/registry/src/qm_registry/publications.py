"""Publishing what a request says: a name with a resolved snapshot, or a whole published serving."""

from __future__ import annotations

from qm_registry.journal import Actor
from qm_registry.store import RegistryStore
from qmcore.config.serving import PublishedServingSpec, publish
from qmcore.contracts.registry import Published, PublishRequest
from qmcore.errors import ConfigError, CorruptData


def publish_request(store: RegistryStore, request: PublishRequest, *, who: str, why: str) -> Published:
    """Publish ``request``. Raises ConfigError, recorded as a refusal, when its id is not its content's."""
    if request.serving_id is None:
        assert request.name is not None
        return store.publish(
            publish(request.runtime_snapshot, name=request.name, source=request.source), who=who, why=why
        )
    try:
        spec = PublishedServingSpec(
            serving_id=request.serving_id, runtime_snapshot=request.runtime_snapshot, source=request.source
        )
    except CorruptData as mismatch:
        error = ConfigError(source="body", field="serving_id", problem=mismatch.problem)
        store.refuse_publication(request.serving_id, Actor(who, why), error)
        raise error from mismatch
    return store.publish(spec, who=who, why=why)
