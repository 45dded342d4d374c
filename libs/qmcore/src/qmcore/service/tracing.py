"""Traces of bins from their end to their viewers, in OpenTelemetry. Off unless ``QM_OTEL_ENDPOINT`` says where to.

A sampled bin is one trace. The engine's span goes from when the bin's last records were due to its publication; each
gateway's, linked by the ``traceparent`` header of the grid message, from its arrival to its last write to a viewer that
keeps up. While traces are off nothing of them is imported and no message has another header.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pydantic import Field

from qmcore.bus import Delivered, Outgoing
from qmcore.contracts.subjects import grid_bin_seq
from qmcore.errors import ConfigError
from qmcore.service.settings import ServiceSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span
    from opentelemetry.util.types import Attributes

log = logging.getLogger(__name__)

TRACE_HEADER: Final = "traceparent"
"""W3C trace context, on the messages of sampled bins."""

EXPORT_TIMEOUT_S: Final = 5.0
CLOSE_S: Final = 2.0


class TracedSettings(ServiceSettings):
    """Settings of a service that traces bins."""

    otel_endpoint: str = Field(
        "",
        pattern=r"^($|https?://\S+)",
        description="collector of traces, OTLP over HTTP, e.g. http://collector:4318; empty: no traces",
    )
    otel_sample: float = Field(
        0.01,
        ge=0,
        le=1,
        description="share of the bins that is traced; the engine's counts, for gateways follow it",
    )


class BinTraces:
    """Makes the spans of one service process; made by ``bin_traces``."""

    def __init__(self, service: str, instance: str, sample: float, processor: SpanProcessor) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._processor = processor
        # shutdown is ours: at the interpreter's exit a lost collector would hold the process up.
        provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(sample)),
            resource=Resource({"service.name": f"qm-{service}", "service.instance.id": instance}),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(processor)
        self._tracer = provider.get_tracer("qmachina")
        self._context = TraceContextTextMapPropagator()

    @contextmanager
    def publishing(
        self, session_id: str, due_ns: int, bins: Sequence[Outgoing]
    ) -> Iterator[Sequence[Outgoing]]:
        """Bins to publish inside, those that are sampled with their context in the headers."""
        spans: list[Span] = []
        try:
            yield [self._begun(session_id, due_ns, message, spans) for message in bins]
        finally:
            for span in spans:
                span.end()

    def delivered(
        self, session_id: str, messages: Iterable[Delivered], viewers: int, arrived_ns: int, written_ns: int
    ) -> None:
        """These bins were written to ``viewers``; times are wall clock."""
        from opentelemetry.trace import SpanKind

        for message in messages:
            if TRACE_HEADER not in message.headers:
                continue
            attributes: Attributes = {
                "qm.session": session_id,
                "qm.bin_seq": grid_bin_seq(message.sequence),
                "qm.viewers": viewers,
            }
            parent = self._context.extract(message.headers)
            span = self._tracer.start_span(
                "deliver bin", parent, SpanKind.CONSUMER, attributes, start_time=arrived_ns
            )
            span.end(written_ns)

    async def close(self) -> None:
        """Send what is left, within ``CLOSE_S``: a collector that does not answer holds nobody up."""
        loop, sent = asyncio.get_running_loop(), asyncio.Event()

        def shut_down() -> None:
            self._processor.shutdown()
            with suppress(RuntimeError):  # the loop is over: nobody waited so long
                loop.call_soon_threadsafe(sent.set)

        # A daemon, for the event loop and the interpreter wait for all other threads.
        threading.Thread(target=shut_down, name="traces", daemon=True).start()
        try:
            async with asyncio.timeout(CLOSE_S):
                await sent.wait()
        except TimeoutError:
            log.warning("the last traces were not sent: the collector does not answer")

    def _begun(self, session_id: str, due_ns: int, message: Outgoing, spans: list[Span]) -> Outgoing:
        from opentelemetry.context import Context
        from opentelemetry.trace import SpanKind, set_span_in_context

        attributes: Attributes = {"qm.session": session_id, "qm.bin_seq": grid_bin_seq(message.sequence)}
        span = self._tracer.start_span(
            "publish bin", Context(), SpanKind.PRODUCER, attributes, start_time=due_ns
        )
        if not span.get_span_context().trace_flags.sampled:
            return message
        spans.append(span)
        headers = dict(message.headers)
        self._context.inject(headers, set_span_in_context(span))
        return replace(message, headers=headers)


def bin_traces(service: str, instance: str, settings: TracedSettings) -> BinTraces | None:
    """Traces to the collector of ``settings``; None where there is none. Raises ConfigError without the packages."""
    if not settings.otel_endpoint:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        problem = "traces need OpenTelemetry, which is not installed: pip install 'qmcore[traces]'"
        raise ConfigError(source="environment", field="QM_OTEL_ENDPOINT", problem=problem) from error

    # Each lost batch is an error of one line; its attempts before that need none.
    logging.getLogger(OTLPSpanExporter.__module__).setLevel(logging.ERROR)
    endpoint = settings.otel_endpoint.rstrip("/") + "/v1/traces"
    exporter = OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_TIMEOUT_S)
    return BinTraces(service, instance, settings.otel_sample, BatchSpanProcessor(exporter))
