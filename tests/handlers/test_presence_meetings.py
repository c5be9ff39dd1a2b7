"""Presence until a meeting ends, in Bitrix24 or outside. It is Monday, 11:00 in Riga."""

import pytest

from bot.emulator import faults
from bot.emulator.cronofy.events import Attendee, Person

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MEMBER = "1b" * 16
NEAREST = "calendar.event.get.nearest"
TODAY, TOMORROW = "2026-11-23", "2026-11-24"
RIGA = "Europe/Riga"
ANNA = Person("anna@elsewhere.example", "Anna")
MIRA = Person("mira@example.org", "Mira Testova")

RUNS = ("11:30 (Europe/Riga)", 30 * MINUTE)
COMES = ("15:15 (Europe/Riga)", 4 * HOUR + 15 * MINUTE)
SAID = [
    ("dnd until my next meeting ends", "dnd", *COMES),
    ("busy until the end of my next meeting", "dnd", *COMES),
    ("Away until after my next meeting, please!", "away", *COMES),
    ("/away until my next meeting’s over", "away", *COMES),
    ("away until the meeting ends", "away", *RUNS),
    ("dnd until the end of the meeting", "dnd", *RUNS),
    ("do not disturb for the rest of the meeting", "dnd", *RUNS),
    ("lunch until my meeting is over", "break", *RUNS),
    ("не беспокоить до конца следующей встречи", "dnd", *COMES),
    ("отошла до окончания ближайшей встречи", "away", *COMES),
    ("/dnd до конца моей следующей встречи", "dnd", *COMES),
    ("занят до конца встречи", "dnd", *RUNS),
    ("Не беспокоить до конца этой встречи, пожалуйста!", "dnd", *RUNS),
    ("занята пока идёт встреча", "dnd", *RUNS),
    ("занят, пока не закончится встреча", "dnd", *RUNS),
    ("отошла пока моя следующая встреча не закончится", "away", *COMES),
    ("перерыв на время совещания", "break", *RUNS),
]
WORDS = {
    "en": {"nearest": "dnd until the meeting ends", "next": "busy until my next meeting ends", "this": "dnd for this meeting",
           "1h": "away for 1h", "3pm": "dnd until 15:00", "undo": "undo", "done": "Do not disturb is on until {}"},
    "ru": {"nearest": "не беспокоить до конца встречи", "next": "занят до конца следующей встречи",
           "this": "занят на время этой встречи", "1h": "отошёл на час", "3pm": "занят до 15:00", "undo": "отменить",
           "done": "Режим «не беспокоить» включён до {}"},
}  # fmt: skip


@pytest.fixture(params=["en", "ru"])
def language(request) -> str:
    return request.param


@pytest.fixture
def words(language):
    """Commands in one language."""
    return WORDS[language]


@pytest.fixture
async def ask(make_ask, outside):
    return await make_ask(cronofy=outside)


@pytest.fixture
async def linked(ask, browser, outside):
    """Connect the calendars of 17 outside, and return them by name."""
    link = (await ask("connect cronofy")).message
    await browser.open(browser.agree_outside(outside, link, MIRA.email))
    ask.portal.messages.clear()
    return {place.calendar.name: place.calendar for place in outside.directory.places()}


def meet(portal, meeting_id, clock, minutes=60, *, day=TODAY, host=23, guests=None, **options):
    """Let 17 have a meeting, which they have accepted unless something else is said."""
    answers = {17: "Y"} if guests is None else guests
    start = f"{day}T{clock}:00"
    portal.add_meeting(
        meeting_id, name="Review", host=host, guests=answers, start=start, tz=RIGA, minutes=minutes, **options
    )


@pytest.fixture
def two(portal):
    """One meeting runs until 11:30, the next one ends at 15:15."""
    meet(portal, 700, "10:30")
    meet(portal, 701, "14:00", 75)


async def timer_of(ask):
    return await ask.core.store.timers.find(MEMBER, 17)


def methods(portal):
    return [call.method for call in portal.calls]


async def assert_nothing_done(ask):
    assert not ask.portal.presence
    assert "im.user.status.set" not in methods(ask.portal)
    assert await timer_of(ask) is None


# --- the good case


@pytest.mark.parametrize(("said", "presence", "until", "seconds"), SAID)
async def test_presence_ends_with_the_meeting(ask, portal, two, said, presence, until, seconds):
    reply = await ask(said)
    assert until in reply.text
    assert portal.presence == {17: presence}

    await ask.wait(seconds - 1)
    assert portal.presence == {17: presence}
    await ask.wait(1)
    assert portal.presence == {17: "online"}


async def test_meeting_is_todays_next_when_none_runs(ask, portal, words):
    meet(portal, 701, "14:00", 75)
    meet(portal, 702, "16:00")

    assert (await ask(words["nearest"])).text.startswith(words["done"].format("15:15"))


