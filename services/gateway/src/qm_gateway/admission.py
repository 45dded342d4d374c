"""Who may watch what: a WebSocket handshake's query and subprotocols, read strictly. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from qmcore.contracts.registry import check_alias_or_id
from qmcore.errors import ConfigError

PROTOCOL: Final = "qmachina.v1"
_RESUME: Final = re.compile(r"resume\.([a-z0-9]{8,40})\.(-1|\d{1,18})")


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """A returning viewer has everything up to ``bin_seq`` of a session."""

    session_id: str
    bin_seq: int


@dataclass(frozen=True, slots=True)
class Admission:
    """What the viewer wants, and the subprotocol to answer with."""

    serving: str
    resume: ResumePoint | None
    subprotocol: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the viewer cannot have it; the connection is closed with 1008 and these words."""

    reason: str
    subprotocol: str | None


def admit(query: bytes, offered: Sequence[str]) -> Admission | Refusal:
    """Read ``query`` (as it stands in the URL) and the subprotocols that the viewer offered."""
    resumes = [protocol for protocol in offered if protocol.startswith("resume.")]
    # A browser refuses an answer without one of the subprotocols that it offered.
    subprotocol = PROTOCOL if PROTOCOL in offered else resumes[0] if resumes else None
    serving: str | None = None
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name != "serving":
            return Refusal(f"unknown query parameter '{name}'; allowed: serving", subprotocol)
        if serving is not None:
            return Refusal("query parameter 'serving' is given twice", subprotocol)
        serving = value
    if not serving:
        return Refusal("query parameter 'serving' is missing: an alias or a serving id", subprotocol)
    try:
        check_alias_or_id(serving, "serving")
    except ConfigError:
        return Refusal(f"'{serving[:40]}' cannot name a serving: letters, digits, _ and - only", subprotocol)
    if len(resumes) > 1:
        return Refusal("more than one resume subprotocol", subprotocol)
    resume = None
    if resumes:
        match = _RESUME.fullmatch(resumes[0])
        if match is None:
            return Refusal("the resume subprotocol must be resume.<session>.<bin_seq>", subprotocol)
        resume = ResumePoint(match[1], int(match[2]))
    return Admission(serving, resume, subprotocol)
