"""Meetings outside Bitrix24 in lists, and answers to them that arrive."""

import pytest

from bot.emulator.cronofy import faults
from bot.emulator.cronofy.events import Person
from tests.handlers.outside_words import (
    ACCEPT,
    CALL,
    DECLINE,
    DONE,
    JURIS,
    MAYBE,
    MEETINGS,
    NORA,
    SENT,
    STATUS,
    YES,
    in_both_languages,
    posts,
)

pytestmark = pytest.mark.usefixtures("linked")


@pytest.fixture
async def ask(make_ask, outside):
    return await make_ask(cronofy=outside)


# --- lists


async def test_agenda_shows_what_is_outside_with_its_calendar(ask, call, talk):
    listed = await ask("meetings")

    assert listed.text.splitlines()[1:] == [
        "#1 “Contract talk” in “Calendar”, Tue, Nov 24, 11:00–12:00, not answered",
        "#2 “Weekly sync” (651), Wed, Nov 25, 10:00–11:00, not answered",
        "#3 “Supplier call” in “Mira”, Wed, Nov 25, 15:00–16:00, not answered",
    ]
    assert listed.buttons[:4] == ["#1 Accept", "#1 Maybe", "#1 Decline", "#1 Undo"]


async def test_agenda_shows_what_is_outside_in_russian(ask, call):
    listed = await ask("встречи")

    assert listed.text.splitlines()[2] == "#2 «Supplier call» в «Mira», ср, 25 нояб., 15:00–16:00, без ответа"
    assert listed.buttons[3:] == ["#2 Принять", "#2 Возможно", "#2 Отклонить", "#2 Вернуть ответ"]


async def test_agenda_costs_the_portal_no_more_than_without(ask, portal, call):
    await ask("meetings")

    requests = {call.request_no for call in portal.rest.calls}
    assert len(requests) == 2


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "#1 “Weekly sync” (651), Wed, Nov 25, 10:00–11:00, not answered; in “Calendar”: not answered"),
        ("ru", "#1 «Weekly sync» (651), ср, 25 нояб., 10:00–11:00, без ответа; в «Calendar»: без ответа"),
    ],
)
async def test_meeting_in_both_calendars_is_shown_once_with_both_answers(ask, twin, language, line):
    listed = await ask(MEETINGS[language])

    assert listed.text.splitlines()[1:] == [line]
    assert len(listed.buttons) == 3


@pytest.mark.parametrize(
    "differing",
    [
        {"organizer": NORA},
        {"organizer": None},
        {"summary": "Weekly sink"},
        {"start": "2026-11-25T10:15:00"},
        {"minutes": 45},
    ],
    ids=lambda value: next(iter(value)),
)
async def test_meetings_that_differ_are_two(ask, outside, calendar, differing):
    told = {
        "summary": "Weekly sync",
        "start": "2026-11-25T10:00:00",
        "tz": "Europe/Riga",
        "organizer": JURIS,
        **differing,
    }
    outside.add_event(calendar("Mira"), **told)

    assert len((await ask("meetings")).text.splitlines()) == 3


@pytest.mark.parametrize(
    "organizer",
    [Person("boss@example.org", "Proba Juris"), Person("Juris.Proba@example.org", "")],
    ids=["turned", "address"],
)
async def test_organiser_is_known_by_other_spellings_too(ask, outside, calendar, organizer):
    outside.add_event(
        calendar("Mira"), "weekly  SYNC", start="2026-11-25T10:00:00", tz="Europe/Riga", organizer=organizer
    )

    assert len((await ask("meetings")).text.splitlines()) == 2


async def test_occurrences_of_a_series_stand_one_by_one(ask, outside, calendar):
    outside.add_series(
        calendar("Mira"),
        "Delivery check",
        start="2026-11-23T16:00:00",
        tz="Europe/Riga",
        minutes=15,
        every_days=2,
        organizer=NORA,
    )

    lines = (await ask("week")).text.splitlines()

    assert sum("Delivery check" in line for line in lines) > 1


async def test_all_day_event_is_told_by_its_days(ask, outside, calendar):
    outside.add_event(calendar("Choir"), "Tour", start="2026-11-26", days=2, organizer=NORA)

    assert "#2 “Tour” in “Choir”, Thu, Nov 26 – Fri, Nov 27, all day, not answered" in (await ask("week")).text


