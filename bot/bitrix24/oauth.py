"""Tokens: which to use for whom, and how to renew them (contract B).

A pair is refreshed only after a call failed with `expired_token`, one refresh at a time per person, whichever replica needs it;
others wait for its result.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, TypeVar

import httpx
import structlog

from bot.bitrix24.answers import BatchAnswer
from bot.bitrix24.authorization import METHOD, Grant, OAuthClient, choose_server
from bot.bitrix24.limits import Quota, Step
from bot.bitrix24.rest import Command, Hold, RestClient, Turn
from bot.database import Work
from bot.errors import (
    AuthorizationLost,
    BitrixError,
    MissingRight,
    NotConnected,
    NotProven,
    TokenExpired,
    Unavailable,
)
from bot.metrics import Metrics
from bot.patience import until_stored
from bot.settings import Settings
from bot.sharing import Alone, Sharing
from bot.store import Portal, Store
from bot.tokens import Pairs, TokenPair

T = TypeVar("T")
log = structlog.get_logger()

# After its scopes were widened a token is refreshed once for them, and not again for this long (contract J.7).
_WIDEN_S = 3600.0
# A pair that a replica was given stands in the database a moment later.
_LOOKS = 12
_LOOK_S = 0.25
# What is due may be carried out later than that, seconds.
_MARGIN_S = 300.0


class Bitrix24:
    """Everything needed to act on one portal, as a person or as the bot."""

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        settings: Settings,
        store: Store,
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
        *,
        sharing: Sharing | None = None,
        hold: Hold | None = None,
    ) -> None:
        self._sharing = sharing or Alone()
        self.quota = Quota(settings.rate, settings.burst, metrics, self._sharing)
        self.rest = RestClient(transport, settings.portal_url, self.quota, metrics, clock, hold=hold)
        self.store = store
        self._oauth = OAuthClient(transport, settings, clock)
        self._oauth_server = settings.oauth_server
        self.clock = clock
        self._widened_at: dict[tuple[str, int], float] = {}
        self._refreshed: dict[tuple[str, int], str] = {}

    def as_user(
        self,
        portal: Portal,
        user_id: int,
        *,
        claimed: bool = False,
        background: bool = False,
        known: Pairs | None = None,
    ) -> "AsUser":
        """Return the means to act as one person.

        Args:
            portal: Where.
            user_id: Who.
            claimed: The event that is being handled brought a token without saying whose it is.
            background: Nobody waits for it, so that everybody else goes first.
            known: What `finding` has found for this command, shared by all who act in it.
        """
        return AsUser(self, portal, user_id, claimed=claimed, background=background, known=known)

    def as_bot(self, portal: Portal, bot_id: int, author_id: int, known: Pairs | None = None) -> "AsBot":
        """Return the means to answer a person as the bot; `known` as for `as_user`."""
        return AsBot(self, portal, bot_id, author_id, known)

    def finding(self, portal: Portal, bot_id: int, author_id: int) -> Work[Pairs]:
        """Return the work that looks up, at once, whatever pairs are needed to carry out a person's command and to answer it."""
        return self.store.tokens.finding(portal.member_id, _posters(portal, bot_id, author_id))

    async def exchange(self, portal: Portal, code: str) -> Grant:
        return await self._oauth.exchange(self._server(portal), code)

    async def instead_of(
        self, portal: Portal, refused: TokenPair, why: AuthorizationLost, *, again: bool = False
    ) -> TokenPair:
        """Return the pair to use after the portal refused one: what somebody stored meanwhile, or else a refreshed one.

        Args:
            portal: Where.
            refused: The pair that was refused.
            why: What the portal said.
            again: Another pair of the same call was refused before, so that what an event brought meanwhile is most likely as
                old; it is refreshed, unless it comes from a refresh itself.

        Raises:
            NotConnected: there is none; `refused` is forgotten.
        """
        person = portal.member_id, refused.user_id
        async with self._refreshing(person):
            if (stored := await self._other_than(refused, portal)) is not None:
                if not again or stored.access_token == self._refreshed.get(person):
                    return stored
                refused = stored
            just_refreshed = again and refused.access_token == self._refreshed.get(person)
            try:
                if not isinstance(why, TokenExpired) or refused.refresh_token is None or just_refreshed:
                    raise why
                return await self._refresh(portal, refused)
            except AuthorizationLost as error:
                if (stored := await self._arriving_instead_of(refused, portal, error)) is not None:
                    return stored
                await self.forget(portal, refused, error)
                raise NotConnected from None

    async def widened(self, portal: Portal, refused: TokenPair, why: MissingRight) -> TokenPair:
        """Return a pair that may hold a scope which `refused` lacks; raises `why` when there is none to be had."""
        person = portal.member_id, refused.user_id
        async with self._refreshing(person):
            if (stored := await self._other_than(refused, portal)) is not None:
                return stored
            tried_at = self._widened_at.get(person)
            if refused.refresh_token is None or (tried_at is not None and self.clock() - tried_at < _WIDEN_S):
                self.rest.watch.lacks_right(why)
                raise why
            self._widened_at[person] = self.clock()
            try:
                return await self._refresh(portal, refused)
            except BitrixError:
                self.rest.watch.lacks_right(why)
                raise why from None

    def _refreshing(self, person: tuple[str, int]) -> AbstractAsyncContextManager[None]:
        return self._sharing.turn("tokens {} {}".format(*person))

    def _server(self, portal: Portal) -> str:
        """Return where to send our secret: never just anywhere, whatever the database says."""
        return choose_server(self._oauth_server, portal.oauth_server)

    async def _refresh(self, portal: Portal, pair: TokenPair) -> TokenPair:
        fresh = await self._oauth.refresh(self._server(portal), pair)
        await until_stored(self.store.tokens.replace, portal.member_id, fresh)  # the former one is used up
        self._refreshed[portal.member_id, pair.user_id] = fresh.access_token
        log.info("token.refreshed", user_id=pair.user_id)
        return fresh

    async def _other_than(self, refused: TokenPair, portal: Portal) -> TokenPair | None:
        """Return the stored pair if it is another one; raises NotConnected when somebody has found out that none is left."""
        stored = await self.store.tokens.find(portal.member_id, refused.user_id)
        if stored is None:
            raise NotConnected
        return None if stored.access_token == refused.access_token else stored

    async def _arriving_instead_of(
        self, refused: TokenPair, portal: Portal, why: AuthorizationLost
    ) -> TokenPair | None:
        """As `_other_than`; if a refresh was refused, wait a moment for what another replica may have been given instead."""
        looks = _LOOKS if self.store.database.is_shared and why.method == METHOD else 1
        for look in range(looks):
            if look:
                await asyncio.sleep(_LOOK_S)
            if (stored := await self._other_than(refused, portal)) is not None:
                return stored
        return None

    async def forget(self, portal: Portal, pair: TokenPair, why: AuthorizationLost) -> None:
        log.info("token.lost", user_id=pair.user_id, reason=why.code)
        await self.store.tokens.forget(portal.member_id, pair)


