"""Where the registry listens and what it stores into; from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from qm_registry.database import Database, sqlite_url
from qm_registry.store import RegistryStore
from qm_registry.version_files import VersionFiles

HARNESS = Path("research/harness")


class RegistrySettings(BaseSettings):
    """``QM_REGISTRY_HOST``, ``_PORT``, ``_URL`` and ``QM_LAKE``."""

    model_config = SettingsConfigDict(env_prefix="QM_REGISTRY_", frozen=True, populate_by_name=True)

    host: str = "127.0.0.1"
    port: int = Field(8003, ge=0, le=65535, description="0 takes a free port")
    url: str | None = Field(default=None, description="SQLAlchemy URL; left out, the lake's embedded SQLite")
    lake: Path | None = Field(
        None,
        validation_alias="QM_LAKE",
        description="the lake; left out it is ./lake, or none at all when url names a database",
    )

    @property
    def lake_root(self) -> Path | None:
        """The lake that gets the YAML copies, None where only a database was named."""
        if self.lake is None and self.url is not None:
            return None
        return self.lake if self.lake is not None else Path("lake")


def open_store(settings: RegistrySettings) -> RegistryStore:
    """The registry that ``settings`` describe, opened. Raises OptionError or Unavailable."""
    lake = settings.lake_root
    url = settings.url
    if url is None:
        assert lake is not None
        url = sqlite_url(lake / HARNESS / "serving_registry.sqlite")
    files = None if lake is None else VersionFiles(lake / HARNESS / "configs" / "serving_versions")
    return RegistryStore(Database(url), files)
