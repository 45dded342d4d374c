"""The dataset id: what a dataset contains, said by its name.

``{symbol}_{yyyymmdd}_{start}_{end}__{name}__{hash8}`` (SPEC section 6). The hash covers the code and
everything resolved that reaches a bin; signal, projection and stream schema do not, since a dataset holds all
columns and no signal.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Final

from pydantic import JsonValue

from qm_harness.manifest import FORMAT_VERSION
from qmcore.config.instrument import ProjectionConfig
from qmcore.config.runtime import RuntimeConfig
from qmcore.pipeline import code_version

_NOT_IN_A_BIN: Final = frozenset({"signal", "stream_schema", *ProjectionConfig.model_fields})


def reaches_a_bin(config: RuntimeConfig) -> dict[str, JsonValue]:
    """The fields of ``config`` that decide what is in a bin."""
    return config.model_dump(mode="json", exclude=set(_NOT_IN_A_BIN))


def dataset_id(name: str, config: RuntimeConfig) -> str:
    """The id of the dataset that ``config`` makes, ``name`` being its pipeline's."""
    content = {
        "format": FORMAT_VERSION,
        "code": code_version(),
        "config": reaches_a_bin(config),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    start, end = (re.sub(r"[:.]", "", t) for t in (config.start_time, config.end_time))
    symbol = re.sub(r"[^A-Za-z0-9._!-]", "-", config.symbol)
    return (
        f"{symbol}_{config.dt:%Y%m%d}_{start}_{end}__{name}__{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    )
