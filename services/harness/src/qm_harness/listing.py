"""What the harness's commands print about datasets, one row each."""

from __future__ import annotations

import datetime as dt_
from typing import Literal

from qm_harness.dataset import Dataset
from qm_harness.generate import Generated
from qmcore.config.base import Spec
from qmcore.errors import CorruptData
from qmcore.lake import Lake


class GeneratedRow(Spec):
    """What ``qm generate`` says."""

    dataset_id: str
    is_new: bool
    bins: int
    bins_with_touch: int
    rows: int
    events: int
    anomalies: int
    seconds: float
    path: str

    @classmethod
    def of(cls, result: Generated) -> GeneratedRow:
        """The row of ``result``."""
        manifest = result.dataset.manifest
        return cls(
            dataset_id=manifest.dataset_id,
            is_new=result.is_new,
            bins=manifest.bins,
            bins_with_touch=manifest.bins_with_touch,
            rows=manifest.rows,
            events=manifest.events,
            anomalies=sum(manifest.anomalies.values()),
            seconds=round(manifest.timings.seconds, 3),
            path=str(result.dataset.path),
        )


class DatasetRow(Spec):
    """What ``qm list-datasets`` says; all but id, state and problem are null where a dataset is damaged."""

    dataset_id: str
    state: Literal["ok", "damaged"]
    symbol: str | None = None
    dt: dt_.date | None = None
    start_time: str | None = None
    end_time: str | None = None
    bins: int | None = None
    events: int | None = None
    megabytes: float | None = None
    created_at: dt_.datetime | None = None
    problem: str | None = None


def dataset_rows(lake: Lake, *, verify: bool) -> list[DatasetRow]:
    """One row a dataset, sorted by id. ``verify`` reads the tables; else their sizes are compared."""
    return [_row(lake, dataset_id, verify) for dataset_id in lake.dataset_ids()]


def _row(lake: Lake, dataset_id: str, verify: bool) -> DatasetRow:
    try:
        dataset = Dataset.open(lake, dataset_id, contents=verify)
    except CorruptData as error:
        return DatasetRow(dataset_id=dataset_id, state="damaged", problem=str(error))
    manifest = dataset.manifest
    return DatasetRow(
        dataset_id=dataset_id,
        state="ok",
        symbol=manifest.config.symbol,
        dt=manifest.config.dt,
        start_time=manifest.config.start_time,
        end_time=manifest.config.end_time,
        bins=manifest.bins,
        events=manifest.events,
        megabytes=round(sum(p.stat().st_size for p in dataset.path.iterdir()) / 1e6, 1),
        created_at=manifest.created_at,
    )
