from datetime import UTC, datetime

import pytest

from bot.emulator.clock import ManualClock
from bot.emulator.cronofy.accounts import Account
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.cronofy.events import Event
from bot.emulator.cronofy.moments import spelled
from bot.emulator.cronofy.seed import MIRAS_OFFICE, demo_cronofy
from bot.emulator.portal import Portal
from bot.emulator.seed import demo_portal


@pytest.fixture
def cronofy(portal: Portal) -> Cronofy:
    return demo_cronofy(portal)


def account(cronofy: Cronofy, email: str) -> Account:
    (found,) = [account for account in cronofy.directory.accounts.values() if account.email == email]
    return found


def event(cronofy: Cronofy, summary: str) -> Event:
    return next(event for event in cronofy.events.values() if event.summary.startswith(summary))


def test_mira_and_olga_have_calendars_outside(cronofy: Cronofy) -> None:
    mira, olga = account(cronofy, "mira@acme.example"), account(cronofy, "olga@acme.example")

    assert [(profile.name, profile.service) for profile in mira.profiles] == [
        (MIRAS_OFFICE, "office365"),
        ("mira@acme.example", "gsuite"),
    ]
    assert [profile.service for profile in olga.profiles] == ["gsuite"]
    assert (mira.zone, olga.zone) == ("Europe/Riga", "Europe/Moscow")
    assert len(cronofy.directory.accounts) == 2


def test_one_meeting_is_in_both_calendars(cronofy: Cronofy, portal: Portal) -> None:
    meeting = portal.meetings[655].meeting
    found = event(cronofy, "Budget review")

    assert found.organizer is not None
    assert found.organizer.email == portal.users[meeting.host_id].email == "juris@acme.example"
    assert found.summary == meeting.name
    assert found.span.start == meeting.aware(meeting.start)
    assert found.span.end == meeting.aware(meeting.start) + meeting.length


def test_there_is_something_of_each_kind(cronofy: Cronofy) -> None:
    calendars = {place.calendar.name: place.calendar for place in cronofy.directory.places()}

    assert event(cronofy, "[send=").changeable
    assert calendars["Public holidays"].readonly
    assert not event(cronofy, "Newsletter").changeable
    assert event(cronofy, "Newsletter").organizer
    assert len({item.uid for item in cronofy.events.values() if item.series}) == 5
    assert event(cronofy, "Dentist").private


def test_invitations_are_ahead_whenever_it_is() -> None:
    for day in range(7):
        cronofy = demo_cronofy(demo_portal(ManualClock(1_800_000_000.0 + day * 86_400)))
        now = spelled(datetime.fromtimestamp(cronofy.clock.now(), UTC))
        starts = [spelled(item.span.start) for item in cronofy.events.values()]

        assert min(starts) > now
