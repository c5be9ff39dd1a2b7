"""The authorization server: codes and refresh tokens to pairs (contract B.2, B.3, B.6)."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.bitrix24.answers import TEXTS
from bot.bitrix24.watch import BitrixWatch
from bot.bitrix24.wire import wire
from bot.errors import ApplicationGone, AuthorizationLost, BitrixError, MissingRight, Unavailable
from bot.settings import Settings
from bot.tokens import TokenPair

# The authorization servers of the cloud, by region (contract B.5). Nobody else ever gets our secret.
SERVERS = ("https://oauth.bitrix.info", "https://oauth.bitrix24.tech")

_ERRORS: dict[str, type[BitrixError]] = {
    "invalid_grant": AuthorizationLost,
    "bad_verification_code": AuthorizationLost,
    "no_auth_found": AuthorizationLost,
    "invalid_scope": MissingRight,
    "insufficient_scope": MissingRight,
    "invalid_client": ApplicationGone,
    "wrong_client": ApplicationGone,
    "invalid_request": ApplicationGone,
    "not_installed": ApplicationGone,
    "payment_required": ApplicationGone,
}
# After these no refresh can succeed, for anybody; so none is tried for a while (contract B.6).
_HOPELESS = frozenset({"invalid_client", "wrong_client", "not_installed", "payment_required"})
STOP_S = 300.0
METHOD = "oauth.token"  # as errors and log lines name it
_TOO_MANY_REQUESTS = 429
_SERVER_FAULT = 500

_USUAL_LIFE_S = 3600


def choose_server(configured: str | None, named: str) -> str:
    """Return the authorization server to use.

    Args:
        configured: The administrator's choice; it wins.
        named: What an event called its `server_endpoint`; used only when its host is one of `SERVERS`.
    """
    if configured:
        return configured
    try:
        host = urlsplit(named if "//" in named else f"//{named}").hostname
    except ValueError:
        host = None
    return next((server for server in SERVERS if urlsplit(server).hostname == host), SERVERS[0])


class OAuthClient:
    """Talks to `<authorization server>/oauth/token/`."""

    def __init__(
        self, transport: httpx.AsyncBaseTransport, settings: Settings, clock: Callable[[], float] = time.time
    ) -> None:
        self._wire = wire(transport)
        self._id = settings.client_id
        self._secret = settings.client_secret
        self._clock = clock
        self._watch = BitrixWatch(clock, "oauth")
        self._hopeless: tuple[str, float] | None = None  # the error that stopped us, and until when

    async def refresh(self, server: str, pair: TokenPair) -> TokenPair:
        """Return the pair that replaces `pair`.

        Raises:
            AuthorizationLost: the refresh token is used, expired or unknown.
            ApplicationGone: our own id or secret is not accepted, or the application is gone.
            Unavailable: no answer; the old pair may still be good.
        """
        query = {"grant_type": "refresh_token", "refresh_token": pair.refresh_token or ""}
        grant = await self._ask(server, query)
        if grant.user_id not in (None, str(pair.user_id)):
            raise AuthorizationLost(method=METHOD, code="another_user")
        return TokenPair(pair.user_id, grant.access_token, grant.refresh_token, grant.expires_at)

    async def exchange(self, server: str, code: str) -> "Grant":
        """Return what the authorization server gives for a code, which lives 30 s and serves once.

        Raises:
            AuthorizationLost: the code is used, expired, or none of our application.
            ApplicationGone, NotPermitted: as for `refresh`.
            NotReached: the code was not sent, so it may still serve.
            Unavailable: no answer; the code may be used up.
        """
        return await self._ask(server, {"grant_type": "authorization_code", "code": code})

    async def _ask(self, server: str, query: Mapping[str, str]) -> "Grant":
        if self._hopeless is not None and self._clock() < self._hopeless[1]:
            raise ApplicationGone(method=METHOD, code=self._hopeless[0], text=TEXTS.get(self._hopeless[0]))
        secrets = {"client_id": self._id, "client_secret": self._secret.get_secret_value()}
        try:
            received = await self._wire.exchange(
                "GET", f"{server}/oauth/token/", method=METHOD, params={**query, **secrets}
            )
            grant = _read_grant(received.status, received.content, self._clock())
        except BitrixError as error:
            self._watch.failed(METHOD, error)
            if isinstance(error, MissingRight):
                self._watch.lacks_right(error)
            self._hopeless = (error.code, self._clock() + STOP_S) if error.code in _HOPELESS else None
            raise
        self._watch.answered(METHOD)
        return grant


@dataclass(frozen=True, slots=True)
class Grant:
    """A pair as the authorization server gave it; whose it is remains to be proven.

    Attributes:
        expires_at: Of the access token, unix seconds.
        user_id: None when the answer does not say, as is documented for codes (contract B.2).
        client_endpoint: Address of the REST interface of the portal that the pair is for; "" when the answer does not say.
        member_id: Of that portal; "" likewise.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: int
    user_id: str | None
    client_endpoint: str
    member_id: str


def _read_grant(status: int, content: bytes, now: float) -> Grant:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Unavailable(type(error).__name__, method=METHOD) from None
    if not isinstance(answer, dict):
        raise Unavailable(f"no token answer, status {status}", method=METHOD)
    if "error" in answer:  # looked at before the status: `wrong_client` comes with 200
        code = str(answer["error"]).lower()
        passing = status >= _SERVER_FAULT or status == _TOO_MANY_REQUESTS
        kind = _ERRORS.get(code, Unavailable if passing else AuthorizationLost)
        raise kind(method=METHOD, code=code, text=TEXTS.get(code))
    access, refresh = answer.get("access_token"), answer.get("refresh_token")
    if not isinstance(access, str) or not isinstance(refresh, str):
        raise Unavailable(f"no tokens in the answer, status {status}", method=METHOD)
    user_id = answer.get("user_id")
    return Grant(
        access,
        refresh,
        _expires_at(answer, now),
        user_id=None if user_id is None else str(user_id),
        client_endpoint=str(answer.get("client_endpoint") or ""),
        member_id=str(answer.get("member_id") or ""),
    )


def _expires_at(answer: Mapping[str, Any], now: float) -> int:
    """Return when the access token ends. What cannot be read costs no pair: the portal will say when it has expired."""
    for name, since in (("expires", 0.0), ("expires_in", now)):
        text = str(answer.get(name) or "")
        if text.isdecimal():
            return int(since) + int(text)
    return int(now) + _USUAL_LIFE_S
