"""Meetings: the tables of contract G."""

import pytest

from bot.emulator.clock import ManualClock
from bot.emulator.portal import Portal
from tests.emulator import shapes
from tests.emulator.desk import Answer, Desk

SET = "calendar.meeting.status.set"
GET = "calendar.meeting.status.get"


def answer(desk: Desk, meeting: object, status: object, user: int = 17) -> Answer:
    return desk.call(SET, {"eventId": meeting, "status": status}, user=user)


def asked(desk: Desk, meeting: object, user: int = 17) -> Answer:
    return desk.call(GET, {"eventId": meeting}, user=user)


def told(desk: Desk) -> list[tuple[int, int, str]]:
    return [(notice.meeting_id, notice.user_id, notice.kind) for notice in desk.portal.notices]


# -- G.1


@pytest.mark.parametrize("meeting", [651, "651", 652, "651x", " 651"])
def test_set_answers_for_the_caller(desk: Desk, meeting: object) -> None:
    assert answer(desk, meeting, "y").result is True

    assert desk.portal.meetings[651] == {23: "H", 17: "Y"}
    assert told(desk) == [(651, 17, "accepted")]


@pytest.mark.parametrize("params", [{}, {"eventId": 651}, {"status": "Y"}, {"eventId": "0", "status": "Y"}])
def test_set_without_a_mandatory_parameter(desk: Desk, params: dict[str, object]) -> None:
    assert desk.call(SET, params, user=17).error == (400, "")

    assert desk.portal.meetings[651] == {23: "H", 17: "Q"}


def test_set_with_a_bad_status(desk: Desk) -> None:
    assert answer(desk, 651, "X").error == (400, "")


@pytest.mark.parametrize("meeting", ["abc", 999_999, -5])
def test_set_of_nonsense_is_true(desk: Desk, meeting: object) -> None:
    assert answer(desk, meeting, "Y").result is True

    assert desk.portal.notices == []


def test_set_of_a_missing_meeting_clears_its_invitations(desk: Desk) -> None:
    desk.portal.delete_meeting(651)
    assert (651, 17) in desk.portal.calendar.invitations

    assert answer(desk, 651, "Y", user=42).result is True

    assert (651, 17) not in desk.portal.calendar.invitations


def test_set_of_a_plain_entry_is_true(desk: Desk) -> None:
    desk.portal.add_entry(900, name="Dentist", owner=17, start="2026-11-26T08:00:00")

    assert answer(desk, 900, "N").result is True
    assert desk.portal.notices == []


@pytest.mark.parametrize(("status", "kind"), [("Y", "accepted"), ("N", "declined"), ("Q", "declined")])
def test_set_tells_the_host_at_every_call(desk: Desk, status: str, kind: str) -> None:
    answer(desk, 651, status)
    answer(desk, 651, status)

    assert told(desk) == [(651, 17, kind)] * 2


def test_set_tells_nobody_when_notices_are_off(desk: Desk) -> None:
    desk.portal.add_meeting(900, name="Quiet", host=23, guests=[17], start="2026-11-26T08:00:00", notify=False)

    answer(desk, 900, "Y")

    assert desk.portal.notices == []


def test_set_clears_the_callers_invitation_only(desk: Desk) -> None:
    answer(desk, 675, "N")

    assert (675, 17) not in desk.portal.calendar.invitations
    assert (675, 42) in desk.portal.calendar.invitations


def test_set_by_the_host_changes_the_row_and_tells_nobody(desk: Desk) -> None:
    answer(desk, 651, "N", user=23)

    assert desk.portal.meetings[651] == {23: "H", 17: "Q"}
    assert asked(desk, 651, user=23).result == "H"
    assert asked(desk, 652, user=23).result == "N"
    assert desk.portal.notices == []


def test_set_by_a_stranger_is_true_and_changes_nothing(desk: Desk) -> None:
    assert answer(desk, 651, "Y", user=42).result is True

    assert desk.portal.meetings[651] == {23: "H", 17: "Q"}
    assert desk.portal.notices == []


def test_set_lets_a_stranger_into_the_meetings_chat(desk: Desk) -> None:
    room = desk.portal.add_group(400, "Secret", [23])
    desk.portal.add_meeting(900, name="Secret", host=23, guests=[17], start="2026-11-26T08:00:00", chat=400)

    answer(desk, 900, "Y", user=88)
    assert room.members == {23, 88}

    answer(desk, 900, "N", user=88)
    assert room.members == {23}


