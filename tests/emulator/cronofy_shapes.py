"""What the examples of Cronofy's contract look like: keys and types of each (its sections stand in brackets)."""

from types import UnionType
from typing import Any, TypeAlias

Shape: TypeAlias = "type | UnionType | dict[str, Shape] | list[Shape]"


def differences(value: Any, shape: Shape, path: str = "") -> list[str]:
    """Return where a value is not of a shape: keys too few or too many, other types."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{path}: no object"]
        odd = [
            f"{path}.{name}: only here" if name in value else f"{path}.{name}: missing" for name in value.keys() ^ shape
        ]
        return odd + [
            found for name in value.keys() & shape for found in differences(value[name], shape[name], f"{path}.{name}")
        ]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{path}: no list"]
        return [found for index, item in enumerate(value) for found in differences(item, shape[0], f"{path}[{index}]")]
    is_right = isinstance(value, bool) == (shape is bool) and isinstance(value, shape)
    return [] if is_right else [f"{path}: {value!r}"]


# As in oauth_refresh_response.json, oauth_token_response.json (2.3, 2.4).
REFRESHED: dict[str, Shape] = {
    "token_type": str,
    "access_token": str,
    "expires_in": int,
    "refresh_token": str,
    "scope": str,
}
TOKENS: dict[str, Shape] = {
    **REFRESHED,
    "account_id": str,
    "sub": str,
    "linking_profile": {"provider_name": str, "provider_service": str, "profile_id": str, "profile_name": str},
}

_CALENDAR: dict[str, Shape] = {
    "calendar_id": str,
    "calendar_name": str,
    "calendar_readonly": bool,
    "calendar_deleted": bool,
    "calendar_primary": bool,
    "calendar_integrated_conferencing_available": bool,
    "calendar_attachments_available": bool,
    "permission_level": str,
}
# As in calendars.json (3).
CALENDARS: Shape = {
    "sub": str,
    "calendars": [{"provider_name": str, "profile_id": str, "profile_name": str, **_CALENDAR}],
}
PROFILE: dict[str, Shape] = {
    "provider_name": str,
    "provider_service": str,
    "profile_id": str,
    "profile_name": str,
    "profile_connected": bool,
    "profile_initial_sync_required": bool,
    "profile_calendars": [_CALENDAR],
}
# As in userinfo_disconnected.json (3).
DISCONNECTED: Shape = {**PROFILE, "profile_relink_url": str}
# As in userinfo.json (3).
USERINFO: Shape = {
    "sub": str,
    "email": str,
    "name": str,
    "zoneinfo": str,
    "cronofy.type": str,
    "cronofy.data": {
        "authorization": {"scope": str, "status": str},
        "profiles": [PROFILE],
        "conferencing_profiles": [dict],
    },
}

# As in events_empty.json, events_page_1.json (4.2).
PAGES: Shape = {"current": int, "total": int}
MORE_PAGES: Shape = {"current": int, "total": int, "next_page": str}

# As in events_page_1.json, events_page_2.json (4.4): what every provider sends, then what most do.
BARE_EVENT: dict[str, Shape] = {
    "calendar_id": str,
    "event_uid": str,
    "summary": str,
    "start": str,
    "end": str,
    "deleted": bool,
    "participation_status": str,
    "transparency": str,
    "status": str,
    "categories": [str],
    "recurring": bool,
}
OWN_EVENT: dict[str, Shape] = {
    **BARE_EVENT,
    "description": str,
    "created": str,
    "updated": str,
    "attendees": [{"email": str, "display_name": str | None, "status": str}],
    "event_private": bool,
    "options": {"delete": bool, "update": bool, "change_participation_status": bool},
}
PARTNER_EVENT: Shape = {**OWN_EVENT, "event_id": str}
INVITATION: dict[str, Shape] = {**OWN_EVENT, "organizer": {"email": str, "display_name": str | None}}
OCCURRENCE: Shape = {**INVITATION, "series_identifier": str}
REMOTE_INVITATION: Shape = {
    **INVITATION,
    "location": {"description": str},
    "conferencing": {"provider_name": str, "join_url": str},
}

# As in events_localized.json (4.3).
_LOCAL: Shape = {"time": str, "tzid": str}
LOCAL_INVITATION: Shape = {**INVITATION, "start": _LOCAL, "end": _LOCAL}

_CHANNEL: dict[str, Shape] = {"channel_id": str, "callback_url": str}
_FILTERED: Shape = {**_CHANNEL, "filters": {"calendar_ids": [str]}}
# As in channel_create_response.json, channels_list.json (8).
CHANNEL: Shape = {"channel": _FILTERED}
CHANNELS: Shape = {"channels": [_FILTERED]}
# As in push_change.json, push_verification.json, push_profile_disconnected.json (8).
PUSHED_CHANGE: Shape = {"notification": {"type": str, "changes_since": str}, "channel": _FILTERED}
PUSHED: Shape = {"notification": {"type": str}, "channel": _FILTERED}
PUSHED_UNFILTERED: Shape = {"notification": {"type": str}, "channel": _CHANNEL}


# As in error_422_*.json (6).
def unprocessable(param: str) -> Shape:
    return {"errors": {param: [{"key": str, "description": str}]}}
