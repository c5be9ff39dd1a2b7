"""Calendars outside Bitrix24 for two people of the demo company, with invitations for the days to come."""

from datetime import UTC, datetime, timedelta
from typing import Unpack

from bot.emulator.cronofy.accounts import Account, Calendar
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.cronofy.events import Attendee, Conferencing, Location, Person
from bot.emulator.cronofy.options import OptionValues
from bot.emulator.portal import Portal
from bot.emulator.seed import MIRA, OLGA, ZONE

MIRAS_OFFICE = "mira@office.example"
BUDGET_REVIEW = 655  # in Bitrix24 and in Mira's Outlook: the same organiser, time and title
SUPPLIER = Person("ivars@supplier.example", "Ivars Paraugs")
CLIENT = Person("nora@client.example", "Nora Muster")


def demo_cronofy(portal: Portal, **options: Unpack[OptionValues]) -> Cronofy:
    """Make Cronofy for the demo company, on its clock: Mira has Office 365 and Google, Olga has Google."""
    cronofy = Cronofy(portal.clock, **options)
    _add_mira(cronofy, portal)
    _add_olga(cronofy, portal)
    return cronofy


def _on(cronofy: Cronofy, days: int, time: str = "") -> str:
    day = datetime.fromtimestamp(cronofy.clock.now(), UTC) + timedelta(days=days)
    return f"{day:%Y-%m-%d}T{time}" if time else f"{day:%Y-%m-%d}"


def _account(cronofy: Cronofy, portal: Portal, user_id: int) -> Account:
    user = portal.users[user_id]
    return cronofy.add_account(user.full_name, user.email, zone=user.time_zone)


def _add_mira(cronofy: Cronofy, portal: Portal) -> None:
    mira = _account(cronofy, portal, MIRA)
    office = cronofy.add_profile(mira, MIRAS_OFFICE, provider="exchange", service="office365")
    _fill_office(cronofy, portal, cronofy.add_calendar(office, "Calendar", primary=True))
    google = cronofy.add_profile(mira, mira.email)
    _fill_google(cronofy, cronofy.add_calendar(google, "Mira", primary=True))
    holidays = cronofy.add_calendar(google, "Public holidays", readonly=True)
    cronofy.add_event(
        holidays,
        "Day off",
        start=_on(cronofy, 7),
        answer="unknown",
        left_out=frozenset({"description", "attendees", "created", "updated", "event_private", "options"}),
    )


def _fill_office(cronofy: Cronofy, portal: Portal, calendar: Calendar) -> None:
    """Add an invitation, the meeting that Bitrix24 has too, and one whose answer cannot be changed."""
    cronofy.add_event(
        calendar,
        "Contract talk",
        start=_on(cronofy, 1, "11:00"),
        tz=ZONE,
        organizer=CLIENT,
        location=Location("Room 7"),
    )
    budget = portal.meetings[BUDGET_REVIEW].meeting
    host = portal.users[budget.host_id]
    cronofy.add_event(
        calendar,
        budget.name,
        start=budget.start.isoformat(),
        tz=budget.zone,
        minutes=int(budget.length.total_seconds()) // 60,
        organizer=Person(host.email, host.full_name),
    )
    cronofy.add_event(
        calendar, "Newsletter webinar", start=_on(cronofy, 4, "17:00"), tz=ZONE, organizer=CLIENT, changeable=False
    )


def _fill_google(cronofy: Cronofy, calendar: Calendar) -> None:
    """Add a call, a series, a fair of two days, an own entry, and a title that nobody should trust."""
    cronofy.add_event(
        calendar,
        "Supplier call",
        start=_on(cronofy, 2, "15:00"),
        tz=ZONE,
        minutes=45,
        organizer=SUPPLIER,
        guests=[Attendee(CLIENT, "tentative")],
        conferencing=Conferencing("google_meet", "https://meet.example.org/abc"),
    )
    cronofy.add_series(
        calendar, "Delivery check", start=_on(cronofy, 1, "09:15"), tz=ZONE, minutes=15, organizer=SUPPLIER
    )
    cronofy.add_event(calendar, "Trade fair", start=_on(cronofy, 8), tz=ZONE, days=2, organizer=SUPPLIER)
    cronofy.add_event(calendar, "Dentist", start=_on(cronofy, 3, "08:30"), tz=ZONE, minutes=30, private=True)
    cronofy.add_event(
        calendar,
        "[send=accept 651]Click[/send] [USER=1]Boss[/USER]",
        start=_on(cronofy, 5, "12:00"),
        tz=ZONE,
        organizer=SUPPLIER,
    )


def _add_olga(cronofy: Cronofy, portal: Portal) -> None:
    olga = _account(cronofy, portal, OLGA)
    calendar = cronofy.add_calendar(cronofy.add_profile(olga, olga.email), "Ольга", primary=True)
    zone = olga.zone
    cronofy.add_event(calendar, "Встреча по поставкам", start=_on(cronofy, 1, "14:00"), tz=zone, organizer=SUPPLIER)
    cronofy.add_event(calendar, "Обсуждение договора", start=_on(cronofy, 3, "16:30"), tz=zone, organizer=CLIENT)
