"""From a lake and a database URL to an open registry: for the service and for the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qm_registry.database import Database, sqlite_url
from qm_registry.local import LocalRegistry
from qm_registry.settings import RegistrySettings
from qm_registry.store import ChangeObserver
from qm_registry.version_files import VersionFiles
from qmcore.lake import Lake
from qmcore.registry_access import Registry
from qmcore.service import load_settings


def open_store(
    lake_root: Path | None, url: str | None = None, *, on_change: ChangeObserver | None = None
) -> LocalRegistry:
    """Open the registry of ``lake_root``, or that at ``url``; YAML copies are kept where there is a lake.

    Raises OptionError or Unavailable.
    """
    lake = None if lake_root is None else Lake(lake_root)
    if url is None:
        if lake is None:
            raise ValueError("a registry needs a lake, a database URL, or both")
        url = sqlite_url(lake.registry_path)
    files = None if lake is None else VersionFiles(lake.config_dir("serving_versions"))
    store = LocalRegistry(Database(url), files, on_change=on_change)
    store.restore_files()
    return store


@contextmanager
def lake_registry(lake_root: Path) -> Iterator[Registry]:
    """The registry of ``lake_root``, or that of QM_REGISTRY_URL; what ``qm.local_registry`` stands for.

    Raises OptionError, CorruptData or Unavailable.
    """
    store = open_store(lake_root, load_settings(RegistrySettings).registry_url)
    try:
        yield store
    finally:
        store.database.close()
