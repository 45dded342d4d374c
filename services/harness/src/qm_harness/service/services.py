"""What the routes work with, and how they find it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Query, Request
from pydantic import BaseModel, ConfigDict

from qm_harness.service.dispatch import Dispatcher
from qm_harness.service.experiment_files import ExperimentFiles
from qm_harness.service.job_files import JobFiles
from qm_harness.service.progress_stream import ProgressStreams
from qm_harness.service.reports import Reports
from qm_harness.service.runs import Runs
from qm_harness.service.served_runs import ServedRuns
from qm_harness.service.settings import HarnessSettings
from qmcore.contracts.problems import Problem
from qmcore.lake import Lake
from qmcore.service import Readiness, ServiceMetrics


@dataclass(frozen=True, slots=True)
class HarnessServices:
    """Everything that lives as long as the process."""

    settings: HarnessSettings
    lake: Lake
    jobs: JobFiles
    dispatcher: Dispatcher
    progress: ProgressStreams
    files: ExperimentFiles
    runs: Runs
    served: ServedRuns
    reports: Reports
    readiness: Readiness
    metrics: ServiceMetrics


def services_of(app: FastAPI) -> HarnessServices:
    """The services of the running harness."""
    services = app.state.services
    assert isinstance(services, HarnessServices)
    return services


def _services(request: Request) -> HarnessServices:
    app = request.app
    assert isinstance(app, FastAPI)
    return services_of(app)


class NoQuery(BaseModel):
    """A route without query parameters: any is refused."""

    model_config = ConfigDict(extra="forbid")


Services = Annotated[HarnessServices, Depends(_services)]
Nothing = Annotated[NoQuery, Query()]

_MEANINGS: Final = {
    403: "the promotion gate refuses; the error lists every condition that fails",
    404: "what was named does not exist; `available` lists what does",
    409: "somebody else was first; nothing was changed",
    422: "the request is wrong; `field` and `allowed` say where and how",
    503: "what it needs cannot be reached now; try again",
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How a route's errors are described."""
    return {status: {"model": Problem, "description": _MEANINGS[status]} for status in statuses}
