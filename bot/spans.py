"""Spans of OpenTelemetry. Only `bot.tracing` imports this, and only where spans are wanted: the libraries are an extra."""

import atexit
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

# What the end of the process allows for the last spans, seconds; a collector that is away must not hold it up.
_LAST_S = 1.5
_W3C = TraceContextTextMapPropagator()


def to_collector() -> "OpenTelemetry":
    """Return what sends spans in the background, configured by OpenTelemetry's own settings."""
    os.environ.setdefault("OTEL_SERVICE_NAME", "statusbot")
    processor = BatchSpanProcessor(OTLPSpanExporter())
    _end_with_process(processor)
    return OpenTelemetry(processor)


def _end_with_process(processor: SpanProcessor) -> None:
    """Send the last spans at the end of the process, for a moment and no longer: the processor itself waits for half a minute."""
    ending = threading.Event()

    def shut_down() -> None:
        ending.wait()
        processor.shutdown()

    last = threading.Thread(target=shut_down, name="last spans", daemon=True)
    last.start()  # now: at the end of the process none may be begun

    @atexit.register
    def end() -> None:
        ending.set()
        last.join(_LAST_S)


class OpenTelemetry:
    """Makes spans and hands them to `processor`; see `bot.tracing.Recorder`."""

    def __init__(self, processor: SpanProcessor) -> None:
        provider = TracerProvider(shutdown_on_exit=False)  # see `_end_with_process`
        provider.add_span_processor(processor)
        self._tracer = provider.get_tracer("statusbot")

    @contextmanager
    def span(self, name: str, kind: str, parent: str | None = None) -> Iterator[None]:
        with self._tracer.start_as_current_span(
            name,
            None if parent is None else _context(parent),
            SpanKind[kind.upper()],
            record_exception=False,  # its words may be anybody's
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except Exception as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def past(self, name: str, parent: str, began_at: float, ended_at: float) -> None:
        span = self._tracer.start_span(name, _context(parent), start_time=_nanoseconds(began_at))
        span.end(_nanoseconds(ended_at))

    def note(self, attributes: dict[str, str | int]) -> None:
        trace.get_current_span().set_attributes(attributes)

    def traceparent(self) -> str:
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get("traceparent", "")


def _context(traceparent: str) -> Context:
    return _W3C.extract({"traceparent": traceparent}, Context())


def _nanoseconds(moment: float) -> int:
    return round(moment * 1e9)
