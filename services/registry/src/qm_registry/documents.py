"""Servings as stored text: sealing them, and unsealing them with their hashes verified every time.

Parsing costs a millisecond, so parsed servings are remembered by the SHA-256 of their text: a changed
text has another digest and is verified afresh, which is why the memory can never hide a change.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

from pydantic import ValidationError

from qmcore.config.runtime import canonical_json
from qmcore.config.serving import PublishedServingSpec
from qmcore.errors import CorruptData

REMEMBERED = 1024


def sha256_hex(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def name_of(serving_id: str) -> str:
    """The name that a serving was published under: its id without the hash."""
    return serving_id.rsplit("-", 1)[0]


@dataclass(frozen=True, slots=True)
class SealedServing:
    """A serving as it lies in the database."""

    serving_id: str
    document: str
    document_sha256: str


def seal(spec: PublishedServingSpec) -> SealedServing:
    """The text to store for ``spec``, with its digest."""
    document = canonical_json(spec)
    return SealedServing(spec.serving_id, document, sha256_hex(document.encode()))


class Unsealer:
    """Turns stored text back into servings; safe to share between threads."""

    def __init__(self) -> None:
        self._parsed: OrderedDict[str, PublishedServingSpec] = OrderedDict()
        self._lock = threading.Lock()

    def unseal(self, sealed: SealedServing) -> PublishedServingSpec:
        """The serving, or CorruptData "hash mismatch" when text, digest and id do not belong together."""
        where = f"serving {sealed.serving_id}"
        digest = sha256_hex(sealed.document.encode("utf-8", "surrogateescape"))
        if digest != sealed.document_sha256:
            raise CorruptData(path=where, problem="hash mismatch: its stored text was changed; refused")
        with self._lock:
            spec = self._parsed.get(digest)
        if spec is None:
            spec = self._parse(sealed.document, where)
            with self._lock:
                self._parsed[digest] = spec
                if len(self._parsed) > REMEMBERED:
                    self._parsed.popitem(last=False)
        if spec.serving_id != sealed.serving_id:
            raise CorruptData(
                path=where, problem=f"hash mismatch: its text is that of {spec.serving_id}; refused"
            )
        return spec

    @staticmethod
    def _parse(document: str, where: str) -> PublishedServingSpec:
        try:
            return PublishedServingSpec.model_validate_json(document)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            raise CorruptData(
                path=where,
                problem=f"hash mismatch: its text is no serving ({field}: {first['msg']}); refused",
            ) from error
