"""TypeScript of the messages: interfaces as the page sees them once decoded, and the table of shapes that its
validator works from. Only ``codegen`` calls this.
"""

from __future__ import annotations

import datetime as dt_
import json
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, JsonValue, PlainSerializer
from pydantic.fields import FieldInfo

from qmcore.config.runtime import RuntimeConfig
from qmcore.contracts import experiments, jobs, registry
from qmcore.contracts.bus_messages import SessionStatus
from qmcore.contracts.messages import GridUpdate, RuntimeConfigMessage, SessionEnd
from qmcore.contracts.problems import Problem

_STREAM: tuple[type[BaseModel], ...] = (RuntimeConfigMessage, GridUpdate, SessionEnd)
_REST: tuple[type[BaseModel], ...] = (
    Problem,
    SessionStatus,
    registry.Published,
    registry.Resolved,
    registry.PublishRequest,
    registry.PromoteRequest,
    registry.RollbackRequest,
    registry.ServingDiff,
    registry.Page[registry.ServingSummary],
    registry.Page[registry.AliasState],
    registry.Page[registry.AuditEvent],
    experiments.ExperimentList,
    jobs.JobSubmit,
    jobs.JobList,
    experiments.RunList,
    experiments.RunDetail,
    experiments.PromoteRun,
    experiments.PromotedRun,
)
_SCALARS: Mapping[object, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    dt_.date: "string",
    AwareDatetime: "string",
    JsonValue: "json",
}
_TS_OF_KIND = {"integer": "number", "int64": "bigint", "json": "unknown"}


@dataclass(frozen=True, slots=True)
class _Shape:
    """One field on the wire: its kind (a primitive or another message), and what is allowed."""

    kind: str
    many: bool = False
    optional: bool = False
    allowed: tuple[str, ...] = ()

    @property
    def typescript(self) -> str:
        words = [json.dumps(a) for a in self.allowed]
        kinds = [] if words and self.kind == "string" else [_TS_OF_KIND.get(self.kind, self.kind)]
        one = " | ".join([*kinds, *words])
        return f"readonly {one}[]" if self.many else one


def _name(model: type[BaseModel]) -> str:
    """The interface's name; what a serving froze is not the stream's message, which is called RuntimeConfig."""
    if model is RuntimeConfig:
        return "RuntimeSnapshot"
    of = model.__pydantic_generic_metadata__
    if of["origin"] is not None:
        return "".join(part.__name__ for part in (*of["args"], of["origin"]))
    return model.__name__.removesuffix("Message")


def _shape(annotation: Any, metadata: tuple[Any, ...] = ()) -> _Shape:
    """The shape of a Python annotation; an int that is serialised as a string is an int64."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _shape(arguments[0], (*metadata, *arguments[1:]))
    if origin in (Union, types.UnionType):
        inner = [_shape(a, metadata) for a in arguments if a is not type(None)]
        allowed = tuple(word for shape in inner for word in shape.allowed)
        return _Shape(inner[0].kind, inner[0].many, type(None) in arguments, allowed)
    if origin is Literal:
        return _Shape("string", allowed=tuple(str(a) for a in arguments))
    if origin is tuple:
        return _Shape(_shape(arguments[0]).kind, many=True)
    if origin is dict:
        return _Shape("json")
    if any(isinstance(m, PlainSerializer) for m in metadata):
        return _Shape("int64")
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _Shape(_name(annotation))
    return _Shape(_SCALARS[annotation], optional=annotation is JsonValue)


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo, _Shape]]:
    for name, info in model.model_fields.items():
        yield info.alias or name, info, _shape(info.annotation, tuple(info.metadata))


def _nested(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _nested(argument)


def _collect(model: type[BaseModel], found: dict[str, type[BaseModel]]) -> Mapping[str, type[BaseModel]]:
    """``model`` and every message inside it, each once, outer first."""
    found.setdefault(_name(model), model)
    for info in model.model_fields.values():
        for inner in _nested(info.annotation):
            _collect(inner, found)
    return found


def _models() -> Mapping[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    for root in (*_STREAM, *_REST):
        _collect(root, found)
    return found


def _interface(name: str, model: type[BaseModel]) -> Iterator[str]:
    described = model.__pydantic_generic_metadata__["origin"] or model
    yield f"/** {(described.__doc__ or name).strip().splitlines()[0]} */"
    yield f"export interface {name} {{"
    for field, info, shape in _fields(model):
        if info.description:
            yield f"  /** {info.description} */"
        mark = "?" if shape.optional else ""
        null = " | null" if shape.optional and shape.kind != "json" else ""
        yield f"  readonly {field}{mark}: {shape.typescript}{null};"
    yield "}"
    yield ""


def _row(field: str, shape: _Shape) -> str:
    parts = [f'name: "{field}"', f'kind: "{shape.kind}"']
    parts += ["list: true"] * shape.many + ["optional: true"] * shape.optional
    if shape.allowed:
        parts.append(f"allowed: [{', '.join(json.dumps(a) for a in shape.allowed)}]")
    return f"    {{ {', '.join(parts)} }},"


def message_lines() -> list[str]:
    """Lines of every interface, then of the table of shapes."""
    models = _models()
    lines = [line for name, model in models.items() for line in _interface(name, model)]
    lines += [
        "/** What a message looks like on the wire; the validator in messages.ts works from this table. */",
        "export interface FieldShape {",
        "  readonly name: string;",
        "  readonly kind: PrimitiveKind | ShapeName;",
        "  readonly list?: true;",
        "  /** May be missing or null. */",
        "  readonly optional?: true;",
        "  readonly allowed?: readonly string[];",
        "}",
        "",
        "export type ShapeName =",
        *(f'  | "{name}"{";" if name == list(models)[-1] else ""}' for name in models),
        "",
        "export const SHAPES: Readonly<Record<ShapeName, readonly FieldShape[]>> = {",
    ]
    for name, model in models.items():
        lines += [f"  {name}: [", *(_row(field, shape) for field, _, shape in _fields(model)), "  ],"]
    lines += [
        "};",
        "",
        '/** The text messages of a stream, by their "type". */',
        "export const STREAM_MESSAGES = {",
    ]
    lines += [f'  {root.model_fields["type"].default}: "{_name(root)}",' for root in _STREAM]
    lines += ["} as const satisfies Record<string, ShapeName>;", ""]
    return [*lines, f"export type StreamMessage = {' | '.join(_name(root) for root in _STREAM)};", ""]
