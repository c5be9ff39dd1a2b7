"""The Context of a command, from what the service is made of and what is known of its person."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.bitrix24.oauth import AsUser
from bot.context import Context
from bot.database import Work
from bot.grammar import Call
from bot.order import Place
from bot.parts import Parts
from bot.people import Person
from bot.replies import Reply
from bot.store import Portal


def context_of(
    parts: Parts,
    portal: Portal,
    person: Person,
    *,
    as_user: AsUser,
    event_key: str,
    place: Place,
    dialog_id: str,
    private: bool,
    outsider: bool,
    language: str,
    bot_id: int,
    call: Call,
    run: Callable[[Context, Sequence[Call]], Awaitable[Reply]],
    at_end: list[Work[Any]],
) -> Context:
    """Return the context of `call`, begun now for the first time; what the arguments mean, `Context` tells."""
    return Context(
        as_user=as_user,
        user_id=as_user.user_id,
        portal=portal.member_id,
        dialog_id=dialog_id,
        private=private,
        outsider=outsider,
        language=language,
        now=datetime.fromtimestamp(parts.clock(), UTC),
        sent_at=place.sent_at,
        repeated=False,
        confirmed=False,
        call=call,
        manifest=parts.manifest,
        event_key=event_key,
        place=place,
        store=parts.store,
        texts=parts.texts,
        person=person,
        times=parts.times,
        inbox=parts.inbox,
        bot_id=bot_id,
        cronofy=parts.cronofy,
        run=run,
        at_end=at_end,
    )
