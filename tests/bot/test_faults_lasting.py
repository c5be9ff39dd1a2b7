"""Faults that concern more than one command: the application's own authorization, its rights, its registration, the log."""

import asyncio
from contextlib import suppress

import pytest
from stamina.instrumentation import set_on_retry_hooks
from structlog.testing import capture_logs

from bot.bitrix24.authorization import STOP_S
from bot.emulator import faults
from bot.inbox import Delivery

SEND = "imbot.v2.Chat.Message.send"


@pytest.fixture(autouse=True)
def _hooks():
    yield
    set_on_retry_hooks(None)


@pytest.fixture
def app(portal):
    return next(iter(portal.oauth.apps.values()))


def refreshes(portal) -> list[str | None]:
    """What became of each refresh for 17; an unknown client is nobody in particular."""
    mine = [request for request in portal.oauth.requests if request.user_id in (17, None)]
    return [request.error for request in mine if request.grant_type == "refresh_token"]


# --- the authorization server does not accept the application


async def test_refused_application_stops_all_refreshing_for_a_while(ask, portal, app, clock):
    for user_id in (17, 42):
        await ask("status", user_id=user_id)
    clock.advance(3601)
    del portal.oauth.apps[app.client_id]
    with capture_logs() as lines:
        replies = [await ask("accept 651", user_id=user_id, auth="minimal") for user_id in (17, 42, 17)]

    assert {reply.text for reply in replies} == {ask.core.parts.texts.say("en", "errors.application-gone")}
    assert refreshes(portal) == ["wrong_client"]
    errors = [line for line in lines if line["log_level"] == "error"]
    assert [(line["event"], line["reason"]) for line in errors] == [("oauth.refuses-application", "wrong_client")]
    assert portal.meetings[651] == {23: "H", 17: "Q", 42: "Q"}

    portal.oauth.apps[app.client_id] = app
    clock.advance(STOP_S - 1)
    await ask("accept 651", auth="minimal")
    assert refreshes(portal) == ["wrong_client"]
    clock.advance(2)
    assert (await ask("принять 651", auth="minimal")).text.startswith("Вы идёте")
    assert refreshes(portal) == ["wrong_client", None]


@pytest.mark.parametrize(
    ("code", "status", "key"),
    [
        ("wrong_client", 200, "errors.application-gone"),
        ("invalid_client", 401, "errors.application-gone"),
        ("NOT_INSTALLED", 401, "errors.application-gone"),
        ("PAYMENT_REQUIRED", 401, "errors.plan"),
        ("invalid_scope", 403, "errors.missing-right"),
    ],
)
async def test_errors_of_the_authorization_server_become_sentences(ask, portal, clock, code, status, key):
    for user_id in (17, 42):
        await ask("status", user_id=user_id)
    clock.advance(3601)
    portal.faults.add("oauth.token", faults.error(code, status=status), count=None)
    english = await ask("dnd", auth="minimal")
    russian = await ask("занят", user_id=42, auth="minimal")

    texts = ask.core.parts.texts
    assert (english.text, russian.text) == (texts.say("en", key), texts.say("ru", key))
    assert not portal.presence
    assert await ask.core.store.tokens.find(portal.options.member_id, 17) is not None


@pytest.mark.parametrize("survives", [True, False])
async def test_refresh_whose_answer_was_lost_ends_in_the_command_or_in_a_link(ask, portal, clock, survives):
    """Whether the old refresh token still serves is not documented (contract J.2)."""
    portal.options.old_refresh_survives = survives
    await ask("status")
    clock.advance(3601)
    portal.faults.add("oauth.token", faults.lost())
    reply = await ask("accept 651", auth="minimal")

    assert reply.text.startswith("You are going" if survives else "I have no permission")
    assert portal.meetings[651][17] == ("Y" if survives else "Q")


@pytest.mark.parametrize("trouble", [faults.html_page(), faults.cut(), faults.error("X", status=500)])
async def test_authorization_server_that_is_away_delays(ask, portal, clock, trouble):
    await ask("status")
    clock.advance(3601)
    portal.faults.add("oauth.token", trouble, count=3)
    reply = await ask("accept 651", auth="minimal")

    assert reply.text.startswith("You are going")
    assert len(portal.notices) == 1


async def test_reply_uses_a_living_token_while_nothing_can_be_refreshed(ask, portal, clock):
    await ask("status")
    clock.advance(3601)
    portal.faults.add("oauth.token", faults.html_page(), count=None)
    portal.faults.add("batch", faults.error("ERROR_CORE", status=400))
    reply = await ask("accept 651")

    assert reply.text.startswith("Bitrix24 refused this")


# --- scopes


async def test_scopes_that_were_widened_cost_one_refresh(ask, portal):
    portal.faults.add("calendar.*", faults.error("insufficient_scope"), count=2)  # both items of the first batch
    reply = await ask("accept 651")

    assert reply.text.startswith("You are going")
    assert refreshes(portal) == [None]


async def test_scope_that_is_missing_costs_one_refresh_an_hour(ask, portal, app, clock):
    app.scopes = ("im", "imbot")
    with capture_logs() as lines:
        replies = [await ask("accept 651") for _ in range(4)]

    assert {reply.text for reply in replies} == {ask.core.parts.texts.say("en", "errors.missing-right")}
    assert refreshes(portal) == [None]
    errors = [line for line in lines if line["log_level"] == "error"]
    assert [line["event"] for line in errors] == ["portal.right-missing"]
    clock.advance(3600)
    await ask("accept 651")
    assert refreshes(portal) == [None, None]


