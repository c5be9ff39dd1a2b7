import pytest

from bot.emulator import faults

DAY_S = 86_400
YES, YES_RU = "Yes, do it", "Да, сделать"


@pytest.fixture
def calendar(portal):
    """Three more meetings of 17: one runs, two are ahead; none is answered."""
    portal.add_meeting(700, name="Running", host=23, guests=[17], start="2026-11-23T08:30:00")
    portal.add_meeting(701, name="Stand-up", host=23, guests=[17], start="2026-11-23T12:00:00")
    portal.add_meeting(702, name="Ёлка и планы", host=23, guests=[17], start="2026-11-24T12:00:00")


@pytest.fixture
async def listed(ask, calendar):
    """The list of 17: 700, 701, 702, 651."""
    return await ask("meetings")


def told(portal):
    return [(notice.meeting_id, notice.user_id, notice.kind) for notice in portal.notices]


def listed_numbers(reply):
    return [int(line.split("(")[1].split(")")[0]) for line in reply.text.splitlines() if line.startswith("#")]


# --- rows


@pytest.mark.parametrize(
    ("said", "answered", "notice"),
    [
        ("accept #2", "You are going: meeting 701 “Stand-up”", "accepted"),
        ("accept # 2", "You are going: meeting 701 “Stand-up”", "accepted"),
        ("Decline #2!", "You are not going: meeting 701 “Stand-up”", "declined"),
        ("принять #2", "Вы идёте: встреча 701 «Stand-up»", "accepted"),
        ("отклонить # 2", "Вы не идёте: встреча 701 «Stand-up»", "declined"),
        ("/accept #2", "You are going: meeting 701 “Stand-up”", "accepted"),
    ],
)
async def test_row_is_that_of_the_last_list(ask, portal, listed, said, answered, notice):
    before = portal.requests
    reply = await ask(said)

    assert reply.text.startswith(answered)
    assert told(portal) == [(701, 17, notice)]
    assert portal.requests - before == 3


async def test_several_rows_are_answered_together(ask, portal, listed):
    reply = await ask("decline #2, #4 and 702")

    assert told(portal) == [(701, 17, "declined"), (651, 17, "declined"), (702, 17, "declined")]
    assert reply.text.count("You are not going") == 3


async def test_number_without_a_mark_is_no_row(ask, portal, listed):
    assert "number 2" in (await ask("accept 2")).text
    assert told(portal) == []


async def test_newer_list_counts(ask, portal, listed):
    await ask("tomorrow")
    await ask("accept #1")

    assert told(portal) == [(702, 17, "accepted")]


async def test_empty_list_is_none_to_count_in(ask, portal, listed):
    portal.calendar.set_status(17, {"eventId": 702, "status": "N"})
    portal.notices.clear()
    await ask("tomorrow")
    await ask("accept #2")

    assert told(portal) == [(701, 17, "accepted")]


async def test_row_serves_for_a_day(ask, portal, listed):
    await ask.wait(DAY_S)
    assert (await ask("accept #4")).text.startswith("You are going: meeting 651")

    await ask.wait(1)
    refused = await ask("decline #4")
    assert refused.text.startswith("I have no recent list to count in.")
    assert (await ask("отклонить #4")).text.startswith("У меня нет свежего списка, по которому можно считать")
    assert told(portal) == [(651, 17, "accepted")]


async def test_row_serves_after_a_restart(ask, make_ask, portal, listed):
    await ask.core.close()
    restarted = await make_ask()
    await restarted("accept #4")

    assert told(portal) == [(651, 17, "accepted")]


async def test_list_of_somebody_else_is_never_used(ask, portal, listed):
    assert (await ask("accept #4", user_id=42)).text.startswith("I have no recent list")
    assert told(portal) == []

    await ask("meetings", user_id=42)
    await ask("accept #1", user_id=42)
    assert told(portal) == [(651, 42, "accepted")]


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("accept #5", "There is no #5: my last list has 4 rows only."),
        ("принять #9", "Строки #9 нет: в моём последнем списке только 4 строки."),
    ],
)
async def test_row_that_is_not_there_is_said(ask, portal, listed, said, answered):
    assert (await ask(said)).text == answered
    assert told(portal) == []


