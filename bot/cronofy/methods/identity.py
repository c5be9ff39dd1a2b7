"""Who an account is, and what it has connected (section 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from bot.cronofy import fields
from bot.cronofy.authorization import SCOPES
from bot.cronofy.oauth import AsAccount
from bot.cronofy.rest import Call
from bot.errors import CronofyUnreadable

USERINFO = Call("userinfo", "GET", "/v1/userinfo")
# Services of which it is known that a declined event stays; others may remove it for good (section 5.3).
_KEEPING = frozenset({"cronofy", "google", "gsuite", "icloud"})


@dataclass(frozen=True, slots=True)
class Profile:
    """A login at a provider.

    Attributes:
        name: Mostly an e-mail address.
        service: `provider_service`, such as `office365`; any text, "" when it is not told.
        connected: The provider lets Cronofy in.
        syncing: Its events are still being read, or its owner has left a box of the provider's page unticked.
        relink_url: Page that connects it again; "" for one that is connected.
    """

    profile_id: str
    name: str
    service: str
    connected: bool
    syncing: bool
    relink_url: str

    @property
    def declining_removes(self) -> bool:
        """Whether a declined event may vanish, so that the answer cannot be changed any more."""
        return self.service not in _KEEPING


@dataclass(frozen=True, slots=True)
class Calendar:
    """One calendar of a profile. `name` is its owner's text."""

    calendar_id: str
    name: str
    readonly: bool
    deleted: bool
    primary: bool
    profile: Profile


@dataclass(frozen=True, slots=True)
class Identity:
    """An account as it is now.

    Attributes:
        zone: IANA name, unchecked; "" when it is not told.
        scopes: What the permission includes; empty when it is not told.
        calendars: By id, those of all profiles.
    """

    sub: str
    email: str
    name: str
    zone: str
    scopes: frozenset[str]
    profiles: tuple[Profile, ...]
    calendars: Mapping[str, Calendar]

    @property
    def lacks_rights(self) -> bool:
        """Whether the permission is known to include less than we need; its person may have narrowed it."""
        return bool(self.scopes) and not self.scopes.issuperset(SCOPES)


async def userinfo(as_account: AsAccount) -> Identity:
    """Ask who the account is; one call tells the state of everything that is connected, too."""
    return read_identity(await as_account.call(USERINFO))


def read_identity(answer: Any) -> Identity:
    """Read the answer to `USERINFO`; raises CronofyUnreadable when it names no account."""
    sub = fields.text(answer, "sub")
    if not sub:
        raise CronofyUnreadable("no account in the answer", method=USERINFO.method)
    data = fields.branch(answer, "cronofy.data")  # the name has a dot in it
    rows = [(_profile(row), row) for row in fields.rows(data, "profiles")]
    calendars = (_calendar(row, profile) for profile, its in rows for row in fields.rows(its, "profile_calendars"))
    return Identity(
        sub=sub,
        email=fields.text(answer, "email"),
        name=fields.text(answer, "name"),
        zone=fields.text(answer, "zoneinfo"),
        scopes=frozenset(fields.text(fields.branch(data, "authorization"), "scope").split()),
        profiles=tuple(profile for profile, _ in rows),
        calendars={
            calendar.calendar_id: calendar for calendar in islice(calendars, fields.MOST) if calendar.calendar_id
        },
    )


def _profile(row: Mapping[str, Any]) -> Profile:
    return Profile(
        profile_id=fields.text(row, "profile_id"),
        name=fields.text(row, "profile_name"),
        service=fields.text(row, "provider_service"),
        connected=fields.flag(row, "profile_connected"),
        syncing=fields.flag(row, "profile_initial_sync_required"),
        relink_url=_web_address(fields.text(row, "profile_relink_url")),
    )


def _calendar(row: Mapping[str, Any], profile: Profile) -> Calendar:
    return Calendar(
        calendar_id=fields.text(row, "calendar_id"),
        name=fields.text(row, "calendar_name"),
        readonly=fields.flag(row, "calendar_readonly"),
        deleted=fields.flag(row, "calendar_deleted"),
        primary=fields.flag(row, "calendar_primary"),
        profile=profile,
    )


def _web_address(text: str) -> str:
    """Return what a person may be sent to: an address of the web, without what could be read as markup, else ""."""
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in {"https", "http"} and bool(parts.hostname)
    except ValueError:
        return ""
    return text if is_address and text.isprintable() and not set(text) & set(" []") else ""