def test_set_has_no_staff_check(desk: Desk) -> None:
    desk.portal.add_meeting(900, name="Fair", host=23, guests=[88], start="2026-11-26T08:00:00")

    answer(desk, 900, "Y", user=88)

    assert desk.portal.meetings[900] == {23: "H", 88: "Y"}


def test_set_still_counts_for_a_removed_guest(desk: Desk) -> None:
    desk.portal.uninvite(651, 17)
    answer(desk, 651, "Y")

    assert desk.portal.meetings[651] == {23: "H"}
    assert asked(desk, 651).result == "Y"
    assert told(desk) == [(651, 17, "accepted")]


def test_get_may_show_the_stale_row_of_a_guest_invited_again(desk: Desk) -> None:
    answer(desk, 651, "N")
    desk.portal.uninvite(651, 17)
    desk.portal.invite(651, 17)

    assert asked(desk, 651).result == "N"
    assert desk.portal.meetings[651] == {23: "H", 17: "Q"}


# -- series


@pytest.fixture
def series(desk: Desk) -> Desk:
    """Series 900 with the exceptions 910 and 920, 17 being invited to all."""
    desk.portal.add_meeting(900, name="S", host=23, guests=[17], start="2026-11-24T08:00:00", rrule="FREQ=DAILY")
    for number in (910, 920):
        desk.portal.add_meeting(number, name="S", host=23, guests=[17], start="2026-11-25T09:00:00", master=900)
    return desk


def test_accepting_a_series_accepts_its_exceptions(series: Desk) -> None:
    answer(series, 900, "Y")

    assert [series.portal.meetings[number][17] for number in (900, 910, 920)] == ["Y", "Y", "Y"]


def test_accepting_a_series_again_leaves_exceptions_alone(series: Desk) -> None:
    answer(series, 900, "Y")
    answer(series, 910, "N")
    answer(series, 900, "Y")

    assert series.portal.meetings[910][17] == "N"


def test_accepting_an_exception_accepts_the_whole_series(series: Desk) -> None:
    answer(series, 910, "Y")

    assert [series.portal.meetings[number][17] for number in (900, 910, 920)] == ["Y", "Y", "Y"]


def test_declining_an_exception_is_its_own_row(series: Desk) -> None:
    answer(series, 910, "N")

    assert [series.portal.meetings[number][17] for number in (900, 910, 920)] == ["Q", "N", "Q"]


def test_an_exception_never_moves_anybody_in_the_chat(series: Desk) -> None:
    room = series.portal.add_group(400, "Series", [23])
    series.portal.add_meeting(930, name="S", host=23, guests=[17], start="2026-11-26T09:00:00", master=900, chat=400)

    answer(series, 930, "Y")

    assert room.members == {23}


# -- G.2


def test_get_tells_each_state(desk: Desk) -> None:
    assert asked(desk, 651).result == "Q"
    assert asked(desk, 655).result == "Y"
    assert asked(desk, 681).result == "N"
    assert asked(desk, 651, user=23).result == "H"
    assert asked(desk, 651, user=42).result is None


@pytest.mark.parametrize("meeting", [999_999, 0, "", "abc"])
def test_get_of_nothing(desk: Desk, meeting: object) -> None:
    assert asked(desk, meeting).error == (400, "")


def test_get_of_a_deleted_meeting_or_a_plain_entry(desk: Desk) -> None:
    desk.portal.delete_meeting(651)
    desk.portal.add_entry(900, name="Dentist", owner=17, start="2026-11-26T08:00:00")

    assert asked(desk, 651).error == (400, "")
    assert asked(desk, 900).error == (400, "")


@pytest.mark.parametrize("language", ["en", "ru", "de"])
def test_errors_speak_the_portals_language_and_have_no_code(desk: Desk, language: str) -> None:
    desk.portal.options.language = language

    refused = asked(desk, 999_999)

    assert refused.body == {"error": "", "error_description": refused.body["error_description"]}
    texts = {"en": "Error", "ru": "Статус", "de": "Der"}
    assert refused.body["error_description"].startswith(texts[language])


# -- G.3, G.4


def entry(desk: Desk, number: int, user: int = 17) -> dict[str, object]:
    found: dict[str, object] = desk.call("calendar.event.getbyid", {"id": number}, user=user).result
    return found


