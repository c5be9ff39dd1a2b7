"""Replies alone and in a crowd."""

import asyncio
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from bot.bitrix24.answers import BatchAnswer
from bot.bitrix24.limits import Quota
from bot.bitrix24.outbox import Outbox
from bot.bitrix24.rest import Command
from bot.errors import NotConnected, NotPermitted, Unavailable
from bot.metrics import Metrics
from bot.store import Portal


class Wire:
    """Stands where AsBot does and keeps what left."""

    def __init__(self, bot_id: int = 905, refuse: str = "", *, away: bool = False, tokens: bool = True) -> None:
        self.portal = Portal("1b" * 16, "t", "https://oauth.bitrix.info", 1, "en")
        self.bot_id = bot_id
        self.requests: list[list[str]] = []
        self._refuse = refuse
        self._away = away
        self._tokens = tokens

    async def call(self, _method: str, params: Mapping[str, Any]) -> Any:
        if not self._tokens:
            raise NotConnected
        self.requests.append([str(params["message"])])
        return {"id": 1}

    async def batch(self, commands: Mapping[str, Command]) -> BatchAnswer:
        if self._away:
            raise Unavailable
        if not self._tokens:
            raise NotConnected
        texts = {key: str(command.params["message"]) for key, command in commands.items()}
        self.requests.append(list(texts.values()))
        refused = {key: NotPermitted(code="access_denied") for key, text in texts.items() if text == self._refuse}
        return BatchAnswer({key: {"id": 1} for key in texts if key not in refused}, refused)


def message(text: str) -> Command:
    return Command("imbot.v2.Chat.Message.send", {"botId": 905, "dialogId": "17", "message": text})


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(Quota(1000.0, 100_000.0, Metrics()))


async def send_in_a_crowd(outbox: Outbox, wire: Any, *texts: str) -> list[Any]:
    """Send while as many commands are being carried out, as conversations do."""

    async def one(text: str) -> None:
        with outbox.working(None):
            await asyncio.sleep(0)
        await outbox.send(wire, message(text))

    return await asyncio.gather(*map(one, texts), return_exceptions=True)


async def test_lone_reply_goes_at_once(outbox: Outbox) -> None:
    wire = Wire()
    await outbox.send(wire, message("Hello"))

    assert wire.requests == [["Hello"]]


async def test_crowd_shares_requests(outbox: Outbox) -> None:
    wire = Wire()
    await send_in_a_crowd(outbox, wire, *(f"Reply {number}" for number in range(120)))

    assert sorted(text for request in wire.requests for text in request) == sorted(f"Reply {n}" for n in range(120))
    assert len(wire.requests) < 10
    assert max(map(len, wire.requests)) <= 50


async def test_refused_reply_spoils_no_other(outbox: Outbox) -> None:
    wire = Wire(refuse="Reply 3")
    results = await send_in_a_crowd(outbox, wire, *(f"Reply {number}" for number in range(10)))

    assert [number for number, result in enumerate(results) if isinstance(result, NotPermitted)] == [3]


async def test_failed_request_fails_for_everybody_in_it(outbox: Outbox) -> None:
    results = await send_in_a_crowd(outbox, Wire(away=True), *(f"Reply {number}" for number in range(10)))

    assert sum(isinstance(result, Unavailable) for result in results) >= 5


async def test_text_that_looks_like_a_reference_goes_alone(outbox: Outbox) -> None:
    wire = Wire()
    texts = ["$result[m0]", *(f"Reply {number}" for number in range(10))]
    await send_in_a_crowd(outbox, wire, *texts)

    assert ["$result[m0]"] in wire.requests


async def test_bots_do_not_share(outbox: Outbox) -> None:
    ours, theirs = Wire(905), Wire(906)

    async def one(wire: Wire, text: str) -> None:
        with outbox.working(None):
            await asyncio.sleep(0)
        await outbox.send(wire, message(text))  # type: ignore[arg-type]

    await asyncio.gather(*(one(wire, f"{wire.bot_id}") for wire in (ours, theirs) for _ in range(5)))

    assert {text for request in ours.requests for text in request} == {"905"}
    assert {text for request in theirs.requests for text in request} == {"906"}


async def test_author_without_tokens_spoils_no_other(outbox: Outbox) -> None:
    wires = [Wire(tokens=number not in (0, 1, 5)) for number in range(8)]
    results = await asyncio.gather(
        *(send_in_a_crowd(outbox, wire, f"Reply {number}") for number, wire in enumerate(wires))
    )

    assert [number for number, (result,) in enumerate(results) if isinstance(result, NotConnected)] == [0, 1]
    assert sorted(text for wire in wires for request in wire.requests for text in request) == [
        f"Reply {number}" for number in range(2, 8)
    ]


async def test_reply_whose_event_was_dropped_is_not_sent(outbox: Outbox) -> None:
    wire = Wire()
    with ExitStack() as others:
        for _ in range(5):
            others.enter_context(outbox.working(None))
        sending = [asyncio.create_task(outbox.send(wire, message(f"Reply {number}"))) for number in range(3)]  # type: ignore[arg-type]
        await asyncio.sleep(0)
        sending[1].cancel()
    results = await asyncio.gather(*sending, return_exceptions=True)

    assert [isinstance(result, asyncio.CancelledError) for result in results] == [False, True, False]
    assert wire.requests == [["Reply 0", "Reply 2"]]


async def test_replies_that_wait_for_the_portal_are_given_up_when_all_their_events_were_dropped(outbox: Outbox) -> None:
    wire, begun, gone_on = Wire(), asyncio.Event(), asyncio.Event()
    usual, outcomes = wire.batch, list[str]()

    async def late(commands: Mapping[str, Command]) -> BatchAnswer:
        begun.set()
        try:
            await gone_on.wait()
        finally:
            outcomes.append("went on" if gone_on.is_set() else "given up")
        return await usual(commands)

    wire.batch = late  # type: ignore[method-assign]
    sending = asyncio.create_task(send_in_a_crowd(outbox, wire, *(f"Reply {number}" for number in range(10))))
    await begun.wait()
    sending.cancel()
    await asyncio.wait([sending])
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gone_on.set()

    assert outcomes == ["given up"]
    assert wire.requests == []
