"""Traces of bins: one trace from the bin's end to its viewers, and nothing at all while they are off."""

from __future__ import annotations

import socket
import subprocess
import sys
import time

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from qmcore.bus import Delivered, Outgoing
from qmcore.contracts.bus_messages import GridKind
from qmcore.errors import ConfigError
from qmcore.service import load_settings
from qmcore.service.tracing import CLOSE_S, TRACE_HEADER, BinTraces, TracedSettings, bin_traces

SESSION = "a1b2c3d4"
MS = 1_000_000


def traces(service: str, sample: float, spans: InMemorySpanExporter) -> BinTraces:
    return BinTraces(service, f"{service}-1", sample, SimpleSpanProcessor(spans))


def bins(count: int) -> list[Outgoing]:
    return [Outgoing(2 + i, GridKind.BIN, b"x", {"Qm-Due": "1"}) for i in range(count)]


def delivered(message: Outgoing) -> Delivered:
    return Delivered(message.sequence, dict(message.headers), message.payload)


def test_a_bin_is_one_trace_from_its_end_to_its_viewers() -> None:
    spans = InMemorySpanExporter()
    engine, gateway = traces("engine", 1.0, spans), traces("gateway", 1.0, spans)
    with engine.publishing(SESSION, 10 * MS, bins(2)) as sent:
        assert spans.get_finished_spans() == (), "it lasts until the bin is published"
    arrived = [delivered(message) for message in sent]
    gateway.delivered(SESSION, arrived, 3, 30 * MS, 31 * MS)
    first, second, *delivers = spans.get_finished_spans()
    assert [s.name for s in (first, second, *delivers)] == ["publish bin"] * 2 + ["deliver bin"] * 2
    for published, deliver, bin_seq in ((first, delivers[0], 0), (second, delivers[1], 1)):
        assert published.parent is None
        assert deliver.parent is not None
        assert deliver.parent.span_id == published.context.span_id
        assert deliver.context.trace_id == published.context.trace_id
        assert published.start_time == 10 * MS
        assert (deliver.start_time, deliver.end_time) == (30 * MS, 31 * MS)
        assert deliver.attributes == {"qm.session": SESSION, "qm.bin_seq": bin_seq, "qm.viewers": 3}
    assert first.context.trace_id != second.context.trace_id
    assert first.resource.attributes["service.name"] == "qm-engine"
    assert delivers[0].resource.attributes["service.name"] == "qm-gateway"


def test_only_a_share_is_traced_and_gateways_follow_the_engine() -> None:
    spans = InMemorySpanExporter()
    engine, gateway = traces("engine", 0.25, spans), traces("gateway", 0.0, spans)
    with engine.publishing(SESSION, 1, bins(2000)) as sent:
        pass
    marked = [message for message in sent if TRACE_HEADER in message.headers]
    assert 400 < len(marked) < 600
    assert len(spans.get_finished_spans()) == len(marked)
    assert all(message.headers == {"Qm-Due": "1"} for message in sent if message not in marked)
    gateway.delivered(SESSION, [delivered(message) for message in sent], 1, 2, 3)
    assert len(spans.get_finished_spans()) == 2 * len(marked)


def test_a_span_ends_also_where_publishing_fails() -> None:
    spans = InMemorySpanExporter()
    with pytest.raises(RuntimeError), traces("engine", 1.0, spans).publishing(SESSION, 1, bins(1)):
        raise RuntimeError
    assert len(spans.get_finished_spans()) == 1


def test_a_broken_context_starts_a_trace_of_its_own() -> None:
    spans = InMemorySpanExporter()
    broken = Delivered(2, {TRACE_HEADER: "nonsense"}, b"")
    traces("gateway", 1.0, spans).delivered(SESSION, [broken], 1, 1, 2)
    (span,) = spans.get_finished_spans()
    assert span.parent is None


async def test_a_collector_that_does_not_answer_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        engine = bin_traces("engine", "engine-1", TracedSettings(otel_endpoint=endpoint, otel_sample=1.0))
        assert engine is not None
        for _ in range(3000):
            with engine.publishing(SESSION, 1, bins(1)):
                pass
        began = time.monotonic()
        await engine.close()
        assert time.monotonic() - began < CLOSE_S + 0.5


def test_without_an_endpoint_there_is_nothing() -> None:
    assert bin_traces("engine", "engine-1", TracedSettings()) is None


def test_services_that_do_not_trace_import_nothing_of_it() -> None:
    # The Redis client imports OpenTelemetry's metrics by itself where that is installed.
    code = (
        "import sys\n"
        "from qm_engine.app import EngineService\nfrom qm_engine.settings import EngineSettings\n"
        "from qm_gateway.app import GatewayService\nfrom qm_gateway.settings import GatewaySettings\n"
        "EngineService(EngineSettings()); GatewayService(GatewaySettings(gateway_port=0))\n"
        "traces = ('opentelemetry.sdk.trace', 'opentelemetry.exporter')\n"
        "print([name for name in sys.modules if name.startswith(traces)])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_an_endpoint_without_the_packages_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ConfigError, match=r"pip install 'qmcore\[traces\]'"):
        bin_traces("engine", "engine-1", TracedSettings(otel_endpoint="http://127.0.0.1:4318"))


@pytest.mark.parametrize(("name", "value"), [("ENDPOINT", "collector:4318"), ("SAMPLE", "1.5")])
def test_settings_that_cannot_be_meant_are_refused(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"QM_OTEL_{name}", value)
    with pytest.raises(ConfigError, match=f"QM_OTEL_{name}"):
        load_settings(TracedSettings)
