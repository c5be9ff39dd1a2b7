"""Who and what is connected: applications, accounts, their profiles and calendars (section 3)."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from bot.emulator.cronofy.events import Event
from bot.emulator.php import Json


@dataclass(slots=True, eq=False)
class Application:
    """What Cronofy's dashboard knows of an application."""

    client_id: str
    client_secrets: list[str]  # all that are active; pushes are signed with each
    redirect_uris: tuple[str, ...]  # a wildcard may stand for a subdomain
    push_allowed: bool = True

    def admits(self, redirect_uri: str) -> bool:
        """Tell whether a browser may be sent to an address (section 2.1)."""
        return any(_matches(redirect_uri, known) for known in self.redirect_uris)


def _matches(uri: str, known: str) -> bool:
    if uri == known:
        return True
    asked, allowed = urlsplit(uri), urlsplit(known)
    label, _, domain = allowed.netloc.partition(".")
    sub, _, rest = asked.netloc.partition(".")
    same = (asked.scheme, asked.path, asked.query, rest) == (allowed.scheme, allowed.path, allowed.query, domain)
    return label == "*" and bool(sub) and same


@dataclass(slots=True, eq=False)
class Calendar:
    """One calendar of a profile."""

    id: str
    name: str
    readonly: bool = False
    deleted: bool = False
    primary: bool = False
    permission_level: Literal["sandbox", "unrestricted"] = "sandbox"
    integrated_conferencing: bool = True
    events: dict[str, Event] = field(default_factory=dict)  # by uid, deleted ones too

    def described(self) -> dict[str, Json]:
        return {
            "calendar_id": self.id,
            "calendar_name": self.name,
            "calendar_readonly": self.readonly,
            "calendar_deleted": self.deleted,
            "calendar_primary": self.primary,
            "calendar_integrated_conferencing_available": self.integrated_conferencing,
            "calendar_attachments_available": False,
            "permission_level": self.permission_level,
        }


@dataclass(slots=True, eq=False)
class Profile:
    """A login at a provider; its name is an e-mail address."""

    id: str
    name: str
    provider: str  # provider_name
    service: str  # provider_service
    connected: bool = True
    initial_sync_required: bool = False  # nothing can be read yet
    revoked: bool = False  # forgotten until its owner authorizes it again
    calendars: list[Calendar] = field(default_factory=list)

    @property
    def writable(self) -> bool:
        """Whether answers reach the provider."""
        return self.connected and not self.revoked


@dataclass(slots=True, eq=False)
class Account:
    """A person, or several whom the linking trap has made one (section 2.5)."""

    id: str
    name: str
    email: str
    zone: str  # IANA
    locked: bool = False  # every call answers 423
    profiles: list[Profile] = field(default_factory=list)

    @property
    def live(self) -> list[Profile]:
        return [profile for profile in self.profiles if not profile.revoked]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a calendar is."""

    account: Account
    profile: Profile
    calendar: Calendar


@dataclass(slots=True)
class Directory:
    """Everybody, and what belongs to whom."""

    applications: dict[str, Application] = field(default_factory=dict)  # by client_id
    accounts: dict[str, Account] = field(default_factory=dict)  # by id
    _serial: int = 0

    def digits(self, purpose: str, length: int = 24) -> str:
        """Return hexadecimal digits that nothing else has."""
        self._serial += 1
        return hashlib.sha256(f"{purpose}|{self._serial}".encode()).hexdigest()[:length]

    def add_application(self, redirect_uris: Iterable[str], *, push_allowed: bool = True) -> Application:
        """Create an application with one secret."""
        application = Application(
            self.digits("client", 32), [f"CRN_{self.digits('secret', 38)}"], tuple(redirect_uris), push_allowed
        )
        self.applications[application.client_id] = application
        return application

    def add_account(self, name: str, email: str, *, zone: str = "Etc/UTC") -> Account:
        account = Account(f"acc_{self.digits('account')}", name, email, zone)
        self.accounts[account.id] = account
        return account

    def add_profile(self, account: Account, name: str, *, provider: str = "google", service: str = "gsuite") -> Profile:
        """Give an account a login at a provider; `name` is what the authorize page asks for."""
        profile = Profile(f"pro_{self.digits('profile', 16)}", name, provider, service)
        account.profiles.append(profile)
        return profile

    def add_calendar(
        self, profile: Profile, name: str, *, readonly: bool = False, primary: bool = False, calendar_id: str = ""
    ) -> Calendar:
        """Give a profile a calendar; ids have an `@`, as real ones may."""
        chosen = calendar_id or f"cal_{profile.id[4:12]}@{self.digits('calendar', 30)}"
        calendar = Calendar(chosen, name, readonly=readonly, primary=primary)
        profile.calendars.append(calendar)
        return calendar

    def places(self) -> Iterator[Place]:
        """Yield every calendar, also those of which Cronofy shows nothing any more."""
        for account in self.accounts.values():
            for profile in account.profiles:
                yield from _places(account, profile)

    def place_of(self, event_uid: str) -> Place:
        """Return where an event is.

        Raises:
            LookupError: Nowhere.
        """
        for place in self.places():
            if event_uid in place.calendar.events:
                return place
        raise LookupError(f"no event {event_uid}")

    def calendar(self, calendar_id: str) -> Calendar:
        """Return a calendar.

        Raises:
            LookupError: There is none.
        """
        for place in self.places():
            if place.calendar.id == calendar_id:
                return place.calendar
        raise LookupError(f"no calendar {calendar_id}")

    def account_of(self, email: str) -> Account | None:
        """Return the account of somebody with this address."""
        return next((account for account in self.accounts.values() if email and account.email == email), None)

    def owner(self, profile: Profile) -> Account:
        return next(account for account in self.accounts.values() if profile in account.profiles)

    def login(self, name: str) -> Profile | None:
        """Return the profile of that name or id."""
        profiles = (profile for account in self.accounts.values() for profile in account.profiles)
        return next((profile for profile in profiles if name in {profile.name, profile.id}), None)

    def link(self, profile: Profile, account: Account) -> None:
        """Move a profile, with its calendars, to another account."""
        self.owner(profile).profiles.remove(profile)
        account.profiles.append(profile)


def places_of(account: Account) -> Iterator[Place]:
    """Yield the calendars that an account shows to applications."""
    for profile in account.live:
        yield from _places(account, profile)


def _places(account: Account, profile: Profile) -> Iterator[Place]:
    return (Place(account, profile, calendar) for calendar in profile.calendars)