async def test_own_entry_cannot_be_answered(ask, portal):
    portal.add_entry(700, name="Dentist", owner=17, start="2026-11-23T12:00:00")
    await ask("meetings")

    assert (await ask("accept #1")).text == "#1 is an entry of your own, there is nothing to answer."
    assert (await ask("принять #1")).text == "#1 — ваша собственная запись, отвечать на неё не нужно."


async def test_own_meeting_cannot_be_answered(ask, portal):
    portal.add_meeting(700, name="Mine", host=17, guests=[23], start="2026-11-23T12:00:00")
    await ask("meetings")

    assert (await ask("decline #1")).text.startswith("You are the organiser of meeting 700 “Mine”")
    assert portal.meetings[700] == {17: "H", 23: "Q"}


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("accept #4", "Meeting 651 (#4) is not there any more, or you are not invited now. Nothing changed."),
        ("принять #4", "Встречи 651 (#4) больше нет, или вас на неё уже не приглашают. Ничего не изменилось."),
    ],
)
async def test_meeting_that_vanished_is_said_to_have(ask, portal, listed, said, answered):
    portal.delete_meeting(651)
    assert (await ask(said)).text == answered

    portal.uninvite(702, 17)
    assert "702 (#3)" in (await ask("accept #3")).text
    assert told(portal) == []


@pytest.mark.parametrize(
    ("said", "asked", "agrees", "notice"),
    [
        (
            "accept #4",
            "#4 has moved since I listed it: meeting 651 “Weekly sync”, Wed, Nov 25, 11:00 (Europe/Riga).",
            "Accept 651",
            "accepted",
        ),
        (
            "отклонить #4",
            "#4 перенесли с тех пор, как я показал список: встреча 651 «Weekly sync», ср, 25 нояб., 11:00 (Europe/Riga).",
            "Отклонить 651",
            "declined",
        ),
    ],
)
async def test_meeting_that_moved_is_asked_about(ask, portal, listed, said, asked, agrees, notice):
    portal.change_meeting(651, start="2026-11-25T11:00:00")
    question = await ask(said)
    assert question.text.startswith(asked)
    assert question.text.endswith(("Do you still want this?", "Всё ещё нужно?"))
    assert question.buttons[0] == agrees
    assert told(portal) == []

    await ask.press(17, question.message, agrees)
    assert told(portal) == [(651, 17, notice)]


async def test_meeting_that_moved_is_not_asked_about_when_nothing_would_change(ask, portal, listed):
    await ask("accept 651")
    portal.change_meeting(651, start="2026-11-25T11:00:00")

    assert (await ask("accept #4")).text.startswith("You have already accepted, nothing changed: meeting 651")
    assert (await ask("status #4")).text.startswith("You have accepted: meeting 651")
    assert (await ask("maybe #4")).text.startswith("Bitrix24 knows no “maybe”")


async def test_reset_of_a_meeting_that_moved_still_warns(ask, portal, listed):
    await ask("accept 651")
    portal.change_meeting(651, start="2026-11-25T11:00:00")
    question = await ask("reset #4")

    assert "11:00" in question.text
    assert "The organiser will be told that you declined" in question.text
    assert portal.meetings[651][17] == "Y"


async def test_all_rows_moved_are_asked_about_at_once(ask, portal):
    numbers = range(10**17, 10**17 + 9)
    for number in numbers:
        portal.add_meeting(number, name="Long title " * 9, host=23, guests=[17], start="2026-11-24T10:00:00")
    portal.delete_meeting(651)
    await ask("meetings")
    for number in numbers:
        portal.change_meeting(number, start="2026-11-26T10:00:00")
    for said in ("decline #1, #2, #3, #4, #5, #6, #7, #8, #9", "принять #1, #2, #3, #4, #5, #6, #7, #8, #9"):
        reply = await ask(said)

        assert len(reply.text) <= 1_000
        assert all(f"#{row}: {number} " in reply.text for row, number in enumerate(numbers, start=1))
    assert told(portal) == []


