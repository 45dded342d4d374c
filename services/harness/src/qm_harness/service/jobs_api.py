"""``/v1/experiments/jobs``: submit sweeps, follow them, cancel them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from qm_harness.service.services import Nothing, Services, problems
from qm_harness.service.submission import checked_experiment
from qmcore.contracts.jobs import Job, JobId, JobList, JobQuery, JobSubmit

router = APIRouter(prefix="/v1/experiments/jobs", tags=["experiments"])
JobPath = Annotated[JobId, Path()]

_EVENTS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "events `job`, each with the whole Job as data; the last one is of a state that is final",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.post("", status_code=202, responses=problems(404, 409, 422), summary="Submit a sweep")
async def submit_job(services: Services, body: JobSubmit, _: Nothing, response: Response) -> Job:
    """Checked to the last file that it names; run as soon as a worker is free. One job an experiment at a time."""
    spec = await asyncio.to_thread(checked_experiment, body, services.lake)
    job = await asyncio.to_thread(
        services.jobs.create, spec, workers=body.workers, retry_failed=body.retry_failed
    )
    services.dispatcher.nudge()
    response.headers["location"] = f"/v1/experiments/jobs/{job.job_id}"
    return job


@router.get("", responses=problems(422), summary="List jobs")
async def list_jobs(services: Services, query: Annotated[JobQuery, Query()]) -> JobList:
    """Newest first."""
    jobs = [
        job
        for job in await asyncio.to_thread(services.jobs.jobs)
        if query.experiment in (None, job.experiment) and query.state in (None, job.state)
    ]
    return JobList(jobs=tuple(jobs[: query.limit]), total=len(jobs))


@router.get("/{job_id}", responses=problems(404, 422), summary="One job")
async def get_job(services: Services, job_id: JobPath, _: Nothing) -> Job:
    """As it stands."""
    return await asyncio.to_thread(services.jobs.job, job_id)


@router.post("/{job_id}/cancel", responses=problems(404, 409, 422), summary="Cancel a job")
async def cancel_job(services: Services, job_id: JobPath, _: Nothing) -> Job:
    """One that runs ends within about a second, and what had ended stays; one that waits is cancelled at once."""
    return await asyncio.to_thread(services.jobs.cancel, job_id)


@router.get(
    "/{job_id}/progress",
    response_class=StreamingResponse,
    responses={**_EVENTS, **problems(404, 422, 503)},
    summary="Follow a job",
)
async def follow_job(services: Services, job_id: JobPath, _: Nothing) -> StreamingResponse:
    """Server-sent events: the job now, then at every change, until it is over."""
    job = await asyncio.to_thread(services.jobs.job, job_id)
    # X-Accel-Buffering: proxies in front shall pass every event on at once.
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(services.progress.follow(job), media_type="text/event-stream", headers=headers)
