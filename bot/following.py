"""Messages of ours that say the last word later: the commands that know better are asked until they do.

They are asked when they are due, and at once when Cronofy tells that something has changed.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot import events
from bot.acting import context_of
from bot.answering import follow, keyboard, part_of
from bot.context import Context
from bot.database.together import run_all
from bot.followups import FollowUp, Part
from bot.grammar import Call, bind
from bot.order import Place
from bot.parts import Parts
from bot.replies import Reply
from bot.speech import Address, Speech
from bot.store import Portal
from bot.texts import Safe


class Following:
    """Rewrites messages of one portal.

    Args:
        parts: What to work with.
        portal: Where the messages are.
    """

    def __init__(self, parts: Parts, portal: Portal) -> None:
        self._parts = parts
        self._portal = portal

    async def look(self, due: events.FollowUpDue) -> str:
        """Look again at a message, and once more later if need be; return what became of it."""
        follow_up = await self._parts.store.follow_ups.find(due.portal, due.answers)
        if follow_up is None:
            return "ignored: it says the last word already"
        left = await self._rewritten(follow_up)
        if left is None:
            return "done"
        await follow(self._parts, left, attempt=due.attempt + 1)
        return "waiting"

    async def hurry(self, user_id: int) -> str:
        """Look at once at all of a person's messages; those that have to wait are looked at when they are due."""
        for follow_up in await self._parts.store.follow_ups.of_person(self._portal.member_id, user_id):
            left = await self._rewritten(follow_up)
            if left is not None:
                await self._parts.store.follow_ups.keep(left, self._parts.clock())
        return "done"

    async def _rewritten(self, follow_up: FollowUp) -> FollowUp | None:
        """Ask what is known by now, and say it; return what remains to be asked, None when that is nothing."""
        ctx = await self._context(follow_up)
        store = self._parts.store
        replies = [await self._reply(ctx, part) for part in follow_up.parts]
        if any(part.asks and reply.outcome != "waiting" for part, reply in zip(follow_up.parts, replies, strict=True)):
            follow_up = await self._say(follow_up, ctx.together(replies))
        left = replace(follow_up, parts=tuple(map(part_of, replies)))
        is_left = any(part.asks for part in left.parts)
        # Not with the end of the event: the next message may show what this one has found out.
        works = ctx.at_end if is_left else [*ctx.at_end, store.follow_ups.dropping(follow_up)]
        if works:
            await store.database.write(lambda c: run_all(c, works))
        return left if is_left else None

    async def _reply(self, ctx: Context, part: Part) -> Reply:
        """Return what one part says now, and what it said before as long as nothing else is known."""
        if not part.asks:
            return Reply(Safe(part.text), short=Safe(part.short) or None)
        name, *words = part.asks
        reply = await self._call(ctx, Call(name, tuple(words)))
        if reply.outcome == "done" and part.adds:
            return replace(reply, text=Safe(f"{reply.text} {part.adds}"))
        if reply.outcome != "waiting" or reply.follows is None:
            return reply
        follows = replace(reply.follows, adds=Safe(part.adds) or None, is_whole=part.is_whole)
        return replace(reply, text=Safe(part.text), short=Safe(part.short) or None, follows=follows)

    async def _say(self, follow_up: FollowUp, reply: Reply) -> FollowUp:
        """Rewrite the message; the buttons that it has stay when there are no others."""
        buttons = keyboard(reply.buttons, self._parts.manifest, follow_up.language)
        to = Address(follow_up.bot_id, follow_up.user_id, follow_up.api, follow_up.dialog_id)
        speech = Speech(self._parts, self._portal, to)
        if follow_up.message_id:
            message_id = await speech.rewrite(follow_up.message_id, reply.text, buttons or None)
        else:
            message_id = await speech.post(reply.text, buttons)
        return replace(follow_up, message_id=message_id or follow_up.message_id)

    # --- asking

    async def _context(self, follow_up: FollowUp) -> Context:
        parts, portal = self._parts, self._portal
        now = int(parts.clock())
        return context_of(
            parts,
            portal,
            await parts.store.people.find(portal.member_id, follow_up.user_id),
            as_user=parts.bitrix24.as_user(portal, follow_up.user_id, background=True),
            event_key=follow_up.key,
            place=Place(None, now),
            dialog_id=follow_up.dialog_id,
            private=follow_up.private,
            outsider=False,
            language=follow_up.language,
            bot_id=follow_up.bot_id,
            call=Call("", ()),
            run=self._run,
            at_end=[],
        )

    async def _run(self, ctx: Context, calls: Sequence[Call]) -> Reply:
        return ctx.together([await self._call(ctx, call) for call in calls])

    async def _call(self, ctx: Context, call: Call) -> Reply:
        handler = self._parts.router.handlers[call.name]
        return await handler(replace(ctx, call=call), **bind(handler, call))