@pytest.mark.parametrize(
    ("language", "end"), [("en", "Sun, Nov 29, 10:00"), ("ru", "вс, 29 нояб., 10:00")], indirect=["language"]
)
async def test_day_of_the_end_is_told_unless_it_is_today(ask, portal, words, end):
    meet(portal, 701, "09:00", day="2026-11-29")

    assert (await ask(words["next"])).text.startswith(words["done"].format(end))


async def test_day_of_a_series_is_a_meeting(ask, portal, words):
    meet(portal, 700, "10:45", 30, day="2026-11-02", rrule="FREQ=WEEKLY;BYDAY=MO,TU")

    assert words["done"].format("11:15") in (await ask(words["nearest"])).text
    await ask.wait(DAY)
    assert words["done"].format("11:15") in (await ask(words["nearest"])).text


async def test_today_is_that_of_the_person(ask, portal, language, words):
    portal.users[17].time_zone = "Pacific/Kiritimati"  # where it is 23:00
    meet(portal, 701, "12:30")

    assert (await ask(words["nearest"])).text.startswith(NONE["nearest"][language])
    assert (await ask(words["next"])).text.startswith(words["done"].split("{")[0])


async def test_meeting_that_moves_later_leaves_the_end_as_it_is(ask, portal, two, words):
    await ask(words["next"])
    portal.change_meeting(701, start=f"{TODAY}T16:00:00")
    await ask.wait(COMES[1])

    assert portal.presence == {17: "online"}


# --- cost


async def test_end_of_a_meeting_costs_three_requests_and_one_reading(ask, portal, two, words):
    for _ in range(2):
        portal.rest.calls.clear()
        before = portal.requests
        await ask(words["nearest"])

        assert portal.requests - before == 3
        assert methods(portal).count(NEAREST) == 1


async def test_other_ends_read_no_calendar(ask, portal, outside, linked, two, words):
    outside.calls.clear()
    for name in ("1h", "3pm"):
        await ask(words[name])

    assert NEAREST not in methods(portal)
    assert outside.calls == []


async def test_zone_is_learnt_by_the_way(ask, portal, two, words):
    await ask(words["nearest"])
    before = portal.requests
    await ask(words["3pm"])

    assert portal.requests - before == 2


# --- which meetings count


def put_down(portal, meeting_id, **options):
    portal.add_entry(meeting_id, name="Dentist", owner=17, start=f"{TODAY}T15:00:00", tz=RIGA, **options)


COUNTS = {
    "accepted": lambda portal: meet(portal, 800, "15:00"),
    "their own invitation": lambda portal: meet(portal, 800, "15:00", host=17, guests=[23]),
    "private": lambda portal: meet(portal, 800, "15:00", private=True),
}
COUNTS_NOT = {
    "not answered": lambda portal: meet(portal, 800, "15:00", guests=[17]),
    "declined": lambda portal: meet(portal, 800, "15:00", guests={17: "N"}),
    "all day": lambda portal: meet(portal, 800, "00:00", all_day=True, day=TOMORROW),
    "of others": lambda portal: meet(portal, 800, "15:00", guests={42: "Y"}),
    "time only": lambda portal: meet(portal, 800, "15:00", busy_only=[17]),
    "own entry": lambda portal: put_down(portal, 800),
    "own private entry": lambda portal: put_down(portal, 800, private=True),
    "own day": lambda portal: put_down(portal, 800, all_day=True),
}


@pytest.mark.parametrize("kind", COUNTS)
async def test_meeting_that_is_attended_counts(ask, portal, kind):
    meet(portal, 701, "17:00")
    COUNTS[kind](portal)

    assert "until 16:00 (" in (await ask("dnd until my next meeting ends")).text


@pytest.mark.parametrize("kind", COUNTS_NOT)
async def test_what_is_not_attended_does_not_count(ask, portal, kind):
    meet(portal, 701, "09:00", day="2026-11-26")
    COUNTS_NOT[kind](portal)

    assert "until Thu, Nov 26, 10:00 (" in (await ask("dnd until my next meeting ends")).text


# --- calendars outside Bitrix24


async def test_meeting_outside_is_one_of_the_meetings(ask, portal, outside, linked, two, words):
    outside.add_event(linked["Mira"], "Vendor", start=f"{TODAY}T13:00:00", tz=RIGA, organizer=ANNA, answer="accepted")
    reply = await ask(words["next"])
    assert reply.text.startswith(words["done"].format("14:00"))

    await ask.wait(3 * HOUR - 1)
    assert portal.presence == {17: "dnd"}
    await ask.wait(1)
    assert portal.presence == {17: "online"}