def test_getbyid_of_the_parent(desk: Desk) -> None:
    found = entry(desk, 651)

    assert set(found) == shapes.ENTRY
    assert (found["ID"], found["PARENT_ID"], found["OWNER_ID"], found["MEETING_HOST"]) == ("651", "651", "23", "23")
    assert found["IS_MEETING"] is True
    assert found["ATTENDEE_LIST"] == [
        {"id": 23, "entryId": "651", "status": "H"},
        {"id": 17, "entryId": "652", "status": "Q"},
    ]


def test_getbyid_of_a_copy(desk: Desk) -> None:
    found = entry(desk, 652)

    assert (found["ID"], found["PARENT_ID"], found["OWNER_ID"]) == ("652", "651", "17")
    assert found["MEETING_STATUS"] == "Q"


def test_getbyid_shows_the_fresh_attendee_list(desk: Desk) -> None:
    desk.portal.uninvite(651, 17)

    assert entry(desk, 651, user=23)["ATTENDEE_LIST"] == [{"id": 23, "entryId": "651", "status": "H"}]


def test_getbyid_tells_times(desk: Desk) -> None:
    found = entry(desk, 651)

    assert found["DATE_FROM_FORMATTED"] == "Wed Nov 25 2026 10:00:00"
    assert (found["TZ_FROM"], found["TZ_OFFSET_FROM"], found["DT_LENGTH"]) == ("Europe/Riga", "7200", 3600)
    assert found["DATE_FROM_TS_UTC"] == "1795593600"
    assert found["~USER_OFFSET_FROM"] == 0


def test_getbyid_tells_the_offset_to_the_readers_clock(desk: Desk) -> None:
    assert entry(desk, 675, user=42)["~USER_OFFSET_FROM"] == 7 * 3600


def test_the_stamp_is_no_epoch_when_the_server_is_elsewhere(desk: Desk) -> None:
    desk.portal.options.server_zone = "Europe/Moscow"

    assert entry(desk, 651)["DATE_FROM_TS_UTC"] == str(1_795_593_600 - 3 * 3600)


@pytest.mark.parametrize(("language", "date"), [("en", "11/25/2026 10:00:00 am"), ("ru", "25.11.2026 10:00:00")])
def test_local_dates_follow_the_culture(desk: Desk, language: str, date: str) -> None:
    desk.portal.options.language = language

    found = entry(desk, 651)

    assert found["DATE_FROM"] == date
    assert found["DATE_FROM_FORMATTED"] == "Wed Nov 25 2026 10:00:00"


def test_a_whole_day_has_no_time(desk: Desk) -> None:
    found = entry(desk, 685)

    assert (found["DT_SKIP_TIME"], found["DATE_FROM_FORMATTED"]) == ("Y", "Sun Nov 29 2026")
    assert found["DT_LENGTH"] == 86_400


def test_getbyid_of_a_series(desk: Desk) -> None:
    rule = entry(desk, 661)["RRULE"]

    assert isinstance(rule, dict)
    assert (rule["FREQ"], rule["INTERVAL"], rule["UNTIL_TS"], rule["~UNTIL"]) == ("WEEKLY", 1, 2_145_916_800, "")


def test_getbyid_shows_strangers_busy_time_only(desk: Desk) -> None:
    found = entry(desk, 651, user=42)

    assert set(found) == shapes.ENTRY_BUSY
    assert (found["NAME"], found["IS_ACCESSIBLE_TO_USER"]) == ("[Busy]", False)


@pytest.mark.parametrize("number", [999_999, 671])
def test_getbyid_of_what_is_missing_or_invisible(desk: Desk, number: int) -> None:
    answered = desk.call("calendar.event.getbyid", {"id": number}, user=17)

    assert answered.body["result"] is None


def test_getbyid_of_a_deleted_meeting(desk: Desk) -> None:
    desk.portal.delete_meeting(651)

    assert desk.call("calendar.event.getbyid", {"id": 651}, user=17).body["result"] is None


def test_getbyid_of_a_colleagues_open_meeting(desk: Desk) -> None:
    desk.portal.add_meeting(900, name="Open", host=23, guests=[], start="2026-11-26T08:00:00", others_see="everything")
    desk.portal.add_meeting(
        901, name="Own", host=23, guests=[], start="2026-11-26T08:00:00", others_see="everything", private=True
    )

    assert entry(desk, 900)["NAME"] == "Open"
    assert entry(desk, 901)["NAME"] == "[Busy]"


