"""A person's clock: time zone and working day, as the portal tells them (contract C.6, G.6)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.bitrix24.answers import BatchAnswer
from bot.bitrix24.oauth import AsUser
from bot.bitrix24.rest import Command


@dataclass(frozen=True, slots=True)
class WorkingDay:
    """When a person's day ends, and in which zone; `ends` is None when the portal does not tell a time of day."""

    zone: ZoneInfo
    ends: time | None


def working_day_commands() -> dict[str, Command]:
    """Return what to add to a batch, so that `working_day` can read its answer."""
    return {"settings": Command("calendar.user.settings.get", {}), "profile": Command("profile", {})}


async def read_working_day(as_user: AsUser) -> WorkingDay | None:
    """Ask for nothing else; one request. None as from `working_day`."""
    commands = working_day_commands()
    return working_day(await as_user.batch(commands, spare=commands.keys()))


def working_day(answers: BatchAnswer) -> WorkingDay | None:
    """Read the items of `working_day_commands`; one that failed or was left out tells nothing.

    Returns:
        None when the portal names no zone that is known here: then the configured default is in force (contract G.6).
    """
    settings, profile = _told(answers, "settings"), _told(answers, "profile")
    names = settings.get("timezoneName"), profile.get("TIME_ZONE"), settings.get("timezoneDefaultName")
    zone = next((zone for name in names if (zone := known_zone(name)) is not None), None)
    return None if zone is None else WorkingDay(zone, _time_of_day(settings.get("work_time_end")))


def known_zone(name: object) -> ZoneInfo | None:
    """Return the zone of this IANA name; None for anything else, paths and other hostile text included."""
    if not isinstance(name, str):
        return None
    try:
        return ZoneInfo(name)
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ):  # ValueError: a path; OSError: a folder, or too long for a file
        return None


def _told(answers: BatchAnswer, key: str) -> Mapping[str, Any]:
    result = None if key in answers.errors else answers.results.get(key)
    return result if isinstance(result, dict) else {}  # `[]` for an inactive person


_TIME_OF_DAY = re.compile(r"(?P<hour>[0-9]{1,2})\.(?P<minute>[0-9]{2})")


def _time_of_day(value: object) -> time | None:
    """Read `18.30`: the portal parts hours and minutes by a full stop."""
    found = _TIME_OF_DAY.fullmatch(str(value))
    if found is None:
        return None
    try:
        return time(int(found["hour"]), int(found["minute"]))
    except ValueError:
        return None