async def test_series_is_compared_by_its_time_of_day(ask, portal):
    portal.delete_meeting(651)
    portal.add_meeting(
        700, name="Daily", host=23, guests=[17], start="2026-11-16T10:00:00", rrule="FREQ=DAILY;COUNT=30"
    )
    await ask("meetings")
    assert (await ask("accept #3")).text.startswith("You are going: meeting 700")

    portal.change_meeting(700, start="2026-11-16T10:30:00")
    assert (await ask("decline #3")).text.startswith("#3 has moved since I listed it: meeting 700")
    assert told(portal) == [(700, 17, "accepted")]


# --- next


@pytest.mark.parametrize(
    ("said", "answered", "notice"),
    [
        ("accept next", "You are going: meeting 701 “Stand-up”, Mon, Nov 23, 14:00 (Europe/Riga).", "accepted"),
        ("decline the next meeting", "You are not going: meeting 701", "declined"),
        ("принять следующую", "Вы идёте: встреча 701 «Stand-up»", "accepted"),
        ("отклонить следующую встречу", "Вы не идёте: встреча 701", "declined"),
    ],
)
async def test_next_is_the_first_that_has_not_begun(ask, portal, calendar, said, answered, notice):
    before = portal.requests
    reply = await ask(said)

    assert reply.text.startswith(answered)
    assert told(portal) == [(701, 17, notice)]
    assert portal.requests - before == 3


async def test_next_passes_over_what_cannot_be_answered(ask, portal):
    portal.add_meeting(700, name="Mine", host=17, guests=[23], start="2026-11-23T12:00:00")
    portal.add_meeting(702, name="Secret", host=23, guests=[17], start="2026-11-23T12:00:00", busy_only=[17])
    portal.add_entry(701, name="Dentist", owner=17, start="2026-11-23T14:00:00")

    assert (await ask("accept next")).text.startswith("You are going: meeting 651")


@pytest.mark.parametrize(
    ("said", "asked", "first"),
    [
        ("accept next", "Which one do you mean? Times in Europe/Riga.", "#2 Accept"),
        ("принять следующую", "Какую из них вы имеете в виду? Время: Europe/Riga.", "#2 Принять"),
    ],
)
async def test_two_next_ones_are_listed(ask, portal, calendar, said, asked, first):
    portal.add_meeting(703, name="Clash", host=23, guests=[17], start="2026-11-23T14:00:00", tz="Europe/Riga")
    reply = await ask(said)
    assert reply.text.startswith(asked)
    assert listed_numbers(reply) == [701, 703]
    assert told(portal) == []

    await ask.press(17, reply.message, first)
    assert told(portal) == [(703, 17, "accepted")]


@pytest.mark.parametrize("meant", [("next", "следующую"), ("stand", "stand")], ids=["next", "title"])
@pytest.mark.parametrize("language", ["en", "ru"])
async def test_decline_that_is_interrupted_stays_with_its_meeting(ask, portal, calendar, meant, language):
    en, ru = meant
    portal.faults.add("calendar.meeting.status.set", faults.lost())
    reply = await ask({"en": f"decline {en}", "ru": f"отклонить {ru}"}[language])
    assert told(portal) == [(701, 17, "declined")]

    await ask.inbox.hand_out_again(ask.inbox.entries[-1])
    assert told(portal) == [(701, 17, "declined")]
    assert reply.text.startswith({"en": "You are not going: meeting 701", "ru": "Вы не идёте: встреча 701"}[language])


async def test_no_next_one_is_said(ask, portal):
    portal.delete_meeting(651)

    assert (await ask("accept next")).text == "I find no meeting ahead that you are invited to."
    assert (await ask("отклонить следующую")).text == "Впереди не нахожу встречи, на которую вас пригласили."


# --- titles


