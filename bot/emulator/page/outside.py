"""What the chat page shows of calendars outside the portal. A person's account is the one with the address of their profile.

The keys: `cronofy`, `account/17` (by person), `external/evt_external_...`, `cronofy-call/12`, `cronofy-fault/0`. The times of events are
ISO 8601; all-day events end with their last day, as meetings do.
"""

from datetime import datetime, timedelta

from bot.emulator.cronofy.accounts import Account, Place, Profile, places_of
from bot.emulator.cronofy.calls import Call
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.cronofy.events import Event
from bot.emulator.cronofy.moments import spelled
from bot.emulator.faults import Fault
from bot.emulator.page.items import Items, newest, shortened
from bot.emulator.people import User
from bot.emulator.php import Json
from bot.emulator.portal import Portal

_NEWEST_CALLS = 200
# A browser shows it, so the bot did not ask for it.
_PAGE = "oauth.authorize"


def outside(portal: Portal, cronofy: Cronofy) -> Items:
    """Yield what a page may show of Cronofy."""
    yield "cronofy", {"origin": cronofy.options.app_origin}
    owners: dict[str, int] = {}
    for user in portal.users.values():
        account = cronofy.directory.account_of(user.email)
        if account is not None:
            owners[account.id] = user.id
            yield f"account/{user.id}", _account(user, account, connected=cronofy.oauth.is_open(account))
            yield from _events(user, account, cronofy)
    for number, call in newest(cronofy.calls, _NEWEST_CALLS):
        if call.name != _PAGE:
            yield f"cronofy-call/{number}", _call(number, call, owners.get(call.account_id or ""))
    for number, (_, fault) in enumerate(cronofy.faults.waiting()):
        yield f"cronofy-fault/{number}", _fault(number, fault)


def _account(user: User, account: Account, *, connected: bool) -> Json:
    return {"user": user.id, "connected": connected, "logins": [_login(profile) for profile in account.live]}


def _login(profile: Profile) -> Json:
    calendars = [calendar for calendar in profile.calendars if not calendar.deleted]
    return {
        "id": profile.id,
        "name": profile.name,
        "provider": profile.provider,
        "service": profile.service,
        "connected": profile.connected,
        "syncing": profile.initial_sync_required,
        "calendars": [
            {"id": calendar.id, "name": calendar.name, "readonly": calendar.readonly} for calendar in calendars
        ],
    }


def _events(user: User, account: Account, cronofy: Cronofy) -> Items:
    for place in places_of(account):
        if not place.calendar.deleted:
            for event in place.calendar.events.values():
                sent = cronofy.participation.on_its_way(event)
                yield f"external/{event.uid}", {"user": user.id, "sent": sent, **_event(place, event)}


def _event(place: Place, event: Event) -> dict[str, Json]:
    host = event.organizer
    all_day = not isinstance(event.span.start, datetime)
    return {
        "uid": event.uid,
        "calendar": place.calendar.id,
        "name": event.summary,
        "all_day": all_day,
        "starts": spelled(event.span.start),
        "ends": spelled(event.span.end - timedelta(days=1) if all_day else event.span.end),
        "answer": event.answer,
        "organizer": (host.name or host.email) if host else None,
        "changeable": event.changeable,
        "cancelled": event.status == "cancelled",
        "removed": event.deleted,
        "location": event.location.description if event.location else "",
        "series": bool(event.series),
    }


def _call(number: int, call: Call, user_id: int | None) -> Json:
    return {
        "no": number,
        "name": call.name,
        "address": f"{call.method} {call.path}",
        "params": shortened(call.params),
        "user": user_id,
        "status": call.status,
        "at": call.at,
    }


def _fault(number: int, fault: Fault) -> Json:
    status = fault.response.status if fault.response else 0
    return {"no": number, "kind": fault.kind, "status": status}