@in_both_languages
async def test_first_list_ends_all_day_events_with_the_day_of_their_person(ask, outside, calendar, clock, language):
    outside.add_event(calendar("Mira"), "Over", start="2026-11-23", organizer=NORA)
    outside.add_event(calendar("Mira"), "Fair", start="2026-11-24", organizer=NORA)
    clock.advance(13.5 * 3600)  # half past midnight in Riga

    first, second = await ask(MEETINGS[language]), await ask(MEETINGS[language])

    assert "Over" not in first.text
    assert "Fair" in first.text
    assert first.text == second.text


@in_both_languages
async def test_own_entries_have_no_buttons(ask, outside, calendar, language):
    outside.add_event(calendar("Mira"), "Dentist", start="2026-11-23T12:30:00", tz="Europe/Riga", answer="accepted")

    listed = await ask(MEETINGS[language])

    assert {"en": "own entry", "ru": "ваша запись"}[language] in listed.text.splitlines()[1]
    assert not any(button.startswith("#1") for button in listed.buttons)


@pytest.mark.parametrize(
    ("details", "why"),
    [
        ({"changeable": False}, "not answered (answer it there)"),
        ({"status": "cancelled"}, "not answered (cancelled)"),
    ],
)
async def test_what_cannot_be_answered_has_a_reason_and_no_buttons(ask, outside, calendar, details, why):
    outside.add_event(
        calendar("Mira"), "Webinar", start="2026-11-23T17:00:00", tz="Europe/Riga", organizer=NORA, **details
    )

    listed = await ask("today")

    assert why in listed.text
    assert listed.buttons == []


async def test_names_of_others_are_inert(ask, outside, calendar):
    mira = calendar("Mira")
    mira.name = "[send=accept 651]Work[/send]"
    outside.add_event(mira, "[USER=1]Boss[/USER]", start="2026-11-23T17:00:00", tz="Europe/Riga", organizer=NORA)

    listed = await ask("today")

    assert "[" not in listed.text
    assert "Boss" in listed.text


async def test_invitations_hold_what_is_open_somewhere(ask, outside, call, talk, twin):
    outside.answer_elsewhere(talk.uid, "accepted")
    await ask("accept 651")

    listed = await ask("invitations")

    assert [line.partition(" ")[2][:14] for line in listed.text.splitlines()[1:]] == [
        "“Weekly sync” ",
        "“Supplier call",
    ]


async def test_group_sees_nothing_of_it(ask, group, call, twin):
    listed = await group("meetings")

    assert listed.text.splitlines()[1:] == ["#1 meeting 651: not answered"]
    assert "Supplier" not in (await group("accept supplier call")).text


@in_both_languages
async def test_group_hears_of_nothing_that_is_missing(ask, group, portal, call, language):
    portal.delete_meeting(651)
    nothing = {
        "en": "There is nothing to change then: I find no such invitation of yours.",
        "ru": "Тогда менять нечего: таких приглашений у вас не нахожу.",
    }

    assert (await group({"en": "accept all", "ru": "принять все"}[language])).text == nothing[language]


@pytest.mark.parametrize("meant", [{"en": "next", "ru": "следующую"}, {"en": "weekly", "ru": "weekly"}])
@in_both_languages
async def test_group_is_asked_since_another_may_be_meant_that_stands_outside(
    ask, group, outside, portal, talk, language, meant
):
    question = await group(f"{DECLINE[language]} {meant[language]}")

    assert question.text == {"en": "Decline meeting 651?", "ru": "Отказаться: встреча 651?"}[language]
    assert portal.meetings[651][17] == "Q"

    await group(YES[language])
    assert portal.meetings[651][17] == "N"
    assert posts(outside) == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.refused(503), {"en": "does not answer at the moment", "ru": "сейчас не отвечает"}),
        (faults.refused(423), {"en": "is locked", "ru": "заблокирована"}),
    ],
    ids=["away", "locked"],
)
@in_both_languages
async def test_list_says_that_calendars_outside_are_missing(ask, outside, call, language, fault, words):
    outside.faults.add("events", fault, count=10)

    listed = await ask(MEETINGS[language])

    assert "Weekly sync" in listed.text
    assert words[language] in listed.text.splitlines()[-1]