@pytest.mark.parametrize(
    ("said", "meeting"),
    [
        ("accept stand-up", 701),
        ("accept STAND", 701),
        ("accept weekly sync", 651),
        ("accept “елка”", 702),
        ("принять ёлка и планы", 702),
        ("принять встречу weekly", 651),
    ],
)
async def test_part_of_a_title_names_the_meeting(ask, portal, calendar, said, meeting):
    before = portal.requests
    await ask(said)

    assert told(portal) == [(meeting, 17, "accepted")]
    assert portal.requests - before == 3


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        ("accept picnic", "I find no meeting ahead with “picnic” in its title."),
        ("принять пикник", "Не нахожу впереди встречи, в названии которой есть «пикник»."),
    ],
)
async def test_unknown_title_is_said(ask, portal, calendar, said, answered):
    assert (await ask(said)).text.startswith(answered)
    assert told(portal) == []


@pytest.mark.parametrize(
    ("said", "asked", "agrees"),
    [
        ("accept standup", "Accept meeting 701 “Stand-up”, Mon, Nov 23, 14:00 (Europe/Riga)?", "Accept 701"),
        ("accept eekly", "Accept meeting 651 “Weekly sync”", "Accept 651"),
        ("принять ёлку", "Принять приглашение: встреча 702 «Ёлка и планы»", "Принять 702"),
    ],
)
async def test_title_in_another_form_is_asked_about(ask, portal, calendar, said, asked, agrees):
    question = await ask(said)
    assert question.text.startswith(asked)
    assert told(portal) == []

    await ask.press(17, question.message, agrees)
    assert [notice[2] for notice in told(portal)] == ["accepted"]


async def test_titles_in_another_form_are_listed_when_there_are_several(ask, portal, calendar):
    portal.add_meeting(703, name="Another stand-up", host=23, guests=[17], start="2026-11-25T14:00:00")

    assert listed_numbers(await ask("accept standup")) == [701, 703]
    assert told(portal) == []


async def test_short_small_talk_that_only_resembles_a_title_names_nothing(ask, portal, calendar):
    assert (await ask("ok stend")).text.startswith("I find no meeting ahead")


@pytest.mark.parametrize("said", ["иду на ёлки и планы", "буду на ёлке и планах", "ok standup"])
async def test_title_in_another_form_after_small_talk_is_asked_about(ask, portal, calendar, said):
    question = await ask(said)

    assert question.text.endswith("?")
    assert len(question.buttons) == 2
    assert told(portal) == []


@pytest.mark.parametrize("said", ["accept the weekly sync meeting", "accept weekly sync event"])
async def test_title_with_a_noun_behind_it_is_asked_about(ask, portal, said):
    assert (await ask(said)).text.startswith("Accept meeting 651 “Weekly sync”")


async def test_row_is_none_of_a_list_that_was_left_out(ask, portal, listed):
    reply = await ask("help\nhelp accept\nhelp decline\nhelp reset\nhelp dnd\ninvitations")
    assert "#1" not in reply.text.replace("#2", "")

    await ask("accept #4")
    assert told(portal) == [(651, 17, "accepted")]


async def test_row_beside_a_list_is_that_of_the_list_before(ask, portal, listed):
    await ask("tomorrow\naccept #1")

    assert told(portal) == [(700, 17, "accepted")]


async def test_calendar_that_is_not_shown_is_said(make_ask, portal):
    ask = await make_ask(allow_extranet=True)
    portal.invite(651, 88)

    for said in ("meetings", "accept next", "accept sync", "accept"):
        assert (await ask(said, user_id=88)).text.startswith("Bitrix24 does not show me your calendar")
    assert (await ask("accept 651", user_id=88)).text.startswith("You are going")


async def test_ambiguous_title_is_listed(ask, portal, calendar):
    portal.add_meeting(703, name="Another stand-up", host=23, guests=[17], start="2026-11-25T14:00:00")
    reply = await ask("decline stand")
    assert listed_numbers(reply) == [701, 703]

    assert (await ask("decline #2")).text.startswith("You are not going: meeting 703")
    assert told(portal) == [(703, 17, "declined")]


async def test_series_is_one_meeting_whose_title_is_unique(ask, portal):
    portal.add_meeting(700, name="Daily", host=23, guests=[17], start="2026-11-24T10:00:00", rrule="FREQ=DAILY;COUNT=5")

    assert (await ask("accept daily")).text.endswith(", whole series.")


