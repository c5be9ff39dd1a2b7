"""From a stored event to whoever deals with it."""

from dataclasses import replace

import pytest
import structlog
from sqlalchemy import select, text
from structlog.testing import capture_logs

from bot import events, states, tracing
from bot.context import Router
from bot.dispatch import load_handlers, wanted
from bot.emulator import faults
from bot.errors import ManifestError, NewerVersion, StorageError
from bot.events.stored import origin_of
from bot.inbox import Delivery, Entry

SLASH = "accept decline reset status online dnd away break meetings invitations undo help".split()


@pytest.fixture
def dispatcher(ask):
    return ask.inbox._dispatcher


@pytest.fixture
def waiting(ask, portal):
    """Say something that waits in the inbox instead of being handled; return its entry."""

    async def say(said: str, **options) -> Entry:
        taken: list[Entry] = []

        async def keep(entry: Entry) -> bool:
            taken.append(entry)
            return True

        usual, ask.inbox._hand_out = ask.inbox._hand_out, keep
        portal.say(17, said, **options)
        await ask.deliver()
        ask.inbox._hand_out = usual
        return taken[0]

    return say


def test_handlers_are_those_of_the_manifest(ask):
    parts = ask.core.parts

    assert parts.router.handlers.keys() == parts.manifest.commands.keys()


@pytest.mark.parametrize("change", ["missing", "extra", "arguments"])
def test_handlers_that_differ_from_the_manifest_are_refused(ask, change):
    manifest = ask.core.parts.manifest
    commands = dict(manifest.commands)
    if change == "missing":
        commands["dance"] = replace(commands["dnd"], name="dance")
    elif change == "extra":
        del commands["dnd"]
    else:
        commands["dnd"] = replace(commands["dnd"], args=commands["accept"].args)

    with pytest.raises(ManifestError):
        load_handlers(replace(manifest, commands=commands))


def test_two_handlers_for_one_command_are_refused():
    router = Router()
    router.command("x")(lambda _: None)

    with pytest.raises(ManifestError):
        router.command("x")(lambda _: None)


@pytest.mark.parametrize("allow_extranet", [False, True])
async def test_slash_commands_are_those_of_the_interface(make_ask, allow_extranet):
    ask = await make_ask(allow_extranet=allow_extranet)
    parts = ask.core.parts
    asked_for = wanted(parts.settings, parts.manifest, parts.texts)
    shown = [command.name for command in asked_for.commands if not command.hidden]

    assert sorted(shown) == sorted(SLASH)
    assert [command.name for command in asked_for.commands if command.hidden] == ["statusbot"]
    assert all(set(command.titles) == {"en", "ru"} for command in asked_for.commands)
    assert all(all(command.titles.values()) for command in asked_for.commands)
    assert all(command.extranet is allow_extranet for command in asked_for.commands)
    assert {command.name for command in asked_for.commands if command.params} == {"accept", "decline", "reset"}


# --- installation


async def test_installation_is_synchronised_though_the_receiver_did_not_keep_it_yet(ask, dispatcher, portal):
    """The inbox may hand the event out before the receiver goes on."""
    ask.core.store._portals.clear()
    portal.bots.commands.clear()
    await dispatcher.handle(Delivery(ask.inbox.installation, 1))

    assert len(portal.bots.commands) == len(SLASH) + 1  # and that of the buttons


async def test_installation_by_another_administrator_uses_their_tokens(ask, dispatcher, portal):
    async def hand_out(entry: Entry) -> bool:
        await dispatcher.handle(Delivery(entry, 1))
        return True

    ask.inbox._hand_out = hand_out
    portal.users[42].admin = True
    app = next(iter(portal.oauth.apps.values()))
    app.installer_id = 42
    portal.dismiss(1)
    portal.install(app)
    await ask.deliver()

    assert {call.user_id for call in portal.calls if call.method.startswith("imbot")} == {42}


async def test_synchronising_waits_for_a_portal_that_is_away(ask, dispatcher, portal):
    portal.bots.commands.clear()
    portal.faults.add("imbot.v2.Bot.register", faults.html_page(), count=3)
    portal.faults.add("imbot.v2.Command.register", faults.cut(), count=2)
    await dispatcher.handle(Delivery(ask.inbox.installation, 1))

    assert len(portal.bots.commands) == len(SLASH) + 1  # and that of the buttons


