"""Who is heard, in what order, with whose token, and what happens while the portal is away."""

import json
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from bot.emulator import faults
from bot.errors import ForeignEvent
from bot.events import parse_form
from bot.inbox import Delivery
from bot.order import carried_out
from bot.questions import questions
from bot.store import portals
from bot.tokens import tokens

SEND = "imbot.v2.Chat.Message.send"
UNTOUCHED = {23: "H", 17: "Q", 42: "Q"}


@pytest.fixture
def edit(portal) -> Callable[..., None]:
    """Change fields of the last event on its way; None removes one."""

    def change(changes: dict[str, str | None]) -> None:
        delivery = portal.queue.pending[-1]
        fields = dict(parse_qsl(delivery.body.decode(), keep_blank_values=True)) | changes
        body = urlencode({name: value for name, value in fields.items() if value is not None})
        portal.queue.pending[-1] = replace(delivery, body=body.encode())

    return change


@pytest.fixture
async def opened(ask, portal):
    """`ask`, after 17 has opened the chat with the bot."""
    await ask("status")
    portal.rest.calls.clear()
    return ask


def answers(portal, since: int) -> list[str]:
    """What the bot wrote since then."""
    return [message.text for message in portal.messages[since:] if message.author_id in portal.bots.by_id]


# --- section I: ignored


IGNORED = {
    "bot": {"data[user][bot]": "1"},
    "type bot": {"data[user][type]": "bot"},
    "connector": {"data[user][connector]": "1"},
    "imconnector": {"data[user][externalAuthId]": "imconnector"},
    "open line": {"data[chat][entityType]": "LINES"},
    "live chat": {"data[chat][entityType]": "LIVECHAT"},
    "inactive": {"data[user][active]": "0"},
    "system": {"data[message][isSystem]": "1"},
    "no author": {"data[message][authorId]": "0", "data[message][author_id]": "0"},
    "unloadable": {"data[message][authorId]": None, "data[message][author_id]": None},
}


@pytest.mark.parametrize("said", ["accept 651", "/accept 651"])
async def test_whom_nobody_answers_changes_nothing(opened, portal, edit, said):
    for why, changes in IGNORED.items():
        since = len(portal.messages)
        portal.say(17, said)
        edit(changes)
        with capture_logs() as lines:
            await opened.deliver()

        assert answers(portal, since) == [], why
        assert [line["event"] for line in lines] == ["event.ignored"], why
    assert portal.calls == []
    assert portal.meetings[651] == UNTOUCHED


async def test_bot_does_not_talk_to_itself(opened, portal, edit):
    since = len(portal.messages)
    portal.say(17, "accept 651")
    edit({"data[user][id]": str(next(iter(portal.bots.by_id)))})
    await opened.deliver()

    assert answers(portal, since) == []


# --- section I: refused


REFUSED = {
    "extranet flag": {"data[user][extranet]": "1"},
    "extranet": {"data[user][type]": "extranet"},
    "collaber": {"data[user][type]": "collaber"},
    "guest": {"data[user][type]": "guest"},
    "email": {"data[user][type]": "email"},
    "network": {"data[user][network]": "1"},
    **{
        name: {"data[user][externalAuthId]": name}
        for name in (
            "bot email __controller replica sale saleanonymous shop call document_editor calendar_sharing im_guest"
        ).split()
    },
}


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("accept 651", "I only work for employees"),
        ("принять 651", "я работаю только для сотрудников"),
        ("/dnd", "I only work for employees"),
    ],
)
async def test_outsiders_get_one_polite_answer_and_nothing_else(opened, portal, edit, said, answered):
    for why, changes in REFUSED.items():
        since = len(portal.messages)
        portal.say(17, said)
        edit(changes)
        await opened.deliver()

        (text,) = answers(portal, since)
        assert answered in text, why
    assert {call.method for call in portal.calls} == {SEND}
    assert portal.meetings[651] == UNTOUCHED
    assert not portal.presence


@pytest.mark.parametrize("kind", ["user", "employee", "something_new"])
async def test_colleagues_are_heard_however_they_log_in(opened, portal, edit, kind):
    for login in ("default", "", "socserv_ad"):
        portal.say(17, "dnd")
        edit({"data[user][type]": kind, "data[user][externalAuthId]": login})
        await opened.deliver()

        assert portal.presence.pop(17) == "dnd", login