async def test_title_that_only_busy_entries_have_is_unknown(ask, portal):
    portal.add_meeting(700, name="Layoffs", host=23, guests=[17], start="2026-11-24T10:00:00", busy_only=[17])

    assert (await ask("accept layoffs")).text.startswith("I find no meeting ahead with “layoffs”")


@pytest.mark.parametrize(
    ("said", "asked", "agrees", "notice"),
    [
        ("ok stand-up", "Accept meeting 701 “Stand-up”, Mon, Nov 23, 14:00 (Europe/Riga)?", "Accept 701", "accepted"),
        ("no stand-up", "Decline meeting 701 “Stand-up”", "Decline 701", "declined"),
        ("да stand-up", "Принять приглашение: встреча 701 «Stand-up»", "Принять 701", "accepted"),
        ("не пойду stand-up", "Отказаться: встреча 701 «Stand-up»", "Отклонить 701", "declined"),
    ],
)
async def test_title_after_small_talk_is_asked_about(ask, portal, calendar, said, asked, agrees, notice):
    question = await ask(said)
    assert question.text.startswith(asked)
    assert told(portal) == []

    reply = await ask.press(17, question.message, agrees)
    assert reply.message is question.message
    assert told(portal) == [(701, 17, notice)]


async def test_question_about_a_changed_day_says_that_the_series_is_meant(ask, portal):
    start = "2026-11-24T10:00:00"
    portal.add_meeting(700, name="Daily", host=23, guests=[42], start=start, rrule="FREQ=DAILY;COUNT=5")
    portal.add_meeting(710, name="Moved", host=23, guests=[17], start=start, master=700)

    assert (await ask("ok moved")).text.endswith(", whole series?")
    assert (await ask("no moved")).text.endswith(", one day of a series?")


@pytest.mark.parametrize("said", ["clear stand-up", "reset stand-up"])
async def test_reset_by_title_warns_once(ask, portal, calendar, said):
    await ask("accept 701")
    question = await ask(said)
    assert "The organiser will be told that you declined" in question.text

    await ask("yes")
    assert told(portal) == [(701, 17, "accepted"), (701, 17, "declined")]


# --- nothing after the command


@pytest.mark.parametrize(
    ("said", "answered"),
    [("accept", "No invitation waits for your answer"), ("отклонить", "Ни одно приглашение не ждёт вашего ответа")],
)
async def test_bare_answer_without_invitations_changes_nothing(ask, portal, said, answered):
    portal.calendar.set_status(17, {"eventId": 651, "status": "Y"})
    portal.notices.clear()
    reply = await ask(said)

    assert reply.text.startswith(answered)
    assert told(portal) == []


@pytest.mark.parametrize(
    ("said", "asked", "agrees", "notice"),
    [
        ("accept", "Accept meeting 651 “Weekly sync”", "Accept 651", "accepted"),
        ("decline", "Decline meeting 651 “Weekly sync”", "Decline 651", "declined"),
        ("принять", "Принять приглашение: встреча 651 «Weekly sync»", "Принять 651", "accepted"),
        ("отклонить", "Отказаться: встреча 651 «Weekly sync»", "Отклонить 651", "declined"),
    ],
)
async def test_bare_answer_asks_about_the_only_invitation(ask, portal, said, asked, agrees, notice):
    question = await ask(said)
    assert question.text.startswith(asked)
    assert told(portal) == []

    await ask.press(17, question.message, agrees)
    assert told(portal) == [(651, 17, notice)]


@pytest.mark.parametrize(
    ("said", "asked"),
    [("accept", "Several invitations wait for your answer"), ("отклонить", "Вашего ответа ждут несколько приглашений")],
)
async def test_bare_answer_lists_several_invitations(ask, portal, calendar, said, asked):
    reply = await ask(said)
    assert reply.text.startswith(asked)
    assert listed_numbers(reply) == [700, 701, 702, 651]
    assert told(portal) == []

    await ask("decline #3")
    assert told(portal) == [(702, 17, "declined")]


# --- all


