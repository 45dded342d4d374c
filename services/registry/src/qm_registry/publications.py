"""Publishing what a request says: a name with a resolved snapshot, or a whole published serving."""

from __future__ import annotations

from qm_registry.journal import Actor
from qm_registry.store import RegistryStore
from qmcore.config.serving import PublishedServingSpec, publish
from qmcore.contracts.registry import Published, PublishRequest
from qmcore.errors import ConfigError, CorruptData


def publish_request(store: RegistryStore, request: PublishRequest, *, who: str, why: str) -> Published:
    """Publish ``request``. Raises what ``RegistryStore.publish`` raises.

    An id that is not its content's is a ConfigError, recorded as a refusal.
    """
    if request.serving_id is None:
        assert request.name is not None
        spec = publish(request.runtime_snapshot, name=request.name, source=request.source)
    else:
        spec = _whole(store, request, request.serving_id, Actor(who, why))
    return store.publish(spec, who=who, why=why, evidence=request.evidence, override=request.override)


def _whole(
    store: RegistryStore, request: PublishRequest, serving_id: str, actor: Actor
) -> PublishedServingSpec:
    try:
        return PublishedServingSpec(
            serving_id=serving_id, runtime_snapshot=request.runtime_snapshot, source=request.source
        )
    except CorruptData as mismatch:
        error = ConfigError(source="body", field="serving_id", problem=mismatch.problem)
        store.refuse_publication(serving_id, actor, error)
        raise error from mismatch