class AsUser:
    """Calls with one person's own token, proven to be theirs."""

    def __init__(
        self,
        bitrix24: Bitrix24,
        portal: Portal,
        user_id: int,
        *,
        claimed: bool,
        background: bool = False,
        known: Pairs | None = None,
    ) -> None:
        self.user_id = user_id
        self._bitrix24 = bitrix24
        self._portal = portal
        self._claimed = claimed
        self._accepted: TokenPair | None = None  # what the portal has accepted last; spares a look
        self._known = known or Pairs()
        self._background = background

    async def call(self, method: str, params: Mapping[str, Any] | None = None, step: Step = Step.BEGIN) -> Any:
        turn = self._turn(step)
        return await self._with_token(lambda token: self._bitrix24.rest.call(method, params or {}, token, turn))

    async def batch(
        self,
        commands: Mapping[str, Command],
        step: Step = Step.BEGIN,
        *,
        halt: bool = False,
        apart: bool = False,
        spare: Collection[str] = (),
    ) -> BatchAnswer:
        """Run several methods in one request.

        Args:
            commands: What to run, by key of the answer.
            step: Where the request stands in its command.
            halt: Stop after the first that fails; for a batch that changes something.
            apart: The items have nothing to do with each other, so none is repeated for another's sake.
            spare: Keys of items that are welcome but not needed.

        Raises:
            BitrixError: for the request as a whole and, unless `apart`, for what an item says about the token.
        """
        turn = self._turn(step)

        async def send(token: str) -> BatchAnswer:
            answer = await self._bitrix24.rest.batch(commands, token, turn, halt=halt)
            for key, error in answer.errors.items():
                if isinstance(error, AuthorizationLost | MissingRight) and not apart and key not in spare:
                    error.halfway = halt and bool(answer.results)
                    raise error
            return answer

        return await self._with_token(send)

    async def lasts_until(self, moment: float) -> bool:
        """Whether we may still act for the person a little after `moment`, unix seconds, as far as can be told now.

        Raises:
            NotConnected: we may not even now.
        """
        pair = await self._pair()
        return pair.refresh_token is not None or pair.expires_at > moment + _MARGIN_S

    def look_anew(self) -> None:
        """Rely on nothing that was known of tokens until now."""
        self._accepted = None
        self._known.forget()

    def _turn(self, step: Step) -> Turn:
        return Turn(self.user_id, Step.BACKGROUND if self._background else step)

    async def _with_token(self, send: Callable[[str], Awaitable[T]]) -> T:
        """Send with the person's token, or with what is there instead when the portal does not accept it.

        Raises:
            NotConnected: there is none, or the portal does not accept it any more.
        """
        try:
            return await self._send(send)
        except Exception:
            self.look_anew()  # whoever tries again may do so much later
            raise

    async def _send(self, send: Callable[[str], Awaitable[T]]) -> T:
        pair = await self._pair()
        for again in (False, True):
            try:
                result = await send(pair.access_token)
            except (AuthorizationLost, MissingRight) as error:
                self.look_anew()
                pair = await self._instead_of(pair, error, again=again)
                halfway = error.halfway
            else:
                self._accepted = pair
                return result
            if halfway:
                raise Unavailable("some of a batch was carried out with a token that then failed")
        try:
            return await send(pair.access_token)
        except AuthorizationLost as error:
            await self._bitrix24.forget(self._portal, pair, error)
            raise NotConnected from None
        except MissingRight as error:
            self._bitrix24.rest.watch.lacks_right(error)
            raise

    async def _instead_of(self, refused: TokenPair, why: AuthorizationLost | MissingRight, *, again: bool) -> TokenPair:
        if isinstance(why, MissingRight):
            return await self._bitrix24.widened(self._portal, refused, why)
        return await self._bitrix24.instead_of(self._portal, refused, why, again=again)

    async def _pair(self) -> TokenPair:
        store, member_id = self._bitrix24.store, self._portal.member_id
        if self._accepted is not None:
            return self._accepted
        if self._claimed:
            claimed = await store.tokens.find(member_id, self.user_id, proven=False)
            if claimed is not None:
                await self._prove(claimed)
                self.look_anew()
            self._claimed = False
        pair = self._known.of(self.user_id) or await store.tokens.find(member_id, self.user_id)
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
            await store.tokens.prove(member_id, claimed)
            return
        log.warning("token.not-proven", user_id=self.user_id)
        if owner is not None:
            raise NotProven
        await store.tokens.forget(member_id, claimed)


