"""What ``qm run`` prints about an experiment that has ended."""

from __future__ import annotations

from pydantic import Field

from qm_harness.experiments.chain import ExperimentChain
from qm_harness.experiments.runner import Ended
from qmcore.config.base import Spec


class RunSummary(Spec):
    """One experiment."""

    experiment: str
    points: int
    reused: int = Field(description="points whose result was there already")
    finished: int
    failed: int = Field(description="of all points")
    seconds: float = Field(description="of the sweep, without making datasets")
    points_per_second: float

    @classmethod
    def of(cls, chain: ExperimentChain, ended: Ended) -> RunSummary:
        """The row of an experiment that ended so."""
        standing = ended.standing
        tried = standing.finished + standing.failed
        return cls(
            experiment=chain.spec.name,
            points=standing.total,
            reused=standing.reused,
            finished=standing.finished,
            failed=sum(ended.errors.values()),
            seconds=round(ended.seconds, 3),
            points_per_second=round(tried / ended.seconds, 1) if tried else 0.0,
        )
