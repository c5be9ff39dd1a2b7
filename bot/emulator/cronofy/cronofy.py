"""The whole of Cronofy: its state, what people do in their calendars, and the one door for HTTP.

People act through plain calls (`add_event`, `answer_elsewhere`), applications through `handle`, and pushes leave through `deliver`.
No call does any input or output except the `post` that `deliver` is given.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Unpack
from urllib.parse import parse_qsl, urlencode, urlsplit

from bot.emulator.answers import Response
from bot.emulator.clock import Clock, SystemClock
from bot.emulator.cronofy.accounts import Account, Application, Directory
from bot.emulator.cronofy.calls import Call, Calls
from bot.emulator.cronofy.channels import Channels
from bot.emulator.cronofy.elsewhere import Elsewhere
from bot.emulator.cronofy.events import Answer, Event
from bot.emulator.cronofy.front import Front
from bot.emulator.cronofy.identity import Identity
from bot.emulator.cronofy.oauth import OAuthServer, Tokens
from bot.emulator.cronofy.oauth_rest import OAuthRest
from bot.emulator.cronofy.options import Options, OptionValues
from bot.emulator.cronofy.pages import Pages
from bot.emulator.cronofy.participation import Participation
from bot.emulator.cronofy.pushes import Post, Pushes
from bot.emulator.cronofy.reading import Reading
from bot.emulator.cronofy.rest import Rest
from bot.emulator.faults import Faults
from bot.emulator.rest import Request

DEFAULT_SCOPES = ("read_events", "change_participation_status")


class Cronofy:
    """One data centre with its applications and accounts."""

    def __init__(
        self, clock: Clock | None = None, *, post: Post | None = None, **options: Unpack[OptionValues]
    ) -> None:
        """Make an empty one.

        Args:
            clock: The system's unless given.
            post: Sends pushes when `deliver` is called without another.
            options: Fields of `Options`; all of them may be changed later through `self.options`.
        """
        self.options = Options(**options)
        self.clock: Clock = clock or SystemClock()
        self.post = post
        self.directory = Directory()
        self.faults = Faults()
        self.oauth = OAuthServer(self.clock, self.options, self.directory)
        self.pushes = Pushes(self.clock)
        self.participation = Participation(self.clock, self.options, self.pushes)
        self.on_change: list[Callable[[], None]] = []  # hears of every call, and of answers that were carried out
        self._calls = Calls(self.clock, self.faults)
        self.rest = Rest(self.clock, self.oauth, self._calls)
        self.rest.register(
            Identity(self.options),
            Reading(self.clock, self.options),
            self.participation,
            Channels(self.options, self.directory, self.pushes),
        )
        pages, oauth_rest = Pages(self.oauth, self.directory), OAuthRest(self.oauth, self.directory)
        self._front = Front(self.options, self._calls, self.rest, oauth_rest, pages)
        self._share(Elsewhere(self.clock, self.directory, self.participation, self.pushes))

    def _share(self, elsewhere: Elsewhere) -> None:
        self.add_application = self.directory.add_application
        self.add_account = self.directory.add_account
        self.add_profile = self.directory.add_profile
        self.add_calendar = self.directory.add_calendar
        self.add_event = elsewhere.add_event
        self.add_series = elsewhere.add_series
        self.answer_elsewhere = elsewhere.answer_elsewhere
        self.cancel_event = elsewhere.cancel_event
        self.move_event = elsewhere.move_event
        self.disconnect = elsewhere.disconnect
        self.reconnect = elsewhere.reconnect
        self.finish_sync = elsewhere.finish_sync
        self.push = elsewhere.push

    # -- HTTP, both ways

    def handle(
        self, method: str, path: str, query: str = "", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Response:
        """Answer a request to the API or, by its `Host`, to the pages; the path comes percent-encoded."""
        self._settle()
        names = {name.lower(): value for name, value in (headers or {}).items()}
        response = self._front.handle(Request(method.upper(), path, query, names, body))
        self._changed()
        return response

    def _settle(self) -> None:
        if self.participation.settle():
            self._changed()

    def _changed(self) -> None:
        for hear in self.on_change:
            hear()

    def serves(self, host: str) -> bool:
        return host in self.options.hosts

    async def deliver(self, post: Post | None = None) -> int:
        """Carry out the answers that are due, send all pushes that are due, and return how many attempts that were.

        Raises:
            RuntimeError: Nobody said how to send them.
        """
        chosen = post or self.post
        if chosen is None:
            raise RuntimeError("deliver() needs a post callable, here or in the constructor")
        self._settle()
        return await self.pushes.deliver(chosen)

    @property
    def next_due_at(self) -> float | None:
        """When the next answer or push is due, unix seconds."""
        due = (self.participation.next_due_at, self.pushes.next_due_at)
        return min((at for at in due if at is not None), default=None)

    # -- people and applications

    def authorize(
        self, url: str, login: str, *, answer: str = "agree", cookies: Mapping[str, str] | None = None
    ) -> str:
        """Open an application's link in a person's browser, answer it, and return where that goes next.

        Raises:
            PermissionError: Cronofy shows a page of its own instead.
        """
        address = urlsplit(url)
        query = urlencode([*parse_qsl(address.query), ("login", login), ("answer", answer)])
        cookie = "; ".join(f"{name}={value}" for name, value in (cookies or {}).items())
        shown = self.handle("GET", address.path, query, {"Host": address.netloc, "Cookie": cookie})
        if "Location" not in shown.headers:
            raise PermissionError(shown.body.decode())
        return shown.headers["Location"]

    def grant(self, application: Application, account: Account, scopes: Iterable[str] = DEFAULT_SCOPES) -> Tokens:
        """Let a person agree without a browser."""
        return self.oauth.issue(self.oauth.authorize(application, account, tuple(scopes)))

    def revoke(self, account: Account) -> None:
        """Let a person take back what he agreed to, for every application."""
        for application in self.directory.applications.values():
            self.oauth.revoke(application, sub=account.id)

    # -- what a test looks at

    @property
    def events(self) -> dict[str, Event]:
        """Every event by its uid, deleted ones too; looking carries out the answers that are due."""
        self._settle()
        return {uid: event for place in self.directory.places() for uid, event in place.calendar.events.items()}

    @property
    def answers(self) -> dict[str, Answer]:
        """What owners answered: `cronofy.answers[uid] == "accepted"`."""
        return {uid: event.answer for uid, event in self.events.items()}

    @property
    def calls(self) -> list[Call]:
        """Calls in order."""
        return self._calls.log
