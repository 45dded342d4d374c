"""Reports of experiments: written when they are asked for and older than the results, in a process of their own."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Final

from qmcore.errors import NotFound, QmError, Unavailable
from qmcore.lake import Lake

_SPAWN: Final = multiprocessing.get_context("spawn")


class Reports:
    """The reports of a lake, one written at a time."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._writing = asyncio.Lock()

    async def path(self, experiment: str, newest_results: Mapping[str, float]) -> Path:
        """The report, as new as the experiment's ``newest_results`` (seconds since the epoch).

        Raises NotFound where there are none, Unavailable where it could not be drawn.
        """
        if experiment not in newest_results:
            raise NotFound(kind="experiment with results", name=experiment, available=list(newest_results))
        path = self._lake.report_path(experiment)
        async with self._writing:
            if not path.exists() or path.stat().st_mtime < newest_results[experiment]:
                await self._write(experiment)
        return path

    async def _write(self, experiment: str) -> None:
        # Drawing takes seconds and a hundred megabytes that nobody else here needs: a process for each.
        with ProcessPoolExecutor(1, _SPAWN) as pool:
            writing = asyncio.get_running_loop().run_in_executor(pool, _written, self._lake.root, experiment)
            try:
                problem = await writing
            except BrokenProcessPool as error:
                raise Unavailable(what="the report", problem="the process that drew it died") from error
        if problem:
            raise QmError(problem)


def _written(lake_root: Path, experiment: str) -> str:
    """What went wrong; empty where the report is there."""
    from qm_harness.report.write import write_report

    try:
        write_report(Lake(lake_root), experiment)
    except QmError as error:
        return str(error)
    return ""
