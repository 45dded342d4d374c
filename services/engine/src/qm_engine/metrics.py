"""Metrics of the engine process, over all its sessions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qmcore.service import ServiceMetrics


class EngineMetrics:
    """Counts what the sessions of this process do."""

    def __init__(self, sessions: Callable[[], float]) -> None:
        self.service = ServiceMetrics("engine")
        self.service.gauge("sessions", "sessions that this process runs", sessions)
        self._bins = self.service.counter("bins", "bins published")
        self._records = self.service.counter("records", "records processed")
        self._latency = self.service.histogram("bin_latency_seconds", "from due records to published bins")
        self._anomalies = self.service.counter("anomalies", "anomalies in the records", ["kind"])
        self._counted: dict[str, dict[str, int]] = {}

    def published(self, bins: int, lag_ms: float) -> None:
        """Some bins were published, ``lag_ms`` after their records were due."""
        self._bins.inc(bins)
        self._latency.observe(max(0.0, lag_ms / 1000))

    def records(self, count: int) -> None:
        """Some records were processed."""
        self._records.inc(max(0, count))

    def anomalies(self, session_id: str, counters: Mapping[str, int]) -> None:
        """The session's counters as they are now; they start over with every worker."""
        before = self._counted.get(session_id, {})
        for kind, count in counters.items():
            grown = count - before.get(kind, 0)
            if grown > 0:
                self._anomalies.labels(kind).inc(grown)
        if counters:
            self._counted[session_id] = dict(counters)

    def forget(self, session_id: str) -> None:
        """The session has left this process."""
        self._counted.pop(session_id, None)
