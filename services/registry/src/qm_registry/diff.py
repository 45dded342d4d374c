"""Field-by-field comparison of two runtime snapshots: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from qmcore.config.runtime import RuntimeConfig
from qmcore.contracts.registry import FieldDiff


def leaves(value: JsonValue, path: str = "") -> Iterator[tuple[str, JsonValue]]:
    """Dotted field names with their values; lists count as one value, an empty mapping too."""
    if isinstance(value, Mapping) and (value or not path):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    else:
        yield path, value


def diff_snapshots(a: RuntimeConfig, b: RuntimeConfig) -> tuple[FieldDiff, ...]:
    """What differs, in the order of the fields of ``a`` and then of those that only ``b`` has."""
    left = dict(leaves(a.model_dump(mode="json")))
    right = dict(leaves(b.model_dump(mode="json")))
    fields = [*left, *(field for field in right if field not in left)]
    return tuple(
        FieldDiff(field=field, a=left.get(field), b=right.get(field))
        for field in fields
        if left.get(field) != right.get(field)
    )
