"""Artifacts: trained models as files of the lake, each named by the SHA-256 of its bytes.

Guarantees: an artifact appears whole or not at all and is written once; ``load`` gives back exactly the bytes of the
name, or raises. What the bytes mean is the signal's to know (``qmcore.signals.models``). The engine loads, the harness
saves.
"""

from __future__ import annotations

import hashlib
from typing import Final

from qmcore.errors import BadInput, CorruptData, NotFound
from qmcore.lake import Lake, publish_file

LARGEST_BYTES: Final = 64 << 20
"""Of one artifact: a hundred models of the largest usual size."""


class ArtifactStore:
    """The artifacts of ``lake``. Making one touches no disk."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def save(self, data: bytes) -> str:
        """Keep ``data``; its name, 64 hex digits. Raises BadInput where it is larger than ``LARGEST_BYTES``."""
        if len(data) > LARGEST_BYTES:
            raise BadInput(f"an artifact has at most {LARGEST_BYTES} bytes; this one has {len(data)}")
        sha256 = hashlib.sha256(data).hexdigest()
        if not self.holds(sha256):
            publish_file(self._lake.artifact_path(sha256), data)
        return sha256

    def load(self, sha256: str) -> bytes:
        """The bytes of an artifact. Raises BadInput where this is no name, NotFound, or CorruptData."""
        path = self._lake.artifact_path(sha256)
        try:
            with path.open("rb") as file:
                data = file.read(LARGEST_BYTES + 1)
        except FileNotFoundError:
            raise NotFound(kind="artifact", name=sha256) from None
        except OSError as error:
            raise CorruptData(path=path, problem=f"cannot be read: {error}") from error
        if len(data) > LARGEST_BYTES:
            raise CorruptData(path=path, problem=f"is larger than {LARGEST_BYTES} bytes; refused")
        if hashlib.sha256(data).hexdigest() != sha256:
            raise CorruptData(path=path, problem="its content does not match its name; refused")
        return data

    def holds(self, sha256: str) -> bool:
        """Whether ``load`` would succeed."""
        try:
            self.load(sha256)
        except (BadInput, CorruptData):
            return False
        return True