def test_getbyid_is_for_staff(desk: Desk) -> None:
    assert desk.call("calendar.event.getbyid", {"id": 651}, user=88).error == (400, "")
    assert desk.call("calendar.event.getbyid", {}, user=17).error == (400, "")


def test_hide_guests_is_shown_as_a_flag(desk: Desk) -> None:
    desk.portal.add_meeting(900, name="H", host=23, guests=[17], start="2026-11-26T08:00:00", hide_guests=True)

    meeting = entry(desk, 900)["MEETING"]

    assert isinstance(meeting, dict)
    assert meeting["HIDE_GUESTS"] is True


def test_a_plain_entry_has_no_meeting(desk: Desk) -> None:
    desk.portal.add_entry(900, name="Dentist", owner=17, start="2026-11-26T08:00:00")

    found = entry(desk, 900)

    assert (found["IS_MEETING"], found["MEETING"]) == (False, None)
    assert "ATTENDEE_LIST" not in found


# -- G.5


def nearest(desk: Desk, user: int = 17, **params: object) -> list[dict[str, object]]:
    asked_for = {"forCurrentUser": True, **params}
    found: list[dict[str, object]] = desk.call("calendar.event.get.nearest", asked_for, user=user).result
    return found


def test_nearest_is_sorted_and_leaves_declined_out(desk: Desk) -> None:
    found = nearest(desk, days=3)

    assert [item["PARENT_ID"] for item in found] == ["661", "655", "661", "651", "661"]
    assert "681" not in {item["PARENT_ID"] for item in found}


def test_nearest_without_zones_is_in_the_readers_time(desk: Desk) -> None:
    item = next(item for item in nearest(desk, user=42) if item["PARENT_ID"] == "675")

    assert set(item) == shapes.ENTRY_NEAREST
    assert item["DATE_FROM_FORMATTED"] == "Sat Nov 28 2026 16:00:00"
    assert item["DATE_FROM"] == "11/28/2026 09:00:00 am"
    assert item["DT_FROM_TS"] == 1_795_856_400


def test_nearest_with_zones(desk: Desk) -> None:
    desk.portal.options.nearest_zones = True

    item = next(item for item in nearest(desk) if item["PARENT_ID"] == "651")

    assert set(item) == shapes.ENTRY


def test_nearest_expands_series(desk: Desk) -> None:
    days = [(item["RINDEX"], item["DATE_FROM_FORMATTED"]) for item in nearest(desk, days=4) if "RINDEX" in item]

    assert days == [
        (1, "Tue Nov 24 2026 09:30:00"),
        (2, "Wed Nov 25 2026 09:30:00"),
        (3, "Thu Nov 26 2026 09:30:00"),
        (4, "Fri Nov 27 2026 09:30:00"),
    ]


def test_an_occurrence_keeps_the_stamps_of_its_series(desk: Desk) -> None:
    item = next(item for item in nearest(desk) if "RINDEX" in item)

    assert item["DATE_FROM_TS_UTC"] == "1795419000"
    assert item["DATE_TO_TS_UTC"] == "2145916800"


def test_nearest_honours_skipped_days(desk: Desk) -> None:
    desk.portal.add_meeting(
        900,
        name="S",
        host=17,
        guests=[],
        start="2026-11-24T08:00:00",
        rrule="FREQ=DAILY;COUNT=3",
        skipped=["2026-11-25"],
    )

    found = [item["RINDEX"] for item in nearest(desk) if item["ID"] == "900"]

    assert found == [0, 2]


def test_nearest_keeps_what_has_not_ended(desk: Desk, clock: ManualClock) -> None:
    clock.advance(2 * 86_400 - 3600 + 1800)  # Wednesday 10:30 in Riga: the sync is going on
    assert "651" in {item["PARENT_ID"] for item in nearest(desk)}

    clock.advance(1800)
    assert "651" not in {item["PARENT_ID"] for item in nearest(desk)}


def test_nearest_has_a_most(desk: Desk) -> None:
    assert len(nearest(desk, maxEventsCount=2)) == 2
    desk.portal.add_meeting(900, name="S", host=17, guests=[], start="2026-11-24T08:00:00", rrule="FREQ=DAILY")
    desk.portal.add_meeting(901, name="S", host=17, guests=[], start="2026-11-24T09:00:00", rrule="FREQ=DAILY")
    assert len(nearest(desk)) == 75


