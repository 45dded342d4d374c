"""Settings of the replay service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from qmcore.service import ServiceSettings


class ReplaySettings(ServiceSettings):
    """Read from ``QM_<FIELD>``."""

    lake: Path = Field(Path("lake"), description="the data folder")
    replay_feeds: int = Field(64, ge=1, description="most sessions that this process feeds at once")
