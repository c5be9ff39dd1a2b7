"""The permission to act for a person: asked for, waited for, forgotten."""

from urllib.parse import parse_qsl

import pytest
from sqlalchemy import select

from bot.emulator import faults
from bot.states import states, waiting
from bot.tokens import tokens
from tests.visitor import Browser, link_of, state_of

UNTOUCHED = {23: "H", 17: "Q", 42: "Q"}
MEMBER = "1b" * 16


async def rows(ask, table):
    return await ask.core.database.read(lambda c: c.execute(select(table)).all())


async def pairs(ask, user_id=17):
    store = ask.core.store
    return [pair for proven in (True, False) if (pair := await store.tokens.find(MEMBER, user_id, proven=proven))]


async def in_group(ask, portal):
    portal.invite_bot(311, by=23)
    await ask.deliver()
    return f"[USER={next(iter(portal.bots.by_id))}]Status Bot[/USER] "


def said_by_bot(portal):
    return [message.text for message in portal.messages if message.author_id in portal.bots.by_id]


# --- connect


@pytest.mark.parametrize(
    ("said", "words", "button"),
    [
        ("connect", "let me act for you in Bitrix24. The link is for you alone; it works once, within 10 minutes.", "Connect"),
        ("  Connect! ", "let me act for you in Bitrix24.", "Connect"),
        ("подключить", "разрешите мне действовать за вас в Битрикс24. Ссылка только для вас;", "Подключить"),
        ("Подключить, пожалуйста.", "разрешите мне действовать за вас", "Подключить"),
    ],
)  # fmt: skip
async def test_connect_in_private_gives_a_link_of_the_portal(ask, portal, said, words, button):
    reply = await ask(said)
    app = next(iter(portal.oauth.apps.values()))
    address, _, query = link_of(reply.message).partition("?")

    assert words in reply.text
    assert reply.buttons == [button]
    assert address == "https://acme.bitrix24.example/oauth/authorize/"
    assert [name for name, _ in parse_qsl(query)] == ["client_id", "state"]
    assert dict(parse_qsl(query))["client_id"] == app.client_id
    assert len(state_of(reply.message)) == 43


async def test_link_is_for_ten_minutes_and_its_secret_is_not_stored(ask, clock, tmp_path):
    secret = state_of((await ask("connect")).message)
    (state,) = await rows(ask, states)

    assert (state.user_id, state.dialog_id, state.language, state.used_at) == (17, "17", "en", None)
    assert state.expires_at == int(clock.now()) + 600
    assert not [file for file in tmp_path.glob("statusbot.db*") if secret.encode() in file.read_bytes()]


async def test_newer_link_closes_the_older_one_of_the_same_person(ask):
    mine = [state_of((await ask("connect")).message) for _ in range(3)]
    other = state_of((await ask("connect", user_id=42)).message)
    found = [await ask.core.store.states.find(secret, "bitrix24") is not None for secret in [*mine, other]]

    assert len({*mine, other}) == 4
    assert found == [False, False, True, True]


async def test_connect_handled_again_after_a_kill_gives_one_link_that_works(ask, portal, browser):
    first = (await ask("connect")).message
    entry = ask.inbox.entries[-1]
    await ask.inbox.hand_out_again(entry)
    second = portal.messages[-1]

    assert (await browser.connect(first)).status == 400
    assert (await browser.connect(second)).status == 200


@pytest.mark.parametrize(
    ("said", "answered"),
    [("connect", "please write “connect” to me in a private chat"), ("подключить", "напишите мне, пожалуйста, «подключить»")],
)  # fmt: skip
async def test_connect_in_a_group_points_to_the_private_chat(ask, portal, said, answered):
    reply = await ask(await in_group(ask, portal) + said, chat=311)

    assert answered in reply.text
    assert reply.buttons == []
    assert await rows(ask, states) == []


@pytest.mark.parametrize(
    "said", ["connect cronofy", "подключить cronofy", "connect 651", "disconnect me", "отключить всё"]
)
async def test_more_words_are_not_guessed_at(ask, said):
    await ask("status")
    reply = await ask(said)

    assert reply.buttons == []
    assert await rows(ask, states) == []
    assert await pairs(ask)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("connect google", "“connect cronofy” for a calendar outside"),
        ("disconnect my calendar", "“disconnect cronofy” for a calendar outside"),
        ("подключить гугл", "«подключить cronofy» для календаря вне"),
        ("отключи календарь", "«отключить cronofy» для календаря вне"),
    ],
)
async def test_both_kinds_of_connection_are_named_to_whoever_means_another(ask, said, named):
    assert named in (await ask(said)).text


