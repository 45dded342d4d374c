"""What a dataset says about itself: ``manifest.json`` and ``checksums.json``, as frozen models."""

from __future__ import annotations

import datetime as dt_
import hashlib
from pathlib import Path
from typing import Annotated, Final, Self, TypeVar

from pydantic import BaseModel, Field, ValidationError

from qmcore.config.base import Spec
from qmcore.config.runtime import RuntimeConfig
from qmcore.errors import CorruptData

BINS_FILE: Final = "bins.parquet"
GRID_FILE: Final = "grid_clean.parquet"
MANIFEST_FILE: Final = "manifest.json"
CHECKSUMS_FILE: Final = "checksums.json"

FORMAT_VERSION: Final = 1
"""Of the files' layout; a part of every dataset id."""

Count = Annotated[int, Field(ge=0)]
DocumentT = TypeVar("DocumentT", bound=BaseModel)


class SourceFile(Spec):
    """The market data that a dataset was made from."""

    name: str
    size: Count
    sha256: str
    dbn_version: int
    dataset: str = Field(description="Databento's name of the feed")
    start_ns: int = Field(description="start of what the file covers, by its metadata")
    end_ns: int | None = Field(description="end of it; null where the metadata does not say")


class Timings(Spec):
    """How long it took; says nothing about the content."""

    seconds: float
    events_per_second: float
    bins_per_second: float


class DatasetManifest(Spec):
    """Everything that is known about a dataset without reading its tables."""

    format_version: int = FORMAT_VERSION
    dataset_id: str
    name: str = Field(description="name of the PipelineSpec")
    created_at: dt_.datetime
    code_version: str
    config: RuntimeConfig
    source: SourceFile
    first_bin_start_ns: int
    last_bin_end_ns: int = Field(description="end of the last whole bin")
    bins: Count
    rows: Count = Field(description="rows of the grid table: bins times 2R + 1")
    bins_with_touch: Count = Field(description="bins whose mid_price is not 0")
    events: Count = Field(description="the instrument's records from the file's start to the last bin's end")
    anomalies: dict[str, Count] = Field(description="counters of the whole run, by name (docs/anomalies.md)")
    timings: Timings


class FileChecksum(Spec):
    """One file as it was written."""

    size: Count
    sha256: str

    @classmethod
    def of(cls, path: Path) -> Self:
        """Read ``path`` and take its checksum."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        return cls(size=path.stat().st_size, sha256=digest.hexdigest())


class Checksums(Spec):
    """``checksums.json``: every other file of the dataset."""

    files: dict[str, FileChecksum]


def read_document(model: type[DocumentT], path: Path) -> DocumentT:
    """A JSON file of a dataset. Raises CorruptData where it is missing or not as it was written."""
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise CorruptData(path=path, problem="is missing; the dataset is not whole") from None
    except (ValidationError, OSError) as error:
        raise CorruptData(path=path, problem=f"cannot be read ({error})") from error


def write_document(path: Path, document: BaseModel) -> None:
    """Write ``document`` as indented JSON."""
    path.write_text(document.model_dump_json(indent=2) + "\n", encoding="utf-8")
