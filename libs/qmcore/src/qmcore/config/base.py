"""Reading configuration files: one base model and one loader, with errors that a user can act on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from qmcore.errors import ConfigError, NotFound

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


class Spec(BaseModel):
    """Base of all configuration models: frozen, unknown keys and non-finite numbers refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


_LONGEST_ECHO = 200
SpecT = TypeVar("SpecT", bound=BaseModel)


def _models_in(annotation: object) -> list[type[BaseModel]]:
    """The models that a type is made of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def _allowed_keys(error: ErrorDetails, model: type[BaseModel]) -> str:
    owner = model
    for part in error["loc"][:-1]:
        field = owner.model_fields.get(str(part))
        inner = [] if field is None else _models_in(field.annotation)
        owner = inner[0] if len(inner) == 1 else owner
    return ", ".join(owner.model_fields)


def _field(error: ErrorDetails, document: object) -> str:
    """Where it is in the document; of the error's path without what names a type and not a key."""
    path, here = [], document
    for part in error["loc"]:
        try:
            here = here[part]  # type: ignore[index]  # the except says what it may be
        except (KeyError, IndexError, TypeError):
            if error["type"] != "missing" or part != error["loc"][-1]:
                continue
        path.append(str(part))
    return ".".join(path)


def _described(error: ErrorDetails, model: type[BaseModel], document: object, source: str) -> ConfigError:
    """One thing that is wrong: its field, the problem and what is allowed."""
    problem, allowed = error["msg"].removeprefix("Value error, "), ""
    if error["type"] == "extra_forbidden":
        problem, allowed = "unknown key", _allowed_keys(error, model)
    elif error["type"] == "missing":
        problem = "required, but missing"
    else:
        got = repr(error["input"])
        problem = f"{problem} (got {got if len(got) <= _LONGEST_ECHO else got[:_LONGEST_ECHO] + ' ...'})"
    return ConfigError(source=source, field=_field(error, document), problem=problem, allowed=allowed)


def spec_problems(model: type[BaseModel], document: object, source: str) -> list[ConfigError]:
    """Everything that is wrong with ``document`` as ``model``; each names ``source``, the field and what is allowed."""
    if not isinstance(document, dict):
        return [ConfigError(source=source, field="", problem="must be a mapping of keys to values")]
    try:
        model.model_validate(document)
    except ValidationError as error:
        return [_described(one, model, document, source) for one in error.errors(include_url=False)]
    return []


def parse_spec(model: type[SpecT], document: object, source: str) -> SpecT:
    """Validate ``document`` as ``model``. Raises the first of its ``spec_problems``."""
    try:
        if isinstance(document, dict):
            return model.model_validate(document)
    except ValidationError as error:
        raise _described(error.errors(include_url=False)[0], model, document, source) from error
    raise ConfigError(source=source, field="", problem="must be a mapping of keys to values")


def read_yaml(path: Path) -> object:
    """The content of a YAML file. Raises NotFound or ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        there = sorted(p.name for p in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
        raise NotFound(kind="file", name=str(path), available=there) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(source=str(path), field="", problem=f"cannot be read: {error}") from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(source=str(path), field="", problem=f"not valid YAML: {error}") from error


def load_spec(model: type[SpecT], path: Path) -> SpecT:
    """Read a YAML file as ``model``. Raises NotFound or ConfigError."""
    return parse_spec(model, read_yaml(path), str(path))