def test_nearest_without_the_current_user_is_not_what_it_seems(desk: Desk) -> None:
    desk.portal.add_meeting(900, name="Open", host=23, guests=[], start="2026-11-26T08:00:00", others_see="everything")

    found = nearest(desk, forCurrentUser=False, type="user", ownerId=42)

    assert {"651", "900"} <= {str(item["ID"]) for item in found}
    assert desk.call("calendar.event.get.nearest", {}, user=17).error == (400, "")


def test_nearest_is_for_staff_and_may_be_empty(desk: Desk) -> None:
    assert desk.call("calendar.event.get.nearest", {"forCurrentUser": True}, user=88).error == (400, "")
    assert nearest(desk, user=42, days=1) == []


def row(desk: Desk, number: str, user: int = 17) -> dict[str, object]:
    """Return what `nearest` shows somebody of one meeting."""
    return next(item for item in nearest(desk, user=user) if item["PARENT_ID"] == number)


def test_a_whole_day_entry_may_take_several(desk: Desk, clock: ManualClock) -> None:
    desk.portal.add_meeting(900, name="Fair", host=23, guests=[17], start="2026-11-24", all_day=True, days=3)

    found = row(desk, "900")
    assert (found["DATE_FROM_FORMATTED"], found["DATE_TO_FORMATTED"]) == ("Tue Nov 24 2026", "Thu Nov 26 2026")
    assert (found["DT_SKIP_TIME"], found["DT_LENGTH"]) == ("Y", 3 * 86_400)

    clock.advance(3 * 86_400)  # Thursday noon in Riga
    assert "900" in {item["PARENT_ID"] for item in nearest(desk)}


def test_a_whole_day_ends_at_the_readers_midnight(desk: Desk, clock: ManualClock) -> None:
    desk.portal.add_meeting(900, name="Fair", host=23, guests=[17, 42], start="2026-11-23", all_day=True)
    clock.advance(13 * 3600 + 60)  # 00:01 in Riga, 17:01 in New York

    assert "900" not in {item["PARENT_ID"] for item in nearest(desk)}
    assert "900" in {item["PARENT_ID"] for item in nearest(desk, user=42)}


def test_nearest_counts_the_days_from_now(desk: Desk) -> None:
    desk.portal.add_meeting(900, name="Late", host=17, guests=[], start="2026-11-25T08:59:00")
    desk.portal.add_meeting(901, name="Too late", host=17, guests=[], start="2026-11-25T09:00:00")

    assert {"900", "901"} & {str(item["ID"]) for item in nearest(desk, days=2)} == {"900"}


def test_a_moved_day_of_a_series_is_a_row_of_its_own(desk: Desk) -> None:
    rule = "FREQ=DAILY;COUNT=3"
    moved = ["2026-11-25"]
    desk.portal.add_meeting(900, name="S", host=23, guests=[17], start="2026-11-24T08:00:00", rrule=rule, skipped=moved)
    desk.portal.add_meeting(910, name="S", host=23, guests=[17], start="2026-11-25T11:00:00", master=900)

    found = [item for item in nearest(desk) if item["PARENT_ID"] in {"900", "910"}]
    assert [(item["PARENT_ID"], item.get("RINDEX"), item["RECURRENCE_ID"]) for item in found] == [
        ("900", 0, None),
        ("910", None, "900"),
        ("900", 2, None),
    ]
    assert (found[0]["ID"], found[0]["EXDATE"]) == (found[2]["ID"], "11/25/2026")


def test_private_entries_say_so(desk: Desk) -> None:
    desk.portal.add_entry(900, name="Dentist", owner=17, start="2026-11-24", all_day=True, days=2, private=True)

    found = row(desk, "900")
    assert (found["NAME"], found["PRIVATE_EVENT"], found["IS_MEETING"]) == ("Dentist", "1", False)
    assert row(desk, "651")["PRIVATE_EVENT"] == ""