async def test_tokens_of_outsiders_are_not_kept(opened, portal):
    await opened("accept 651", user_id=88)

    assert await opened.core.store.tokens.find(portal.options.member_id, 88) is None


async def test_admitted_extranet_user_may_answer_but_guests_may_not(make_ask, portal, edit):
    ask = await make_ask(allow_extranet=True)
    portal.add_meeting(700, name="Joint", host=23, guests=[88], start="2026-11-26T09:00:00")
    reply = await ask("accept 700", user_id=88)
    await ask("/dnd", user_id=88)

    assert reply.text == "You are going: meeting 700."
    assert portal.meetings[700][88] == "Y"
    assert portal.presence == {88: "dnd"}

    since = len(portal.messages)
    portal.say(88, "decline 700")
    edit({"data[user][type]": "guest"})
    await ask.deliver()
    assert "only work for employees" in answers(portal, since)[0]
    assert portal.meetings[700][88] == "Y"


async def test_extranet_user_who_is_not_invited_learns_nothing(make_ask, portal):
    ask = await make_ask(allow_extranet=True)

    assert (await ask("accept 651", user_id=88)).text == (await ask("accept 999", user_id=88)).text.replace(
        "999", "651"
    )
    assert portal.meetings[651] == UNTOUCHED
    assert portal.notices == []


async def test_forwarded_words_are_not_carried_out(opened, portal):
    original = portal.say(23, "принять 651", chat=311)
    reply = await opened("принять 651", forward=original.id)

    assert reply.text.startswith("This is a forwarded message")
    assert portal.meetings[651] == UNTOUCHED


async def test_blank_forward_is_none(opened, portal, edit):
    portal.say(17, "accept 651")
    edit({"data[message][forward]": ""})
    await opened.deliver()

    assert portal.meetings[651][17] == "Y"


async def test_message_written_by_somebody_else_is_refused(opened, portal, edit):
    since = len(portal.messages)
    for said in ("accept 651", "/accept 651"):
        portal.say(17, said)
        edit({"data[message][authorId]": "42", "data[message][author_id]": "42"})
        await opened.deliver()

    assert ["cannot prove" in text for text in answers(portal, since)] == [True, True]
    assert {call.method for call in portal.calls} == {SEND}


async def test_edits_reactions_contexts_and_deletions_command_nothing(opened, portal):
    first = portal.say(17, "hello")
    await opened.deliver()
    since = len(portal.messages)
    portal.rest.calls.clear()
    portal.edit(first.id, "accept 651")
    portal.react(17, portal.messages[-1].id)
    portal.open_context(17, {"command": "accept 651"})
    portal.delete(first.id)
    await opened.deliver()

    assert answers(portal, since) == []
    assert portal.calls == []
    assert portal.meetings[651] == UNTOUCHED


# --- whose token


async def test_event_with_somebody_else_s_token_does_nothing(opened, portal):
    reply = await opened("accept 651", auth_as=42)

    assert reply.text.startswith("I cannot prove that this command came from you")
    assert {call.method for call in portal.calls} == {SEND}
    assert portal.meetings[651] == UNTOUCHED
    assert (await opened("принять 651", auth_as=42)).text.startswith("Я не могу убедиться")


@pytest.mark.parametrize("known", [True, False])
async def test_token_of_unknown_owner_that_is_somebody_else_s_does_nothing(ask, portal, known):
    if known:
        await ask("status")
    portal.rest.calls.clear()
    reply = await ask("accept 651, 652", auth="no_user_id", auth_as=42)

    assert reply.text.startswith("I cannot prove that this command came from you, so nothing was changed.")
    assert {call.method for call in portal.calls} == {"profile", SEND}
    assert portal.meetings[651] == UNTOUCHED


async def test_token_of_unknown_owner_is_proven_once(ask, portal):
    await ask("accept 651, 652 and 653", auth="no_user_id")
    methods = [call.method for call in portal.calls]

    assert methods.count("profile") == 1
    assert portal.meetings[651][17] == "Y"


async def drop_pairs(ask, *user_ids) -> None:
    database = ask.core.store.database
    await database.write(lambda c: c.execute(tokens.delete().where(tokens.c.user_id.in_(user_ids))))


