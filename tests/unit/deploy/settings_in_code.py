"""Every setting there is: fields of the settings models, variables that code reads by itself, variables of the compose
file; found in the sources, so that a new one cannot be missed."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import yaml
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

REPOSITORY: Final = Path(__file__).parents[3]
SOURCES: Final = sorted(
    folder
    for pattern in ("libs/*/src", "services/*/src", "deploy/local/src")
    for folder in REPOSITORY.glob(pattern)
)
_MODEL: Final = re.compile(r"^class \w+\((?:\w+, )*\w*Settings\b", re.MULTILINE)
_READ: Final = re.compile(
    r"""(?:envvar=|environ\.get\(|environ\[|getenv\(|_ENV(?:: Final)? = )\s*"([A-Z]\w+)\""""
)
_COMPOSE: Final = re.compile(r"\$\{(\w+):-([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a settings model."""

    variable: str
    default: str
    description: str


def _python_files() -> Iterator[tuple[Path, Path]]:
    for root in SOURCES:
        for path in sorted(root.rglob("*.py")):
            yield root, path


def _models() -> set[type[BaseSettings]]:
    for root, path in _python_files():
        if _MODEL.search(path.read_text()):
            importlib.import_module(".".join(path.relative_to(root).with_suffix("").parts))
    found: set[type[BaseSettings]] = set()
    waiting = [BaseSettings]
    while waiting:
        for model in waiting.pop().__subclasses__():
            if model.__module__.startswith("qm"):
                found.add(model)
            waiting.append(model)
    return found


@cache
def model_settings() -> list[Setting]:
    """Every field of every settings model, as its environment variable."""
    settings = set()
    for model in _models():
        prefix = str(model.model_config.get("env_prefix", ""))
        for name, field in model.model_fields.items():
            default = "" if field.default in (None, PydanticUndefined) else field.default
            settings.add(Setting((prefix + name).upper(), _text(default), field.description or ""))
    return sorted(settings, key=lambda setting: (setting.variable, setting.default))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple, set, frozenset)):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


@cache
def variables_read_by_code() -> set[str]:
    """Variables that commands and modules read without a settings model."""
    return {name for _, path in _python_files() for name in _READ.findall(path.read_text())}


@cache
def compose_variables() -> dict[str, str]:
    """Variables of docker-compose.yml with their defaults, which are the same wherever one is used."""
    defaults: dict[str, str] = {}
    for name, default in _COMPOSE.findall((REPOSITORY / "docker-compose.yml").read_text()):
        assert defaults.setdefault(name, default) == default, f"two defaults of {name} in docker-compose.yml"
    return defaults


@cache
def compose_fixed() -> set[str]:
    """Variables that docker-compose.yml sets by itself in some container of ours."""
    services = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]
    return {name for service in services.values() for name in service.get("environment", {})}
