"""How a WebSocket is closed: codes of RFC 6455 and IANA's registry, and reasons that fit into a close frame."""

from __future__ import annotations

from typing import Final

NORMAL: Final = 1000
POLICY: Final = 1008
COME_AGAIN: Final = 1012
TRY_AGAIN: Final = 1013

MAX_REASON_BYTES: Final = 123


def fit_reason(reason: str) -> str:
    """``reason`` cut to what a close frame can hold."""
    if len(reason.encode()) <= MAX_REASON_BYTES:
        return reason
    return reason.encode()[: MAX_REASON_BYTES - 3].decode(errors="ignore") + "..."