@pytest.mark.parametrize("zones", [False, True])
def test_nearest_may_tell_no_more_than_that_one_is_taken(desk: Desk, zones: bool) -> None:  # noqa: FBT001 - a column
    desk.portal.options.nearest_zones = zones
    desk.portal.add_meeting(900, name="Secret", host=23, guests=[17], start="2026-11-26T08:00:00", busy_only=[17])

    found = row(desk, "900")
    assert (found["NAME"], found["IS_ACCESSIBLE_TO_USER"]) == ("[Busy]", False)
    assert not {"LOCATION", "DESCRIPTION", "ATTENDEE_LIST"} & set(found)
    assert entry(desk, 900)["NAME"] == "[Busy]"
    assert row(desk, "900", user=23)["NAME"] == "Secret"


# -- G.6, G.7


def test_event_get_shows_the_own_calendar_only(desk: Desk) -> None:
    span = {"type": "user", "from": "2026-11-25", "to": "2026-11-25"}
    found = desk.call("calendar.event.get", span, user=17).result

    assert {item["ID"] for item in found} == {"652", "662", "682"}
    assert desk.call("calendar.event.get", {"type": "user", "ownerId": 23}, user=17).result == []
    assert desk.call("calendar.event.get", {}, user=17).error == (400, "")
    assert desk.call("calendar.event.get", {"type": "user", "from": "soon"}, user=17).error == (400, "")


def test_accessibility_skips_declined(desk: Desk) -> None:
    span = {"users": [17, 42], "from": "2026-11-25", "to": "2026-11-25"}
    found = desk.call("calendar.accessibility.get", span, user=17).result

    assert {item["ID"] for item in found["17"]} == {"652", "662"}
    assert set(found["17"][0]) == shapes.ENTRY_TAKEN
    assert {item["ID"] for item in found["42"]} == {"681"}


def test_settings_tell_the_own_zone(desk: Desk) -> None:
    found = desk.call("calendar.user.settings.get", user=17).result

    assert set(found) == shapes.SETTINGS
    assert (found["timezoneName"], found["timezoneOffsetUTC"]) == ("Europe/Riga", 7200)


def test_settings_tell_the_end_of_the_persons_working_day(desk: Desk) -> None:
    desk.portal.add_user(50, "Nora", work_time_end="17.30")

    assert desk.call("calendar.user.settings.get", user=50).result["work_time_end"] == "17.30"
    assert desk.call("calendar.user.settings.get", user=17).result["work_time_end"] == "18.00"


def test_who_never_chose_a_zone_lives_in_the_portals(desk: Desk) -> None:
    desk.portal.add_user(50, "Nora")
    desk.portal.add_meeting(900, name="One", host=50, guests=[], start="2026-11-26T08:00:00", tz="UTC")

    def told() -> tuple[object, ...]:
        found = desk.call("calendar.user.settings.get", user=50).result
        zone = desk.call("profile", user=50).result["TIME_ZONE"]
        shift = row(desk, "900", user=50)["~USER_OFFSET_FROM"]
        return zone, found["timezoneName"], found["timezoneDefaultName"], found["timezoneOffsetUTC"], shift

    desk.portal.options.server_zone = "Europe/Moscow"
    assert told() == ("", "", "", 10_800, -10_800)
    desk.portal.options.default_zone = "Europe/Berlin"
    assert told() == ("", "", "Europe/Berlin", 3600, -3600)


async def test_calendar_events_come_once_per_row_with_the_hosts_tokens(desk: Desk, portal: Portal) -> None:
    for name in ("ADD", "UPDATE", "DELETE"):
        desk.call("event.bind", {"event": f"OnCalendarEntry{name}", "handler": "https://bot.example.org/c"})
    portal.add_meeting(900, name="New", host=23, guests=[17], start="2026-11-26T08:00:00", copies={17: 901})
    portal.change_meeting(900, name="Newer")
    portal.delete_meeting(900)

    events = (await desk.events())[1:]

    assert [(event["event"][15:], event["data"]["id"]) for event in events] == [
        ("ADD", "900"),
        ("ADD", "901"),
        ("UPDATE", "900"),
        ("UPDATE", "901"),
        ("DELETE", "900"),
        ("DELETE", "901"),
    ]
    assert {event["auth"]["user_id"] for event in events} == {"23"}
    assert set(events[0]["auth"]) == shapes.AUTH


def test_ids_are_given_once(portal: Portal) -> None:
    with pytest.raises(ValueError, match="exist already"):
        portal.add_meeting(652, name="Taken", host=23, guests=[], start="2026-11-26T08:00:00")