@pytest.mark.parametrize(
    ("code", "status"), [("BOT_CODE_ALREADY_TAKEN", 400), ("insufficient_scope", None), ("PAYMENT_REQUIRED", None)]
)
async def test_synchronising_that_is_refused_is_a_line_for_the_administrator(ask, dispatcher, portal, code, status):
    portal.faults.add("imbot.v2.Bot.register", faults.error(code, status=status), count=None)
    with capture_logs() as lines:
        await dispatcher.handle(Delivery(ask.inbox.installation, 1))

    *_, failed, handled = lines
    assert [line["event"] for line in lines].count("portal.not-synchronised") == 1
    assert (failed["event"], failed["log_level"]) == ("portal.not-synchronised", "error")
    assert failed["error_code"] == code.lower()
    assert handled["outcome"] == "failed"


async def test_synchronising_with_a_dead_installer_is_a_line_for_the_administrator(ask, dispatcher, portal):
    portal.oauth.revoke(1)
    with capture_logs() as lines:
        await dispatcher.handle(Delivery(ask.inbox.installation, 1))

    assert "portal.not-synchronised" in [line["event"] for line in lines]


# --- other events


async def test_line_of_an_event_names_the_person_and_the_command(dispatcher, waiting):
    entry = await waiting("accept 651, 652")
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await dispatcher.handle(Delivery(entry, 1))
    said = {key: lines[-1][key] for key in ("event", "event_key", "user_id", "command")}

    assert said == {"event": "event.handled", "event_key": entry.key, "user_id": 17, "command": "accept"}


async def test_line_of_an_event_says_what_it_cost(dispatcher, waiting, clock):
    with tracing.receiving("/bitrix24/events", clock.now() - 1.5):
        entry = await waiting("accept 651")
    with capture_logs() as lines:
        await dispatcher.handle(Delivery(entry, 1))

    (line,) = lines
    assert (line["waited_ms"], line["requests"]) == (1500, 3)
    assert 0 <= line["duration_ms"] < 60_000


async def test_event_is_carried_out_in_the_name_of_its_request(ask, dispatcher, waiting, monkeypatch):
    with tracing.receiving("/bitrix24/events", 1.0) as trace:
        entry = await waiting("accept 651")
    found = []

    async def look(ctx, _meeting):
        found.append(tracing.current().request_id)
        return ctx.reply("errors.internal")

    monkeypatch.setitem(ask.core.parts.router.handlers, "accept", look)
    await dispatcher.handle(Delivery(entry, 1))
    await dispatcher.handle(Delivery(entry, 2))

    assert found == [trace.request_id] * 2


async def test_timer_has_the_request_of_its_command(ask, dispatcher, waiting):
    with tracing.receiving("/bitrix24/events", 1.0) as trace:
        entry = await waiting("dnd for 45m")
    await dispatcher.handle(Delivery(entry, 1))

    ((_, later),) = ask.inbox.later
    assert origin_of(later.body) == tracing.Origin(request_id=trace.request_id)


async def test_message_that_waits_for_a_connection_keeps_its_request(ask, dispatcher, waiting, portal):
    with tracing.receiving("/bitrix24/events", 1.0) as trace:
        entry = await waiting("accept 651")
    portal.oauth.revoke(17)
    await dispatcher.handle(Delivery(entry, 1))

    rows = await ask.core.database.read(lambda c: c.execute(select(states.waiting.c.body)).all())

    assert [origin_of(row.body) for row in rows] == [tracing.Origin(request_id=trace.request_id)]


async def test_event_of_a_forgotten_portal_is_dropped(ask, dispatcher, waiting, portal):
    entry = await waiting("accept 651")
    await ask.core.store.forget_portal(portal.options.member_id)
    portal.rest.calls.clear()
    with capture_logs() as lines:
        await dispatcher.handle(Delivery(entry, 1))
        await dispatcher.give_up(Delivery(entry, 5))

    assert [line["outcome"] for line in lines] == ["portal forgotten", "given up"]
    assert portal.calls == []


async def test_another_bot_s_removal_concerns_nobody(ask, dispatcher, portal):
    event = events.BotRemoved(portal=portal.options.member_id, sent_at=1, domain="", api="v2", bot_id=4)
    await dispatcher.handle(Delivery(Entry(event.key, event.lane, events.dump(event)), 1))

    assert ask.core.store.all_portals()[0].bot_id == 905


