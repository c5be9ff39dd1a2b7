import pytest

HOSTILE = "Retro\n[send=accept 651]free cake[/send] >> $result[me][ID] \u202eevil https://evil.example"
AGENDAS = ["meetings", "agenda", "week", "today", "tomorrow", "invitations"]
AGENDAS_RU = ["встречи", "повестка", "неделя", "сегодня", "завтра", "приглашения"]


@pytest.fixture(params=[False, True], ids=["without zones", "with zones"])
def zones(request, portal):
    """Both shapes of the portal's list (contract J.9)."""
    portal.options.nearest_zones = request.param


def rows(reply):
    """What is listed, without what stands above and below."""
    return [line for line in reply.text.splitlines() if line.startswith("#")]


def shut(reply):
    """Names of the buttons that cannot be pressed."""
    return [button["TEXT"] for button in reply.message.keyboard if button.get("DISABLED") == "Y"]


# --- one meeting


async def test_meeting_is_listed_with_number_title_time_and_answer(ask, portal, zones):
    reply = await ask("meetings")

    assert reply.text.splitlines() == [
        "Your next 7 days, times in Europe/Riga:",
        "#1 “Weekly sync” (651), Wed, Nov 25, 10:00–11:00, not answered",
    ]
    assert reply.buttons == ["#1 Accept", "#1 Decline", "#1 Undo"]
    assert shut(reply) == ["#1 Undo"]


async def test_meeting_is_listed_in_russian(ask, portal, zones):
    reply = await ask("встречи")

    assert reply.text.splitlines() == [
        "Ближайшие 7 дней, время: Europe/Riga",
        "#1 «Weekly sync» (651), ср, 25 нояб., 10:00–11:00, без ответа",
    ]
    assert reply.buttons == ["#1 Принять", "#1 Отклонить", "#1 Вернуть ответ"]


async def test_times_are_the_reader_s_own(ask, portal, zones):
    reply = await ask("meetings", user_id=42)

    assert reply.text.startswith("Your next 7 days, times in Europe/Berlin:\n")
    assert rows(reply) == ["#1 “Weekly sync” (651), Wed, Nov 25, 09:00–10:00, not answered"]


async def test_times_are_utc_for_whoever_has_no_zone(ask, portal, zones):
    portal.users[17].time_zone = ""
    reply = await ask("meetings")

    assert reply.text.startswith("Your next 7 days, times in UTC:\n")
    assert rows(reply) == ["#1 “Weekly sync” (651), Wed, Nov 25, 08:00–09:00, not answered"]


async def test_portal_s_default_zone_counts_for_whoever_chose_none(ask, portal, zones):
    portal.users[17].time_zone = ""
    portal.options.default_zone = "Asia/Tokyo"

    assert "17:00–18:00" in (await ask("meetings")).text


async def test_server_s_zone_makes_no_difference(ask, portal, zones):
    portal.options.server_zone = "America/New_York"

    assert rows(await ask("meetings")) == ["#1 “Weekly sync” (651), Wed, Nov 25, 10:00–11:00, not answered"]


@pytest.mark.parametrize("said", [*AGENDAS, *AGENDAS_RU, "/meetings", "/invitations"])
async def test_every_agenda_costs_two_requests(ask, portal, said):
    before = portal.requests
    await ask(said)

    assert portal.requests - before == 2


EMPTY = {
    "meetings": "Nothing is in your calendar in the next 7 days.",
    "today": "Nothing more is in your calendar today.",
    "tomorrow": "Nothing is in your calendar tomorrow.",
    "invitations": "No invitation waits for your answer.",
    "неделя": "На ближайшие 7 дней в вашем календаре ничего нет.",
    "сегодня": "На сегодня в вашем календаре больше ничего нет.",
    "завтра": "На завтра в вашем календаре ничего нет.",
    "приглашения": "Ни одно приглашение не ждёт вашего ответа.",
}


async def test_empty_list_is_said_in_words(ask, portal):
    portal.delete_meeting(651)
    for said, answered in EMPTY.items():
        reply = await ask(said)

        assert reply.text == answered
        assert reply.buttons == []


# --- which days