@pytest.mark.parametrize("said", ["accept 651", "help\naccept 651"])
async def test_token_that_was_just_proven_serves_the_next_attempt(ask, portal, said):
    portal.faults.add("batch", faults.html_page())
    reply = await ask(said, auth="no_user_id")

    assert "You are going" in reply.text
    assert [call.method for call in portal.calls].count("profile") == 1


async def test_token_that_was_just_proven_replaces_an_older_one(ask, portal):
    await ask("status")
    portal.oauth.revoke(17)
    portal.rest.calls.clear()
    reply = await ask("accept 651", auth="no_user_id")

    assert reply.text.startswith("You are going")
    assert [call.error for call in portal.calls if call.error] == []


async def test_token_that_was_just_proven_posts_the_answer_where_no_other_is(ask, portal):
    await drop_pairs(ask, 1, *portal.bots.by_id)

    assert (await ask("accept 651", auth="no_user_id")).text.startswith("You are going")


async def test_token_that_was_just_proven_and_forgotten_posts_nothing(ask, portal):
    await ask("help", user_id=1)
    await drop_pairs(ask, *portal.bots.by_id)
    portal.calls.clear()
    portal.say(1, "status\ndisconnect", auth="no_user_id")
    await ask.deliver()

    assert SEND not in {call.method for call in portal.calls}


async def test_event_without_tokens_uses_the_stored_pair(opened, portal):
    await opened("accept 651", auth="minimal")

    assert portal.meetings[651][17] == "Y"
    assert {call.user_id for call in portal.calls if call.method.startswith("calendar.")} == {17}


@pytest.mark.parametrize(
    ("said", "answered"),
    [("accept 651", "I have no permission from Bitrix24 to act for you"), ("занят", "У меня пока нет разрешения")],
)
@pytest.mark.parametrize("auth", ["minimal", "absent"])
async def test_event_without_tokens_of_an_unknown_person_is_told_how(ask, portal, said, answered, auth):
    reply = await ask(said, auth=auth)

    assert answered in reply.text
    assert {call.method for call in portal.calls} == {SEND}
    assert portal.meetings[651] == UNTOUCHED
    assert not portal.presence


async def test_event_that_names_no_portal_is_known_by_its_token(opened, portal, edit):
    portal.say(17, "accept 651", auth="minimal")
    edit({f"data[bot][auth][{name}]": None for name in ("member_id", "access_token", "refresh_token")})
    await opened.deliver()

    assert portal.meetings[651][17] == "Y"


async def test_expired_token_is_refreshed_once(opened, portal, clock):
    clock.advance(3601)
    reply = await opened("accept 651, 653 and 652", auth="minimal")
    mine = [request for request in portal.oauth.requests if request.user_id == 17]

    assert [request.grant_type for request in mine] == ["refresh_token"]
    assert portal.meetings[651][17] == "Y"
    assert reply.text.startswith("You are going")


async def test_dead_pair_is_no_riddle(opened, portal):
    portal.oauth.revoke(17)
    reply = await opened("accept 651", auth="minimal")

    assert "I have no permission" in reply.text
    assert portal.meetings[651] == UNTOUCHED
    assert (await opened("accept 651")).text.startswith("You are going")


async def test_bot_s_block_never_becomes_a_person_s_token(opened, portal, edit):
    foreign = portal.oauth.issue(next(iter(portal.oauth.apps.values())), 23)
    portal.say(17, "status", auth="minimal")
    edit({"data[bot][id]": "42", "data[bot][auth][access_token]": foreign.access_token})
    await opened.deliver()

    assert await opened.core.store.tokens.find(portal.options.member_id, 42) is None


async def test_installer_s_token_answers_but_never_acts(ask, portal):
    await ask("accept 651", auth="minimal")

    assert {call.user_id for call in portal.calls if call.method == SEND} == {1}
    assert portal.meetings[651] == UNTOUCHED


async def test_reply_finds_a_token_that_works(opened, portal):
    portal.dismiss(1)
    reply = await opened("accept 651")

    assert reply.text.startswith("You are going")


# --- time and order


