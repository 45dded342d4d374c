"""Prometheus metrics of one service process, in a registry of its own so that several can live in one test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

LATENCY_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


Readings = Callable[[], Mapping[str, float]]


class _Readings(Collector):
    """A gauge whose values are asked for when the metrics are printed."""

    def __init__(self, name: str, doc: str, label: str, read: Readings) -> None:
        self._name, self._doc, self._labels, self._read = name, doc, [label] if label else [], read

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return [GaugeMetricFamily(self._name, self._doc)]

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily(self._name, self._doc, labels=self._labels)
        for key, value in self._read().items():
            family.add_metric([key] if self._labels else [], value)
        return [family]


class ServiceMetrics:
    """Makes the metrics ``qm_<service>_<name>`` and prints them."""

    def __init__(self, service: str) -> None:
        self._prefix = f"qm_{service}_"
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry, pid=os.getpid)

    def counter(self, name: str, doc: str, labels: Iterable[str] = ()) -> Counter:
        """A number that only grows."""
        return Counter(self._prefix + name, doc, tuple(labels), registry=self._registry)

    def gauge(self, name: str, doc: str, read: Callable[[], float] | None = None) -> Gauge:
        """A number as it is now; ``read`` is called when the metrics are printed."""
        gauge = Gauge(self._prefix + name, doc, registry=self._registry)
        if read is not None:
            gauge.set_function(read)
        return gauge

    def readings(self, name: str, doc: str, read: Readings, *, label: str = "") -> None:
        """Numbers by the value of ``label`` (by the empty string without one); what is not known now is left out."""
        self._registry.register(_Readings(self._prefix + name, doc, label, read))

    def histogram(self, name: str, doc: str) -> Histogram:
        """Latencies in seconds."""
        return Histogram(self._prefix + name, doc, registry=self._registry, buckets=LATENCY_BUCKETS_S)

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)