@pytest.fixture
def week(portal):
    """Meetings around the days' edges on the clock of 17, two hours ahead of UTC."""
    portal.add_meeting(700, name="Over", host=23, guests=[17], start="2026-11-23T07:00:00")
    portal.add_meeting(701, name="Running", host=23, guests=[17], start="2026-11-23T08:30:00")
    portal.add_meeting(702, name="Night", host=23, guests=[17], start="2026-11-23T21:59:00")
    portal.add_meeting(703, name="Small hours", host=23, guests=[17], start="2026-11-23T22:00:00")
    portal.add_meeting(704, name="Late", host=23, guests=[17], start="2026-11-24T21:59:00")
    portal.add_meeting(705, name="Seventh", host=23, guests=[17], start="2026-11-30T08:59:00")
    portal.add_meeting(706, name="Eighth", host=23, guests=[17], start="2026-11-30T09:00:00")


@pytest.mark.parametrize(
    ("said", "listed"),
    [
        ("today", [701, 702]),
        ("сегодня", [701, 702]),
        ("tomorrow", [702, 703, 704]),
        ("завтра", [702, 703, 704]),
        ("week", [701, 702, 703, 704, 651, 705]),
        ("invitations", [701, 702, 703, 704, 651, 705, 706]),
    ],
)
async def test_days_are_those_of_the_reader(ask, portal, zones, week, said, listed):
    found = rows(await ask(said))

    assert [row.split("(")[1].split(")")[0] for row in found] == list(map(str, listed))


async def test_next_year_is_named(ask, portal):
    portal.add_meeting(700, name="Kick-off", host=23, guests=[17], start="2027-01-04T09:00:00", tz="Europe/Riga")

    assert rows(await ask("invitations"))[1] == "#2 “Kick-off” (700), Mon, Jan 4, 2027, 09:00–10:00, not answered"


async def test_clocks_put_back_at_night_are_followed(ask, portal, clock, zones):
    clock.advance(-30 * 86_400)  # Saturday, 2026-10-24, the night before clocks are put back
    portal.add_meeting(700, name="Before", host=23, guests=[17], start="2026-10-24T22:30:00")
    portal.add_meeting(701, name="After", host=23, guests=[17], start="2026-10-25T08:00:00")
    portal.add_meeting(702, name="All night", host=23, guests=[17], start="2026-10-24T22:00:00", minutes=300)

    assert rows(await ask("tomorrow")) == [
        "#1 “All night” (702), Sun, Oct 25, 01:00–05:00, not answered",
        "#2 “Before” (700), Sun, Oct 25, 01:30–02:30, not answered",
        "#3 “After” (701), Sun, Oct 25, 10:00–11:00, not answered",
    ]


# --- kinds of entries


async def test_all_day_and_several_days_name_no_time(ask, portal, zones):
    portal.add_meeting(700, name="Fair", host=23, guests=[17], start="2026-11-22T00:00:00", all_day=True, days=3)
    portal.add_meeting(701, name="Holiday", host=23, guests=[17], start="2026-11-24T00:00:00", all_day=True)

    assert rows(await ask("tomorrow")) == [
        "#1 “Fair” (700), Sun, Nov 22 – Tue, Nov 24, all day, not answered",
        "#2 “Holiday” (701), Tue, Nov 24, all day, not answered",
    ]
    assert rows(await ask("завтра")) == [
        "#1 «Fair» (700), вс, 22 нояб. — вт, 24 нояб., весь день, без ответа",
        "#2 «Holiday» (701), вт, 24 нояб., весь день, без ответа",
    ]


async def test_meeting_over_midnight_names_both_days(ask, portal, zones):
    portal.add_meeting(
        700, name="Deploy", host=23, guests=[17], start="2026-11-23T22:00:00", tz="Europe/Riga", minutes=300
    )
    portal.add_meeting(
        701, name="Till midnight", host=23, guests=[17], start="2026-11-23T22:00:00", tz="Europe/Riga", minutes=120
    )

    assert rows(await ask("today")) == [
        "#1 “Deploy” (700), Mon, Nov 23, 22:00 – Tue, Nov 24, 03:00, not answered",
        "#2 “Till midnight” (701), Mon, Nov 23, 22:00–00:00, not answered",
    ]
    assert len(rows(await ask("tomorrow"))) == 1