async def test_next_meeting_inside_comes_before_a_later_one_outside(ask, outside, linked, two, words):
    outside.add_event(linked["Mira"], "Vendor", start=f"{TODAY}T15:30:00", tz=RIGA, organizer=ANNA, answer="accepted")

    assert (await ask(words["next"])).text.startswith(words["done"].format("15:15"))


async def test_meeting_that_runs_outside_ends_the_presence(ask, outside, linked, words):
    outside.add_event(
        linked["Calendar"], "Vendor", start=f"{TODAY}T10:30:00", tz=RIGA, organizer=ANNA, answer="accepted"
    )
    for name in ("nearest", "this"):
        assert (await ask(words[name])).text.startswith(words["done"].format("11:30"))


async def test_meetings_in_both_calendars_at_once_are_asked_about(ask, outside, linked, two, words):
    outside.add_event(linked["Mira"], "Vendor", start=f"{TODAY}T10:45:00", tz=RIGA, organizer=ANNA, answer="accepted")
    reply = await ask(words["nearest"])

    assert reply.text.startswith(("Several of your meetings may be meant", "Речь может идти о нескольких"))
    await assert_nothing_done(ask)


OUTSIDE = {
    "accepted": (True, {"organizer": ANNA, "answer": "accepted"}),
    "perhaps": (True, {"organizer": ANNA, "answer": "tentative"}),
    "their own invitation": (
        True,
        {"organizer": MIRA, "answer": "accepted", "guests": [Attendee(ANNA, "needs_action")], "changeable": False},
    ),
    "guests not told": (True, {"organizer": ANNA, "answer": "accepted", "left_out": frozenset({"attendees"})}),
    "not answered": (False, {"organizer": ANNA}),
    "declined": (False, {"organizer": ANNA, "answer": "declined"}),
    "unknown answer": (False, {"organizer": ANNA, "answer": "unknown"}),
    "cancelled": (False, {"organizer": ANNA, "answer": "accepted", "status": "cancelled"}),
    "own entry": (False, {}),
    "own entry with a host": (False, {"organizer": MIRA, "answer": "accepted", "changeable": False}),
}


@pytest.mark.parametrize("kind", OUTSIDE)
async def test_meeting_outside_counts_if_it_is_attended(ask, portal, outside, linked, kind):
    counts, details = OUTSIDE[kind]
    meet(portal, 701, "17:00")
    outside.add_event(linked["Mira"], "Vendor", start=f"{TODAY}T15:00:00", tz=RIGA, **details)

    assert f"until {16 if counts else 18}:00 (" in (await ask("dnd until my next meeting ends")).text


async def test_day_outside_is_no_meeting(ask, portal, outside, linked):
    meet(portal, 701, "09:00", day="2026-11-26")
    outside.add_event(linked["Mira"], "Fair", start=TOMORROW, organizer=ANNA, answer="accepted")

    assert "until Thu, Nov 26, 10:00 (" in (await ask("dnd until my next meeting ends")).text


NO_CALENDAR = {"en": "I cannot read all of your calendars", "ru": "Мне видны не все ваши календари"}


async def test_calendars_outside_that_cannot_be_read_leave_it_open(ask, outside, linked, two, language, words):
    outside.faults.add("*", faults.cut(), count=None)
    for name in ("next", "nearest", "this"):
        assert (await ask(words[name])).text.startswith(NO_CALENDAR[language])

    await assert_nothing_done(ask)


# --- what is asked about or refused


NONE = {
    "next": {
        "en": "I find no meeting in the next 7 days that you organise or have accepted, so I did nothing.",
        "ru": "На ближайшие 7 дней не нахожу встречи, которую вы организуете или приняли, поэтому ничего не сделал.",
    },
    "nearest": {
        "en": "I find no meeting that you are in now or have later today",
        "ru": "Не нахожу встречи, которая у вас идёт сейчас или будет сегодня",
    },
    "this": {
        "en": "I find no meeting that you are in now, so",
        "ru": "Не нахожу встречи, которая у вас идёт сейчас, поэтому",
    },
}


@pytest.mark.parametrize("name", NONE)
async def test_no_meeting_is_said_and_nothing_done(ask, portal, language, words, name):
    meet(portal, 700, "09:30")  # is over
    meet(portal, 701, "11:01", day="2026-11-30")  # begins after seven days
    reply = await ask(words[name])

    assert reply.text.startswith(NONE[name][language])
    assert {"en": "“dnd until 15:00”", "ru": "«не беспокоить до 15:00»"}[language] in reply.text
    assert reply.buttons == []
    await assert_nothing_done(ask)


