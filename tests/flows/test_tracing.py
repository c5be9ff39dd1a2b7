"""Spans on their way to a collector, and a collector that is away."""

import time

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.flows.conftest import answered, install
from tests.process import free_port

# A stop may take this long, seconds (the interface's promise).
STOP_S = 10.0


@pytest.fixture
async def collector():
    """What collects spans: their names by trace, as they come."""
    spans = []

    async def take(request):
        told = ExportTraceServiceRequest.FromString(await request.read())
        for resource in told.resource_spans:
            names = {one.key: one.value.string_value for one in resource.resource.attributes}
            spans.extend((names["service.name"], span) for scope in resource.scope_spans for span in scope.spans)
        return web.Response()

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", spans
    await runner.cleanup()


async def test_command_is_one_trace_from_the_webhook_to_the_reply(make_bot, company, collector):
    address, spans = collector
    bot = make_bot()
    bot.environment |= {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    await bot.start()
    await install(company, bot)
    await answered(company, company.say(17, "accept 651"))
    assert await bot.stop() == 0  # what is left is sent then

    commands = {
        span.trace_id
        for _, span in spans
        if any((one.key, one.value.string_value) == ("statusbot.command", "accept") for one in span.attributes)
    }
    (trace_id,) = commands
    names = [span.name for _, span in spans if span.trace_id == trace_id]
    assert sorted(names) == sorted(["receipt", "waiting", "handling", "batch", "batch", "imbot.v2.Chat.Message.send"])
    assert {service for service, _ in spans} == {"statusbot"}
    assert f'"request_id": "{trace_id.hex()}"' in bot.log


async def test_collector_that_is_away_holds_nothing_up(make_bot, company):
    bot = make_bot()
    bot.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{free_port()}"
    await bot.start()
    await install(company, bot)
    answer = await answered(company, company.say(17, "accept 651"))
    began_at = time.monotonic()
    status = await bot.stop()

    assert answer.startswith("You are going")
    assert status == 0
    assert time.monotonic() - began_at < STOP_S