@pytest.mark.parametrize(("off", "answered"), [(-601, True), (601, True), (-599, False), (599, False)])
async def test_command_of_another_time_is_not_carried_out(opened, portal, clock, edit, off, answered):
    for said, words in (("accept 651", "too late"), ("не беспокоить", "слишком поздно")):
        since = len(portal.messages)
        portal.say(17, said)
        edit({"ts": str(int(clock.now()) + off)})
        await opened.deliver()
        (text,) = answers(portal, since)
        assert (words in text) is answered
    assert (portal.meetings[651][17] == "Q") is answered
    assert bool(portal.presence) is not answered


async def test_event_without_a_time_gets_that_of_its_arrival(opened, portal, edit):
    portal.say(17, "accept 651")
    edit({"ts": None})
    await opened.deliver()

    assert portal.meetings[651][17] == "Y"


async def test_limit_of_age_is_a_setting(make_ask, portal, clock, edit):
    ask = await make_ask(max_event_age=5)
    portal.say(17, "accept 651")
    clock.advance(6)
    await ask.deliver()

    assert portal.meetings[651] == UNTOUCHED


async def overtaking(ask, portal, *said: str, user_id: int = 17) -> list[str]:
    """Let the first message arrive after the others."""
    since = len(portal.messages)
    portal.queue.trouble("reorder", "ONIM*ADD")
    for text in said:
        portal.say(user_id, text)
    await ask.deliver()
    return answers(portal, since)


@pytest.mark.parametrize(
    ("older", "newer", "words"),
    [
        ("decline 651", "accept 651", "you have answered meeting 651"),
        ("/decline 651", "accept 651", "you have answered meeting 651"),
        ("decline 652", "/accept 651", "you have answered meeting 652"),
        ("отклонить 651", "принять 651", "с тех пор вы ответили иначе"),
    ],
)
async def test_older_answer_that_comes_later_is_not_carried_out(opened, portal, older, newer, words):
    texts = await overtaking(opened, portal, older, newer)

    assert portal.meetings[651][17] == "Y"
    assert len(portal.notices) == 1
    assert words in texts[1]


async def test_older_answer_after_one_that_changed_nothing_is_not_carried_out(opened, portal):
    await opened("accept 651")
    await overtaking(opened, portal, "decline 651", "accept 651")

    assert portal.meetings[651][17] == "Y"
    assert len(portal.notices) == 1


@pytest.mark.parametrize(
    ("older", "newer", "words"),
    [("dnd", "away", "you have changed your status since then"), ("занят", "отошла", "с тех пор вы сменили статус")],
)
async def test_older_presence_that_comes_later_is_not_carried_out(opened, portal, older, newer, words):
    texts = await overtaking(opened, portal, older, newer)

    assert portal.presence == {17: "away"}
    assert words in texts[1]


async def test_older_command_about_something_else_is_carried_out(opened, portal):
    portal.add_meeting(700, name="Retro", host=23, guests=[17], start="2026-11-26T09:00:00")
    await overtaking(opened, portal, "decline 700", "accept 651")
    await overtaking(opened, portal, "dnd", "accept 651")

    assert portal.meetings[651][17] == "Y"
    assert portal.meetings[700][17] == "N"
    assert portal.presence == {17: "dnd"}


async def test_newer_command_of_somebody_else_does_not_count(opened, portal):
    await opened("status", user_id=42)
    portal.queue.trouble("reorder", "ONIM*ADD")
    portal.say(17, "decline 651")
    portal.say(42, "accept 651")
    await opened.deliver()

    assert portal.meetings[651] == {23: "H", 17: "N", 42: "Y"}


async def test_command_that_was_not_carried_out_overtakes_nothing(opened, portal):
    portal.faults.add("calendar.meeting.status.set", faults.error("ACCESS_DENIED"))
    await overtaking(opened, portal, "decline 651", "accept 651")

    assert portal.meetings[651][17] == "N"


@pytest.fixture
def press(opened, portal, edit, clock):
    """Press a button with these params, `age` seconds ago."""

    async def pressed(params: str, age: int = 0) -> str:
        since = len(portal.messages)
        portal.say(17, "/statusbot x")
        edit(
            {
                "data[command][params]": params,
                "data[command][context]": "keyboard",
                "data[message][id]": "84001",
                "data[message][authorId]": str(next(iter(portal.bots.by_id))),
                "ts": str(int(clock.now()) - age),
            }
        )
        await opened.deliver()
        (text,) = answers(portal, since)
        return text

    return pressed


