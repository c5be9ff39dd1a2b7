"""What differs from portal to portal, and where documentation and source disagree: each variant behind a switch."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, TypedDict
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.emulator.answers import Statuses
from bot.emulator.php import Nulls

EventAuth: TypeAlias = Literal["full", "no_refresh", "no_user_id", "minimal", "absent"]
OAuthExtras: TypeAlias = Literal["documented", "always", "never"]

V2_REVISION = 33  # first REST revision with imbot.v2 (contract D)


class OptionValues(TypedDict, total=False):
    """Keyword form of `Options`."""

    domain: str
    scheme: str
    oauth_origin: str
    member_id: str
    language: str
    v2: bool
    revision: int
    event_auth: EventAuth
    install_minimal: bool
    nulls: Nulls
    v1_grouped: bool
    staff_type: str
    oauth_extras: OAuthExtras
    old_refresh_survives: bool
    error_statuses: Statuses
    nearest_zones: bool
    server_zone: str
    default_zone: str
    reset_in_error: bool


@dataclass(slots=True)
class Options:
    """Settings of one portal; may be changed while it runs."""

    domain: str = "acme.bitrix24.example"
    scheme: str = "https"
    oauth_origin: str = "https://oauth.bitrix.info"
    member_id: str = "1b" * 16
    language: str = "en"
    v2: bool = True  # False: a portal below revision 33, imbot.v2.* answers 404
    revision: int = 36
    event_auth: EventAuth = "full"  # top-level auth of events (J.1); no_refresh: for an hour; absent: no user at all
    install_minimal: bool = False  # ONAPPINSTALL as the documentation prints it
    nulls: Nulls = "drop"  # J.6
    v1_grouped: bool = False  # several entries in data[BOT] and data[COMMAND] of one v1 event
    staff_type: str = "user"  # `employee` in the documentation (E.3)
    oauth_extras: OAuthExtras = "documented"  # user_id and expires of /oauth/token/: in answers to a refresh only (J.4)
    old_refresh_survives: bool = False  # J.2
    error_statuses: Statuses = "docs"  # J.5
    nearest_zones: bool = False  # TZ_* in calendar.event.get.nearest (J.9)
    server_zone: str = "UTC"  # J.8
    default_zone: str = ""  # timezoneDefaultName, for whoever never chose a zone; empty: the portal names none
    reset_in_error: bool = False  # operating_reset_at beside OPERATION_TIME_LIMIT

    def __post_init__(self) -> None:
        """Check what would only show when somebody looks."""
        known_zone(self.server_zone)
        known_zone(self.default_zone)

    @property
    def has_v2(self) -> bool:
        return self.v2 and self.revision >= V2_REVISION

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.domain}"

    @property
    def client_endpoint(self) -> str:
        return f"{self.origin}/rest/"

    @property
    def server_endpoint(self) -> str:
        return f"{self.oauth_origin}/rest/"

    @property
    def oauth_host(self) -> str:
        return urlsplit(self.oauth_origin).netloc


def known_zone(name: str) -> str:
    """Return the name of a time zone, which may be empty.

    Raises:
        ValueError: There is none of this name.
    """
    try:
        return ZoneInfo(name).key if name else ""
    except (LookupError, OSError, ValueError):
        raise ValueError(f"no such time zone: {name!r}") from None
