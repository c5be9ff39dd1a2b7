"""A person's zone and working day, whatever the portal tells of them."""

from collections.abc import Mapping
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.bitrix24.methods.person import WorkingDay, known_zone, read_working_day, working_day, working_day_commands
from bot.bitrix24.rest import BatchAnswer, Command
from bot.errors import BitrixError, NotPermitted, Unavailable

RIGA, BERLIN, TOKYO = ZoneInfo("Europe/Riga"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")
HOSTILE = [
    "",
    " ",
    "UTC+3",
    "GMT+03:00",
    "europe/riga ",
    "Europe",
    "Europe/",
    "Europe/Riga\n",
    "../../etc/passwd",
    "../../etc",
    "/etc/localtime",
    "Europe/../Europe/Riga",
    "..",
    ".",
    "zone.tab",
    "a\0b",
    "\ud800",
    "x" * 5000,
    "é" * 300,
    "a/" * 3000,
    "$result[settings]",
    "[b]Riga[/b]",
    None,
    False,
    0,
    7200,
    [],
    ["Europe/Riga"],
    {"name": "Europe/Riga"},
]


def told(settings: object = None, profile: object = None) -> BatchAnswer:
    return BatchAnswer({"settings": settings, "profile": profile}, {})


def test_commands_ask_for_both():
    assert {key: str(command) for key, command in working_day_commands().items()} == {
        "settings": "calendar.user.settings.get?",
        "profile": "profile?",
    }


class Told:
    """A person to whom the portal answers this."""

    def __init__(self, answers: BatchAnswer) -> None:
        self.asked: list[Mapping[str, Command]] = []
        self._answers = answers

    async def batch(self, commands: Mapping[str, Command], **_: object) -> BatchAnswer:
        self.asked.append(commands)
        return self._answers


async def test_day_alone_is_one_request():
    person = Told(told({"timezoneName": "Europe/Riga"}, {}))

    assert await read_working_day(person) == WorkingDay(RIGA, None)  # type: ignore[arg-type]
    assert person.asked == [working_day_commands()]


def test_day_is_read_whole():
    answers = told({"timezoneName": "Europe/Riga", "work_time_end": "18.00"}, {"TIME_ZONE": "Asia/Tokyo"})

    assert working_day(answers) == WorkingDay(RIGA, time(18))


@pytest.mark.parametrize(
    ("calendars", "profiles", "default", "zone"),
    [
        ("Europe/Riga", "Asia/Tokyo", "Europe/Berlin", RIGA),
        ("", "Asia/Tokyo", "Europe/Berlin", TOKYO),
        ("", "", "Europe/Berlin", BERLIN),
        ("Mars/Olympus", "Asia/Tokyo", "", TOKYO),
        (None, None, "Europe/Berlin", BERLIN),
        ("../../etc", "x" * 5000, "Europe/Berlin", BERLIN),
    ],
)
def test_first_zone_that_is_known_counts(calendars, profiles, default, zone):
    settings = {"timezoneName": calendars, "timezoneDefaultName": default}

    assert working_day(told(settings, {"TIME_ZONE": profiles})) == WorkingDay(zone, None)


@pytest.mark.parametrize("name", HOSTILE, ids=[str(number) for number in range(len(HOSTILE))])
def test_what_is_no_zone_is_none(name):
    settings = {"timezoneName": name, "timezoneDefaultName": name, "work_time_end": "18.00"}

    assert known_zone(name) is None
    assert working_day(told(settings, {"TIME_ZONE": name})) is None


@pytest.mark.parametrize(
    ("written", "ends"),
    [
        ("18.00", time(18)),
        ("18.30", time(18, 30)),
        ("9.00", time(9)),
        ("09.05", time(9, 5)),
        ("0.00", time(0)),
        ("23.59", time(23, 59)),
        ("24.00", None),
        ("18.60", None),
        ("-1.00", None),
        ("18", None),
        ("18.5", None),
        ("18:00", None),
        ("18.000", None),
        ("eighteen", None),
        ("١٨.٠٠", None),
        ("9" * 5000 + ".00", None),
        ("", None),
        (None, None),
        (False, None),
        (18, None),
        ([], None),
        ({"18": "00"}, None),
    ],
)
def test_end_of_the_day_is_a_time_of_day(written, ends):
    assert working_day(told({"timezoneName": "Europe/Riga", "work_time_end": written})) == WorkingDay(RIGA, ends)


@pytest.mark.parametrize("nothing", [None, False, "", "Europe/Riga", 7, [], ["Europe/Riga"], {}])
def test_shapes_that_tell_nothing_do_no_harm(nothing):
    assert working_day(told(nothing, nothing)) is None
    assert working_day(told(nothing, {"TIME_ZONE": "Asia/Tokyo"})) == WorkingDay(TOKYO, None)
    assert working_day(told({"timezoneName": "Europe/Riga"}, nothing)) == WorkingDay(RIGA, None)


@pytest.mark.parametrize("kind", [BitrixError, NotPermitted, Unavailable])
def test_item_that_failed_tells_nothing(kind):
    profile: dict[str, Any] = {"profile": {"TIME_ZONE": "Asia/Tokyo"}}
    settings: dict[str, Any] = {"settings": {"timezoneName": "Europe/Riga", "work_time_end": "18.00"}}

    assert working_day(BatchAnswer(profile, {"settings": kind()})) == WorkingDay(TOKYO, None)
    assert working_day(BatchAnswer(settings, {"profile": kind()})) == WorkingDay(RIGA, time(18))
    assert working_day(BatchAnswer({}, {"settings": kind(), "profile": kind()})) is None


def test_item_that_was_left_out_tells_nothing():
    assert working_day(BatchAnswer({}, {})) is None
