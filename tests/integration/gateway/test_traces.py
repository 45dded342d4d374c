"""Bins traced from the engine to the viewer's socket, with a collector that the test plays; and none while off."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from qmcore.bus import StreamReader
from qmcore.contracts.bus_messages import GRID_KIND_HEADER, GridKind
from qmcore.contracts.subjects import grid_stream
from tests.fixtures.brokers import own_brokers
from tests.fixtures.bus_client import bus_client
from tests.fixtures.market import MarketLake, config
from tests.fixtures.stack import Stack


@contextmanager
def collector() -> Iterator[tuple[str, list[tuple[str, Span]]]]:
    """Address of an OTLP collector, and the spans that it got with their service."""
    spans: list[tuple[str, Span]] = []

    class Receive(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            for one in ExportTraceServiceRequest.FromString(body).resource_spans:
                said = {a.key: a.value.string_value for a in one.resource.attributes}
                spans.extend(
                    (said["service.name"], span) for scope in one.scope_spans for span in scope.spans
                )
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receive)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", spans
    finally:
        server.shutdown()
        server.server_close()


def bin_seq_of(span: Span) -> int:
    return next(a.value.int_value for a in span.attributes if a.key == "qm.bin_seq")


async def headers_of_bins(stack: Stack, session_id: str, count: int) -> list[dict[str, str]]:
    """Headers of a session's first bins, as they are in the broker."""
    found: list[dict[str, str]] = []
    async with (
        bus_client(stack.nats.url, stack.redis.url) as client,
        StreamReader(client.bus, grid_stream(session_id), start=1) as reader,
        asyncio.timeout(20),
    ):
        while len(found) < count:
            found += [m.headers for m in await reader.take() if m.headers[GRID_KIND_HEADER] == GridKind.BIN]
    return found[:count]


async def test_a_bin_is_traced_from_its_end_to_its_viewers(tmp_path: Path, market: MarketLake) -> None:
    traced = {"QM_IDLE_SECONDS": "2", "QM_OTEL_SAMPLE": "1"}
    with (
        collector() as (address, spans),
        own_brokers(tmp_path) as (nats, redis),
        Stack(tmp_path, market.root, nats, redis, QM_OTEL_ENDPOINT=address, **traced) as stack,
    ):
        stack.start()
        await stack.publish("traced", config(flow_tanh_scale=7.5))
        async with stack.watch("traced") as viewer:
            await viewer.read_bins(20)
            session_id = viewer.session_id
            headers = await headers_of_bins(stack, session_id, 10)
        assert all(h["traceparent"].startswith("00-") for h in headers)
        # What is left is sent when a service ends.
        assert (stack.engine.stop(), stack.gateway.stop()) == (0, 0)
    published = {bin_seq_of(span): span for service, span in spans if service == "qm-engine"}
    delivered = {bin_seq_of(span): span for service, span in spans if service == "qm-gateway"}
    assert len(published) >= 20
    assert len(delivered) >= 5
    for bin_seq, span in delivered.items():
        parent = published[bin_seq]
        assert (span.trace_id, span.parent_span_id) == (parent.trace_id, parent.span_id)
        assert parent.start_time_unix_nano < span.end_time_unix_nano
        assert 0 <= span.end_time_unix_nano - parent.start_time_unix_nano < 5_000_000_000


async def test_without_a_collector_no_message_says_anything_of_traces(stack: Stack) -> None:
    await stack.publish("untraced", config(flow_tanh_scale=8.5))
    async with stack.watch("untraced") as viewer:
        await viewer.read_bins(10)
        for headers in await headers_of_bins(stack, viewer.session_id, 10):
            assert headers.keys() == {
                "Nats-Msg-Id",
                "Nats-Expected-Last-Sequence",
                "Qm-Kind",
                "Qm-Due",
            }
