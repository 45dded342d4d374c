"""Secrets stay out of logs, answers and error messages: passwords of URLs, and values that were named as secret.

``redacted`` is the last door before text leaves the process: log formatters, Problems and ``/ready`` go through it.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

HIDDEN: Final = "***"
SHORTEST: Final = 4
"""A shorter secret would tear holes into words; in a URL it is hidden all the same."""

_USERINFO: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<user>[^\s/?#'\"<>]*)@")
_known: set[str] = set()


def hide(secret: str) -> None:
    """Never say ``secret`` again, whatever it is part of."""
    if len(secret) >= SHORTEST:
        _known.update({secret, quote(secret, safe="")})


def hide_url_password(url: str) -> None:
    """Never say the password of ``url`` again; a user without a password is a token to NATS, and hidden as well."""
    for found in _USERINFO.finditer(url):
        user, colon, password = found["user"].partition(":")
        secret = password if colon else user
        hide(secret)
        hide(unquote(secret))


def redacted(text: str) -> str:
    """``text`` without the credentials of URLs and without any secret that is known."""
    if "://" in text:
        text = _USERINFO.sub(rf"\g<scheme>{HIDDEN}@", text)
    for secret in _known:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return text