@pytest.mark.parametrize(
    ("said", "asked", "meetings", "notice"),
    [
        ("accept all today", "Accept these 2 meetings?", [700, 701], "accepted"),
        ("decline all tomorrow", "Decline this meeting?", [702], "declined"),
        ("decline all this week", "Decline these 4 meetings?", [700, 701, 702, 651], "declined"),
        ("accept all", "Accept these 4 meetings?", [700, 701, 702, 651], "accepted"),
        ("принять все на сегодня", "Принять 2 приглашения?", [700, 701], "accepted"),
        ("отклонить все на завтра", "Отказаться от 1 встречи?", [702], "declined"),
        ("отклонить все на неделе", "Отказаться от 4 встреч?", [700, 701, 702, 651], "declined"),
    ],
)
async def test_all_is_listed_and_confirmed_first(ask, portal, calendar, said, asked, meetings, notice):
    question = await ask(said)
    lines = question.text.splitlines()
    assert lines[0] == asked
    assert [int(line.split()[2]) for line in lines[1:]] == meetings
    assert told(portal) == []

    reply = await ask("да" if asked[0] > "z" else "yes")
    assert told(portal) == [(number, 17, notice) for number in meetings]
    assert all(str(number) in reply.text for number in meetings)


async def test_all_that_is_not_confirmed_changes_nothing(ask, portal, calendar):
    question = await ask("accept all today")
    await ask.press(17, question.message, "No, leave it")
    await ask("yes")

    assert told(portal) == []


async def test_all_leaves_out_what_is_so_already(ask, portal, calendar):
    await ask("accept 701")
    question = await ask("accept all today")
    assert "701" not in question.text

    await ask.press(17, question.message, YES)
    assert told(portal) == [(701, 17, "accepted"), (700, 17, "accepted")]
    assert (await ask("accept all today")).text == (
        "There is nothing to change then: I find no such invitation of yours."
    )
    assert (await ask("принять все на сегодня")).text == "Тогда менять нечего: таких приглашений у вас не нахожу."


async def test_all_leaves_out_own_and_busy_entries(ask, portal):
    portal.add_meeting(700, name="Mine", host=17, guests=[23], start="2026-11-23T12:00:00")
    portal.add_meeting(701, name="Secret", host=23, guests=[17], start="2026-11-23T12:00:00", busy_only=[17])
    portal.add_entry(702, name="Dentist", owner=17, start="2026-11-23T14:00:00")

    assert (await ask("decline all today")).text.startswith("There is nothing to change then")


async def test_reset_of_all_warns_and_names_what_was_answered(ask, portal, calendar):
    await ask("accept 701, 702")
    question = await ask("сбросить все")
    assert question.text.startswith("Отозвать ваши ответы? Каждый организатор увидит отказ")
    assert "701" in question.text
    assert "651" not in question.text

    await ask.press(17, question.message, YES_RU)
    assert portal.meetings[701][17] == portal.meetings[702][17] == "Q"


async def test_all_takes_nine_at_once(ask, portal):
    for number in range(700, 712):
        portal.add_meeting(number, name="Talk", host=23, guests=[17], start="2026-11-24T10:00:00")
    question = await ask("accept all")
    assert question.text.startswith("Accept these 9 meetings?")
    assert question.text.endswith("There are 4 more; ask again for those afterwards.")

    await ask("yes")
    assert told(portal) == [(number, 17, "accepted") for number in range(700, 709)]


@pytest.mark.parametrize(("said", "agrees"), [("accept all", "yes"), ("отклонить все", "да")])
async def test_question_about_many_fits_and_names_all_that_it_means(ask, portal, clock, said, agrees):
    clock.advance(30 * DAY_S)
    portal.users[17].time_zone = "America/Argentina/ComodRivadavia"
    for number in range(10**17, 10**17 + 9):
        portal.add_meeting(
            number,
            name="Long title " * 9,
            host=23,
            guests=[17],
            start="2027-01-06T10:00:00",
            rrule="FREQ=WEEKLY;COUNT=1",
        )
    question = await ask(said)
    reply = await ask(agrees)

    assert len(question.text) <= 1_000
    assert len(reply.text) <= 1_000
    assert 0 < len(told(portal)) < 9
    for number, _, _ in told(portal):
        assert str(number) in question.text
        assert str(number) in reply.text


