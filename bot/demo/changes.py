"""What a conversation changed at the portal and in calendars outside, in words."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.emulator.cronofy.accounts import Account, Place, places_of
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.cronofy.events import Answer, Event
from bot.emulator.portal import Portal

_ANSWERS: Mapping[str, str] = {"Y": "accepted", "N": "declined", "Q": "not answered", "H": "organiser"}
_ANSWERS_OUTSIDE: Mapping[Answer, str] = {
    "needs_action": "not answered",
    "accepted": "accepted",
    "declined": "declined",
    "tentative": "tentative",
    "unknown": "unknown",
}


def state(portal: Portal, cronofy: Cronofy) -> dict[str, str]:
    """Return calendars and presence in words, by what they belong to."""
    names = {user.id: user.full_name for user in portal.users.values()}
    answers = {
        f"answer of {names[user_id]} to meeting {meeting_id}": _ANSWERS[answer]
        for meeting_id, given in portal.meetings.items()
        for user_id, answer in given.items()
    }
    presences = {
        f"presence of {names[user.id]}": portal.presence.get(user.id, "online (never set)")
        for user in portal.users.values()
    }
    return answers | presences | dict(_outside(cronofy))


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Return a line for everything that is not as it was."""
    return [f"{what}: {before.get(what, 'none')} -> {now}" for what, now in after.items() if before.get(what) != now]


def _outside(cronofy: Cronofy) -> Iterator[tuple[str, str]]:
    for account in cronofy.directory.accounts.values():
        connected = cronofy.oauth.is_open(account)
        yield f"calendars of {account.name} outside Bitrix24", "connected" if connected else "not connected"
        for place in places_of(account):
            for event in place.calendar.events.values():
                yield f"answer of {account.name} to {_title(place, event)}", _answer(cronofy, event)


def _title(place: Place, event: Event) -> str:
    """Name an event so that no other one has the name: occurrences of a series differ in their days."""
    return (
        f"“{event.summary}” ({_start(event.span.start, place.account)}, {place.calendar.name} of {place.profile.name})"
    )


def _start(start: date, account: Account) -> str:
    if isinstance(start, datetime):
        return f"{start.astimezone(ZoneInfo(account.zone)):%Y-%m-%d %H:%M}"
    return start.isoformat()


def _answer(cronofy: Cronofy, event: Event) -> str:
    sent = cronofy.participation.on_its_way(event)
    on_its_way = [] if sent is None else [f"{_ANSWERS_OUTSIDE[sent]} on its way"]
    removed = ["removed from the calendar"] if event.deleted else []
    return ", ".join([_ANSWERS_OUTSIDE[event.answer], *on_its_way, *removed])
