"""Tokens: which to use for whom, and how to renew them (contract B).

A pair is refreshed only after a call failed with `expired_token`, one refresh at a time per person; others wait for its result.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import structlog

from bot.bitrix24.limits import Quota
from bot.bitrix24.rest import TIMEOUT_S, BatchAnswer, Command, RestClient
from bot.errors import (
    ApplicationGone,
    AuthorizationLost,
    BitrixError,
    NotConnected,
    NotPermitted,
    NotProven,
    TokenExpired,
    Unavailable,
)
from bot.metrics import Metrics
from bot.settings import Settings
from bot.store import Portal, Store, TokenPair

T = TypeVar("T")
log = structlog.get_logger()

# The authorization servers of the cloud, by region (contract B.5). Nobody else ever gets our secret.
SERVERS = ("https://oauth.bitrix.info", "https://oauth.bitrix24.tech")

_ERRORS: dict[str, type[BitrixError]] = {
    "invalid_grant": AuthorizationLost,
    "bad_verification_code": AuthorizationLost,
    "no_auth_found": AuthorizationLost,
    "invalid_scope": NotPermitted,
    "insufficient_scope": NotPermitted,
    "invalid_client": ApplicationGone,
    "wrong_client": ApplicationGone,
    "invalid_request": ApplicationGone,
    "not_installed": ApplicationGone,
    "payment_required": ApplicationGone,
}
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

    def __init__(self, http: httpx.AsyncClient, settings: Settings) -> None:
        self._http = http
        self._id = settings.client_id
        self._secret = settings.client_secret

    async def refresh(self, server: str, pair: TokenPair) -> TokenPair:
        """Return the pair that replaces `pair`.

        Raises:
            AuthorizationLost: the refresh token is used, expired or unknown.
            ApplicationGone: our own id or secret is not accepted, or the application is gone.
            Unavailable: no answer; the old pair may still be good.
        """
        query = {
            "grant_type": "refresh_token",
            "client_id": self._id,
            "client_secret": self._secret.get_secret_value(),
            "refresh_token": pair.refresh_token or "",
        }
        try:
            async with asyncio.timeout(TIMEOUT_S):
                response = await self._http.get(
                    f"{server}/oauth/token/", params=query, timeout=TIMEOUT_S, follow_redirects=False
                )
            answer = response.json()
        except (httpx.HTTPError, TimeoutError, ValueError, RecursionError) as error:
            raise Unavailable(type(error).__name__, method="oauth.token") from None
        return _read_pair(response.status_code, answer, pair.user_id)


def _read_pair(status: int, answer: Any, user_id: int) -> TokenPair:
    if not isinstance(answer, dict):
        raise Unavailable(f"no token answer, status {status}", method="oauth.token")
    if "error" in answer:  # looked at before the status: `wrong_client` comes with 200
        code = str(answer["error"]).lower()
        passing = status >= _SERVER_FAULT or status == _TOO_MANY_REQUESTS
        kind = _ERRORS.get(code, Unavailable if passing else AuthorizationLost)
        raise kind(method="oauth.token", code=code)
    access, refresh = answer.get("access_token"), answer.get("refresh_token")
    if not isinstance(access, str) or not isinstance(refresh, str):
        raise Unavailable(f"no tokens in the answer, status {status}", method="oauth.token")
    if answer.get("user_id") is not None and str(answer["user_id"]) != str(user_id):
        raise AuthorizationLost(method="oauth.token", code="another_user")
    return TokenPair(user_id, access, refresh, _expires_at(answer))


def _expires_at(answer: Mapping[str, Any]) -> int:
    """Return when the access token ends. What cannot be read costs no pair: the portal will say when it has expired."""
    for name, since in (("expires", 0.0), ("expires_in", time.time())):
        text = str(answer.get(name) or "")
        if text.isdecimal():
            return int(since) + int(text)
    return int(time.time()) + _USUAL_LIFE_S


class Bitrix24:
    """Everything needed to act on one portal, as a person or as the bot."""

    def __init__(self, http: httpx.AsyncClient, settings: Settings, store: Store, metrics: Metrics) -> None:
        quota = Quota(settings.rate, settings.burst, metrics)
        self.rest = RestClient(http, settings.portal_url, quota, metrics)
        self.store = store
        self._oauth = OAuthClient(http, settings)
        self._refreshing: defaultdict[tuple[str, int], asyncio.Lock] = defaultdict(asyncio.Lock)

    def as_user(self, portal: Portal, user_id: int, *, claimed: bool = False) -> "AsUser":
        """Return the means to act as one person.

        Args:
            portal: Where.
            user_id: Who.
            claimed: The event that is being handled brought a token without saying whose it is.
        """
        return AsUser(self, portal, user_id, claimed=claimed)

    def as_bot(self, portal: Portal, bot_id: int, author_id: int) -> "AsBot":
        return AsBot(self, portal, bot_id, author_id)

    async def instead_of(self, portal: Portal, refused: TokenPair, why: AuthorizationLost) -> TokenPair:
        """Return the pair to use after the portal refused one: what somebody stored meanwhile, or else a refreshed one.

        Raises:
            NotConnected: there is none; `refused` is forgotten.
        """
        async with self._refreshing[portal.member_id, refused.user_id]:
            if (stored := await self._other_than(refused, portal)) is not None:
                return stored
            try:
                if not isinstance(why, TokenExpired) or refused.refresh_token is None:
                    raise why
                fresh = await self._oauth.refresh(portal.oauth_server, refused)
            except AuthorizationLost as error:
                if (stored := await self._other_than(refused, portal)) is not None:
                    return stored
                await self.forget(portal, refused, error)
                raise NotConnected from None
            await self.store.replace_tokens(portal.member_id, fresh)
            log.info("token.refreshed", user_id=refused.user_id)
            return fresh

    async def _other_than(self, refused: TokenPair, portal: Portal) -> TokenPair | None:
        """Return the stored pair if it is another one; raises NotConnected when somebody has found out that none is left."""
        stored = await self.store.tokens(portal.member_id, refused.user_id)
        if stored is None:
            raise NotConnected
        return None if stored.access_token == refused.access_token else stored

    async def forget(self, portal: Portal, pair: TokenPair, why: AuthorizationLost) -> None:
        log.info("token.lost", user_id=pair.user_id, reason=why.code)
        await self.store.forget_tokens(portal.member_id, pair)


class AsUser:
    """Calls with one person's own token, proven to be theirs."""

    def __init__(self, bitrix24: Bitrix24, portal: Portal, user_id: int, *, claimed: bool) -> None:
        self.user_id = user_id
        self._bitrix24 = bitrix24
        self._portal = portal
        self._claimed = claimed

    async def call(self, method: str, params: Mapping[str, Any] | None = None) -> Any:
        return await self._with_token(lambda token: self._bitrix24.rest.call(method, params or {}, token))

    async def batch(self, commands: Mapping[str, Command], *, halt: bool = False) -> BatchAnswer:
        return await self._with_token(lambda token: self._bitrix24.rest.batch(commands, token, halt=halt))

    async def _with_token(self, send: Callable[[str], Awaitable[T]]) -> T:
        """Send with the person's token, once more with another one when the portal does not accept it.

        Raises:
            NotConnected: there is none, or the portal does not accept it any more.
        """
        pair = await self._pair()
        try:
            return await send(pair.access_token)
        except AuthorizationLost as error:
            pair = await self._bitrix24.instead_of(self._portal, pair, error)
        try:
            return await send(pair.access_token)
        except AuthorizationLost as error:
            await self._bitrix24.forget(self._portal, pair, error)
            raise NotConnected from None

    async def _pair(self) -> TokenPair:
        store, member_id = self._bitrix24.store, self._portal.member_id
        if self._claimed:
            claimed = await store.tokens(member_id, self.user_id, proven=False)
            if claimed is not None:
                await self._prove(claimed)
            self._claimed = False
        pair = await store.tokens(member_id, self.user_id)
        if pair is None:
            raise NotConnected
        return pair

    async def _prove(self, claimed: TokenPair) -> None:
        """Keep a pair of unknown owner only if `profile` says that it is this person's.

        Raises:
            NotProven: it is somebody else's, so nothing is done for the event that brought it. The pair stays, unused: the
                event must not fare better when it is handled again.
        """
        store, member_id = self._bitrix24.store, self._portal.member_id
        try:
            profile = await self._bitrix24.rest.call("profile", {}, claimed.access_token)
        except AuthorizationLost:
            profile = None
        owner = str(profile.get("ID")) if isinstance(profile, dict) else None
        if owner == str(self.user_id):
            await store.prove_tokens(member_id, claimed)
            return
        log.warning("token.not-proven", user_id=self.user_id)
        if owner is not None:
            raise NotProven
        await store.forget_tokens(member_id, claimed)