# --- many numbers


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("accept", 700),
        ("accept", 10**17),
        ("decline", 10**17),
        ("отклонить", 700),
        ("принять", 10**17),
        ("maybe", 10**17),
        ("возможно", 10**17),
        ("статус", 10**17),
    ],
)
async def test_twenty_numbers_are_all_named(ask, portal, said, first):
    numbers = range(first, first + 20)
    for number in numbers:
        portal.add_meeting(number, name="Quarterly" + " review" * 9, host=23, guests=[17], start="2026-11-24T10:00:00")
    for _ in range(2):
        reply = await ask(f"{said} {', '.join(map(str, numbers))}")

        assert len(reply.text) <= 1_000
        assert all(str(number) in reply.text for number in numbers)
        assert reply.text.count("Quarter") == 20


@pytest.mark.parametrize(("said", "agrees"), [("reset", "yes"), ("сбросить", "да")])
async def test_reset_of_twenty_names_all_in_question_and_answer(ask, portal, said, agrees):
    numbers = range(10**17, 10**17 + 20)
    for number in numbers:
        portal.add_meeting(number, name="Quarterly " * 9, host=23, guests={17: "Y"}, start="2026-11-24T10:00:00")
    for reply in (await ask(f"{said} {', '.join(map(str, numbers))}"), await ask(agrees)):
        assert len(reply.text) <= 1_000
        assert all(str(number) in reply.text for number in numbers)
    assert len(told(portal)) == 20


# --- in a group


IN_GROUP = [
    "accept next",
    "accept weekly",
    "ok weekly",
    "accept room",
    "accept nonsense",
    "accept",
    "decline all",
    "accept all this week",
    "status weekly",
    "maybe next",
    "reset weekly",
    "принять следующую",
    "принять weekly",
    "да weekly",
    "принять чепуху",
    "отклонить",
    "отклонить все",
    "статус следующую",
]


async def test_group_never_sees_titles_times_or_places(ask, portal, group):
    start = "2026-11-25T10:00:00"
    portal.add_meeting(700, name="War room", host=23, guests=[17], start=start, location="Attic")
    portal.add_meeting(701, name="Green room", host=23, guests={17: "Y"}, start=start, location="Attic")
    await group("meetings")
    portal.change_meeting(701, start="2026-11-25T12:00:00")
    for said in [*IN_GROUP, "accept #1", "decline #3", "reset #3", "принять #2", "undo", "accept #9"]:
        shown = await group(said)
        seen = " ".join([shown.text, *shown.buttons]).lower()

        for secret in ("room", "attic", "weekly", "sync", ":00", "nov", "нояб", "riga"):
            assert secret not in seen, said


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("accept", "Which one do you mean? Press a button, or write for example “accept #1”."),
        ("decline stand", "Which one do you mean? Press a button, or write for example “decline #1”."),
        ("отклонить", "О какой из них речь? Нажмите кнопку или напишите, например, «отклонить #1»."),
    ],
)
async def test_group_is_asked_which_one_by_numbers(ask, portal, group, calendar, said, asked):
    portal.add_meeting(703, name="Stand-up again", host=23, guests=[17], start="2026-11-25T14:00:00")
    reply = await group(said)

    assert reply.text.startswith(asked)
    assert "701" in reply.text
    assert told(portal) == []


async def test_unknown_title_in_a_group_is_not_repeated(ask, portal, group):
    assert (await group("accept picnic")).text == "I find no meeting of yours by that name. Please write its number."
    assert (await group("принять пикник")).text == (
        "Не нахожу у вас встречи с таким названием. Напишите, пожалуйста, её номер."
    )


async def test_questions_in_a_group_name_numbers(ask, portal, group):
    assert (await group("accept")).text == "Accept meeting 651?"
    assert (await group("отклонить все")).text == "Отказаться от 1 встречи?\n• встреча 651"

    await group("meetings")
    portal.change_meeting(651, start="2026-11-26T10:00:00")
    assert (await group("accept #1")).text == "#1 has moved since I listed it: meeting 651. Do you still want this?"


