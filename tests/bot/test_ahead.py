"""What is one meeting in Bitrix24 and outside, and what are two; read from both emulators."""

import pytest

from bot.emulator.cronofy.events import Person
from tests.acting import BOTH, INSIDE, OUTSIDE, add_twin, ahead_of, link, shown


@pytest.fixture
async def ask(make_ask, outside):
    """Mira has connected an account at Cronofy."""
    ask = await make_ask(cronofy=outside)
    await link(ask, outside)
    return ask


# --- the same meeting in both


async def test_meeting_in_both_calendars_is_one(ask, outside):
    add_twin(outside)

    (meeting,) = (await ahead_of(ask)).meetings

    assert (meeting.inside.meeting_id, meeting.outside.title, meeting.barred) == (651, "Weekly sync", None)
    assert (meeting.starts.isoformat(), meeting.ends.isoformat()) == (
        "2026-11-25T10:00:00+02:00",
        "2026-11-25T11:00:00+02:00",
    )


@pytest.mark.parametrize(
    "differing",
    [
        {"start": "2026-11-25T03:00:00", "tz": "America/New_York"},
        {"summary": "  WEEKLY\u00a0sync\n"},
        {"answer": "tentative"},
        {"changeable": False},
    ],
)
async def test_what_does_not_tell_meetings_apart_makes_no_two(ask, outside, differing):
    add_twin(outside, **differing)

    assert shown(await ahead_of(ask)) == [BOTH]


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("Proba Juris", "boss@client.example"),
        ("PROBA, Juris", ""),
        ("  juris   proba ", ""),
        ("Juris_Proba", ""),
        (None, "juris.proba@example.org"),
        ("", "Proba-Juris@client.example"),
    ],
)
async def test_organiser_is_known_in_other_spellings(ask, outside, name, email):
    add_twin(outside, organizer=Person(email, name))

    assert shown(await ahead_of(ask)) == [BOTH]


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("Juris", "juris.proba@example.org"),
        ("Juris Proba junior", ""),
        ("Juris Probs", ""),
        ("", "juris@example.org"),
        ("", "jurisproba@example.org"),
        ("", "boss@juris.proba.example"),
        ("Nora Muster", "juris.proba@example.org"),
        ("…", "…"),
    ],
)
async def test_other_organisers_make_another_meeting(ask, outside, name, email):
    add_twin(outside, organizer=Person(email, name))

    assert shown(await ahead_of(ask)) == [INSIDE, OUTSIDE]


@pytest.mark.parametrize("organiser", ["Петр Орлов", "Орлов Пе\u0308тр"])
async def test_letters_that_look_alike_are_alike(ask, outside, portal, organiser):
    portal.users[23].name, portal.users[23].last_name = "Пётр", "Орлов"
    add_twin(outside, organizer=Person("po@client.example", organiser))

    assert shown(await ahead_of(ask)) == [BOTH]


@pytest.mark.parametrize(
    "differing",
    [
        {"summary": "Weekly"},
        {"summary": ""},
        {"start": "2026-11-25T10:01:00"},
        {"start": "2026-11-26T10:00:00"},
        {"minutes": 59},
        {"start": "2026-11-25", "tz": ""},
        {"organizer": None},
    ],
)
async def test_meetings_that_differ_are_two(ask, outside, differing):
    add_twin(outside, **differing)

    assert len((await ahead_of(ask)).meetings) == 2


async def test_meeting_stands_for_one_event_only(ask, outside):
    add_twin(outside, "Mira")
    add_twin(outside, "Calendar")

    found = await ahead_of(ask)

    assert shown(found) == [BOTH, OUTSIDE]
    assert {one.outside.calendar.name for one in found.meetings} == {"Mira", "Calendar"}


async def test_two_meetings_have_an_event_each(ask, outside, portal):
    portal.add_meeting(700, name="Weekly sync", host=23, guests=[17], start="2026-11-25T10:00:00", tz="Europe/Riga")
    add_twin(outside, "Mira")
    assert sorted(shown(await ahead_of(ask))) == [INSIDE, BOTH]

    add_twin(outside, "Calendar")
    found = await ahead_of(ask)
    assert shown(found) == [BOTH, BOTH]
    assert len({one.outside.ref for one in found.meetings}) == 2


@pytest.mark.parametrize(
    ("differing", "is_same"),
    [
        ({"start": "2026-11-26", "days": 2}, True),
        ({"start": "2026-11-26", "days": 1}, False),
        ({"start": "2026-11-26T00:00:00", "tz": "Europe/Riga", "minutes": 2 * 24 * 60}, False),
    ],
)
async def test_all_day_meetings_are_the_same_on_the_same_days(ask, outside, portal, differing, is_same):
    portal.delete_meeting(651)
    portal.add_meeting(700, name="Fair", host=23, guests=[17], start="2026-11-26", all_day=True, days=2)
    add_twin(outside, **{"summary": "Fair", "tz": "", **differing})

    assert len((await ahead_of(ask)).meetings) == (1 if is_same else 2)


async def test_all_day_event_lasts_from_midnight_to_midnight_of_its_person(ask, outside, portal):
    portal.delete_meeting(651)
    add_twin(outside, start="2026-11-26", tz="", days=2)

    (meeting,) = (await ahead_of(ask)).meetings

    assert meeting.all_day
    assert (meeting.starts.isoformat(), meeting.ends.isoformat()) == (
        "2026-11-26T00:00:00+02:00",
        "2026-11-28T00:00:00+02:00",
    )


async def test_entry_of_ones_own_is_no_invitation_elsewhere(ask, outside, portal):
    portal.delete_meeting(651)
    portal.add_entry(700, name="Weekly sync", owner=17, start="2026-11-25T10:00:00", tz="Europe/Riga")
    add_twin(outside)

    assert shown(await ahead_of(ask)) == [INSIDE, OUTSIDE]


async def test_host_sees_the_own_meeting_once(ask, outside, portal):
    portal.add_meeting(700, name="Board", host=17, guests=[23], start="2026-11-24T10:00:00", tz="Europe/Riga")
    add_twin(
        outside, summary="Board", start="2026-11-24T10:00:00", organizer=Person("mira@example.org", "Mira Testova")
    )

    assert shown(await ahead_of(ask))[0] == ("Board", True, True)