@in_both_languages
async def test_list_names_a_login_that_is_disconnected(ask, outside, talk, language):
    profile = next(place.profile for place in outside.directory.places() if place.calendar.name == "Calendar")
    outside.disconnect(profile)

    listed = await ask(MEETINGS[language])

    assert "mira@office.example" in listed.text.splitlines()[-1]
    why = {"en": "(not connected)", "ru": "(не подключён)"}
    assert why[language] in listed.text.splitlines()[1]


SO_FAR = {
    "invitations": "So far I see no invitation that waits for your answer.",
    "accept": "So far I see no invitation that waits for your answer, so I changed nothing.",
    "accept all": "So far I find no such invitation of yours, so I changed nothing.",
    "meetings": "So far I see nothing in your calendar in the next 7 days.",
    "today": "So far I see nothing more in your calendar today.",
    "tomorrow": "So far I see nothing in your calendar tomorrow.",
    "status all today": "So far I find no such meeting in your calendar.",
    "приглашения": "Пока не вижу приглашений, которые ждут вашего ответа.",
    "принять": "Пока не вижу приглашений, которые ждут вашего ответа, поэтому ничего не изменилось.",
    "принять все": "Пока не нахожу у вас таких приглашений, поэтому ничего не изменилось.",
    "неделя": "Пока не вижу в вашем календаре ничего на ближайшие 7 дней.",
    "сегодня": "Пока не вижу в вашем календаре на сегодня больше ничего.",
    "завтра": "Пока не вижу в вашем календаре ничего на завтра.",
    "статус все сегодня": "Пока не нахожу в вашем календаре такой встречи.",
}


@pytest.mark.parametrize("missing", ["syncing", "away"])
async def test_empty_list_is_not_said_to_be_all_while_calendars_are_missing(ask, outside, portal, missing):
    portal.delete_meeting(651)
    if missing == "away":
        outside.faults.add("events", faults.refused(503), count=None)
    else:
        place = next(place for place in outside.directory.places() if place.calendar.name == "Mira")
        place.profile.initial_sync_required = True
    for said, answered in SO_FAR.items():
        first, missed = (await ask(said)).text.splitlines()

        assert first.startswith(answered), said
        told = {"syncing": ("is still being read", "ещё читаются"), "away": ("does not answer", "не отвечает")}
        assert any(words in missed for words in told[missing]), said


# --- answers


@pytest.mark.parametrize(("verbs", "answer"), [(ACCEPT, "accepted"), (MAYBE, "tentative"), (DECLINE, "declined")])
@in_both_languages
async def test_answer_is_called_sent_and_then_confirmed(ask, outside, call, language, verbs, answer):
    reply = await ask(f"{verbs[language]} supplier call")

    assert reply.text.startswith(SENT[answer][language])
    assert CALL[language] in reply.text
    assert outside.answers[call.uid] == "needs_action"

    await ask.wait(2)
    assert reply.message.text.startswith(SENT[answer][language])

    await ask.wait(3)
    assert reply.message.text == f"{DONE[answer][language]}{CALL[language]}."
    assert outside.answers[call.uid] == answer
    assert posts(outside) == 1


@in_both_languages
async def test_row_is_answered_by_its_button_and_the_list_follows(ask, outside, call, language):
    listed = await ask(MEETINGS[language])
    button = {"en": "#2 Accept", "ru": "#2 Принять"}[language]

    answered = await ask.press(17, listed.message, button)
    assert {"en": "“going” is on its way", "ru": "«пойду» в пути"}[language] in answered.text.splitlines()[-1]

    await ask.wait(5)
    assert listed.message.text.startswith(DONE["accepted"][language])
    assert {"en": ", accepted", "ru": ", приняли"}[language] in listed.message.text.splitlines()[-1]
    assert outside.answers[call.uid] == "accepted"


async def test_row_by_number_and_next_are_answered(ask, outside, talk):
    await ask("meetings")
    await ask("accept #1")
    await ask.wait(5)
    assert outside.answers[talk.uid] == "accepted"

    reply = await ask("maybe next")
    await ask.wait(5)
    assert reply.message.text.startswith("You may come: “Contract talk”")