async def test_presses_count_by_their_time(opened, portal, press):
    await press("accept 651")
    late = await press("decline 651", age=30)

    assert portal.meetings[651][17] == "Y"
    assert "reached me late" in late
    await press("decline 651")
    assert portal.meetings[651][17] == "N"


async def test_press_and_message_count_by_their_time(opened, portal, press, clock, edit):
    await opened("accept 651")
    assert "reached me late" in await press("decline 651", age=30)
    assert portal.meetings[651][17] == "Y"

    clock.advance(60)
    await press("decline 651")
    portal.say(17, "accept 651")
    edit({"ts": str(int(clock.now()) - 30)})
    await opened.deliver()
    assert portal.meetings[651][17] == "N"


# --- again and again


@pytest.mark.parametrize("said", ["accept 651", "/accept 651"])
async def test_event_delivered_twice_acts_and_is_answered_once(opened, portal, said):
    portal.queue.trouble("duplicate", "ONIM*ADD")
    await opened(said)

    assert len(portal.notices) == 1
    assert [call.method for call in portal.calls].count(SEND) == 1


async def test_event_is_waited_for_while_the_portal_is_away(opened, portal):
    portal.faults.add("batch", faults.html_page(), count=2)
    portal.faults.add("batch", faults.error("QUERY_LIMIT_EXCEEDED"), count=2)
    portal.faults.add("batch", faults.error("OPERATION_TIME_LIMIT"))
    portal.faults.add("batch", faults.cut())
    reply = await opened("accept 651")

    assert reply.text.startswith("You are going: meeting 651")
    assert len(portal.notices) == 1


@pytest.mark.parametrize(("said", "done"), [("accept 651", "You are going"), ("decline 651", "You are not going")])
async def test_write_whose_answer_was_lost_is_not_repeated(opened, portal, said, done):
    portal.faults.add("calendar.meeting.status.set", faults.lost())
    reply = await opened(said)

    assert reply.text.startswith(done)
    assert len(portal.notices) == 1


async def test_part_that_was_done_is_not_done_again(opened, portal):
    portal.add_meeting(700, name="Retro", host=23, guests=[17], start="2026-11-26T09:00:00")
    portal.faults.add("batch", faults.html_page(), skip=2, count=3)
    reply = await opened("accept 651, 700")

    assert portal.meetings[651][17] == portal.meetings[700][17] == "Y"
    assert len(portal.notices) == 2
    assert reply.text.count("You are going") == 2


async def test_item_that_the_portal_leaves_out_is_asked_again(opened, portal):
    body = b'{"result":{"result":{"meeting":null},"result_error":[]},"time":{}}'
    portal.faults.add("batch", faults.raw(200, body, "application/json"))
    reply = await opened("accept 651")

    assert reply.text.startswith("You are going")


async def test_reply_is_sent_as_soon_as_the_portal_is_back(opened, portal):
    portal.faults.add(SEND, faults.cut(), count=3)
    reply = await opened("accept 651")

    assert reply.text.startswith("You are going")
    assert len(portal.notices) == 1


async def test_reply_that_is_refused_for_good_is_given_up(opened, portal):
    portal.faults.add("imbot.*", faults.error("ACCESS_DENIED"), count=None)
    since = len(portal.messages)
    portal.say(17, "accept 651")
    with capture_logs() as lines:
        await opened.deliver()

    assert answers(portal, since) == []
    assert portal.meetings[651][17] == "Y"
    assert "reply.refused" in [line["event"] for line in lines]


async def test_interrupted_command_is_told_as_done_when_it_is(opened, portal):
    since = len(portal.messages)
    entry = await delivered_later(opened, portal, "accept 651")
    portal.calendar.set_status(17, {"eventId": 651, "status": "Y"})
    await opened.inbox._dispatcher.handle(Delivery(entry, 2))

    assert answers(portal, since)[0].startswith("You are going: meeting 651")
    assert len(portal.notices) == 1


async def test_interrupted_command_that_is_too_old_promises_nothing(opened, portal, clock):
    since = len(portal.messages)
    entry = await delivered_later(opened, portal, "accept 651")
    clock.advance(601)
    await opened.inbox._dispatcher.handle(Delivery(entry, 2))

    assert "Please check the result" in answers(portal, since)[0]
    assert portal.meetings[651] == UNTOUCHED


