"""From a serving's file to everything resolved: ServingSpec -> PipelineSpec -> instrument.yaml, on disk."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from qmcore.config.base import load_spec
from qmcore.config.instrument import InstrumentConfig, load_instrument
from qmcore.config.pipeline import PipelineSpec
from qmcore.config.resolve import resolve_config
from qmcore.config.runtime import RuntimeConfig, canonical_json
from qmcore.config.serving import ServingSpec
from qmcore.errors import ConfigError
from qmcore.lake import Lake

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class ServingChain:
    """A serving with what it stands on, and the runtime that they resolve to."""

    instrument: InstrumentConfig
    pipeline: PipelineSpec
    serving: ServingSpec
    runtime: RuntimeConfig

    @property
    def config_hash(self) -> str:
        """SHA-256 over the three files' content as it was understood."""
        documents = (self.instrument, self.pipeline, self.serving)
        return hashlib.sha256(
            "\n".join(canonical_json(document) for document in documents).encode()
        ).hexdigest()


def find_pipeline(serving: ServingSpec, serving_path: Path, lake_root: Path) -> PipelineSpec:
    """The pipeline that ``serving`` names: a name in the lake, or a path beside the serving's file.

    Raises NotFound or ConfigError.
    """
    if not _NAME.fullmatch(serving.pipeline):
        return load_spec(PipelineSpec, serving_path.parent / serving.pipeline)
    path = Lake(lake_root).config_dir("pipelines") / f"{serving.pipeline}.yaml"
    spec = load_spec(PipelineSpec, path)
    if spec.name != serving.pipeline:
        raise ConfigError(
            source=str(path),
            field="name",
            problem=f"is {spec.name!r}, unlike its file",
            allowed=serving.pipeline,
        )
    return spec


def load_serving_chain(serving_path: Path, lake_root: Path) -> ServingChain:
    """Read and resolve the serving's file. Raises NotFound, ConfigError or InstrumentMismatch."""
    serving = load_spec(ServingSpec, serving_path)
    pipeline = find_pipeline(serving, serving_path, lake_root)
    instrument = load_instrument(lake_root)
    runtime = resolve_config(
        instrument, pipeline, serving, source=f"{serving_path} with pipeline {pipeline.name}"
    )
    return ServingChain(instrument, pipeline, serving, runtime)