def _is_personal(error: BitrixError | NotConnected) -> bool:
    """Whether somebody else's token may do where this person's did not.

    They have none, the administrator keeps them from the application, or their pair cannot be refreshed now.
    """
    return isinstance(error, NotConnected) or error.code == "user_access_error" or error.method == METHOD


def _posters(portal: Portal, bot_id: int, author_id: int) -> Collection[int]:
    """Return the people any of whose tokens may post an answer to `author_id`, the likeliest first."""
    return dict.fromkeys((portal.installer_id, bot_id, author_id))


class AsBot:
    """Calls as our bot. Any token of our application may do so (contract D), so one that lives is chosen."""

    def __init__(
        self, bitrix24: Bitrix24, portal: Portal, bot_id: int, author_id: int, known: Pairs | None = None
    ) -> None:
        self.bot_id = bot_id
        self.portal = portal
        self._bitrix24 = bitrix24
        self._author_id = author_id
        self._known = known or Pairs()

    async def call(self, method: str, params: Mapping[str, Any]) -> Any:
        """Call a bot method.

        Raises:
            NotConnected: no token of the application works at the moment.
        """
        return await self._with_anybody(lambda somebody: somebody.call(method, params, Step.END))

    async def batch(self, commands: Mapping[str, Command]) -> BatchAnswer:
        """Call several bot methods in one request; raises NotConnected as `call` does."""
        answer = await self._with_anybody(lambda somebody: somebody.batch(commands, Step.END, apart=True))
        # The request itself was accepted, so the token died between: the next request will tell, and renew it.
        died = {key for key, error in answer.errors.items() if isinstance(error, AuthorizationLost)}
        errors = {key: Unavailable(method=key) if key in died else error for key, error in answer.errors.items()}
        return replace(answer, errors=errors)

    async def _with_anybody(self, send: Callable[[AsUser], Awaitable[T]]) -> T:
        refused: BitrixError | NotConnected = NotConnected()
        candidates, now = _posters(self.portal, self.bot_id, self._author_id), self._bitrix24.clock()
        if not self._known.by_freshness(candidates, now):
            self._known.learn(await self._bitrix24.store.tokens.of(self.portal.member_id, candidates))
        # Those that have not expired, then those that a refresh may revive.
        for user_id in self._known.by_freshness(candidates, now):
            try:
                return await send(AsUser(self._bitrix24, self.portal, user_id, claimed=False, known=self._known))
            except (BitrixError, NotConnected) as error:
                if not _is_personal(error):
                    raise
                refused = refused if refused.retriable else error
        raise refused
