"""Settings of the harness's two processes."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from qmcore.service import ServiceSettings


class HarnessSettings(ServiceSettings):
    """Read from ``QM_<FIELD>``."""

    lake: Path = Field(Path("lake"), description="the data folder")
    harness_host: str = Field("127.0.0.1", description="address to listen on")
    harness_port: int = Field(8004, ge=0, le=65535, description="port of the harness's REST; 0: a free one")
    registry_endpoint: str = Field("http://127.0.0.1:8003", description="the registry's REST")
    harness_workers: int | None = Field(
        None, ge=1, le=1024, description="most processes for one job; left out: what its experiment says"
    )
    harness_progress_clients: int = Field(
        64, ge=1, le=10_000, description="most clients that follow the progress of jobs at once"
    )
