"""Settings that every service on the bus has, read from the environment with the prefix ``QM_``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings

from qmcore.errors import ConfigError
from qmcore.redaction import hide, hide_url_password, redacted
from qmcore.service.access.settings import AccessSettings


class ServiceSettings(AccessSettings):
    """Frozen; every field can be set by ``QM_<FIELD>``."""

    nats_url: str = Field(
        "nats://127.0.0.1:4222", description="the NATS server, with credentials if it wants them"
    )
    redis_url: str = Field("redis://127.0.0.1:6379/0", description="the Redis server")
    log_format: Literal["plain", "json"] = Field(
        "plain", description="one JSON object a line, or text for people"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="least severe level logged"
    )
    health_host: str = Field("127.0.0.1", description="address of /health, /ready and /metrics")
    health_port: int = Field(
        0, ge=0, le=65535, description="port of /health, /ready and /metrics; 0: no server"
    )


SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def load_settings(model: type[SettingsT], chosen: Mapping[str, object] | None = None) -> SettingsT:
    """Read ``model`` from the environment; what is ``chosen`` (and not None) goes before it.

    Raises ConfigError naming the variable.
    """
    given: dict[str, Any] = {name: value for name, value in (chosen or {}).items() if value is not None}
    try:
        return model(**given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        prefix = str(model.model_config.get("env_prefix", ""))
        field = prefix + "_".join(str(part) for part in first["loc"]).upper()
        got = "(hidden)" if _is_secret(field) else repr(first["input"])
        problem = redacted(f"{first['msg']} (got {got})")
        raise ConfigError(source="environment", field=field, problem=problem) from error


def _is_secret(variable: str) -> bool:
    return variable.endswith(("_TOKEN", "_URL", "_PASSWORD", "_SECRET"))


def hide_secrets(settings: AccessSettings) -> None:
    """From now on no log and no answer says a token or the password of a URL of ``settings``. Raises ConfigError."""
    for token in settings.accepted_tokens:
        hide(token)
    for value in dict(settings).values():
        if isinstance(value, str):
            hide_url_password(value)
