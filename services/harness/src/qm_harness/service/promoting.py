"""A run through the promotion gate to an alias, on somebody's behalf. Blocking: called in threads."""

from __future__ import annotations

from typing import Final

from qm_harness.service.experiment_files import ExperimentFiles
from qm_harness.service.served_runs import streaming_url
from qmcore.contracts.experiments import GateVerdict, PromotedRun, PromoteRun
from qmcore.lake import Lake

PATIENCE_S: Final = 5.0


def promote(
    lake: Lake,
    files: ExperimentFiles,
    registry_endpoint: str,
    experiment: str,
    run_id: str,
    asked: PromoteRun,
    *,
    token: str | None = None,
) -> PromotedRun:
    """Raises what ``promote_run`` raises: PromotionRefused, AliasConflict, NotFound, BadInput, Unavailable."""
    from qm_harness.experiments.chain import load_experiment
    from qm_harness.promotion.promote import promote_run
    from qmcore.registry_access import RemoteRegistry

    chain = load_experiment(files.path(experiment), lake)
    promoted = promote_run(
        lake,
        RemoteRegistry(registry_endpoint, patience_s=PATIENCE_S, token=token),
        chain,
        run_id,
        asked.alias,
        who=asked.who,
        why=asked.why,
        threshold=asked.threshold,
        override=asked.override,
        expected=asked.expected_serving_id,
    )
    return PromotedRun(
        created=promoted.created,
        alias=promoted.alias,
        previous_serving_id=promoted.previous_serving_id,
        threshold=promoted.evidence.threshold,
        gate=GateVerdict(passes=not promoted.failed, reasons=promoted.failed),
        overridden=bool(promoted.failed),
        same_code=promoted.same_code,
        streaming_url=streaming_url(promoted.alias.alias),
    )