async def test_slip_behind_connect_is_asked_about(ask):
    assert "Did you mean “connect cronofy”?" in (await ask("connect crnofy")).text


async def test_connect_looks_the_same_on_an_older_portal(portal, make_ask):
    portal.options.v2 = False
    ask = await make_ask()
    reply = await ask("подключить")

    assert reply.buttons == ["Подключить"]
    assert link_of(reply.message).startswith("https://acme.bitrix24.example/oauth/authorize/?client_id=")
    assert "imbot.message.add" in {call.method for call in portal.calls}


@pytest.mark.parametrize("said", ["connect", "accept 651"])
@pytest.mark.parametrize(
    "how", [{"user_id": 88}, {"auth_as": 42}, {"auth_as": 42, "auth": "no_user_id"}, {"forward": True}]
)
async def test_whoever_is_refused_gets_no_link_and_nothing_waits(ask, portal, said, how):
    if "forward" in how:
        how = {"forward": portal.say(17, "hello").id}
        await ask.deliver()
    if said == "connect" and how.get("auth") == "no_user_id":
        return  # the command needs no token, so nobody asks whose it is
    reply = await ask(said, **how)

    assert reply.buttons == []
    assert await rows(ask, states) == await rows(ask, waiting) == []
    assert portal.meetings[651] == UNTOUCHED


# --- disconnect


@pytest.mark.parametrize(
    ("said", "forgot", "honest"),
    [
        ("disconnect", "I have forgotten your permission", "Bitrix24 normally sends me a new permission along"),
        ("отключить", "Я забыл ваше разрешение", "Битрикс24 обычно присылает мне вместе с сообщением новое разрешение"),
    ],
)
async def test_disconnect_forgets_and_says_what_to_expect(ask, said, forgot, honest):
    await ask("status")
    await ask("status", user_id=42)
    reply = await ask(said)

    assert forgot in reply.text
    assert honest in reply.text
    assert await pairs(ask) == []
    assert await pairs(ask, 42) != []
    assert (await ask("status")).text.startswith("Your status is")
    assert await pairs(ask) != []


async def test_what_is_forgotten_serves_no_later_command_of_the_same_message(ask, portal):
    reply = await ask("status\ndisconnect\naccept 651")

    assert reply.text.startswith("Your status is")
    assert "I have no permission" in reply.text
    assert portal.meetings[651] == UNTOUCHED


async def test_disconnect_forgets_what_nobody_has_proven(ask):
    await ask("help", auth="no_user_id")
    assert [pair.proven for pair in await pairs(ask)] == [False]
    await ask("disconnect", auth="no_user_id")

    assert await pairs(ask) == []
    assert "I have no permission" in (await ask("accept 651", auth="minimal")).text


async def test_disconnect_closes_the_link_and_drops_what_waits(ask, portal, browser):
    link = (await ask("accept 651", auth="minimal")).message
    await ask("disconnect", auth="minimal")
    page = await browser.connect(link)

    assert page.status == 400
    assert await rows(ask, states) == await rows(ask, waiting) == []
    assert await pairs(ask) == []
    assert portal.meetings[651] == UNTOUCHED


async def test_disconnect_of_somebody_unknown_is_answered(ask):
    assert "I have forgotten" in (await ask("disconnect", auth="absent")).text


# --- a command that needs what is not there