async def test_series_is_marked_on_every_day_and_its_changed_day_too(ask, portal, zones):
    start = "2026-11-24T09:30:00"
    portal.add_meeting(
        700,
        name="Stand-up",
        host=23,
        guests=[17],
        start=start,
        tz="Europe/Riga",
        minutes=15,
        rrule="FREQ=DAILY;COUNT=3",
        skipped=["2026-11-25"],
    )
    portal.add_meeting(
        701,
        name="Stand-up",
        host=23,
        guests=[17],
        start="2026-11-25T12:00:00",
        tz="Europe/Riga",
        minutes=15,
        master=700,
    )

    assert [row for row in rows(await ask("meetings")) if "Stand-up" in row] == [
        "#1 “Stand-up” (700), Tue, Nov 24, 09:30–09:45, not answered, whole series",
        "#3 “Stand-up” (701), Wed, Nov 25, 12:00–12:15, not answered, one day of a series",
        "#4 “Stand-up” (700), Thu, Nov 26, 09:30–09:45, not answered, whole series",
    ]
    assert "вся серия" in (await ask("встречи")).text
    assert sum("(700)" in row for row in rows(await ask("invitations"))) == 1


async def test_own_entries_and_own_meetings_have_no_buttons(ask, portal, zones):
    portal.delete_meeting(651)
    portal.add_meeting(700, name="Mine", host=17, guests=[23], start="2026-11-23T12:00:00")
    portal.add_entry(701, name="Dentist", owner=17, start="2026-11-23T14:00:00", private=True)
    english, russian = await ask("today"), await ask("сегодня")

    assert rows(english) == [
        "#1 “Mine” (700), Mon, Nov 23, 14:00–15:00, you organise it",
        "#2 “Dentist”, Mon, Nov 23, 16:00–17:00, own entry",
    ]
    assert rows(russian) == [
        "#1 «Mine» (700), пн, 23 нояб., 14:00–15:00, вы организатор",
        "#2 «Dentist», пн, 23 нояб., 16:00–17:00, ваша запись",
    ]
    assert english.buttons == russian.buttons == []


async def test_busy_entry_shows_nothing_but_its_time(ask, portal, zones):
    portal.delete_meeting(651)
    portal.add_meeting(
        700, name="Layoffs", host=23, guests=[17], start="2026-11-23T12:00:00", location="Attic", busy_only=[17]
    )
    english, russian = await ask("today"), await ask("сегодня")

    assert rows(english) == ["#1 busy, Mon, Nov 23, 14:00–15:00"]
    assert rows(russian) == ["#1 занято, пн, 23 нояб., 14:00–15:00"]
    assert english.buttons == []
    assert (await ask("invitations")).text == "No invitation waits for your answer."
    assert (await ask("accept #1")).text.startswith("All I may know of #1 is that you are busy then")
    assert (await ask("принять #1")).text.startswith("О строке #1 мне известно только, что вы в это время заняты")
    assert portal.meetings[700][17] == "Q"


async def test_declined_meetings_are_left_out_by_the_portal(ask, portal):
    await ask("decline 651")

    assert (await ask("meetings")).text == "Nothing is in your calendar in the next 7 days."


async def test_accepted_meeting_is_no_open_invitation(ask, portal):
    await ask("accept 651")

    assert (await ask("meetings")).text.endswith(", accepted")
    assert (await ask("invitations")).text == "No invitation waits for your answer."


async def test_place_is_shown_when_it_is_free_text(ask, portal, zones):
    portal.add_meeting(700, name="A", host=23, guests=[17], start="2026-11-23T12:00:00", location="Big [b]room[/b]")
    portal.add_meeting(701, name="B", host=23, guests=[17], start="2026-11-23T12:00:00", location="calendar_3_77")
    portal.add_meeting(702, name="C", host=23, guests=[17], start="2026-11-23T12:00:00", location="ECMR_12")

    assert [row.partition("not answered")[2] for row in rows(await ask("today"))] == [
        ", at Big ［b］room［/b］",
        "",
        "",
    ]
    assert ", место: Big ［b］room［/b］" in (await ask("сегодня")).text


async def test_hostile_title_is_inert(ask, portal):
    portal.add_meeting(700, name=HOSTILE, host=23, guests=[17], start="2026-11-23T12:00:00", location=HOSTILE)
    reply = await ask("today")

    assert len(reply.text.splitlines()) == 2
    assert not set("[]\u202e") & set(reply.text)
    assert "://" not in reply.text
    assert not any("evil" in button for button in reply.buttons)
    assert portal.meetings[651][17] == "Q"


# --- many


@pytest.fixture
def crowd(portal):
    """Put 75 meetings into the calendar, the portal's most, and one more."""
    portal.delete_meeting(651)
    for number in range(76):
        portal.add_meeting(
            700 + number,
            name=f"Talk {number}",
            host=23,
            guests=[17],
            start=f"2026-11-24T{number // 4:02}:{number % 4}0:00",
        )


