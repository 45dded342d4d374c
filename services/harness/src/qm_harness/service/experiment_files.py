"""The experiments of the lake: their files, and for one that was only ever submitted, that of its newest job."""

from __future__ import annotations

from pathlib import Path

from qm_harness.service.job_files import JobFiles
from qmcore.config.base import load_spec
from qmcore.config.experiment import ExperimentSpec
from qmcore.config.serving import ServingSpec
from qmcore.contracts.experiments import ExperimentSummary
from qmcore.errors import NotFound, QmError
from qmcore.lake import Lake


class ExperimentFiles:
    """Reads each file again only when it has changed."""

    def __init__(self, lake: Lake, jobs: JobFiles) -> None:
        self._lake, self._jobs = lake, jobs
        self._read: dict[Path, tuple[tuple[int, int], ExperimentSummary]] = {}

    def path(self, experiment: str) -> Path:
        """The file of an experiment. Raises NotFound."""
        path = self._folder / f"{experiment}.yaml"
        if path.is_file():
            return path
        for job in self._jobs.jobs():
            if job.experiment == experiment:
                return self._jobs.experiment_file(job.job_id)
        raise NotFound(kind="experiment file", name=experiment, available=[p.stem for p in self.paths()])

    def paths(self) -> list[Path]:
        """Files of the lake, by name."""
        return sorted(self._folder.glob("*.yaml"))

    def summary(self, path: Path) -> ExperimentSummary:
        """What a file of the lake says; one that is refused says why."""
        status = path.stat()
        signature = status.st_mtime_ns, status.st_size
        kept = self._read.get(path)
        if kept is None or kept[0] != signature:
            kept = signature, self._summary(path)
            self._read[path] = kept
        return kept[1]

    def _summary(self, path: Path) -> ExperimentSummary:
        bare = ExperimentSummary(name=path.stem, in_lake=True, runs=0, failed_runs=0)
        try:
            spec = load_spec(ExperimentSpec, path)
        except QmError as error:
            return bare.model_copy(update={"error": str(error)})
        return bare.model_copy(
            update={
                "serving": spec.serving,
                "signals": tuple(spec.sweep.per_signal) or self._signal_of(spec.serving),
                "search": spec.sweep.search,
                "thresholds": len(spec.eval.thresholds),
            }
        )

    def _signal_of(self, serving: str) -> tuple[str, ...]:
        try:
            return (load_spec(ServingSpec, self._lake.config_dir("serving") / f"{serving}.yaml").signal.name,)
        except QmError:
            return ()  # a path, or a file that is refused once the experiment is submitted

    @property
    def _folder(self) -> Path:
        return self._lake.config_dir("experiments")