async def test_event_without_a_handler_is_done(dispatcher, portal):
    event = events.UnknownEvent(portal=portal.options.member_id, sent_at=1, domain="", name="X", digest="d")
    with capture_logs() as lines:
        await dispatcher.handle(Delivery(Entry(event.key, event.lane, events.dump(event)), 1))

    assert lines[0]["outcome"] == "ignored: nothing to do"


async def test_ignored_message_that_was_stored_stays_ignored(dispatcher, waiting, portal):
    entry = await waiting("accept 651")
    event = replace(events.load(entry.body), is_system=True)
    ignored = replace(entry, body=events.dump(event))
    portal.rest.calls.clear()
    await dispatcher.handle(Delivery(ignored, 1))
    await dispatcher.give_up(Delivery(ignored, 5))

    assert portal.calls == []


async def test_stored_event_of_a_later_release_is_left_to_the_inbox(dispatcher):
    with pytest.raises(NewerVersion):
        await dispatcher.handle(Delivery(Entry("k", "l", '{"v":99,"event":{}}'), 1))


async def test_fault_of_the_database_is_left_to_the_inbox(ask, dispatcher, waiting):
    entry = await waiting("accept 651")

    async def broken(*_args, **_kwargs):
        raise StorageError("disk full")

    ask.core.store.order.superseded = broken
    with pytest.raises(StorageError):
        await dispatcher.handle(Delivery(entry, 1))


async def test_command_in_whose_midst_the_database_fails_is_carried_out_once(ask, dispatcher, waiting, portal):
    entry = await waiting("dnd")
    since = len(portal.messages)
    full = "CREATE TRIGGER full BEFORE INSERT ON changes BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    await ask.core.database.write(lambda c: c.execute(text(full)))
    with pytest.raises(StorageError):
        await dispatcher.handle(Delivery(entry, 1))
    assert portal.messages[since:] == []

    await ask.core.database.write(lambda c: c.execute(text("DROP TRIGGER full")))
    await dispatcher.handle(Delivery(entry, 2))

    (answer,) = portal.messages[since:]
    assert answer.text.startswith("Do not disturb is on")
    assert [call.method for call in portal.calls].count("im.user.status.set") == 1


async def test_reply_that_the_database_holds_up_is_not_lost(ask, dispatcher, waiting, portal):
    entry = await waiting("accept 651")
    since = len(portal.messages)
    portal.faults.add("imbot.v2.Chat.Message.send", faults.error("expired_token"))
    full = "CREATE TRIGGER full BEFORE INSERT ON tokens BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    await ask.core.database.write(lambda c: c.execute(text(full)))
    with pytest.raises(StorageError):
        await dispatcher.handle(Delivery(entry, 1))
    assert portal.messages[since:] == []

    await ask.core.database.write(lambda c: c.execute(text("DROP TRIGGER full")))
    await dispatcher.handle(Delivery(entry, 2))

    (answer,) = portal.messages[since:]
    assert answer.text.startswith("You are going: meeting 651")
    assert len(portal.notices) == 1


async def test_news_of_an_account_reach_whoever_hears_them(dispatcher, portal):
    news = events.AccountChanged(
        portal=portal.options.member_id, sent_at=1, domain="", user_id=17, what="change", channel_id="chn_1", since=0
    )
    delivery = Delivery(Entry(news.key, news.lane, events.dump(news)), 1)
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await dispatcher.handle(delivery)
        await dispatcher.give_up(delivery)

    heard, given_up = lines
    assert (heard["kind"], heard["user_id"]) == ("account_changed", 17)
    assert heard["outcome"] == "ignored: Cronofy is not set up any more"
    assert given_up["outcome"] == "given up"


# --- given up


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Please check the result"), ("ru", "Проверьте, пожалуйста, результат")]
)
async def test_person_is_told_what_was_given_up(dispatcher, waiting, portal, language, words):
    portal.options.language = language
    entry = await waiting("accept 651")
    since = len(portal.messages)
    await dispatcher.give_up(Delivery(entry, 5))

    assert words in portal.messages[since].text
    assert portal.meetings[651][17] == "Q"


async def test_nobody_is_told_of_an_installation_that_was_given_up(ask, dispatcher, portal):
    await dispatcher.give_up(Delivery(ask.inbox.installation, 5))

    assert portal.messages == []
