"""What the calendar says in the portal's language: errors, the busy placeholder, dates (contract G)."""

from datetime import datetime
from typing import Literal, TypeAlias

from bot.emulator.answers import RestError

TextKey: TypeAlias = Literal["missing", "invalid", "unavailable", "denied", "busy"]

_TEXTS: dict[str, dict[TextKey, str]] = {
    "en": {
        "missing": 'The mandatory parameter "{name}" is not specified for the method "{method}"',
        "invalid": 'Invalid parameter value for "{name}"',
        "unavailable": "Error while retrieving status",
        "denied": "Access denied",
        "busy": "[Busy]",
    },
    "ru": {
        "missing": "Для метода «{method}» не задан обязательный параметр «{name}»",
        "invalid": "Недопустимое значение параметра «{name}»",
        "unavailable": "Статус получить не удалось",
        "denied": "Доступ запрещён",
        "busy": "[Занят]",
    },
    "de": {
        "missing": 'Der Pflichtparameter "{name}" der Methode "{method}" fehlt',
        "invalid": 'Der Wert des Parameters "{name}" ist nicht zulässig',
        "unavailable": "Der Status konnte nicht abgerufen werden",
        "denied": "Zugriff verweigert",
        "busy": "[Besetzt]",
    },
}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def text(language: str, key: TextKey, **names: str) -> str:
    return _TEXTS.get(language, _TEXTS["en"])[key].format(**names)


def refusal(language: str, key: TextKey, **names: str) -> RestError:
    """Return a calendar error: status 400, an empty code, words that depend on the language."""
    return RestError(400, "", text(language, key, **names))


def local_date(language: str, moment: datetime, *, whole_day: bool = False) -> str:
    """Spell a time as the portal's culture does: `11/25/2026 10:00:00 am` or `25.11.2026 10:00:00`."""
    if language in {"ru", "de"}:
        return moment.strftime("%d.%m.%Y" if whole_day else "%d.%m.%Y %H:%M:%S")
    day = moment.strftime("%m/%d/%Y")
    half = "am" if moment.hour < 12 else "pm"  # noqa: PLR2004 - noon
    return day if whole_day else f"{day} {moment.strftime('%I:%M:%S')} {half}"


def english_date(moment: datetime, *, whole_day: bool = False) -> str:
    """Spell `DATE_*_FORMATTED`, which is English everywhere: `Wed Nov 25 2026 10:00:00`."""
    day = f"{_DAYS[moment.weekday()]} {_MONTHS[moment.month - 1]} {moment.day:02d} {moment.year}"
    return day if whole_day else f"{day} {moment:%H:%M:%S}"


def week_day(moment: datetime) -> str:
    return _DAYS[moment.weekday()][:2]
