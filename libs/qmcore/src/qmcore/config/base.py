"""Reading configuration files: one base model and one loader, with errors that a user can act on."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from qmcore.errors import ConfigError, NotFound


class Spec(BaseModel):
    """Base of all configuration models: frozen, unknown keys and non-finite numbers refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


_LONGEST_ECHO = 200
SpecT = TypeVar("SpecT", bound=BaseModel)


def _describe(error: ValidationError, model: type[BaseModel]) -> tuple[str, str, str]:
    """Field, problem and allowed values of the first thing that is wrong."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    problem, allowed = first["msg"], ""
    if first["type"] == "extra_forbidden":
        owner: type[BaseModel] = model
        for part in first["loc"][:-1]:
            inner = owner.model_fields.get(str(part))
            if inner is None or not (
                isinstance(inner.annotation, type) and issubclass(inner.annotation, BaseModel)
            ):
                break
            owner = inner.annotation
        problem, allowed = "unknown key", ", ".join(owner.model_fields)
    elif first["type"] == "missing":
        problem = "required, but missing"
    else:
        got = repr(first["input"])
        problem = f"{problem} (got {got if len(got) <= _LONGEST_ECHO else got[:_LONGEST_ECHO] + ' ...'})"
    return field, problem, allowed


def parse_spec(model: type[SpecT], document: object, source: str) -> SpecT:
    """Validate ``document`` as ``model``; ConfigError names ``source``, the field and what is allowed."""
    if not isinstance(document, dict):
        raise ConfigError(source=source, field="", problem="must be a mapping of keys to values")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        field, problem, allowed = _describe(error, model)
        raise ConfigError(source=source, field=field, problem=problem, allowed=allowed) from error


def load_spec(model: type[SpecT], path: Path) -> SpecT:
    """Read a YAML file as ``model``. Raises NotFound or ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        there = sorted(p.name for p in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
        raise NotFound(kind="file", name=str(path), available=there) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(source=str(path), field="", problem=f"cannot be read: {error}") from error
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(source=str(path), field="", problem=f"not valid YAML: {error}") from error
    return parse_spec(model, document, str(path))
