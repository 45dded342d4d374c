"""Whether a request may pass: its origin, its token, and that no token is in its URL. Pure.

A browser sends ``Origin`` with every WebSocket and with every request that can change something; what sends none is no
browser, and passes. Tokens are compared in constant time, all of them, whichever fits.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Literal
from urllib.parse import unquote_plus, urlsplit

from qmcore.errors import ConfigError, NotAuthorised, OriginRefused, QmError, TokenInUrl
from qmcore.service.access.settings import AccessSettings
from qmcore.tokens import PROTOCOL_PREFIX, token_of_protocol

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_TOKEN_NAMES: Final = frozenset({"token", "access_token", "auth_token", "bearer", "authorization", "api_key"})
_OPEN_METRICS: Final = frozenset({"/ready", "/metrics"})
_DESCRIPTIONS: Final = frozenset({"/docs", "/redoc", "/openapi.json"})
_DEFAULT_PORT: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request or a handshake, as far as access needs it; of a header that came several times, each value."""

    kind: Literal["http", "websocket"]
    method: str
    path: str
    query: str
    origins: Sequence[str] = ()
    host: str = ""
    authorizations: Sequence[str] = ()
    subprotocols: Sequence[str] = ()


class AccessRules:
    """Made once from the settings. Raises ConfigError."""

    def __init__(self, settings: AccessSettings, *, pages: bool = False) -> None:
        """``pages``: what is no API is a page, which needs no token, because it is what asks for one."""
        self._tokens = tuple(token.encode() for token in settings.accepted_tokens)
        self._open_metrics, self._pages = settings.open_metrics, pages
        listed = [part.strip() for part in settings.allowed_origins.split(",") if part.strip()]
        self._any_origin = "*" in listed
        self._origins = frozenset(_listed_origin(origin) for origin in listed if origin != "*")

    def refusal(self, asked: Asked) -> QmError | None:
        """Why it may not pass, in words; None where it may."""
        if _names_token(asked.query):
            return TokenInUrl()
        changes = asked.kind == "websocket" or asked.method not in _SAFE_METHODS
        if changes and asked.origins and not self._origin_passes(asked):
            return OriginRefused(origin=", ".join(asked.origins))
        if self._tokens and not self._is_open(asked):
            return self._token_refusal(asked)
        return None

    def _origin_passes(self, asked: Asked) -> bool:
        if self._any_origin:
            return True
        origin = _parsed_origin(asked.origins[0]) if len(asked.origins) == 1 else None
        if origin is None:
            return False
        if self._origins:
            return origin in self._origins
        _, host, _ = origin
        return _is_loopback(host) or _same_origin(origin, asked.host)

    def _is_open(self, asked: Asked) -> bool:
        if asked.kind == "websocket" or asked.method == "OPTIONS":
            return False
        path = asked.path
        if path == "/health" or (self._open_metrics and path in _OPEN_METRICS):
            return True
        api = path == "/v1" or path.startswith("/v1/") or path in _DESCRIPTIONS or path in _OPEN_METRICS
        api = api or path.startswith("/docs/")
        return self._pages and not api and asked.method in ("GET", "HEAD")

    def _token_refusal(self, asked: Asked) -> NotAuthorised | None:
        shown = list(asked.authorizations)
        words = [value.partition(" ") for value in shown]
        tokens: list[str | None] = [t.strip() if s.lower() == "bearer" else None for s, _, t in words]
        if asked.kind == "websocket":
            tokens += [token_of_protocol(p) for p in asked.subprotocols if p.startswith(PROTOCOL_PREFIX)]
        if not tokens:
            return NotAuthorised("a token is needed and none was shown")
        if len(tokens) > 1:
            return NotAuthorised("more than one token was shown")
        if tokens[0] is None:
            return NotAuthorised("what was shown is no bearer token")
        given = tokens[0].encode("utf-8", "surrogateescape")
        fits = False
        for token in self._tokens:
            fits |= hmac.compare_digest(given, token)
        return None if fits else NotAuthorised("the token that was shown is not accepted")


Origin = tuple[str, str, int | None]


def _parsed_origin(text: str) -> Origin | None:
    """Scheme, host, port; None for ``null`` and for what is no origin."""
    try:
        parts = urlsplit(text.strip())
        scheme, host, port = parts.scheme.lower(), (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if not scheme or not host or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        return None
    return scheme, host, port or _DEFAULT_PORT.get(scheme)


def _listed_origin(text: str) -> Origin:
    origin = _parsed_origin(text.rstrip("/"))
    if origin is None:
        raise ConfigError(
            source="environment",
            field="QM_ALLOWED_ORIGINS",
            problem=f"{text!r} is no origin",
            allowed="e.g. https://charts.example.org,http://10.0.0.5:8080, or *",
        )
    return origin


def _same_origin(origin: Origin, host_header: str) -> bool:
    scheme, host, port = origin
    # The scheme is the page's: a proxy in front may have taken TLS off.
    return _parsed_origin(f"{scheme}://{host_header}") == (scheme, host, port)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _names_token(query: str) -> bool:
    names = (unquote_plus(part.partition("=")[0]).lower() for part in query.split("&"))
    return any(name in _TOKEN_NAMES for name in names)
