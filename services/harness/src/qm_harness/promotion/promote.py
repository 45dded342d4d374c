"""Promoting a run: gather the evidence, publish the serving through the gate, move the alias by compare-and-set.

The registry decides and records; nothing here can pass the gate by itself. An attempt that the gate refuses publishes
nothing and moves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from qm_harness.experiments.chain import ExperimentChain
from qm_harness.promotion.evidence import chosen, evidence_of, trials_of
from qm_harness.promotion.serving import is_todays_code, serving_of
from qm_harness.results.store import ResultStore
from qmcore.config.base import parse_spec
from qmcore.contracts.promotion import PromotionEvidence, failed_conditions
from qmcore.contracts.registry import ABSENT, AliasState, PromoteRequest, check_alias
from qmcore.errors import NotFound
from qmcore.lake import Lake
from qmcore.registry_access import Registry


@dataclass(frozen=True, slots=True)
class Promoted:
    """A run that is served now."""

    alias: AliasState
    created: bool
    """False where the same run was published before."""
    previous_serving_id: str | None
    """What the alias pointed at before; None where it did not exist."""
    evidence: PromotionEvidence
    failed: tuple[str, ...]
    """Conditions of the gate that the override passed over; empty where the run passed by itself."""
    same_code: bool
    """Whether the run was evaluated by the code that is installed now."""


def promote_run(
    lake: Lake,
    registry: Registry,
    chain: ExperimentChain,
    run_id: str,
    alias: str,
    *,
    who: str,
    why: str | None = None,
    threshold: float | None = None,
    override: str | None = None,
    expected: str | None = None,
) -> Promoted:
    """Publish a run of ``chain`` and point ``alias`` at it.

    Left out, ``threshold`` is ``chosen``; ``expected`` (what the alias must point at, the empty string for nothing yet)
    is what it points at when this is called; ``why`` names the run.

    Raises PromotionRefused where the gate refuses and there is no ``override``; AliasConflict where somebody else moved
    the alias; NotFound, BadInput, OptionError, ConfigError (the files no longer make what was run), Unavailable.
    """
    previous = _pointing_at(registry, check_alias(alias))
    trial = chosen(trials_of(ResultStore(lake), chain.spec.name, run_id), threshold)
    evidence = evidence_of(trial)
    failed = failed_conditions(evidence)
    reason = why or f"run {run_id} of {evidence.experiment} at threshold {evidence.threshold:g}"
    if failed and override is not None:
        reason = f"{reason}; gate overridden: {override}"
    spec = serving_of(chain, lake, trial.meta)
    move = {
        "serving_id": spec.serving_id,
        "expected_serving_id": (previous or ABSENT) if expected is None else expected,
        "who": who,
        "why": reason,
    }
    request = parse_spec(PromoteRequest, move, "promotion")
    published = registry.publish(spec, who=who, why=reason, evidence=evidence, override=override)
    return Promoted(
        alias=registry.promote(alias, request),
        created=published.created,
        previous_serving_id=previous,
        evidence=evidence,
        failed=failed,
        same_code=is_todays_code(trial.meta),
    )


def _pointing_at(registry: Registry, alias: str) -> str | None:
    try:
        return registry.alias(alias).serving_id
    except NotFound:
        return None
