"""Signals by name: which there are, what parameters they take, and making one.

Signals are found by the entry point group ``qm.signals``, so a user's package can add its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from qmcore.config.base import Spec
from qmcore.config.runtime import ParamValue, RuntimeConfig, SignalSpec
from qmcore.errors import ConfigError, NotFound
from qmcore.signals.base import Signal
from qmcore.signals.trained import Artifacts, TrainedSignal, from_artifact

_WEIGHT = "_weight"
_LIMITS = (("ge", ">="), ("gt", ">"), ("le", "<="), ("lt", "<"))


@dataclass(frozen=True, slots=True)
class ParamInfo:
    """One parameter of a signal: its default, what is allowed, its unit and one line of documentation."""

    name: str
    default: ParamValue | None
    allowed: str
    unit: str
    doc: str


@dataclass(frozen=True, slots=True)
class SignalInfo:
    """What there is to know about a signal before it is used."""

    name: str
    doc: str
    unit: str
    source: str
    params: tuple[ParamInfo, ...]


@cache
def _points() -> dict[str, list[EntryPoint]]:
    """Entry points by name; only what is asked for is loaded, so that a broken package breaks its own signals."""
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group="qm.signals"):
        found.setdefault(point.name, []).append(point)
    return found


def names() -> list[str]:
    """Every signal that can be served, sorted."""
    return sorted(_points())


@cache
def kind_of(name: str) -> type[Signal[Any]]:
    """The class of a signal.

    Raises NotFound naming those there are; ConfigError where its package cannot be used or two claim the name.
    """
    points = _points().get(name)
    if not points:
        raise NotFound(kind="signal", name=name, available=names())
    values = sorted({point.value for point in points})
    if len(values) > 1:
        raise ConfigError(source=f"signal {name}", field="", problem=f"claimed by {' and by '.join(values)}")
    try:
        kind = points[0].load()
    except Exception as error:
        problem = f"entry point {values[0]} cannot be loaded: {error!r}"
        raise ConfigError(source=f"signal {name}", field="", problem=problem) from error
    if not (isinstance(kind, type) and issubclass(kind, Signal)):
        problem = f"entry point {values[0]} is not a subclass of qmcore.signals.Signal"
        raise ConfigError(source=f"signal {name}", field="", problem=problem)
    return kind


def forget_packages() -> None:
    """Look for packages anew when next asked: one was installed while this process ran."""
    _points.cache_clear()
    kind_of.cache_clear()


def describe(name: str) -> SignalInfo:
    """A signal's documentation and parameters. Raises NotFound."""
    kind = kind_of(name)
    params = tuple(_describe(key, field) for key, field in kind.Params.model_fields.items())
    doc = (kind.__doc__ or "").strip().split("\n")[0]
    return SignalInfo(name=name, doc=doc, unit=kind.unit, source=kind.source, params=params)


def create(spec: SignalSpec, config: RuntimeConfig, artifacts: Artifacts | None = None) -> Signal[Any]:
    """Make the signal of ``spec`` for bins made with ``config``; a trained one takes its models from ``artifacts``.

    ``weights: {x: v}`` is another spelling of the parameter ``x_weight``. Raises NotFound, CorruptData, or ConfigError
    naming the field and what is allowed.
    """
    kind = kind_of(spec.name)
    params = parse_params(kind, spec.params, spec.weights)
    if issubclass(kind, TrainedSignal):
        return from_artifact(kind, params, config, spec.artifact, artifacts)
    if spec.artifact is not None:
        raise _refusal(kind, "artifact", "is not trained: it takes no artifact", "")
    return kind(params, config)


def parse_params(
    kind: type[Signal[Any]], params: Mapping[str, ParamValue], weights: Mapping[str, float] | None = None
) -> Spec:
    """Parameters of a signal, checked. Raises ConfigError naming the parameter and what is allowed."""
    fields = kind.Params.model_fields
    given = dict(params)
    for name, weight in (weights or {}).items():
        key = name + _WEIGHT
        if key not in fields or key in given:
            problem = "unknown weight" if key not in fields else f"given twice, {key} is a parameter as well"
            allowed = [field.removesuffix(_WEIGHT) for field in fields if field.endswith(_WEIGHT)]
            raise _refusal(kind, f"weights.{name}", problem, ", ".join(allowed) or "no weights")
        given[key] = weight
    try:
        return kind.Params.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        if name not in fields:
            everything = ", ".join(fields) or "no parameters"
            problem = "unknown parameter" if name else first["msg"].removeprefix("Value error, ")
            raise _refusal(kind, name, problem, everything if name else "") from error
        problem = f"{first['msg']} (got {first['input']!r})"
        raise _refusal(kind, name, problem, _allowed(fields[name])) from error


def _refusal(kind: type[Signal[Any]], field: str, problem: str, allowed: str) -> ConfigError:
    return ConfigError(source=f"signal {kind.name}", field=field, problem=problem, allowed=allowed)


def _describe(name: str, field: FieldInfo) -> ParamInfo:
    extra = field.json_schema_extra
    unit = extra.get("unit", "1") if isinstance(extra, dict) else "1"
    return ParamInfo(name, field.get_default(), _allowed(field), str(unit), field.description or "")


def _allowed(field: FieldInfo) -> str:
    """The type and range of a parameter in words: ``int, >= 2, <= 8192``."""
    kind, metadata = field.annotation, list(field.metadata)
    options = [part for part in get_args(kind) if part is not type(None)]
    optional = len(options) == 1 and get_origin(kind) is not Literal
    if optional:
        kind = options[0]
    while get_origin(kind) is Annotated:
        kind, *more = get_args(kind)
        metadata += more
    limits = [
        f"{sign} {getattr(entry, key):g}"
        for holder in metadata
        for entry in (*getattr(holder, "metadata", ()), holder)
        for key, sign in _LIMITS
        if getattr(entry, key, None) is not None
    ]
    if get_origin(kind) is Literal:
        words = " or ".join(str(value) for value in get_args(kind))
    else:
        words = kind.__name__ if isinstance(kind, type) else str(kind)
    return ", ".join([words, *limits]) + (", or left out" if optional else "")
