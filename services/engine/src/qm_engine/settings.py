"""Settings of the engine service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from qmcore.service.tracing import TracedSettings


class EngineSettings(TracedSettings):
    """Read from ``QM_<FIELD>``."""

    lake: Path = Field(Path("lake"), description="the data folder, where the models of trained signals are")
    engine_slots: int = Field(4, ge=1, le=256, description="most sessions that this process runs at once")
    checkpoint_seconds: float = Field(10.0, gt=0, description="time between two checkpoints of a session")
    grid_retention_bins: int = Field(6000, ge=10, description="bins of a session that stay in the broker")
    feed_window: int = Field(
        128, ge=2, le=400, description="batches of records that may be under way to the engine"
    )
    session_keep_seconds: float = Field(
        3600.0, gt=0, description="how long a finished session stays viewable"
    )