@pytest.mark.parametrize(
    ("said", "answered", "told", "carried_out"),
    [
        ("accept 651", "I have no permission from Bitrix24", "You are connected: I can act", "You are going: meeting 651"),
        ("принять 651", "У меня пока нет разрешения", "Вы подключены: теперь", "Вы идёте: встреча 651"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("auth", ["minimal", "absent"])
async def test_command_is_carried_out_after_the_connection(
    ask, portal, browser, auth, said, answered, told, carried_out
):
    reply = await ask(said, auth=auth)
    assert answered in reply.text
    assert "connect" in reply.text or "подключить" in reply.text
    assert portal.meetings[651] == UNTOUCHED
    page = await browser.connect(reply.message)

    assert page.status == 200
    news, done = said_by_bot(portal)[-2:]
    assert news.startswith(told)
    assert done.startswith(carried_out)
    assert portal.meetings[651][17] == "Y"
    assert len(portal.notices) == 1


@pytest.mark.parametrize(
    ("said", "answered", "carried_out"),
    [
        ("decline 651", "I have no permission from Bitrix24", "You are not going: meeting 651"),
        ("отклонить 651", "У меня пока нет разрешения", "Вы не идёте: встреча 651"),
    ],
)
@pytest.mark.parametrize("auth", ["minimal", "absent"])
async def test_permission_that_no_key_opens_is_asked_for_again(ask, portal, browser, auth, said, answered, carried_out):
    await ask("status 651")
    strange = tokens.update().where(tokens.c.user_id == 17).values(pair="strange")
    await ask.core.database.write(lambda c: c.execute(strange))
    reply = await ask(said, auth=auth)
    assert answered in reply.text
    assert portal.meetings[651] == UNTOUCHED
    await browser.connect(reply.message)

    assert said_by_bot(portal)[-1].startswith(carried_out)
    assert portal.meetings[651][17] == "N"


async def test_every_command_that_waits_is_carried_out_once_in_order(ask, portal, browser):
    await ask("accept 651", auth="minimal")
    await ask("dnd", auth="minimal")
    last = await ask("decline 651", auth="minimal")
    before = len(portal.messages)
    await browser.connect(last.message)
    await browser.connect((await ask("connect", auth="minimal")).message)
    answers = [message.text.partition(":")[0] for message in portal.messages[before:]]

    assert answers[:4] == ["You are connected", "You are going", "Do not disturb is on", "You are not going"]
    assert len([answer for answer in answers if answer == "You are going"]) == 1
    assert (portal.meetings[651][17], portal.presence[17]) == ("N", "dnd")


async def test_several_calls_of_one_message_are_answered_together(ask, portal, browser):
    reply = await ask("accept 651\ndnd", auth="minimal")
    assert reply.text.count("I have no permission") == 1
    await browser.connect(reply.message)

    assert said_by_bot(portal)[-1].startswith("You are going: meeting 651")
    assert "Do not disturb is on" in said_by_bot(portal)[-1]


@pytest.mark.parametrize("first", ["connect", "disconnect"])
async def test_words_about_the_connection_itself_do_not_wait(ask, portal, browser, first):
    reply = await ask(f"{first}\naccept 651", auth="minimal")
    await browser.connect(reply.message)

    assert said_by_bot(portal)[-1].startswith("You are going: meeting 651")
    assert len(await pairs(ask)) == 1


async def test_confirmed_command_waits_too(ask, portal, browser):
    portal.calendar.set_status(17, {"eventId": 651, "status": "Y"})
    asked = await ask("reset 651")
    portal.oauth.revoke(17)
    reply = await ask("yes", auth="minimal")
    assert "I have no permission" in reply.text
    assert portal.meetings[651][17] == "Y"
    await browser.connect(reply.message)

    assert asked.buttons == ["Yes, do it", "No, leave it"]
    assert said_by_bot(portal)[-1].startswith("Your answer is open again: meeting 651")
    assert portal.meetings[651][17] == "Q"


async def test_dead_pair_leads_to_a_link(ask, portal, browser, clock):
    await ask("status")
    clock.advance(3601)
    portal.oauth.revoke(17)
    reply = await ask("accept 651", auth="minimal")
    assert reply.buttons == ["Connect"]
    await browser.connect(reply.message)

    assert portal.meetings[651][17] == "Y"


async def test_slash_command_and_button_wait_as_well(ask, portal, browser):
    await ask("/accept 651", auth="minimal")
    reply = await ask("/dnd", auth="minimal")
    await browser.connect(reply.message)

    assert portal.meetings[651][17] == "Y"
    assert portal.presence[17] == "dnd"


@pytest.mark.parametrize("said", ["help", "what?", "yes", "disconnect", "connect"])
async def test_command_that_needs_no_token_does_not_wait(ask, said):
    await ask(said, auth="minimal")

    assert await rows(ask, waiting) == []


@pytest.mark.parametrize(
    "trouble", [faults.error("ERROR_CORE"), faults.error("user_access_error"), faults.error("PAYMENT_REQUIRED")]
)
async def test_other_trouble_gives_no_link(ask, portal, trouble):
    portal.faults.add("im.user.status.*", trouble, count=None)
    reply = await ask("status")

    assert reply.buttons == []
    assert await rows(ask, states) == await rows(ask, waiting) == []


# --- a group


@pytest.mark.parametrize(
    ("said", "pointed", "carried_out"),
    [
        ("accept 651", "Please write “connect” to me in a private chat.", "You are going: meeting 651."),
        ("принять 651", "Напишите мне, пожалуйста, «подключить» в личном чате.", "Вы идёте: встреча 651."),
    ],
)
async def test_command_in_a_group_waits_for_a_link_asked_for_in_private(
    ask, portal, browser, said, pointed, carried_out
):
    reply = await ask(await in_group(ask, portal) + said, chat=311, auth="minimal")
    assert pointed in reply.text
    assert (reply.buttons, await rows(ask, states)) == ([], [])
    await browser.connect((await ask("connect", auth="minimal")).message)
    news, done = [message for message in portal.messages if message.author_id in portal.bots.by_id][-2:]

    assert (news.dialog_id, news.text.partition(":")[0]) == ("17", "You are connected")
    assert (done.dialog_id, done.text) == ("chat311", carried_out)
    assert portal.meetings[651][17] == "Y"


# --- time and order


@pytest.mark.parametrize(("age", "carried_out"), [(599, True), (601, False)])
async def test_command_waits_ten_minutes_by_its_own_time(ask, portal, browser, clock, age, carried_out):
    await ask("accept 651", auth="minimal")
    clock.advance(age)
    page = await browser.connect((await ask("connect", auth="minimal")).message)

    assert page.status == 200
    assert (portal.meetings[651][17] == "Y") is carried_out
    told = "You are connected: I can act for you in Bitrix24 now. What you wrote before has waited too long"
    assert (said_by_bot(portal)[-1].startswith(told)) is not carried_out


async def test_shorter_limit_of_the_administrator_counts(make_ask, portal, clock):
    ask = await make_ask(max_event_age=60)
    reply = await ask("занят", auth="minimal")
    clock.advance(61)
    async with Browser(portal, ask.receiver.app()) as browser:
        await browser.connect(reply.message)

    assert "ждало слишком долго" in said_by_bot(portal)[-1]
    assert not portal.presence


async def test_longer_limit_of_the_administrator_does_not(make_ask, portal, clock):
    ask = await make_ask(max_event_age=3600)
    await ask("dnd", auth="minimal")
    clock.advance(601)
    async with Browser(portal, ask.receiver.app()) as browser:
        await browser.connect((await ask("connect", auth="minimal")).message)

    assert "has waited too long" in said_by_bot(portal)[-1]
    assert not portal.presence


async def test_newer_command_that_was_carried_out_meanwhile_wins(ask, portal, browser):
    link = (await ask("accept 651", auth="minimal")).message
    await ask("decline 651")
    await browser.connect(link)

    assert portal.meetings[651][17] == "N"
    assert said_by_bot(portal)[-1].startswith("This message reached me late")
    assert [notice.kind for notice in portal.notices] == ["declined"]


async def test_first_delivery_handed_out_again_is_not_carried_out_beside_the_second(ask, portal, browser):
    portal.calendar.set_status(17, {"eventId": 651, "status": "Y"})
    reply = await ask("reset 651", auth="minimal")
    entry = ask.inbox.entries[-1]
    await browser.connect(reply.message)
    before = said_by_bot(portal)
    await ask.inbox.hand_out_again(entry)

    assert said_by_bot(portal) == before
    assert before[-1].startswith("Take back your answer")


async def test_first_delivery_handed_out_again_before_the_connection_asks_again(ask, portal, browser):
    await ask("accept 651", auth="minimal")
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])
    await browser.connect(portal.messages[-1])

    assert portal.meetings[651][17] == "Y"
    assert len(portal.notices) == 1
    assert [text.partition(":")[0] for text in said_by_bot(portal)[-2:]] == ["You are connected", "You are going"]


async def test_command_that_still_meets_no_token_waits_for_another_link(ask, portal, browser):
    link = (await ask("accept 651", auth="minimal")).message
    portal.faults.add("batch", faults.error("invalid_token"), count=1, user_id=17)
    await browser.connect(link)
    again = portal.messages[-1]
    assert "I have no permission" in again.text
    await browser.connect(again)

    assert portal.meetings[651][17] == "Y"
    assert said_by_bot(portal)[-1].startswith("You are going")


async def test_pressed_button_waits_as_well(ask, portal, browser):
    portal.calendar.set_status(17, {"eventId": 651, "status": "Y"})
    asked = await ask("reset 651")
    portal.oauth.revoke(17)
    portal.options.event_auth = "minimal"
    reply = await ask.press(17, asked.message, "Yes, do it")
    assert reply.buttons == ["Connect"]
    await browser.connect(reply.message)

    assert said_by_bot(portal)[-1].startswith("You are connected")
    assert asked.message.text.startswith("Your answer is open again: meeting 651")
    assert asked.buttons == []
    assert portal.meetings[651][17] == "Q"
