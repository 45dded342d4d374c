"""Bearer tokens: what one looks like, where a process has its own, and how it travels. Pure but for ``read_tokens``.

A token is never part of a URL: it goes in the header ``Authorization: Bearer <token>``, or, where a browser opens a
WebSocket and cannot set headers, as the subprotocol ``bearer.<base64url of the token, without padding>``.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from qmcore.errors import ConfigError

PROTOCOL_PREFIX: Final = "bearer."
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]{16,512}={0,2}")
_ALLOWED: Final = "16 to 512 of the letters, digits and ._~+/- (make one by: openssl rand -hex 32)"


def checked_token(token: str, source: str) -> str:
    """``token`` where it can be one. Raises ConfigError, which does not repeat it."""
    if not _TOKEN.fullmatch(token):
        raise ConfigError(source=source, field="", problem="is no token (hidden)", allowed=_ALLOWED)
    return token


def read_tokens(token: str | None, file: Path | None) -> tuple[str, ...]:
    """All tokens that are accepted, the process's own first: ``token``, then the lines of ``file``. Raises ConfigError.

    Empty lines of the file, and those that begin with ``#``, are left out.
    """
    found = [checked_token(token, "QM_TOKEN")] if token else []
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            problem = f"{file} cannot be read: {type(error).__name__}"
            raise ConfigError(source="environment", field="QM_TOKENS", problem=problem) from error
        listed = [(n, line.strip()) for n, line in enumerate(lines, 1)]
        found += [checked_token(t, f"{file}: line {n}") for n, t in listed if t and not t.startswith("#")]
        if not found:
            problem = f"{file} holds no token"
            raise ConfigError(source="environment", field="QM_TOKENS", problem=problem, allowed=_ALLOWED)
    return tuple(dict.fromkeys(found))


def own_token(environment: Mapping[str, str] | None = None) -> str | None:
    """The token that a command shows to services: QM_TOKEN, else the first one of the file QM_TOKENS."""
    given = os.environ if environment is None else environment
    file = given.get("QM_TOKENS")
    tokens = read_tokens(given.get("QM_TOKEN"), Path(file) if file else None)
    return tokens[0] if tokens else None


def bearer_headers(token: str | None) -> dict[str, str]:
    """The request header that shows ``token``; none without one."""
    return {"authorization": f"Bearer {token}"} if token else {}


def bearer_protocol(token: str) -> str:
    """The WebSocket subprotocol that shows ``token``."""
    return PROTOCOL_PREFIX + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")


def token_of_protocol(protocol: str) -> str | None:
    """The token that a subprotocol shows; None where it is none or cannot be read."""
    text = protocol.removeprefix(PROTOCOL_PREFIX)
    if text == protocol or not re.fullmatch(r"[A-Za-z0-9_-]{1,800}", text):
        return None
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