async def test_refresh_for_a_scope_that_fails_is_no_loss(ask, portal):
    portal.faults.add("calendar.*", faults.error("insufficient_scope"), count=None)
    portal.faults.add("oauth.token", faults.error("invalid_grant", status=400))
    reply = await ask("accept 651")

    assert reply.text == ask.core.parts.texts.say("en", "errors.missing-right")
    assert await ask.core.store.tokens.find(portal.options.member_id, 17) is not None


# --- a token that dies within a batch


async def test_token_that_dies_after_the_write_does_not_repeat_it(ask, portal):
    portal.faults.add("calendar.meeting.status.get", faults.error("expired_token"), skip=1)
    reply = await ask("accept 651")

    assert reply.text.startswith("You are going")
    assert [call.method for call in portal.calls if call.error is None].count("calendar.meeting.status.set") == 1
    assert len(portal.notices) == 1
    assert refreshes(portal) == [None]


# --- registration


RETRIED = {
    "page": faults.html_page(),
    "reset": faults.cut(),
    "lost": faults.lost(),
    "timeout": faults.slow(61),
    "limit": faults.error("QUERY_LIMIT_EXCEEDED"),
    "blocked": faults.error("OPERATION_TIME_LIMIT"),
    "fault": faults.error("INTERNAL_SERVER_ERROR"),
    "expired": faults.error("expired_token"),
}


@pytest.mark.parametrize("trouble", RETRIED)
@pytest.mark.parametrize(
    "method",
    ["imbot.v2.Bot.register", "imbot.v2.Bot.update", "imbot.v2.Command.list", "imbot.v2.Command.register",
     "imbot.v2.Command.unregister", "event.get", "event.bind"],
)  # fmt: skip
async def test_registration_is_repeated_until_it_works(ask, portal, trouble, method):
    portal.subscriptions.rows[:] = [row for row in portal.subscriptions.rows if row.event != "ONAPPUNINSTALL"]
    bot = next(iter(portal.bots.by_id.values()))
    wanted = {command.name for command in portal.bots.commands.values()}
    portal.bots.commands.clear()
    portal.bots.add_command(bot, "leftover", {"en": "Old"}, {})
    portal.faults.add(method, RETRIED[trouble], count=1 if trouble == "expired" else 3)
    with capture_logs() as lines:
        await ask.inbox.finish_installation()

    assert {command.name for command in portal.bots.commands.values()} == wanted
    assert len([row for row in portal.subscriptions.rows if row.event == "ONAPPUNINSTALL"]) == 1
    assert [line for line in lines if line["log_level"] == "error"] == []


@pytest.mark.parametrize("code", ["ACCESS_DENIED", "WRONG_AUTH_TYPE", "METHOD_CONFIRM_WAITING", "BOT_LIMIT_EXCEEDED"])
async def test_registration_that_is_refused_for_good_is_one_line(ask, portal, code):
    portal.faults.add("imbot.v2.Bot.register", faults.error(code, status=403), count=None)
    with capture_logs() as lines:
        await ask.inbox.finish_installation()

    (line,) = [line for line in lines if line["log_level"] == "error"]
    assert (line["event"], line["error_code"]) == ("portal.not-synchronised", code.lower())


# --- the log


async def test_portal_that_is_away_is_one_line_and_its_return_another(ask, portal):
    portal.faults.add("batch", faults.html_page(), count=3)
    portal.faults.add("batch", faults.cut(), count=3)
    with capture_logs() as lines:
        await ask("accept 651")
    loud = [(line["event"], line["log_level"]) for line in lines if line["log_level"] != "debug"]

    assert loud == [("portal.away", "warning"), ("portal.back", "info"), ("event.handled", "info")]
    waits = [line for line in lines if line["event"] == "retry.waits"]
    assert len(waits) == 6
    assert all(set(line) == {"event", "log_level", "reason", "number", "wait_s"} for line in waits)


# --- the process dies while somebody has been told to wait


@pytest.mark.parametrize("api", ["v2", "v1"])
async def test_notice_outlives_the_process(make_ask, portal, clock, api):
    ask = await make_ask(bot_api=api)
    dispatcher, taken = ask.inbox._dispatcher, []

    async def keep(entry) -> bool:
        taken.append(entry)
        return True

    ask.inbox._hand_out = keep
    portal.say(17, "accept 651")
    await ask.deliver()
    portal.faults.add("calendar.*", faults.error("INTERNAL_SERVER_ERROR"), count=None)
    first = asyncio.create_task(dispatcher.handle(Delivery(taken[0], 1)))

    def die(_details: object) -> None:
        clock.advance(10)
        if portal.replies(17):
            first.cancel()

    set_on_retry_hooks([die])
    with suppress(asyncio.CancelledError):
        await first
    (notice,) = portal.replies(17)
    portal.faults.clear()
    await dispatcher.handle(Delivery(taken[0], 2))

    assert notice.startswith("Bitrix24 is slow")
    (reply,) = portal.replies(17)
    assert reply.startswith("You are going")
    assert len(portal.notices) == 1


async def test_event_that_is_given_up_replaces_its_notice(ask, portal, clock):
    taken = []

    async def keep(entry) -> bool:
        taken.append(entry)
        return True

    ask.inbox._hand_out = keep
    portal.say(17, "accept 651")
    await ask.deliver()
    posted = portal.messenger.post(portal.messages[-1].chat_id and portal.messenger.chats[portal.messages[-1].chat_id],
                                   next(iter(portal.bots.by_id)), "Bitrix24 is slow")  # fmt: skip
    await ask.core.store.notices.keep(taken[0].key, portal.options.member_id, posted.id, clock.now())
    await ask.inbox._dispatcher.give_up(Delivery(taken[0], 5))

    (reply,) = portal.replies(17)
    assert reply.startswith("I tried several times")