async def delivered_later(ask, portal, said):
    """Return the entry of a message that nobody has handled yet."""
    taken = []

    async def hand_out(entry) -> bool:
        taken.append(entry)
        return True

    usual, ask.inbox._hand_out = ask.inbox._hand_out, hand_out
    portal.say(17, said)
    await ask.deliver()
    ask.inbox._hand_out = usual
    return taken[0]


# --- language


LANGUAGES = {
    "en": [
        ("en", "принять 651", True),
        ("ru", "accept 651", False),
        ("ru", "+ 651", True),
        ("de", "+ 651", False),
        ("ru", "/accept 651", True),
        ("ru", "123", True),
        ("ru", "what?", False),
        ("en", "что?", True),
    ],
    "ru": [("en", "+ 651", False), ("de", "+ 651", True), ("de", "/accept 651", True), ("de", "accept 651", False)],
}


@pytest.mark.parametrize("fallback", list(LANGUAGES))
async def test_language_is_that_of_the_words_then_the_event_s_then_the_setting(make_ask, portal, fallback):
    ask = await make_ask(language=fallback)
    for portal_language, said, russian in LANGUAGES[fallback]:
        portal.options.language = portal_language
        reply = await ask(said)

        assert any("а" <= sign <= "я" for sign in reply.text) is russian, (portal_language, said)


# --- the older bot API


async def test_portal_without_v2_is_served_whole(make_ask, portal):
    portal.options.v2 = False
    ask = await make_ask()
    accepted = await ask("accept 651")
    await ask("/dnd")
    asked = await ask("сбросить 651")
    reset = await ask.press(17, asked.message, "Да, сделать")

    assert accepted.text.startswith("You are going: meeting 651 “Weekly sync”")
    assert portal.presence == {17: "dnd"}
    assert reset.text.startswith("Ваш ответ снова открыт")
    assert portal.meetings[651][17] == "Q"
    assert not [call for call in portal.calls if call.method.startswith("imbot.v2.Chat")]


async def test_portal_without_v2_in_a_group(make_ask, portal):
    portal.options.v2 = False
    ask = await make_ask()
    portal.invite_bot(311, by=23)
    await ask.deliver()
    bot_id = next(iter(portal.bots.by_id))
    reply = await ask(f"[USER={bot_id}]Status Bot[/USER], accept 651", chat=311)

    assert reply.text == "You are going: meeting 651."
    assert reply.message.dialog_id == "chat311"
    assert portal.meetings[651][17] == "Y"


async def test_portal_without_v2_refuses_outsiders(make_ask, portal):
    portal.options.v2 = False
    ask = await make_ask()
    reply = await ask("accept 651", user_id=88)
    slash = await ask("/dnd", user_id=88)

    assert "only work for employees" in reply.text
    assert "only work for employees" in slash.text
    assert not portal.presence


@pytest.mark.parametrize("flag", ["IS_BOT", "IS_CONNECTOR"])
async def test_portal_without_v2_ignores_machines(make_ask, portal, edit, flag):
    portal.options.v2 = False
    ask = await make_ask()
    await ask("status")
    since = len(portal.messages)
    portal.say(17, "accept 651")
    edit({f"data[USER][{flag}]": "Y"})
    await ask.deliver()

    assert answers(portal, since) == []
    assert portal.meetings[651] == UNTOUCHED


async def test_several_commands_in_one_v1_event_are_all_carried_out(make_ask, portal):
    portal.options.v2, portal.options.v1_grouped = False, True
    ask = await make_ask()
    since = len(portal.messages)
    portal.say(17, "/accept 651\n/dnd")
    await ask.deliver()

    assert len(answers(portal, since)) == 2
    assert portal.meetings[651][17] == "Y"
    assert portal.presence == {17: "dnd"}


async def test_reply_falls_back_to_v1(opened, portal):
    portal.options.v2 = False
    reply = await opened("reset 651")

    assert reply.text.startswith("You have not answered yet")
    assert [call.method for call in portal.calls][-2:] == [SEND, "imbot.message.add"]