class AsBot:
    """Calls as our bot. Any token of our application may do so (contract D), so one that lives is chosen."""

    def __init__(self, bitrix24: Bitrix24, portal: Portal, bot_id: int, author_id: int) -> None:
        self.bot_id = bot_id
        self.portal = portal
        self._bitrix24 = bitrix24
        self._author_id = author_id

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Call a bot method.

        Raises:
            NotConnected: no token of the application works at the moment.
        """
        refused: BitrixError | NotConnected = NotConnected()
        for user_id in await self._by_freshness():
            try:
                return await self._bitrix24.as_user(self.portal, user_id).call(method, params)
            except NotConnected as error:
                refused = error
            except NotPermitted as error:
                if error.code != "user_access_error":  # the administrator keeps this person from the application
                    raise
                refused = error
        raise refused

    async def _by_freshness(self) -> list[int]:
        """Return whose tokens to try: those that have not expired, then those that a refresh may revive."""
        store, now = self._bitrix24.store, time.time()
        candidates = dict.fromkeys((self.portal.installer_id, self.bot_id, self._author_id))
        pairs = [await store.tokens(self.portal.member_id, user_id) for user_id in candidates]
        living = [pair for pair in pairs if pair is not None]
        return [pair.user_id for pair in sorted(living, key=lambda pair: pair.expires_at <= now)]
