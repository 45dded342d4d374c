"""Metrics of the gateway process."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qmcore.service import ServiceMetrics


class GatewayMetrics:
    """Counts what viewers get and lose."""

    def __init__(self) -> None:
        self.service = ServiceMetrics("gateway")
        self._sent = self.service.counter("bins_sent", "bins written to viewers")
        self._dropped = self.service.counter("bins_dropped", "bins that slow viewers lost")
        self._slow = self.service.counter("viewers_closed_slow", "viewers closed because they stayed behind")
        self._refused = self.service.counter("viewers_refused", "handshakes that were refused")
        self._latency = self.service.histogram(
            "bin_latency_seconds", "from a bin's due records to its last write to a viewer that keeps up"
        )
        self._fan_out = self.service.histogram("fan_out_seconds", "from a bin's arrival to its last write")

    def watch(self, viewers: Callable[[], float], upstreams: Callable[[], float]) -> None:
        """Read these when the metrics are printed."""
        self.service.gauge("viewers", "viewers that are connected", viewers)
        self.service.gauge("upstreams", "sessions that are read from the bus", upstreams)

    def watch_sessions(
        self,
        states: Callable[[], Mapping[str, float]],
        wanted: Callable[[], Mapping[str, float]],
        lag: Callable[[], Mapping[str, float]],
    ) -> None:
        """Read what the directory says of all sessions, of all gateways; nothing while that is not known."""
        self.service.readings("sessions", "sessions in the directory", states, label="state")
        self.service.readings("sessions_wanted", "sessions that wait for an engine or run", wanted)
        self.service.readings("session_lag_seconds", "largest lag of a session", lag)

    def sent(self, bins: int) -> None:
        """A viewer was written some bins."""
        self._sent.inc(bins)

    def dropped(self, bins: int) -> None:
        """A viewer has lost some bins."""
        if bins:
            self._dropped.inc(bins)

    def slow_closed(self) -> None:
        """A viewer stayed behind."""
        self._slow.inc()

    def refused(self) -> None:
        """A handshake was refused."""
        self._refused.inc()

    def delivered(self, latency_s: float) -> None:
        """A bin was written to all viewers that keep up, so long after its records were due."""
        self._latency.observe(max(0.0, latency_s))

    def fanned_out(self, seconds: float) -> None:
        """A bin was written to all viewers that take it."""
        self._fan_out.observe(seconds)