async def test_chosen_v1_is_used_where_v2_exists(make_ask, portal):
    ask = await make_ask(bot_api="v1")
    await ask("accept 651")

    assert portal.meetings[651][17] == "Y"
    assert not [call for call in portal.calls if call.method.startswith("imbot.v2")]


# --- our own faults


async def test_broken_handler_is_answered_and_logged_without_secrets(opened, portal):
    async def broken(ctx, meeting_id: int):
        raise ZeroDivisionError

    opened.core.parts.router.handlers["accept"] = broken
    with capture_logs() as lines:
        english, russian = await opened("accept 651"), await opened("принять 651")

    assert english.text.startswith("Something went wrong on my side.")
    assert russian.text.startswith("Что-то пошло не так с моей стороны.")
    broken_lines = [line for line in lines if line["event"] == "command.broken"]
    assert all(line["exc_info"] and line["log_level"] == "error" for line in broken_lines)
    assert len(broken_lines) == 2
    assert_no_secrets(opened, portal, lines)


async def test_lines_of_an_event_carry_its_keys_and_no_words(opened, portal):
    with capture_logs() as lines:
        await opened("accept 651")

    (handled,) = [line for line in lines if line["event"] == "event.handled"]
    assert handled["outcome"] == "done"
    assert "Weekly sync" not in str(lines)
    assert "Mira" not in str(lines)
    assert_no_secrets(opened, portal, lines)


def assert_no_secrets(ask, portal, lines) -> None:
    text = str(lines)
    app = next(iter(portal.oauth.apps.values()))
    secrets = [app.application_token, app.client_secret, *portal.oauth._access, *portal.oauth._refresh]
    assert not [secret for secret in secrets if secret in text]


# --- the end


async def test_removed_bot_is_forgotten(opened, portal):
    portal.remove_bot(by=1)
    await opened.deliver()
    installed = opened.core.store.portal(portal.options.member_id)

    assert installed is not None
    assert installed.bot_id is None


async def test_uninstallation_forgets_everything(opened, portal):
    await opened("accept 651")
    await opened("reset 651")
    app = next(iter(portal.oauth.apps.values()))
    portal.uninstall(app)
    await opened.deliver()

    assert opened.core.store.all_portals() == []
    for table in (portals, tokens, questions, carried_out):
        count = select(func.count()).select_from(table)
        assert await opened.core.database.read(lambda c, count=count: c.execute(count).scalar()) == 0
    body = urlencode({"event": "ONAPPUNINSTALL", "auth[application_token]": app.application_token}).encode()
    with pytest.raises(ForeignEvent):
        await opened.receiver._events(parse_form(body))


async def test_what_waits_when_the_application_goes_is_dropped(opened, portal):
    entry = await delivered_later(opened, portal, "accept 651")
    portal.uninstall(next(iter(portal.oauth.apps.values())))
    await opened.deliver()
    portal.rest.calls.clear()
    await opened.inbox._dispatcher.handle(Delivery(entry, 1))

    assert portal.calls == []
    assert portal.meetings[651] == UNTOUCHED


async def test_many_lists_in_one_message_keep_to_what_a_keyboard_takes(ask, portal):
    for number in range(700, 709):
        portal.add_meeting(number, name="Retro", host=23, guests=[17], start="2026-11-24T09:00:00")
    reply = await ask("\n".join(["meetings", "invitations"] * 10))

    assert len(reply.text) <= 1_000
    assert len(json.dumps(reply.message.keyboard)) < 30_000


@pytest.mark.parametrize(
    "said", ["help\nhelp accept\nhelp decline\naccept 651", "помощь\nсправка принять\nпринять 651"]
)
async def test_outcome_is_never_left_out_for_explanations(ask, portal, said):
    reply = await ask(said)

    assert len(reply.text) <= 1_000
    assert "651 “Weekly sync”" in reply.text or "651 «Weekly sync»" in reply.text
    assert portal.meetings[651][17] == "Y"


async def test_question_that_is_left_out_is_not_asked(ask, portal):
    await ask("accept 651")
    reply = await ask("help\nhelp accept\nhelp decline\nreset 651")
    is_asked = "651 “Weekly sync”?" in reply.text
    assert is_asked == ("Yes, do it" in reply.buttons)

    await ask("yes")
    assert portal.meetings[651][17] == ("Q" if is_asked else "Y")
