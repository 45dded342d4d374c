"""The immutable YAML copy of every published serving, ``serving_versions/<serving_id>.yaml``.

A file appears whole or not at all, is never written twice, and is compared with the database at
every load: one that says something else is refused with "hash mismatch". A missing file is no
damage, the database is the truth; it is written again at the next start or publication.
"""

from __future__ import annotations

import threading
from pathlib import Path

import yaml

from qm_registry.documents import sha256_hex
from qmcore.config.base import parse_spec
from qmcore.config.serving import PublishedServingSpec
from qmcore.errors import ConfigError, CorruptData
from qmcore.lake import publish_file

_HEADER = "# Published serving: immutable. The registry compares it with its hash at every load.\n"


class VersionFiles:
    """The folder of YAML copies; safe to share between threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sound: dict[str, tuple[str, PublishedServingSpec]] = {}
        self._lock = threading.Lock()

    def path(self, serving_id: str) -> Path:
        """Where the copy of ``serving_id`` lies (ids hold no dot or slash, so always in the folder)."""
        return self.folder / f"{serving_id}.yaml"

    def read(self, serving_id: str) -> PublishedServingSpec | None:
        """The verified content of the copy, None where there is none. Raises CorruptData."""
        path = self.path(serving_id)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CorruptData(path=path, problem=f"cannot be read: {error}") from error
        digest = sha256_hex(content)
        with self._lock:
            known = self._sound.get(serving_id)
        if known is not None and known[0] == digest:
            return known[1]
        spec = self._parse(path, content)
        if spec.serving_id != serving_id:
            raise CorruptData(path=path, problem=f"hash mismatch: it holds {spec.serving_id}; refused")
        with self._lock:
            self._sound[serving_id] = (digest, spec)
        return spec

    def verify(self, spec: PublishedServingSpec) -> None:
        """Raise CorruptData where the copy exists and differs from ``spec``."""
        copy = self.read(spec.serving_id)
        if copy is not None and copy != spec:
            raise CorruptData(
                path=self.path(spec.serving_id),
                problem="hash mismatch: it differs from the registry's record; refused",
            )

    def keep(self, spec: PublishedServingSpec) -> None:
        """Write the copy where it is missing; an existing one is verified and left alone."""
        if self.path(spec.serving_id).exists():
            self.verify(spec)
            return
        body = yaml.safe_dump(spec.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
        publish_file(
            self.path(spec.serving_id), (_HEADER + body).encode()
        )  # racing writers carry the same bytes
        self.path(spec.serving_id).chmod(0o444)

    @staticmethod
    def _parse(path: Path, content: bytes) -> PublishedServingSpec:
        try:
            return parse_spec(PublishedServingSpec, yaml.safe_load(content), str(path))
        except CorruptData as error:
            raise CorruptData(path=path, problem=error.problem) from error
        except (yaml.YAMLError, ConfigError) as error:
            raise CorruptData(
                path=path, problem=f"hash mismatch: it is no serving any more ({error}); refused"
            ) from error
