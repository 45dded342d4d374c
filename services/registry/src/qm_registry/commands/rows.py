"""Rows that the commands print, and the audit trail as they print it."""

from __future__ import annotations

import datetime as dt_

from pydantic import JsonValue

from qmcore.cli_output import OutputFormat, print_rows
from qmcore.contracts.messages import Message
from qmcore.contracts.registry import Action, AuditEvent, Outcome, Page, ServingSummary


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


class AuditRow(Message):
    """A line of ``qm alias history`` and ``qm serving audit``: an event, its evidence as three figures."""

    seq: int
    at: dt_.datetime
    action: Action
    outcome: Outcome
    who: str
    why: str
    alias: str | None
    version: int | None
    from_id: str | None
    to_id: str | None
    run_id: str | None
    out_of_sample_mean_pnl_low: float | None
    holm_p: float | None
    override: str | None
    detail: str

    @classmethod
    def of(cls, event: AuditEvent) -> AuditRow:
        """The event on one line."""
        shown = event.model_dump(exclude={"evidence", "detail"})
        evidence = event.evidence
        return cls(
            **shown,
            detail=" ".join(event.detail.split()),
            run_id=evidence and evidence.run_id,
            out_of_sample_mean_pnl_low=evidence and evidence.out_of_sample_mean_pnl_low,
            holm_p=evidence and evidence.holm_p,
        )


def print_events(page: Page[AuditEvent], output_format: OutputFormat, columns: str | None) -> None:
    """A page of the audit trail: as json the events themselves, with all their evidence."""
    if output_format == "json":
        print_rows(page.items, AuditEvent, output_format, columns)
    else:
        print_rows([AuditRow.of(event) for event in page.items], AuditRow, output_format, columns)


class FieldRow(Message):
    """A line of ``qm serving show``."""

    field: str
    value: JsonValue