@pytest.mark.parametrize("name", ["nearest", "this"])
async def test_meeting_of_tomorrow_is_the_next_one_only(ask, portal, language, words, name):
    meet(portal, 701, "09:00", day=TOMORROW)

    assert (await ask(words[name])).text.startswith(NONE[name][language])
    await assert_nothing_done(ask)


async def test_several_meetings_are_asked_about(ask, portal, two, language, words):
    meet(portal, 702, "10:45", 90)
    meet(portal, 703, "14:00", 30)
    for name in ("nearest", "this", "next"):
        told = {"en": "Several of your meetings may be meant", "ru": "Речь может идти о нескольких ваших встречах"}
        assert (await ask(words[name])).text.startswith(told[language])

    await assert_nothing_done(ask)


async def test_meeting_that_lasts_for_days_is_too_long(ask, portal, language, words):
    meet(portal, 700, "10:30", 8 * 24 * 60)
    told = {"en": "I keep a status for 7 days at most", "ru": "Я держу статус не дольше 7 дней"}

    assert (await ask(words["nearest"])).text.startswith(told[language])
    await assert_nothing_done(ask)


@pytest.mark.parametrize(
    "said",
    [
        "dnd until my next meeting",
        "dnd for the next meeting",
        "dnd until the meeting starts",
        "busy in a meeting",
        "back after the meeting",
        "dnd until meeting 700 ends",
        "занят до встречи",
        "занят до следующей встречи",
        "занят на время следующей встречи",
        "вернулся после встречи",
        "занят до конца всех встреч",
    ],
)
async def test_what_may_be_the_beginning_of_a_meeting_is_asked_about(ask, portal, two, said):
    reply = await ask(said)

    assert reply.text.startswith(("I am not sure until when", "Я не уверен, до какого времени"))
    assert NEAREST not in methods(portal)
    await assert_nothing_done(ask)


async def test_calendar_that_the_portal_does_not_show_is_said(make_ask, portal, outside, language, words):
    ask = await make_ask(cronofy=outside, allow_extranet=True)

    assert (await ask(words["next"], user_id=88)).text.startswith(NO_CALENDAR[language])
    assert not portal.presence


async def test_portal_that_is_away_is_said(ask, portal, two, language, words):
    portal.faults.add(NEAREST, faults.error("ACCESS_DENIED"), count=None)
    reply = await ask(words["next"])

    assert reply.text.startswith({"en": "Bitrix24 ", "ru": "Битрикс24 "}[language])
    await assert_nothing_done(ask)


async def test_groups_do_not_learn_when_meetings_end(ask, portal, group, two, language, words):
    for name in ("next", "nearest", "this"):
        reply = await group(words[name])
        told = {"en": "When your meetings end is none of this group's business", "ru": "Когда кончаются ваши встречи"}

        assert reply.text.startswith(told[language])
    assert NEAREST not in methods(portal)
    await assert_nothing_done(ask)


# --- timers and undo, as with any other end


async def test_end_of_a_meeting_replaces_a_timer_and_undo_brings_it_back(ask, portal, two, words):
    portal.presence[17] = "break"
    await ask(words["1h"])
    await ask(words["next"])
    assert portal.presence == {17: "dnd"}

    await ask(words["undo"])
    assert portal.presence == {17: "away"}
    await ask.wait(HOUR)
    assert portal.presence == {17: "break"}


async def test_former_presence_of_the_first_timer_returns(ask, portal, two, words):
    portal.presence[17] = "break"
    await ask(words["1h"])
    await ask(words["next"])
    await ask.wait(COMES[1])

    assert portal.presence == {17: "break"}


async def test_command_handled_again_keeps_the_end(ask, portal, clock, two, words):
    await ask(words["next"])
    ends_at = (await timer_of(ask)).ends_at
    portal.delete_meeting(701)
    clock.advance(5 * MINUTE)
    portal.rest.calls.clear()
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])

    assert (await timer_of(ask)).ends_at == ends_at
    assert NEAREST not in methods(portal)


async def test_calendar_whose_first_answer_was_lost_is_read_again(ask, portal, two, words):
    portal.faults.add(NEAREST, faults.lost())

    assert (await ask(words["next"])).text.startswith(words["done"].format("15:15"))


async def test_presence_starts_after_the_permission_was_given(ask, portal, browser, two, language, words):
    reply = await ask(words["next"], auth="absent")
    assert reply.buttons == [{"en": "Connect", "ru": "Подключить"}[language]]
    assert not portal.presence

    await browser.connect(reply.message)
    assert portal.presence == {17: "dnd"}
    assert portal.messages[-1].text.startswith(words["done"].format("15:15"))


async def test_permission_that_does_not_last_promises_nothing(ask, portal, two, words):
    portal.options.event_auth = "no_refresh"
    reply = await ask(words["next"])

    assert len(reply.buttons) == 1
    await assert_nothing_done(ask)