@pytest.fixture
def early(outside, calendar):
    """An invitation at Google that begins before all others."""
    return outside.add_event(
        calendar("Mira"), "Early call", start="2026-11-23T15:00:00", tz="Europe/Riga", organizer=NORA
    )


@pytest.mark.parametrize("seconds", [0, 5], ids=["on its way", "arrived"])
@in_both_languages
async def test_next_passes_over_what_was_declined(ask, outside, portal, early, call, language, seconds):
    following = {"en": "next", "ru": "следующую"}[language]
    await ask(f"{DECLINE[language]} {following}")
    await ask.wait(seconds)

    assert "651" in (await ask(f"{STATUS[language]} {following}")).text
    await ask(f"{DECLINE[language]} {following}")
    assert portal.meetings[651][17] == "N"

    await ask(f"{ACCEPT[language]} {following}")
    await ask.wait(5)
    assert (outside.answers[early.uid], outside.answers[call.uid]) == ("declined", "accepted")


async def test_next_may_be_declined_in_one_of_two_calendars(ask, outside, calendar, portal):
    start = "2026-11-25T10:00:00"
    same = outside.add_event(
        calendar("Mira"), "Weekly sync", start=start, tz="Europe/Riga", organizer=JURIS, answer="declined"
    )
    await ask("accept next")
    await ask.wait(5)

    assert (portal.meetings[651][17], outside.answers[same.uid]) == ("Y", "accepted")


@in_both_languages
async def test_decline_of_the_next_that_is_delivered_twice_concerns_one(ask, outside, portal, early, call, language):
    await ask({"en": "decline next", "ru": "отклонить следующую"}[language])
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])
    await ask.wait(5)

    assert outside.answers[early.uid] == "declined"
    assert (portal.meetings[651][17], outside.answers[call.uid], posts(outside)) == ("Q", "needs_action", 1)


async def test_no_next_is_left_when_all_are_declined(ask, portal, early):
    portal.delete_meeting(651)
    await ask("decline next")

    assert (await ask("accept next")).text == "I find no meeting ahead that you are invited to."


@in_both_languages
async def test_meeting_in_both_calendars_is_answered_in_both(ask, outside, portal, twin, language):
    await ask(MEETINGS[language])
    reply = await ask(f"{ACCEPT[language]} #1")

    first, second = reply.text.splitlines()
    assert first.startswith(DONE["accepted"][language])
    assert second.startswith(SENT["accepted"][language])

    await ask.wait(5)
    assert [line.startswith(DONE["accepted"][language]) for line in reply.message.text.splitlines()] == [True, True]
    assert portal.meetings[651][17] == "Y"
    assert outside.answers[twin.uid] == "accepted"


async def test_number_answers_in_bitrix24_only(ask, outside, portal, twin):
    await ask("accept 651")

    assert portal.meetings[651][17] == "Y"
    assert posts(outside) == 0


async def test_maybe_to_a_meeting_in_both_counts_outside_only(ask, outside, portal, twin):
    await ask("meetings")
    reply = await ask("maybe #1")
    await ask.wait(5)

    assert "Bitrix24 knows no “maybe”" in reply.message.text
    assert outside.answers[twin.uid] == "tentative"
    assert portal.meetings[651][17] == "Q"


@in_both_languages
async def test_nothing_is_sent_that_is_so_already(ask, outside, call, language):
    outside.answer_elsewhere(call.uid, "accepted")

    reply = await ask(f"{ACCEPT[language]} supplier call")

    assert (
        reply.text
        == {
            "en": f"You have already accepted, nothing changed: {CALL['en']}.",
            "ru": f"Вы уже приняли приглашение, ничего не изменилось: {CALL['ru']}.",
        }[language]
    )
    assert posts(outside) == 0


async def test_repeated_answer_is_not_sent_again_while_it_is_on_its_way(ask, outside, call):
    await ask("accept supplier call")
    again = await ask("accept supplier call")

    assert again.text.startswith(SENT["accepted"]["en"])
    assert posts(outside) == 1

    await ask.wait(5)
    assert again.message.text == f"You are going: {CALL['en']}."


async def test_last_of_two_answers_holds_and_the_first_message_says_so(ask, outside, call):
    first = await ask("accept supplier call")
    second = await ask("decline supplier call")
    await ask.wait(8)

    assert outside.answers[call.uid] == "declined"
    assert first.message.text.startswith("You have answered this otherwise since")
    assert second.message.text.startswith("You are not going")


