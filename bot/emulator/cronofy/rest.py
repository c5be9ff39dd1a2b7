"""Everything behind `/v1/`: which address is which call, who may make it, and how often (sections 1, 6, 7)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote

from bot.emulator.answers import Response
from bot.emulator.clock import Clock
from bot.emulator.cronofy.answers import Refusal
from bot.emulator.cronofy.calls import Calls
from bot.emulator.cronofy.channels import Channels
from bot.emulator.cronofy.identity import Identity
from bot.emulator.cronofy.limits import RateLimit
from bot.emulator.cronofy.oauth import Authorization, OAuthServer
from bot.emulator.cronofy.participation import Participation
from bot.emulator.cronofy.reading import Reading
from bot.emulator.php import Params
from bot.emulator.rest import Request

Run: TypeAlias = Callable[[Authorization, Sequence[str], Params], Response]

READ = frozenset({"read_events", "read_only", "read_write"})
ANSWER = frozenset({"change_participation_status"})


@dataclass(frozen=True, slots=True)
class Route:
    """An address, with `*` for each id in it."""

    name: str
    method: str
    path: str
    run: Run
    scopes: frozenset[str] = frozenset()  # any of them will do; empty: any token will

    def ids(self, request: Request) -> list[str] | None:
        """Return the ids in an address; None when it is another's. Each segment is decoded for itself (section 5.1)."""
        wanted, came = self.path.split("/"), request.path.split("/")
        pairs = list(zip(wanted, came, strict=False))
        if (
            self.method != request.method
            or len(wanted) != len(came)
            or any(ours not in {"*", its} for ours, its in pairs)
        ):
            return None
        return [unquote(its) for ours, its in pairs if ours == "*"]


@dataclass(slots=True)
class Rest:
    """Finds the call, checks token, scope and rate, and carries it out."""

    clock: Clock
    oauth: OAuthServer
    calls: Calls
    limit: RateLimit | None = None  # None: as many requests as anybody likes
    _routes: list[Route] = field(default_factory=list)

    def register(self, identity: Identity, reading: Reading, participation: Participation, channels: Channels) -> None:
        """Say what stands behind which address."""
        answering = "/v1/calendars/*/events/*/participation_status"
        self._routes = [
            Route("userinfo", "GET", "/v1/userinfo", lambda who, *_: identity.userinfo(who)),
            Route("profiles", "GET", "/v1/profiles", lambda who, *_: identity.profiles(who)),
            Route(
                "profiles.revoke",
                "POST",
                "/v1/profiles/*/revoke",
                lambda who, ids, _: identity.revoke_profile(who, *ids),
            ),
            Route("calendars", "GET", "/v1/calendars", lambda who, *_: identity.calendars(who)),
            Route("events", "GET", "/v1/events", lambda who, _, params: reading.events(who, params), READ),
            Route("events.page", "GET", "/v1/events/pages/*", lambda who, ids, _: reading.page(who, *ids), READ),
            Route(
                "participation_status",
                "POST",
                answering,
                lambda who, ids, params: participation.post(who, ids[0], ids[1], params),
                ANSWER,
            ),
            Route("channels.create", "POST", "/v1/channels", lambda who, _, params: channels.create(who, params)),
            Route("channels.list", "GET", "/v1/channels", lambda who, *_: channels.list(who)),
            Route("channels.delete", "DELETE", "/v1/channels/*", lambda who, ids, _: channels.delete(who, *ids)),
        ]

    def handle(self, request: Request) -> Response:
        caller = self.oauth.holder(_bearer(request))
        route, ids = self._find(request)
        return self.calls.answer(
            route.name,
            request,
            lambda: self._run(route, caller, ids, request),
            account_id=caller.account.id if caller else None,
        )

    def _find(self, request: Request) -> tuple[Route, list[str]]:
        for route in self._routes:
            ids = route.ids(request)
            if ids is not None:
                return route, ids
        return Route("unknown", request.method, request.path, _not_found), []

    def _run(self, route: Route, caller: Authorization | None, ids: Sequence[str], request: Request) -> Response:
        if caller is None:
            raise Refusal(401)
        if self.limit is not None and not self.limit.take(caller.application.client_id, self.clock.now()):
            raise Refusal(429)
        if caller.account.locked:
            raise Refusal(423)
        if route.scopes and not route.scopes & set(caller.scopes):
            raise Refusal(403)
        return route.run(caller, ids, request.params())


def _not_found(*_: object) -> Response:
    return Response(404)


def _bearer(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
