"""Settings of access. By default: no token, the page's own origin and loopback pages, generous limits."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from qmcore.tokens import read_tokens


class AccessSettings(BaseSettings):
    """Read from ``QM_<FIELD>``."""

    model_config = SettingsConfigDict(env_prefix="QM_", frozen=True, extra="forbid")

    token: SecretStr | None = Field(
        None,
        description="bearer token that clients have to show, and that services and commands show each other",
    )
    tokens: Path | None = Field(
        None,
        description="file of bearer tokens that are accepted, one a line; without QM_TOKEN its first is shown",
    )
    open_metrics: bool = Field(
        True, description="whether /ready and /metrics need no token; /health never needs one"
    )
    allowed_origins: str = Field(
        "",
        description="origins whose pages may use the service, separated by commas, or *; "
        "left out: the service's own origin and pages of this machine",
    )
    trusted_proxies: str = Field(
        "",
        description="addresses or networks, separated by commas, whose X-Forwarded-For is believed",
    )
    address_sockets: int = Field(
        1000,
        ge=1,
        description="most WebSocket connections of one address at a time; more are closed with 1013",
    )
    address_requests_per_second: float = Field(
        500.0,
        gt=0,
        description="REST requests a second of one address, in the long run; more are answered with 429",
    )
    address_request_burst: int = Field(
        2000, ge=1, description="REST requests of one address at once, before the rate counts"
    )

    @property
    def accepted_tokens(self) -> tuple[str, ...]:
        """Every token that is accepted; none where access is free. Raises ConfigError."""
        return read_tokens(self.token.get_secret_value() if self.token else None, self.tokens)

    @property
    def own_token(self) -> str | None:
        """The token to show to other services. Raises ConfigError."""
        return next(iter(self.accepted_tokens), None)
