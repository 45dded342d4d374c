"""What of other services is under the gateway's origin: the registry's REST, and the harness's."""

from __future__ import annotations

from typing import Final

from qm_gateway.proxy import EVENTS, Route, proxy_router
from qm_gateway.services import services_of
from qmcore.config.serving import PublishedServingSpec
from qmcore.contracts.experiments import ExperimentList, PromotedRun, PromoteRun, RunDetail, RunList, RunQuery
from qmcore.contracts.jobs import Job, JobList, JobQuery, JobSubmit
from qmcore.contracts.registry import (
    AliasState,
    AuditEvent,
    Page,
    PromoteRequest,
    Published,
    PublishRequest,
    Resolved,
    RollbackRequest,
    ServingDiff,
    ServingSummary,
)

_NAMED: Final = (404, 422, 500)
_MOVED: Final = (404, 409, 422, 500)
REGISTRY_ROUTES: Final = (
    Route(
        "POST",
        "/v1/servings",
        "Publish a serving",
        Published,
        PublishRequest,
        status=201,
        also=200,
        problems=(403, 422, 500),
    ),
    Route("GET", "/v1/servings", "List servings", Page[ServingSummary]),
    Route("GET", "/v1/servings/{serving_id}", "One serving", PublishedServingSpec, problems=_NAMED),
    Route("GET", "/v1/resolve/{alias_or_id}", "What an alias or id means now", Resolved, problems=_NAMED),
    Route("GET", "/v1/aliases", "List aliases", Page[AliasState]),
    Route("GET", "/v1/aliases/{alias}", "An alias, now or at an instant", AliasState, problems=(404, 422)),
    Route("PUT", "/v1/aliases/{alias}", "Promote", AliasState, PromoteRequest, problems=_MOVED),
    Route("POST", "/v1/aliases/{alias}/rollback", "Roll back", AliasState, RollbackRequest, problems=_MOVED),
    Route(
        "GET",
        "/v1/aliases/{alias}/history",
        "History of an alias",
        Page[AuditEvent],
        problems=(404, 422),
    ),
    Route("GET", "/v1/events", "Audit trail", Page[AuditEvent]),
    Route("GET", "/v1/diff", "Compare two servings", ServingDiff, problems=_NAMED),
)

_EXPERIMENTS: Final = "/v1/experiments"
HARNESS_ROUTES: Final = (
    Route("GET", _EXPERIMENTS, "List experiments", ExperimentList),
    Route(
        "POST",
        f"{_EXPERIMENTS}/jobs",
        "Submit a sweep",
        Job,
        JobSubmit,
        status=202,
        problems=(404, 409, 422),
    ),
    Route("GET", f"{_EXPERIMENTS}/jobs", "List jobs", JobList, query=JobQuery),
    Route("GET", f"{_EXPERIMENTS}/jobs/{{job_id}}", "One job", Job, problems=(404, 422)),
    Route("POST", f"{_EXPERIMENTS}/jobs/{{job_id}}/cancel", "Cancel a job", Job, problems=(404, 409, 422)),
    Route(
        "GET",
        f"{_EXPERIMENTS}/jobs/{{job_id}}/progress",
        "Follow a job",
        None,
        media_type=EVENTS,
        problems=(404, 422),
    ),
    Route("GET", f"{_EXPERIMENTS}/runs", "List runs", RunList, query=RunQuery),
    Route("GET", f"{_EXPERIMENTS}/runs/{{run_id}}/detail", "One run", RunDetail, problems=(404, 422)),
    Route(
        "POST",
        f"{_EXPERIMENTS}/runs/{{run_id}}/promote",
        "Promote a run",
        PromotedRun,
        PromoteRun,
        problems=(403, 404, 409, 422),
    ),
    Route(
        "GET",
        f"{_EXPERIMENTS}/{{experiment}}/report",
        "Report of an experiment",
        None,
        media_type="text/html",
        problems=(404, 422),
    ),
)

ROUTERS: Final = (
    proxy_router("registry", "registry", REGISTRY_ROUTES, lambda app: services_of(app).registry),
    proxy_router("harness", "experiments", HARNESS_ROUTES, lambda app: services_of(app).harness),
)