@pytest.mark.parametrize(
    ("said", "forth", "back", "page"),
    [("week", "Next ›", "‹ Back", "Page {} of 9"), ("неделя", "Дальше ›", "‹ Назад", "Страница {} из 9")],
)
async def test_long_list_is_turned_in_place(ask, portal, crowd, said, forth, back, page):
    reply = await ask(said)
    message = reply.message
    assert [row.split()[0] for row in rows(reply)] == [f"#{number}" for number in range(1, 10)]
    assert reply.text.endswith(page.format(1))
    assert back not in reply.buttons

    before = portal.requests
    for number in range(2, 10):
        reply = await ask.press(17, message, forth)
        assert reply.message is message
        assert f"Talk {(number - 1) * 9}" in rows(reply)[0]
        assert reply.text.endswith(page.format(number))
    assert portal.requests - before == 8
    assert len(rows(reply)) == 3
    assert forth not in reply.buttons

    assert "Talk 63" in rows(await ask.press(17, message, back))[0]


async def test_row_numbers_mean_the_page_that_is_shown(ask, portal, crowd):
    reply = await ask("week")
    await ask.press(17, reply.message, "Next ›")
    accepted = await ask("accept #2")

    assert "“Talk 10”" in accepted.text
    assert [number for number in range(700, 775) if portal.meetings[number][17] == "Y"] == [710]


async def test_nine_rows_need_no_second_page(ask, portal):
    for number in range(700, 708):
        portal.add_meeting(number, name="Talk", host=23, guests=[17], start="2026-11-24T12:00:00")
    reply = await ask("week")

    assert len(rows(reply)) == 9
    assert "Page" not in reply.text
    assert "Next ›" not in reply.buttons


LONG = {"name": "Long title " * 18, "location": "Somewhere far away " * 10}
KINDS = {
    "plain": {"start": "2026-12-28T10:00:00"},
    "overnight": {"start": "2026-12-28T22:00:00", "minutes": 300},
    "next year": {"start": "2027-01-06T22:00:00", "minutes": 300},
    "days": {"start": "2027-01-06T00:00:00", "all_day": True, "days": 4},
    "series": {"start": "2027-01-06T22:00:00", "minutes": 300, "rrule": "FREQ=WEEKLY;COUNT=1"},
    "day of a series": {"start": "2027-01-06T22:00:00", "minutes": 300, "master": 700},
}
FIRST = 10**17


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize(
    ("said", "button"),
    [
        ("invitations", "#1 Accept"),
        ("accept", "#1 Decline"),
        ("приглашения", "#1 Принять"),
        ("отклонить", "#1 Отклонить"),
    ],
)
async def test_longest_list_fits_and_so_does_its_outcome(ask, portal, clock, kind, said, button):
    clock.advance(30 * 86_400)  # the turn of the year is ahead
    portal.users[17].time_zone = "America/Argentina/ComodRivadavia"
    portal.add_meeting(700, name="Series", host=23, guests=[42], start="2027-01-01T22:00:00", rrule="FREQ=WEEKLY")
    for number in range(FIRST, FIRST + 18):
        portal.add_meeting(number, host=23, guests=[17], **LONG, **KINDS[kind])
    listed = await ask(said)
    pressed = await ask.press(17, listed.message, button)

    for reply in (listed, pressed):
        assert len(reply.text) <= 1_000
        assert all(f"({number})" in reply.text for number in range(FIRST, FIRST + 9))


# --- in a group


@pytest.mark.parametrize("said", ["meetings", "today", "week", "встречи", "сегодня"])
async def test_group_sees_numbers_and_answers_only(ask, portal, group, said):
    portal.add_meeting(700, name="Layoffs", host=23, guests={17: "Y"}, start="2026-11-23T12:00:00", location="Attic")
    portal.add_entry(701, name="Dentist", owner=17, start="2026-11-23T14:00:00")
    reply = await group(said)

    assert "700: " in reply.text
    for secret in ("Layoffs", "Attic", "Dentist", "Weekly", ":00", "Nov", "нояб", "Riga"):
        assert secret not in reply.text
    assert reply.buttons[0] in ("#1 Accept", "#1 Принять")


async def test_group_list_says_where_there_is_more(ask, portal, group):
    assert (await group("meetings")).text == (
        "Only numbers here, since others read along. Write to me in a private chat for titles and times.\n"
        "#1 meeting 651: not answered"
    )
    assert (await group("встречи")).text == (
        "Здесь только номера: читают и другие. Названия и время покажу в личном чате.\n#1 встреча 651: без ответа"
    )
