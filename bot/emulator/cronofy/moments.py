"""Days and instants as Cronofy writes them (section 4.3)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from bot.emulator.php import Json


def stamp(seconds: float) -> str:
    """Spell unix seconds; such texts are ordered as the instants are."""
    return spelled(datetime.fromtimestamp(int(seconds), UTC))


def spelled(moment: date) -> str:
    """Spell an instant in UTC with whole seconds, a day as it is."""
    if isinstance(moment, datetime):
        return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return moment.isoformat()


def localized(moment: date, zone: str) -> Json:
    """Spell a moment with the zone of its event, which may be `Etc/UTC` for want of a better one."""
    if isinstance(moment, datetime):
        return {"time": moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds"), "tzid": zone}
    return {"time": moment.isoformat(), "tzid": zone}


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when: both are instants, or both are days, the end being the day after the last."""

    start: date
    end: date

    def touches(self, since: date, until: date, zone: ZoneInfo) -> bool:
        """Tell whether it starts before the day `until` and ends on or after the day `since` (section 4.1)."""
        return _is_before(self.start, until, zone) and not _is_before(self.end, since, zone)


def _is_before(moment: date, day: date, zone: ZoneInfo) -> bool:
    if isinstance(moment, datetime):
        return moment < datetime.combine(day, time(), zone)
    return moment < day
