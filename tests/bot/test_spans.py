"""Spans of what a request leads to: whose they are, how they hang together, and what they do not tell."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from bot import tracing
from bot.spans import OpenTelemetry
from bot.tracing import Origin


class Collected:
    """What was recorded."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.recorder = OpenTelemetry(SimpleSpanProcessor(self._exporter))

    def __getitem__(self, name):
        (span,) = [span for span in self.all if span.name == name]
        return span

    @property
    def all(self):
        return self._exporter.get_finished_spans()

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.all]


@pytest.fixture
def spans() -> Iterator[Collected]:
    collected = Collected()
    tracing.record(collected.recorder)
    yield collected
    tracing.record(None)


def trace_id(span) -> str:
    return f"{span.context.trace_id:032x}"


def received(now: float = 1000.0) -> Origin:
    with tracing.receiving("/bitrix24/events", now):
        return tracing.origin()


def test_id_of_the_request_is_that_of_the_trace(spans):
    origin = received()

    assert trace_id(spans["receipt"]) == origin.request_id
    assert spans["receipt"].parent is None
    assert spans["receipt"].kind is SpanKind.SERVER
    assert dict(spans["receipt"].attributes) == {"http.route": "/bitrix24/events"}


def test_waiting_and_handling_follow_the_receipt(spans):
    with tracing.handling(received(), 1002.5):
        pass

    receipt, waiting, handling = spans["receipt"], spans["waiting"], spans["handling"]
    assert {trace_id(receipt), trace_id(waiting), trace_id(handling)} == {trace_id(receipt)}
    assert waiting.parent.span_id == handling.parent.span_id == receipt.context.span_id
    assert (waiting.start_time, waiting.end_time) == (1000_000_000_000, 1002_500_000_000)
    assert handling.attributes["statusbot.request_id"] == trace_id(receipt)


def test_request_in_turn_hangs_under_what_asks(spans):
    with tracing.handling(received(), 1000.0), tracing.calling("bitrix24", "im.user.status.get"):
        pass

    call = spans["im.user.status.get"]
    assert call.parent.span_id == spans["handling"].context.span_id
    assert call.kind is SpanKind.CLIENT
    assert dict(call.attributes) == {"statusbot.service": "bitrix24"}


def test_what_was_made_because_of_a_request_follows_what_made_it(spans):
    origin = received()
    with tracing.handling(origin, 1000.0):
        made = tracing.origin()
    first = spans["handling"]
    with tracing.handling(made, 5000.0):
        pass

    assert spans.names == ["receipt", "waiting", "handling", "handling"]
    assert f"{first.context.span_id:016x}" in made.traceparent
    assert made.request_id == origin.request_id == trace_id(first)


def test_what_was_stored_without_spans_begins_a_trace_and_names_its_request(spans):
    with tracing.handling(Origin(request_id="5d" * 16), 1.0):
        pass

    assert spans["handling"].parent is None
    assert spans["handling"].attributes["statusbot.request_id"] == "5d" * 16


@pytest.mark.parametrize("traceparent", ["nonsense", "00-zz-zz-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_trace_that_does_not_read_is_none(spans, traceparent):
    with tracing.handling(Origin(request_id="5d" * 16, traceparent=traceparent), 1.0):
        pass

    assert spans["handling"].parent is None


def test_failure_is_told_by_its_name_alone(spans):
    with pytest.raises(LookupError), tracing.handling(received(), 1000.0), tracing.calling("cronofy", "events.read"):
        raise LookupError("token 5d5d5d")

    for span in (spans["events.read"], spans["handling"]):
        assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "LookupError")
        assert span.events == ()
    assert spans["receipt"].status.status_code is StatusCode.UNSET


def test_request_of_nobody_has_no_span(spans):
    with tracing.calling("bitrix24", "batch"):
        pass

    assert spans.names == []


async def test_accepted_invitation_is_one_trace_without_texts_and_tokens(ask, spans, portal):
    with tracing.receiving("/bitrix24/events", 1.0) as trace:
        answer = await ask("accept 651")

    told = "\n".join(span.to_json() for span in spans.all)
    handling = spans["handling"].attributes
    assert {trace_id(span) for span in spans.all} == {trace.request_id}
    assert [span.name for span in spans.all if span.kind is SpanKind.CLIENT][-1] == "imbot.v2.Chat.Message.send"
    assert (handling["statusbot.command"], handling["statusbot.outcome"]) == ("accept", "done")
    assert answer.text not in told
    assert "Weekly sync" not in told
    assert not [token for token in (*portal.oauth._access, *portal.oauth._refresh) if token in told]
