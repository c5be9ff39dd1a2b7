"""For which request something is done: its id in every line of the log, and spans where somebody collects them.

Each request that comes in gets an id. It is stored with the events that the request brings, and with what those lead to later, so
that lines can be followed from the webhook to the reply, through repeats, restarts and timers.

Spans of OpenTelemetry are made only where the extra `tracing` is installed and the environment names a collector; the id of the
request is then that of the trace. Neither holds texts, names or tokens.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import structlog

log = structlog.get_logger()

# A setting of OpenTelemetry's own, as is everything else about spans:
# https://opentelemetry.io/docs/specs/otel/protocol/exporter/
COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"

Kind: TypeAlias = Literal["server", "consumer", "client"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The request that something comes from, as it is stored.

    Attributes:
        request_id: 32 hexadecimal digits.
        received_at: Unix seconds, when the request brought this very thing; None for what was made because of it.
        traceparent: Of the span in which it was made, as W3C Trace Context writes it; "" without spans.
    """

    request_id: str
    received_at: float | None = None
    traceparent: str = ""


@dataclass(slots=True, eq=False, kw_only=True)
class Trace:
    """What is being done for one request.

    Attributes:
        received_at: As in `Origin`, of what is stored now.
        waited_s: Seconds from the request to the begin of what is done; None when the request did not ask for it directly.
        calls: HTTP requests made so far. One that several replies share counts where it was begun.
        ended: Nothing more is done; tasks that were begun meanwhile may still know of it.
    """

    request_id: str
    received_at: float | None = None
    waited_s: float | None = None
    calls: int = 0
    ended: bool = False


class Recorder(Protocol):
    """What becomes of spans."""

    def span(self, name: str, kind: Kind, parent: str | None = None) -> AbstractContextManager[None]:
        """Open a span within that of `parent`, a `traceparent`; None stands for the span that is open, "" for none."""
        ...

    def past(self, name: str, parent: str, began_at: float, ended_at: float) -> None:
        """Record a span that is over; unix seconds."""
        ...

    def note(self, attributes: dict[str, str | int]) -> None:
        """Say more about the span that is open."""
        ...

    def traceparent(self) -> str:
        """Return which span is open; "" when none is."""
        ...


class _Nobody:
    """Records nothing."""

    def span(self, name: str, kind: Kind, parent: str | None = None) -> AbstractContextManager[None]:  # noqa: ARG002 - see `Recorder`
        return nullcontext()

    def past(self, name: str, parent: str, began_at: float, ended_at: float) -> None:
        pass

    def note(self, attributes: dict[str, str | int]) -> None:
        pass

    def traceparent(self) -> str:
        return ""


@dataclass(slots=True)
class _Process:
    recorder: Recorder


_process = _Process(_Nobody())
_trace: ContextVar[Trace | None] = ContextVar("trace", default=None)


def start() -> None:
    """Have spans recorded from now on, if the environment names a collector."""
    if not os.environ.get(COLLECTOR):
        return
    try:
        from bot.spans import to_collector  # noqa: PLC0415 - without a collector nothing of it is loaded
    except ImportError:
        log.warning("tracing.impossible", reason=f"{COLLECTOR} is set, but the extra `tracing` is not installed")
        return
    record(to_collector())


def record(recorder: Recorder | None) -> None:
    """Hand spans to `recorder`; None ends that."""
    _process.recorder = recorder or _Nobody()


def current() -> Trace | None:
    """Return what is being done now; None for what is done for no request, or outlives what was done for one."""
    trace = _trace.get()
    return None if trace is None or trace.ended else trace


def origin() -> Origin | None:
    """Return what is to be stored with something that is made now; None when it comes from no request."""
    trace = current()
    if trace is None:
        return None
    traceparent = _process.recorder.traceparent()
    return Origin(request_id=trace.request_id, received_at=trace.received_at, traceparent=traceparent)


@contextmanager
def receiving(route: str, now: float) -> Iterator[Trace]:
    """Take in a request. What its headers say of ids and spans counts for nothing: anyone can send it."""
    recorder = _process.recorder
    with recorder.span("receipt", "server", ""):
        recorder.note({"http.route": route})
        request_id = recorder.traceparent()[3:35] or secrets.token_hex(16)  # after the version
        with _entered(Trace(request_id=request_id, received_at=round(now, 3))) as trace:
            yield trace


@contextmanager
def handling(stored: Origin | None, now: float) -> Iterator[Trace]:
    """Carry out what was stored; what has no origin (an earlier release stored it, say) gets an id now."""
    found = stored or Origin(request_id=secrets.token_hex(16))
    recorder, waited_s = _process.recorder, None
    if found.received_at is not None:
        waited_s = max(0.0, now - found.received_at)
        recorder.past("waiting", found.traceparent, found.received_at, found.received_at + waited_s)
    with recorder.span("handling", "consumer", found.traceparent):
        recorder.note({"statusbot.request_id": found.request_id})
        with _entered(Trace(request_id=found.request_id, waited_s=waited_s)) as trace:
            yield trace


@contextmanager
def calling(service: str, method: str) -> Iterator[None]:
    """Make one HTTP request in turn."""
    trace = current()
    if trace is None:
        yield
        return
    trace.calls += 1
    with _process.recorder.span(method, "client"):
        note(service=service)
        yield


def note(**attributes: str | int) -> None:
    """Say more about the span that is open."""
    _process.recorder.note({f"statusbot.{name}": value for name, value in attributes.items()})


@contextmanager
def _entered(trace: Trace) -> Iterator[Trace]:
    token = _trace.set(trace)
    try:
        yield trace
    finally:
        trace.ended = True
        _trace.reset(token)
