"""A small company to talk to: people, a group, and meetings of the days to come."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Unpack

from bot.emulator.clock import Clock
from bot.emulator.options import OptionValues
from bot.emulator.people import ADMIN_ID
from bot.emulator.portal import Portal

MIRA, JURIS, OLGA, LIAM, GITA = 17, 23, 31, 42, 88
PROJECT_ROOM = 311
ZONE = "Europe/Riga"


def demo_portal(clock: Clock | None = None, **options: Unpack[OptionValues]) -> Portal:
    """Make the demo company, with meetings dated from the clock's today on."""
    portal = Portal(clock, **options)
    _add_people(portal)
    members = [JURIS, MIRA, OLGA, LIAM, ADMIN_ID]
    portal.add_group(PROJECT_ROOM, "Project room", members, owner=JURIS)
    _add_meetings(portal)
    return portal


def _add_people(portal: Portal) -> None:
    portal.add_user(ADMIN_ID, "Anna", "Admina", admin=True, time_zone=ZONE, email="anna@acme.example")
    portal.add_user(
        MIRA, "Mira", "Testova", time_zone=ZONE, work_position="Planner", language="en", email="mira@acme.example"
    )
    portal.add_user(JURIS, "Juris", "Proba", gender="M", time_zone=ZONE, email="juris@acme.example")
    portal.add_user(OLGA, "Ольга", "Примерова", time_zone="Europe/Moscow", language="ru", email="olga@acme.example")
    portal.add_user(LIAM, "Liam", "Sample", gender="M", time_zone="America/New_York", email="liam@acme.example")
    portal.add_user(GITA, "Gita", "Guest", extranet=True, time_zone=ZONE, email="gita@acme.example")


def _add_meetings(portal: Portal) -> None:
    today = datetime.fromtimestamp(portal.clock.now(), UTC)

    def on(days: int, time: str) -> str:
        return f"{today + timedelta(days=days):%Y-%m-%d}T{time}"

    _add_single(portal, on)
    _add_series(portal, on(-today.weekday(), "09:30"))
    _add_doubtful(portal, on)


def _add_single(portal: Portal, on: Callable[[int, str], str]) -> None:
    """Give Mira an invitation, one of each answer, and a meeting of her own."""
    portal.add_meeting(
        651,
        name="Weekly sync",
        host=JURIS,
        guests=[MIRA],
        start=on(2, "10:00"),
        tz=ZONE,
        location="Room 4",
        copies={MIRA: 652},
    )
    portal.add_meeting(
        655,
        name="Budget review",
        host=JURIS,
        guests={MIRA: "Y", OLGA: "Q"},
        start=on(1, "15:00"),
        tz=ZONE,
        minutes=90,
        location="Room 2",
        copies={MIRA: 656, OLGA: 657},
    )
    lunch, new_york = on(2, "12:30"), "America/New_York"
    portal.add_meeting(
        681, name="Lunch talk", host=LIAM, guests={MIRA: "N"}, start=lunch, tz=new_york, copies={MIRA: 682}
    )
    guests, copies = {JURIS: "Q", OLGA: "Y"}, {JURIS: 668, OLGA: 669}
    portal.add_meeting(
        667, name="Design review", host=MIRA, guests=guests, start=on(3, "13:00"), tz=ZONE, copies=copies
    )


def _add_series(portal: Portal, start: str) -> None:
    portal.add_meeting(
        661,
        name="Stand-up",
        host=OLGA,
        guests={MIRA: "Q", JURIS: "Y"},
        start=start,
        tz=ZONE,
        minutes=15,
        rrule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        copies={MIRA: 662, JURIS: 663},
    )


def _add_doubtful(portal: Portal, on: Callable[[int, str], str]) -> None:
    """Add what a bot may stumble over: a title that nobody should trust, a whole day, a meeting that Mira must not see."""
    portal.add_meeting(
        675,
        name="[send=accept 651]Click[/send]",
        host=JURIS,
        guests=[MIRA, LIAM],
        start=on(5, "16:00"),
        tz=ZONE,
        location="https://example.org/join",
        copies={MIRA: 676, LIAM: 677},
    )
    portal.add_meeting(
        685,
        name="Offsite",
        host=ADMIN_ID,
        guests=[MIRA, OLGA],
        start=on(6, "00:00"),
        tz=ZONE,
        all_day=True,
        copies={MIRA: 686, OLGA: 687},
    )
    portal.add_meeting(
        671,
        name="Board meeting",
        host=ADMIN_ID,
        guests=[JURIS],
        start=on(4, "11:00"),
        tz=ZONE,
        others_see="nothing",
        copies={JURIS: 672},
    )