# --- what is not certain enough


async def test_confirmed_reset_is_about_the_meeting_that_was_asked_about(ask, portal, clock, calendar):
    for number in (701, 702):
        portal.calendar.set_status(17, {"eventId": number, "status": "Y"})
    portal.notices.clear()
    clock.advance(3 * 3600 - 300)  # 701 begins in five minutes
    question = await ask("reset next")
    assert "meeting 701" in question.text

    clock.advance(360)
    await ask("yes")
    assert told(portal) == [(701, 17, "declined")]


@pytest.mark.parametrize("said", ["accept st", "decline st", "принять st"])
async def test_beginning_of_two_letters_is_asked_about(ask, portal, calendar, said):
    question = await ask(said)

    assert "701" in question.text
    assert question.text.endswith("?")
    assert told(portal) == []


@pytest.mark.parametrize(
    "said", ["decline sat", "отклонить вт", "accept everything but weekly", "decline weekly sync only"]
)
async def test_days_and_restrictions_name_no_meeting(ask, portal, calendar, said):
    portal.add_meeting(703, name="Satisfaction survey", host=23, guests=[17], start="2026-11-24T12:00:00")
    portal.add_meeting(704, name="Вторая встреча", host=23, guests=[17], start="2026-11-24T14:00:00")
    reply = await ask(said)

    assert reply.buttons == []
    assert told(portal) == []


async def test_row_in_a_group_is_none_of_another_chat_s_list(ask, portal, group, listed):
    reply = await group("accept #1")
    assert reply.text.startswith("I have no recent list")
    assert told(portal) == []

    await group("meetings")
    await group("accept #1")
    assert told(portal) == [(700, 17, "accepted")]


@pytest.mark.parametrize(
    ("said", "example", "answered"),
    [
        ("reset stand", "“reset #1”", "Take back your answer to meeting 701"),
        ("статус stand", "«статус #1»", "Вы приняли приглашение: встреча 701"),
    ],
)
async def test_list_that_asks_has_buttons_for_just_that(ask, portal, calendar, said, example, answered):
    portal.add_meeting(703, name="Another stand-up", host=23, guests=[17], start="2026-11-25T14:00:00")
    await ask("accept 701")
    question = await ask(said)
    assert example in question.text
    assert question.buttons == ["#1", "#2"]

    assert (await ask.press(17, question.message, "#1")).text.startswith(answered)


async def test_second_list_of_a_message_is_refused(ask, portal, calendar):
    reply = await ask("today\ntomorrow")
    assert reply.text.endswith("Please ask for this one by itself.")
    assert reply.buttons == [f"#{row} {verb}" for row in (1, 2) for verb in ("Accept", "Decline", "Undo")]

    await ask.press(17, reply.message, "#2 Accept")
    assert told(portal) == [(701, 17, "accepted")]


async def test_question_that_has_no_room_is_not_agreed_to(ask, portal):
    for day, first in (("2026-11-23", 710), ("2026-11-24", 720)):
        for number in range(first, first + 9):
            portal.add_meeting(number, name="Long title " * 4, host=23, guests=[17], start=f"{day}T12:00:00")
    question = await ask("accept all today\naccept all tomorrow")
    assert question.text.endswith("Please ask for that by itself.")
    assert len(question.text) <= 1_000

    await ask("yes")
    assert {number for number, _, _ in told(portal)} == {
        number for number in range(710, 719) if str(number) in question.text
    }
    assert told(portal)


async def test_zone_that_cannot_be_read_once_is_the_one_of_before(ask, portal, calendar):
    await ask("meetings")
    for method in ("calendar.user.settings.get", "profile"):
        portal.faults.add(method, faults.error("INTERNAL_SERVER_ERROR"))
    assert (await ask("meetings")).text.startswith("Your next 7 days, times in Europe/Riga:")

    assert (await ask("status next")).text.endswith("14:00 (Europe/Riga).")
