"""Presence for a while. It is Monday, 11:00 in Riga."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.emulator import faults
from bot.emulator.clock import ManualClock

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MEMBER = "1b" * 16

# What is said, what is set, until when, and how many seconds that is.
ENGLISH = [
    ("dnd for 45m", "dnd", "11:45 (Europe/Riga)", 45 * MINUTE),
    ("dnd for 1h30", "dnd", "12:30 (Europe/Riga)", 90 * MINUTE),
    ("dnd 'til 12:30", "dnd", "12:30 (Europe/Riga)", 90 * MINUTE),
    ("busy for 2 hours", "dnd", "13:00 (Europe/Riga)", 2 * HOUR),
    ("do not disturb 45m", "dnd", "11:45 (Europe/Riga)", 45 * MINUTE),
    ("dnd until 15:00", "dnd", "15:00 (Europe/Riga)", 4 * HOUR),
    ("Busy until 5pm, please.", "dnd", "17:00 (Europe/Riga)", 6 * HOUR),
    ("away for 1h30", "away", "12:30 (Europe/Riga)", 90 * MINUTE),
    ("away until tomorrow 9:00", "away", "Tue, Nov 24, 09:00 (Europe/Riga)", 22 * HOUR),
    ("brb 15 min", "break", "11:15 (Europe/Riga)", 15 * MINUTE),
    ("lunch until 12:15!", "break", "12:15 (Europe/Riga)", 75 * MINUTE),
    ("break for 14 hours", "break", "Tue, Nov 24, 01:00 (Europe/Riga)", 14 * HOUR),
    ("available until 15:00", "online", "15:00 (Europe/Riga)", 4 * HOUR),
    ("/dnd 45m", "dnd", "11:45 (Europe/Riga)", 45 * MINUTE),
    ("/away until 15:00", "away", "15:00 (Europe/Riga)", 4 * HOUR),
]
RUSSIAN = [
    ("не беспокоить на 45 минут", "dnd", "11:45 (Europe/Riga)", 45 * MINUTE),
    ("не беспокоить полтора часа", "dnd", "12:30 (Europe/Riga)", 90 * MINUTE),
    ("занят на полтора часа", "dnd", "12:30 (Europe/Riga)", 90 * MINUTE),
    ("занята 1 ч", "dnd", "12:00 (Europe/Riga)", HOUR),
    ("Не беспокоить до 15:00!", "dnd", "15:00 (Europe/Riga)", 4 * HOUR),
    ("занят до конца рабочего дня", "dnd", "18:00 (Europe/Riga)", 7 * HOUR),
    ("отошла на полчаса", "away", "11:30 (Europe/Riga)", 30 * MINUTE),
    ("отсутствую до завтра 9:00", "away", "вт, 24 нояб., 09:00 (Europe/Riga)", 22 * HOUR),
    ("отошёл до 5 вечера", "away", "17:00 (Europe/Riga)", 6 * HOUR),
    ("онлайн на час", "online", "12:00 (Europe/Riga)", HOUR),
    ("перерыв 15 минут", "break", "11:15 (Europe/Riga)", 15 * MINUTE),
    ("обед до 12:15, пожалуйста", "break", "12:15 (Europe/Riga)", 75 * MINUTE),
]
WORDS = {
    "en": {"dnd": "dnd", "1h": "dnd for 1h", "2h": "dnd for 2h", "away": "away for 3h", "plain away": "away",
           "online": "online", "status": "status", "undo": "undo", "until": "dnd until 15:00", "disconnect": "disconnect"},
    "ru": {"dnd": "не беспокоить", "1h": "не беспокоить на час", "2h": "занят на 2 часа", "away": "отошёл на 3 часа",
           "plain away": "отошёл", "online": "онлайн", "status": "статус", "undo": "отменить", "until": "занят до 15:00",
           "disconnect": "отключить"},
}  # fmt: skip


@pytest.fixture(params=["en", "ru"])
def language(request) -> str:
    return request.param


@pytest.fixture
def words(language):
    """Commands in one language."""
    return WORDS[language]


def by_bot(portal):
    return [message.text for message in portal.messages if message.author_id in portal.bots.by_id]


async def timer_of(ask, user_id=17):
    return await ask.core.store.timers.find(MEMBER, user_id)


# --- the good case


@pytest.mark.parametrize(("said", "presence", "until", "seconds"), [*ENGLISH, *RUSSIAN])
async def test_timed_presence_ends_by_itself(ask, portal, said, presence, until, seconds):
    portal.presence[17] = "online" if presence == "away" else "away"
    former = portal.presence[17]
    reply = await ask(said)

    assert until in reply.text
    assert portal.presence == {17: presence}

    await ask.wait(seconds - 1)
    assert portal.presence == {17: presence}

    await ask.wait(1)
    assert portal.presence == {17: former}
    assert by_bot(portal) == [reply.text]


async def test_day_is_told_unless_it_is_today(ask, portal, clock):
    clock.advance(12.5 * HOUR)  # 23:30 in Riga

    assert "until 23:45 (" in (await ask("dnd for 15m")).text
    assert "until Tue, Nov 24, 00:15 (" in (await ask("dnd for 45m")).text
    assert "до вт, 24 нояб., 00:15 (" in (await ask("занят на 45 минут")).text


async def test_end_is_told_in_the_sender_s_zone(ask, portal):
    reply = await ask("dnd until 15:00", user_id=42)
    await ask.wait(5 * HOUR - 1)

    assert "until 15:00 (Europe/Berlin)" in reply.text
    assert portal.presence == {42: "dnd"}

    await ask.wait(1)
    assert portal.presence == {42: "online"}


async def test_zone_that_the_portal_does_not_name_is_utc(ask, portal):
    portal.users[17].time_zone = ""
    for said in ("dnd until 15:00", "занят на 6 часов"):
        assert "15:00 (UTC)" in (await ask(said)).text


async def test_presence_that_was_never_set_counts_as_online(ask, portal, words):
    await ask(words["1h"])
    await ask.wait(HOUR)

    assert portal.presence == {17: "online"}


async def test_presence_of_others_is_left_alone(ask, portal, words):
    portal.presence[42] = "away"
    await ask(words["1h"])
    await ask(words["2h"], user_id=23)
    await ask.wait(HOUR)

    assert portal.presence == {17: "online", 42: "away", 23: "dnd"}
    await ask.wait(HOUR)
    assert portal.presence == {17: "online", 42: "away", 23: "online"}
    assert {call.user_id for call in portal.calls if call.method == "im.user.status.set"} == {17, 23}


# --- cost


async def requests(ask, portal, said):
    before = portal.requests
    await ask(said)
    return portal.requests - before


async def test_length_costs_two_requests(ask, portal, words):
    assert [await requests(ask, portal, words[name]) for name in ("1h", "2h", "away")] == [2, 2, 2]


async def test_time_of_day_costs_two_requests_once_the_zone_is_known(ask, portal, words):
    assert [await requests(ask, portal, words["until"]) for _ in range(3)] == [3, 2, 2]


async def test_zone_is_learnt_from_a_length(ask, portal, words):
    assert [await requests(ask, portal, words[name]) for name in ("1h", "until")] == [2, 2]


async def test_zone_is_asked_again_after_a_day(ask, portal, clock):
    await ask("dnd until 15:00")
    portal.users[17].time_zone = "Europe/Berlin"
    clock.advance(DAY)

    assert "15:00 (Europe/Berlin)" in (await ask("dnd until 15:00")).text


# --- what ends a timer early


async def test_change_by_hand_wins(ask, portal, words):
    await ask(words["1h"])
    portal.set_presence(17, "break")
    await ask.wait(2 * HOUR)

    assert portal.presence == {17: "break"}
    assert len(by_bot(portal)) == 1


@pytest.mark.parametrize("name", ["online", "dnd", "plain away"])
async def test_presence_without_an_end_ends_the_timer(ask, portal, words, name):
    portal.presence[17] = "break"
    await ask(words["1h"])
    await ask(words[name])
    chosen = portal.presence[17]
    await ask.wait(2 * HOUR)

    assert portal.presence == {17: chosen}
    assert await timer_of(ask) is None


async def test_second_timer_keeps_the_first_former_value(ask, portal, words):
    portal.presence[17] = "break"
    await ask(words["1h"])
    await ask(words["away"])
    await ask.wait(2 * HOUR)
    assert portal.presence == {17: "away"}

    await ask.wait(HOUR)
    assert portal.presence == {17: "break"}


async def test_second_timer_may_be_the_shorter_one(ask, portal, words):
    portal.presence[17] = "break"
    await ask(words["away"])
    await ask(words["1h"])
    await ask.wait(HOUR)

    assert portal.presence == {17: "break"}
    portal.set_presence(17, "away")
    await ask.wait(3 * HOUR)
    assert portal.presence == {17: "away"}


async def test_second_timer_after_a_change_by_hand_returns_to_that(ask, portal, words):
    await ask(words["1h"])
    portal.set_presence(17, "break")
    await ask(words["2h"])
    await ask.wait(2 * HOUR)

    assert portal.presence == {17: "break"}


async def test_timer_over_the_same_presence_keeps_it(ask, portal, words):
    portal.presence[17] = "dnd"
    await ask(words["1h"])
    await ask.wait(HOUR)

    assert portal.presence == {17: "dnd"}


async def test_two_timers_in_one_message_are_two_commands(ask, portal):
    await ask("dnd for 1h\ndnd for 2h")
    await ask.wait(HOUR)
    assert portal.presence == {17: "dnd"}

    await ask.wait(HOUR)
    assert portal.presence == {17: "online"}


# --- status


NOW_UNTIL = {
    "en": "Your status is “do not disturb” until 12:00 (Europe/Riga).",
    "ru": "Ваш статус: «не беспокоить», до 12:00 (Europe/Riga).",
}
NOW = {"en": "Your status is “break”.", "ru": "Ваш статус: «перерыв»."}


async def test_status_tells_until_when(ask, language, words):
    await ask(words["1h"])

    assert (await ask(words["status"])).text == NOW_UNTIL[language]


async def test_status_after_a_change_by_hand_tells_no_end(ask, portal, language, words):
    await ask(words["1h"])
    portal.set_presence(17, "break")

    assert (await ask(words["status"])).text == NOW[language]


# --- buttons


OFFERS = {
    "en": ["30 min", "1 hour", "Until my day ends"],
    "ru": ["30 минут", "1 час", "До конца рабочего дня"],
}
BACK = {"en": "Online again", "ru": "Снова в сети"}
UNTIL = {
    "en": "Do not disturb is on until {} (Europe/Riga)",
    "ru": "Режим «не беспокоить» включён до {} (Europe/Riga)",
}


async def test_presence_without_an_end_offers_ends(ask, portal, language, words):
    portal.options.language = language
    for place, (end, seconds) in enumerate([("11:30", 30 * MINUTE), ("12:00", HOUR), ("18:00", 7 * HOUR)]):
        portal.presence[17] = "online"
        plain = await ask(words["dnd"])
        assert plain.buttons == OFFERS[language]

        count = len(portal.messages)
        pressed = await ask.press(17, plain.message, OFFERS[language][place])
        assert pressed.text.startswith(UNTIL[language].format(end))
        assert pressed.message is plain.message
        assert pressed.buttons == [BACK[language]]
        assert len(portal.messages) == count
        assert (await timer_of(ask)).ends_at == int(portal.clock.now()) + seconds


@pytest.mark.parametrize("former", ["online", "away"])
async def test_offered_end_returns_what_the_presence_has_replaced(ask, portal, former):
    portal.set_presence(17, former)
    plain = await ask("lunch")
    await ask.press(17, plain.message, "30 min")
    assert portal.presence[17] == "break"

    await ask.wait(30 * MINUTE)
    assert portal.presence[17] == former


async def test_end_that_is_given_later_returns_what_the_presence_has_replaced(ask, portal):
    await ask("dnd")
    await ask("dnd for 1h")
    await ask.wait(HOUR)

    assert portal.presence[17] == "online"


async def test_end_of_a_presence_that_was_set_by_hand_returns_that(ask, portal):
    portal.set_presence(17, "dnd")
    await ask("dnd for 1h")
    await ask.wait(HOUR)

    assert portal.presence[17] == "dnd"


async def test_zone_that_cannot_be_read_keeps_nobody_from_a_timer(ask, portal):
    portal.faults.add("calendar.user.settings.get", faults.error("insufficient_scope"), count=None)
    portal.faults.add("profile", faults.error("insufficient_scope"), count=None)
    reply = await ask("dnd for 45m")
    assert reply.text.startswith("Do not disturb is on until 09:45 (UTC)")

    await ask.wait(45 * MINUTE)
    assert portal.presence[17] == "online"


async def test_button_ends_the_timer(ask, portal, language, words):
    portal.options.language = language
    timed = await ask(words["1h"])
    pressed = await ask.press(17, timed.message, BACK[language])
    await ask.wait(2 * HOUR)

    assert pressed.message is timed.message
    assert pressed.buttons == []
    assert portal.presence == {17: "online"}
    assert await timer_of(ask) is None


async def test_online_offers_no_end(ask, words):
    for said in (words["online"], "available until 15:00"):
        assert (await ask(said)).buttons == []


async def test_groups_see_no_buttons(ask, portal, words):
    portal.invite_bot(311, by=23)
    await ask.deliver()
    mention = f"[USER={next(iter(portal.bots.by_id))}]Status Bot[/USER] "
    for name in ("dnd", "1h"):
        reply = await ask(mention + words[name], chat=311)
        assert reply.message.dialog_id == "chat311"
        assert reply.buttons == []


async def test_end_of_the_working_day_is_the_person_s_own(ask, portal):
    portal.users[17].work_time_end = "17.30"
    plain = await ask("dnd")

    assert "until 17:30 (Europe/Riga)" in (await ask.press(17, plain.message, "Until my day ends")).text


async def test_end_of_a_day_that_is_over_is_said(ask, portal, clock, language, words):
    portal.options.language = language
    plain = await ask(words["dnd"])
    clock.advance(8 * HOUR)  # 19:00
    told = await ask.press(17, plain.message, OFFERS[language][2])

    assert told.text.startswith({"en": "That time has passed already", "ru": "Это время уже прошло"}[language])
    assert await timer_of(ask) is None
    assert plain.buttons == OFFERS[language]


async def test_end_of_a_working_day_that_is_not_known_is_said(ask, portal, words):
    portal.faults.add("calendar.user.settings.get", faults.error("ACCESS_DENIED"), count=None)
    plain = await ask("dnd")
    told = await ask.press(17, plain.message, "Until my day ends")

    assert told.text.startswith("Bitrix24 does not tell me when your working day ends")
    assert "до 18:00" in (await ask("занят до конца рабочего дня")).text
    assert await timer_of(ask) is None


async def test_button_is_answered_in_the_language_of_its_message(ask, portal):
    plain = await ask("не беспокоить")
    timed = await ask.press(17, plain.message, "1 час")

    assert timed.text.startswith("Режим «не беспокоить» включён до ")
    assert timed.buttons == ["Снова в сети"]


async def test_button_acts_for_whoever_presses_it_once(ask, portal):
    plain = await ask("dnd")
    button = next(item for item in plain.message.keyboard if item["TEXT"] == "1 hour")
    before = portal.requests
    for _ in range(2):
        portal.press(17, plain.message.id, button)
    await ask.deliver()

    assert len(by_bot(portal)) == 1
    assert len(ask.inbox.later) == 1
    assert portal.requests - before == 2


# --- undo


async def test_undo_brings_the_former_presence_back(ask, portal, language, words):
    portal.presence[17] = "break"
    await ask(words["1h"])
    reply = await ask(words["undo"])
    await ask.wait(2 * HOUR)

    assert reply.text.startswith({"en": "Your status is now “break”", "ru": "Ваш статус теперь «перерыв»"}[language])
    assert portal.presence == {17: "break"}
    assert await timer_of(ask) is None


async def test_undo_lets_the_replaced_timer_run_again(ask, portal, language, words):
    portal.presence[17] = "break"
    await ask(words["1h"])
    await ask(words["away"])
    reply = await ask(words["undo"])
    assert UNTIL[language].format("12:00") in reply.text
    assert portal.presence == {17: "dnd"}

    await ask.wait(HOUR)
    assert portal.presence == {17: "break"}
    await ask.wait(3 * HOUR)
    assert portal.presence == {17: "break"}


@pytest.mark.parametrize("name", ["online", "dnd", "plain away"])
async def test_undo_of_what_ended_a_timer_lets_it_run_again(ask, portal, language, words, name):
    portal.presence[17] = "break"
    await ask(words["1h"])
    await ask(words[name])
    reply = await ask(words["undo"])
    assert UNTIL[language].format("12:00") in reply.text

    await ask.wait(HOUR)
    assert portal.presence == {17: "break"}


async def test_undo_of_a_timer_over_the_same_presence_stops_the_timer_only(ask, portal, words):
    await ask(words["dnd"])
    await ask(words["1h"])
    await ask(words["undo"])

    assert portal.presence == {17: "dnd"}
    assert await timer_of(ask) is None


async def test_undo_of_a_replaced_timer_that_would_be_over_brings_what_was_to_return(ask, portal, words):
    portal.presence[17] = "break"
    await ask(words["1h"])
    await ask(words["away"])
    await ask.wait(2 * HOUR)
    await ask(words["undo"])

    assert portal.presence == {17: "break"}
    assert await timer_of(ask) is None


async def test_undo_after_the_end_changes_nothing_more(ask, portal, words):
    portal.presence[17] = "break"
    await ask(words["1h"])
    await ask.wait(HOUR)
    await ask(words["undo"])

    assert portal.presence == {17: "break"}
    assert await timer_of(ask) is None


async def test_undo_after_a_change_by_hand_leaves_that_alone(ask, portal, language, words):
    portal.presence[17] = "break"
    await ask(words["1h"])
    portal.set_presence(17, "away")
    reply = await ask(words["undo"])

    assert reply.text.startswith(
        {"en": "Your status has been changed since", "ru": "С тех пор статус сменили"}[language]
    )
    assert portal.presence == {17: "away"}


async def test_undo_whose_answer_was_lost_is_told_as_done(ask, portal):
    portal.presence[17] = "break"
    await ask("dnd for 1h")
    await ask("away for 3h")
    await ask.wait(2 * HOUR)
    portal.faults.add("im.user.status.set", faults.lost())
    reply = await ask("undo")

    assert reply.text.startswith("Your status is now “break”")


# --- permission


async def test_no_permission_gives_a_link_and_the_timer_starts_after_it_was_used(ask, portal, browser, language, words):
    reply = await ask(words["1h"], auth="absent")
    assert reply.buttons == [{"en": "Connect", "ru": "Подключить"}[language]]
    assert not portal.presence

    await browser.connect(reply.message)
    assert UNTIL[language].format("12:00") in by_bot(portal)[-1]
    assert portal.presence == {17: "dnd"}
    await ask.wait(HOUR)
    assert portal.presence == {17: "online"}


async def test_permission_that_does_not_last_promises_nothing(ask, portal, browser, language, words):
    portal.options.event_auth = "no_refresh"
    reply = await ask(words["2h"])
    assert reply.buttons == [{"en": "Connect", "ru": "Подключить"}[language]]
    assert not portal.presence
    assert await timer_of(ask) is None

    await browser.connect(reply.message)
    assert UNTIL[language].format("13:00") in by_bot(portal)[-1]
    await ask(words["status"])  # brings another token that cannot be renewed
    await ask.wait(2 * HOUR)
    assert portal.presence == {17: "online"}


async def test_permission_for_an_hour_is_enough_for_less(ask, portal, words):
    portal.options.event_auth = "no_refresh"
    await ask("dnd for 30m")
    await ask.wait(30 * MINUTE)

    assert portal.presence == {17: "online"}


async def test_permission_that_does_not_last_in_a_group_points_to_the_private_chat(ask, portal, language, words):
    portal.invite_bot(311, by=23)
    await ask.deliver()
    portal.options.event_auth = "no_refresh"
    reply = await ask(f"[USER={next(iter(portal.bots.by_id))}]Status Bot[/USER] {words['2h']}", chat=311)

    assert {"en": "“connect”", "ru": "«подключить»"}[language] in reply.text
    assert reply.buttons == []
    assert not portal.presence


async def test_disconnecting_while_a_timer_runs_says_what_becomes_of_it(ask, portal, language, words):
    await ask(words["1h"])
    reply = await ask(words["disconnect"])
    await ask.wait(2 * HOUR)

    assert {"en": "Your presence now stays as it is", "ru": "Ваш статус теперь останется как есть"}[
        language
    ] in reply.text
    assert portal.presence == {17: "dnd"}
    assert await timer_of(ask) is None
    assert len(by_bot(portal)) == 2


# --- refusals


UNCLEAR = [
    ("dnd until 9:00", "That time has passed already"),
    ("dnd until yesterday 15:00", "I understand “dnd”, but not until when"),
    ("dnd until tomorrow", "I am not sure until when"),
    ("dnd until 5.11", "I am not sure until when"),
    ("dnd for 8 days", "I keep a status for 7 days at most"),
    ("dnd until 25 December 10:00", "I keep a status for 7 days at most"),
    ("dnd for 0m", "That is no time at all"),
    ("dnd 45", "I am not sure until when"),
    ("dnd for potatoes", "I understand “dnd”, but not until when"),
    ("away until 15:00 or so", "I understand “away”, but not until when"),
    ("lunch with Juris", "I understand “lunch”, but not until when"),
    ("back in 30 minutes", "I understand “back”, but not until when"),
    ("занят до 9:00", "Это время уже прошло"),
    ("не беспокоить до завтра", "Я не уверен, до какого времени"),
    ("не беспокоить на 8 дней", "Я держу статус не дольше 7 дней"),
    ("занята 45", "Я не уверен, до какого времени"),
    ("занят на картошку", "а до какого времени — нет"),
    ("обед с Юрисом", "«обед» я понимаю"),
    ("вернулся из отпуска", "«вернулся» я понимаю"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "answered"), UNCLEAR)
async def test_end_that_is_not_certain_is_asked_and_nothing_done(ask, portal, said, answered):
    reply = await ask(said)

    assert answered in reply.text
    assert reply.buttons == []
    assert not portal.presence
    assert await timer_of(ask) is None
    assert "im.user.status.set" not in {call.method for call in portal.calls}


async def test_hour_whose_morning_and_evening_are_ahead_is_asked(ask, portal, clock):
    clock.advance(-3 * HOUR)  # 8:00

    assert (await ask("dnd until 9")).text.startswith("I am not sure until when")
    assert (await ask("занят до 9")).text.startswith("Я не уверен, до какого времени")
    assert not portal.presence


@pytest.mark.parametrize("letters", ["a", "б", " ", "1", "\u0301", "\u202e"])
async def test_text_of_twenty_thousand_characters_is_asked(ask, portal, letters):
    reply = await ask("dnd until " + letters * 20_000)

    assert len(reply.text) <= 1000
    assert not portal.presence


def at(year, month, day, hour, minute=0, *, zone="Europe/Riga"):
    return datetime(year, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC).timestamp()


class TestChangeOfClocks:
    """The clocks of Riga are put back on 2026-10-25 at 4:00 and forward on 2027-03-28 at 3:00."""

    @pytest.fixture
    def clock(self, request):
        return ManualClock(request.param)

    @pytest.mark.parametrize(
        ("clock", "said", "answered"),
        [
            (at(2026, 10, 24, 20), "dnd until tomorrow 3:30", "That time comes twice"),
            (at(2026, 10, 24, 20), "занят до завтра 3:30", "это время наступает дважды"),
            (at(2027, 3, 27, 20), "dnd until tomorrow 3:30", "That time does not exist"),
            (at(2027, 3, 27, 20), "занят до завтра 3:30", "такого времени нет"),
        ],
        indirect=["clock"],
    )
    async def test_hour_that_comes_twice_or_never_is_asked(self, ask, portal, said, answered):
        reply = await ask(said)

        assert answered in reply.text
        assert not portal.presence

    @pytest.mark.parametrize(
        ("clock", "ends"),
        [(at(2026, 10, 24, 20), at(2026, 10, 25, 9)), (at(2027, 3, 27, 20), at(2027, 3, 28, 9))],
        indirect=["clock"],
    )
    async def test_morning_after_is_that_of_the_new_clocks(self, ask, portal, ends):
        reply = await ask("dnd until tomorrow 9:00")
        await ask.wait(ends - portal.clock.now() - 1)

        assert "09:00 (Europe/Riga)" in reply.text
        assert portal.presence == {17: "dnd"}
        await ask.wait(1)
        assert portal.presence == {17: "online"}


# --- interruptions


LOST = ["batch", "im.user.status.set"]


@pytest.mark.parametrize("method", LOST)
async def test_timer_whose_first_answer_was_lost_returns_to_what_the_bot_had_set(ask, portal, words, method):
    await ask(words["plain away"])
    portal.faults.add(method, faults.lost())
    await ask(words["1h"])
    assert portal.presence == {17: "dnd"}

    await ask.wait(HOUR)
    assert portal.presence == {17: "away"}


@pytest.mark.parametrize("method", LOST)
async def test_timer_whose_first_answer_was_lost_returns_to_what_undo_had_brought_back(ask, portal, words, method):
    await ask(words["plain away"])
    await ask(words["undo"])
    portal.faults.add(method, faults.lost())
    await ask(words["1h"])
    await ask.wait(HOUR)

    assert portal.presence == {17: "online"}


@pytest.mark.parametrize("method", LOST)
async def test_second_timer_whose_first_answer_was_lost_keeps_the_first_former_value(ask, portal, words, method):
    portal.presence[17] = "break"
    await ask(words["away"])
    portal.faults.add(method, faults.lost())
    await ask(words["1h"])
    await ask.wait(HOUR)

    assert portal.presence == {17: "break"}


@pytest.mark.parametrize("method", LOST)
async def test_presence_whose_first_answer_was_lost_can_be_undone(ask, portal, words, method):
    await ask(words["plain away"])
    portal.faults.add(method, faults.lost())
    await ask(words["dnd"])
    await ask(words["undo"])

    assert portal.presence == {17: "away"}


async def test_timer_handled_again_keeps_end_and_former_value(ask, portal, clock, words):
    portal.presence[17] = "break"
    await ask(words["1h"])
    clock.advance(5 * MINUTE)
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])
    assert len(set(by_bot(portal))) == 1

    await ask.wait(55 * MINUTE)
    assert portal.presence == {17: "break"}


async def test_timer_handled_again_can_still_be_undone(ask, portal, words):
    portal.presence[17] = "break"
    await ask(words["1h"])
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])
    await ask(words["undo"])

    assert portal.presence == {17: "break"}
    assert await timer_of(ask) is None


async def test_second_timer_handled_again_can_still_be_undone(ask, portal, words):
    portal.presence[17] = "break"
    await ask(words["1h"])
    await ask(words["away"])
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])
    await ask(words["undo"])
    assert portal.presence == {17: "dnd"}

    await ask.wait(HOUR)
    assert portal.presence == {17: "break"}


async def test_event_delivered_twice_starts_one_timer(ask, portal, words):
    portal.queue.trouble("duplicate", "ONIMBOTV2MESSAGEADD")
    await ask(words["1h"])

    assert len(ask.inbox.later) == 1
    assert len(by_bot(portal)) == 1


async def test_presence_that_reads_back_differently_starts_no_timer(ask, portal, language, words):
    portal.faults.add("im.user.status.set", faults.error("STATUS_ERROR", status=400))
    reply = await ask(words["1h"])

    assert {"en": "Bitrix24 refused this", "ru": "Битрикс24 отказал"}[language] in reply.text
    assert await timer_of(ask) is None


async def test_former_presence_after_a_lost_answer_is_what_an_earlier_timer_returned(ask, portal):
    portal.set_presence(17, "away")
    await ask("dnd for 1h")
    await ask.wait(HOUR)
    assert portal.presence[17] == "away"

    portal.faults.add("im.user.status.set", faults.lost())
    await ask("dnd for 1h")
    await ask.wait(HOUR)
    assert portal.presence[17] == "away"


async def test_day_that_is_over_offers_no_end(ask, portal, clock):
    await ask("status")
    assert "Until my day ends" in (await ask("dnd")).buttons

    clock.advance(9 * HOUR)  # 20:00 in Riga
    assert (await ask("dnd")).buttons == ["30 min", "1 hour"]


async def test_clock_time_after_any_presence_costs_two_requests(ask, portal):
    await ask("away")
    before = portal.requests
    await ask("dnd until 15:00")

    assert portal.requests - before == 2


async def test_guess_about_the_former_presence_is_said(ask, portal):
    portal.set_presence(17, "away")
    portal.faults.add("im.user.status.set", faults.lost())
    english = await ask("dnd for 1h")
    assert english.text.endswith("I can only bring back the last one that I know of: online.")

    portal.set_presence(17, "away")
    portal.faults.add("im.user.status.set", faults.lost())
    russian = await ask("перерыв на час")
    assert "вернуть я смогу только последний известный мне" in russian.text
