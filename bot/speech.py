"""What the bot says in chats, and the patience that a portal needs."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bot.bitrix24.methods import imbot
from bot.bitrix24.rest import Command
from bot.errors import (
    BitrixError,
    BotError,
    MethodBlocked,
    MethodMissing,
    NotConnected,
    NotReached,
    PortalMoved,
    RateLimited,
)
from bot.parts import Parts
from bot.patience import Patience
from bot.store import Portal
from bot.texts import Safe
from bot.tokens import Pairs

log = structlog.get_logger()

# Between attempts at a method that the portal blocks.
_LEAST_S = 5.0


def _may_pass(error: Exception) -> bool | float:
    """Whether it may pass by itself, or after how many seconds."""
    if isinstance(error, MethodBlocked) and error.wait_s is not None:
        # Not all at once, and never in haste: the portal's clock may be behind ours.
        return max(error.wait_s, _LEAST_S) + random.uniform(0.0, 1.0)  # noqa: S311 - only spreads the load
    return isinstance(error, BotError) and error.retriable


# Calls what needs the portal, until it succeeds or fails for good.
patiently = Patience(on=_may_pass)
# As above; when the portal has moved, waits for the administrator too, for until then nothing can be said there.
_until_said = Patience(on=lambda error: isinstance(error, PortalMoved) or _may_pass(error))


@dataclass(frozen=True, slots=True)
class Address:
    """Where the bot says something.

    Attributes:
        author_id: Who is answered; their token may post it when no other one lives.
        api: Of the event that is answered; counts only until the portal's own is known.
    """

    bot_id: int
    author_id: int
    api: imbot.Api
    dialog_id: str


# Nobody will hear it however often it is tried. A database that is away is no such reason: what is said is not lost.
_REFUSED = (BitrixError, NotConnected)


class Speech:
    """Messages of the bot to one address; `known` as for `Bitrix24.as_bot`."""

    def __init__(self, parts: Parts, portal: Portal, to: Address, known: Pairs | None = None) -> None:
        self._parts = parts
        self._to = to
        self._as_bot = parts.bitrix24.as_bot(portal, to.bot_id, to.author_id, known)
        self._api: imbot.Api = "v1" if (portal.bot_api or to.api) == "v1" else "v2"

    async def say(self, text: Safe, buttons: Sequence[imbot.AnyButton] = ()) -> bool:
        """Post a message; False when the portal refuses for good."""
        return await self.post(text, buttons) is not None

    async def post(self, text: Safe, buttons: Sequence[imbot.AnyButton] = ()) -> int | None:
        """Post a message and return its id, 0 when that is not known; None when the portal refuses for good."""
        try:
            result = await _until_said(self._send, lambda api: self._message(api, text, buttons))
        except _REFUSED as error:
            log.warning("reply.refused", reason=type(error).__name__, error_code=getattr(error, "code", ""))
            return None
        self._parts.metrics.replies.inc()
        return imbot.message_id(result) or 0

    async def rewrite(self, message_id: int, text: Safe, buttons: Sequence[imbot.AnyButton] | None = ()) -> int | None:
        """Replace what the bot said; when that is refused (somebody removed it, say), post it as a message of its own.

        Args:
            message_id: Of what the bot said.
            text: What it says now.
            buttons: None leaves those that there are.

        Returns:
            As `post`.
        """
        to = self._to
        try:
            await _until_said(self._send, lambda api: imbot.message_update(to.bot_id, api, message_id, text, buttons))
        except _REFUSED as error:
            log.info("reply.not-rewritten", reason=type(error).__name__, error_code=getattr(error, "code", ""))
            return await self.post(text, buttons or ())
        return message_id

    async def try_to_say(self, text: Safe) -> int | None:
        """Post a message that matters only now; return its id, or None when that is not known.

        Raises:
            NotReached, RateLimited: it was not posted.
        """
        try:
            result = await self._send(lambda api: self._message(api, text))
        except (NotReached, RateLimited):
            raise
        except _REFUSED as error:
            log.info("notice.refused", reason=type(error).__name__, error_code=getattr(error, "code", ""))
            return None
        self._parts.metrics.replies.inc()
        return imbot.message_id(result)

    def _message(self, api: imbot.Api, text: Safe, buttons: Sequence[imbot.AnyButton] = ()) -> Command:
        return imbot.message_send(self._to.bot_id, api, self._to.dialog_id, text, buttons)

    async def _send(self, command: Callable[[imbot.Api], Command]) -> Any:
        try:
            return await self._parts.outbox.send(self._as_bot, command(self._api))
        except MethodMissing:
            return await self._parts.outbox.send(self._as_bot, command("v1"))
