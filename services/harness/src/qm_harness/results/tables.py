"""Rows of pydantic models as Arrow tables, and back: the model is the schema, a model inside it a struct.

A column that a later version adds is read from older parts as the field's default; one that this version does not
know is left aside.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin

import pyarrow as pa
from pydantic import AwareDatetime, BaseModel

_TYPES: Final[dict[object, pa.DataType]] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    AwareDatetime: pa.timestamp("us", tz="UTC"),
}

_ROWS_AT_ONCE: Final = 1024
"""Rows that are plain Python values at one time, beside the models made of them."""

RowT = TypeVar("RowT", bound=BaseModel)


def _arrow_type(annotation: Any) -> pa.DataType:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, types.UnionType):
        return _arrow_type(next(a for a in arguments if a is not type(None)))
    if origin is Literal:
        return _TYPES[type(arguments[0])]
    if origin is tuple:
        return pa.list_(_arrow_type(arguments[0]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return pa.struct(list(arrow_schema_of(annotation)))
    return _TYPES[annotation]


def arrow_schema_of(model: type[BaseModel]) -> pa.Schema:
    """One column a field."""
    return pa.schema([(name, _arrow_type(info.annotation)) for name, info in model.model_fields.items()])


def to_table(rows: Sequence[RowT], model: type[RowT]) -> pa.Table:
    """The rows in order."""
    return pa.Table.from_pylist([row.model_dump() for row in rows], schema=arrow_schema_of(model))


def from_table(table: pa.Table, model: type[RowT]) -> list[RowT]:
    """The rows in order, validated."""
    known = [name for name in table.column_names if name in model.model_fields]
    # Merging parts of two versions fills what the older one lacks with nulls.
    filled = {
        n for n, info in model.model_fields.items() if not info.is_required() and info.default is not None
    }
    return [
        model.model_validate(
            {name: value for name, value in row.items() if value is not None or name not in filled}
        )
        for batch in table.select(known).to_batches(max_chunksize=_ROWS_AT_ONCE)
        for row in batch.to_pylist()
    ]
