"""``/v1/experiments``: what there is, what came out of it, and the way of a run to an alias."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import FileResponse

from qm_harness.service.promoting import promote
from qm_harness.service.services import Nothing, Services, problems
from qmcore.config.pipeline import SpecName
from qmcore.contracts.experiments import (
    ExperimentList,
    PromotedRun,
    PromoteRun,
    RunDetail,
    RunId,
    RunList,
    RunQuery,
)

router = APIRouter(prefix="/v1/experiments", tags=["experiments"])
RunPath = Annotated[RunId, Path()]

_HTML: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "one HTML file", "content": {"text/html": {"schema": {"type": "string"}}}}
}
_REPORT_HEADERS: Final = {
    # It is made of the results alone: nothing in it has to run or to be fetched.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    "cache-control": "no-cache",
}


@router.get("", responses=problems(422), summary="List experiments")
async def list_experiments(services: Services, _: Nothing) -> ExperimentList:
    """Those with a file in the lake, with results, or with a job, by name."""
    active = await asyncio.to_thread(services.jobs.active)
    return await asyncio.to_thread(services.runs.experiments, active)


@router.get("/runs", response_model=RunList, responses=problems(422), summary="List runs")
async def list_runs(services: Services, query: Annotated[RunQuery, Query()]) -> Response:
    """Each at its best threshold by the column that is sorted by, best first; p-values count every trial."""
    served = await services.served.served()
    listed = await asyncio.to_thread(services.runs.listed, query, served)
    document = await asyncio.to_thread(listed.model_dump_json)
    return Response(document, media_type="application/json")


@router.get(
    "/runs/{run_id}/detail", response_model=RunDetail, responses=problems(404, 422), summary="One run"
)
async def run_detail(services: Services, run_id: RunPath, _: Nothing) -> Response:
    """Every threshold with intervals and curves, what the gate says of it, and where it is served."""
    served = await services.served.served()
    detail = await asyncio.to_thread(services.runs.detail, run_id, served)
    return Response(detail.model_dump_json(), media_type="application/json")


@router.post("/runs/{run_id}/promote", responses=problems(403, 404, 409, 422, 503), summary="Promote a run")
async def promote_run(services: Services, run_id: RunPath, body: PromoteRun, _: Nothing) -> PromotedRun:
    """Publish a serving made of the run and point an alias at it, if the gate lets it pass."""
    experiment = await asyncio.to_thread(services.runs.experiment_of, run_id)
    settings = services.settings
    try:
        return await asyncio.to_thread(
            promote,
            services.lake,
            services.files,
            settings.registry_endpoint,
            experiment,
            run_id,
            body,
            token=settings.own_token,
        )
    finally:
        services.served.forget()


@router.get(
    "/{experiment}/report",
    response_class=FileResponse,
    responses={**_HTML, **problems(404, 422, 503)},
    summary="Report of an experiment",
)
async def report(services: Services, experiment: Annotated[SpecName, Path()], _: Nothing) -> FileResponse:
    """As it stands with the newest results; written anew where it is older than they are, which takes seconds."""
    newest = await asyncio.to_thread(services.runs.newest_results)
    path = await services.reports.path(experiment, newest)
    return FileResponse(path, media_type="text/html; charset=utf-8", headers=_REPORT_HEADERS)
