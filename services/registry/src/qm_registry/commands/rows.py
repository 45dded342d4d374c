"""Rows that the commands print."""

from __future__ import annotations

import datetime as dt_

from pydantic import JsonValue

from qmcore.contracts.messages import Message
from qmcore.contracts.registry import ServingSummary


class PublishedRow(Message):
    """What ``qm serving publish`` did."""

    serving_id: str
    created: bool
    alias: str | None
    version: int | None


class ServingRow(Message):
    """A line of ``qm serving list``."""

    serving_id: str
    symbol: str | None
    dt: dt_.date | None
    start_time: str | None
    end_time: str | None
    signal: str | None
    aliases: str
    registered_at: dt_.datetime
    error: str | None

    @classmethod
    def of(cls, item: ServingSummary) -> ServingRow:
        """The summary on one line."""
        return cls(
            serving_id=item.serving_id,
            symbol=item.symbol,
            dt=item.dt,
            start_time=item.start_time,
            end_time=item.end_time,
            signal=item.signal,
            aliases=" ".join(item.aliases),
            registered_at=item.registered_at,
            error=item.error,
        )


class FieldRow(Message):
    """A line of ``qm serving show``."""

    field: str
    value: JsonValue