@in_both_languages
async def test_several_answers_in_one_message_are_confirmed_together(ask, outside, call, talk, language):
    await ask(MEETINGS[language])
    both = {"en": "accept #1, #3", "ru": "принять #1, #3"}
    reply = await ask(both[language])
    assert [line.startswith(SENT["accepted"][language]) for line in reply.text.splitlines()] == [True, True]

    await ask.wait(5)
    assert [line.startswith(DONE["accepted"][language]) for line in reply.message.text.splitlines()] == [True, True]


async def test_status_tells_the_answer_and_whether_it_is_on_its_way(ask, outside, call):
    assert (await ask("status supplier call")).text == f"You have not answered yet: {CALL['en']}."

    await ask("accept supplier call")
    assert (await ask("status supplier call")).text.startswith(SENT["accepted"]["en"])

    await ask.wait(5)
    assert (await ask("статус supplier call")).text == f"Вы приняли приглашение: {CALL['ru']}."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("tentative", {"en": "You have answered “maybe”: ", "ru": "Вы ответили «возможно»: "}),
        ("declined", {"en": "You have declined: ", "ru": "Вы отказались: "}),
        (
            "unknown",
            {"en": "The calendar does not tell your answer: ", "ru": "Календарь не говорит, как вы ответили: "},
        ),
    ],
)
@in_both_languages
async def test_status_tells_every_answer(ask, outside, call, language, answer, words):
    outside.answer_elsewhere(call.uid, answer)

    assert (await ask(f"{STATUS[language]} supplier call")).text == f"{words[language]}{CALL[language]}."


@in_both_languages
async def test_answer_cannot_be_taken_back_outside(ask, outside, call, language):
    outside.answer_elsewhere(call.uid, "accepted")
    said = {"en": "reset supplier call", "ru": "сбросить supplier call"}

    reply = await ask(said[language])

    assert {"en": "an answer cannot be taken back", "ru": "ответ отозвать нельзя"}[language] in reply.text
    assert posts(outside) == 0


# --- both calendars at once


@in_both_languages
async def test_accepting_outside_tells_what_is_in_bitrix24_then(ask, outside, calendar, language):
    outside.add_event(calendar("Mira"), "Board", start="2026-11-25T10:30:00", tz="Europe/Riga", organizer=NORA)
    await ask("accept 651")

    reply = await ask(f"{ACCEPT[language]} board")
    words = {
        "en": "At the same time you have meeting 651 “Weekly sync”",
        "ru": "В это же время у вас встреча 651 «Weekly sync»",
    }
    assert words[language] in reply.text

    await ask.wait(5)
    assert words[language] in reply.message.text


@in_both_languages
async def test_accepting_in_bitrix24_tells_what_is_outside_then(ask, outside, calendar, language):
    event = outside.add_event(calendar("Mira"), "Board", start="2026-11-25T10:30:00", tz="Europe/Riga", organizer=NORA)
    outside.answer_elsewhere(event.uid, "accepted")

    reply = await ask(f"{ACCEPT[language]} 651")

    words = {
        "en": "At the same time you have “Board” in “Mira”",
        "ru": "В это же время у вас «Board» в календаре «Mira»",
    }
    assert words[language] in reply.text


@in_both_languages
async def test_list_marks_what_is_in_the_other_calendar_then(ask, outside, calendar, language):
    event = outside.add_event(calendar("Mira"), "Board", start="2026-11-25T10:30:00", tz="Europe/Riga", organizer=NORA)
    outside.answer_elsewhere(event.uid, "accepted")

    listed = await ask(MEETINGS[language])

    assert {"en": "at the same time as “Board”", "ru": "одновременно с «Board»"}[language] in listed.text.splitlines()[
        1
    ]
    assert "Weekly sync" not in listed.text.splitlines()[2]


async def test_answers_that_differ_are_shown_side_by_side(ask, outside, twin):
    outside.answer_elsewhere(twin.uid, "tentative")
    await ask("accept 651")

    line = (await ask("meetings")).text.splitlines()[1]

    assert line.endswith("accepted; in “Calendar”: maybe")
