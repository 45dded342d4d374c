"""Where the registry listens and what it stores into; from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from qmcore.service import ServiceSettings


class RegistrySettings(ServiceSettings):
    """Settings of the registry: ``QM_REGISTRY_HOST``, ``_PORT``, ``_URL`` and ``QM_LAKE``."""

    registry_host: str = Field(default="127.0.0.1", description="address to listen on")
    registry_port: int = Field(default=8003, ge=0, le=65535, description="port; 0 takes a free one")
    registry_url: str | None = Field(
        default=None, description="SQLAlchemy URL of the database; left out, embedded SQLite in the lake"
    )
    lake: Path | None = Field(
        default=None, description="the lake; left out ./lake, or none when registry_url names a database"
    )

    @property
    def lake_root(self) -> Path | None:
        """The lake that gets the YAML copies, None where only a database was named."""
        if self.lake is None and self.registry_url is not None:
            return None
        return self.lake if self.lake is not None else Path("lake")
