"""A message of ours that is to be rewritten, on the emulated portal, with commands that answer what the test says."""

from dataclasses import replace

from bot import events
from bot.context import Router
from bot.following import Following
from bot.followups import FollowUp, Part
from bot.grammar import Call
from bot.replies import Follow, Reply
from bot.speech import Address, Speech
from bot.texts import Safe
from tests.acting import MEMBER, MIRA

BOT_ID = 905
# What commands say as long as they know nothing new; no person reads it.
WAITING = Safe("Not confirmed yet.")


def asks(word):
    return Call("look", (word,))


def waiting(word, after_s=10.0):
    return Reply(WAITING, "waiting", follows=Follow(asks(word), after_s))


def part(text, word, *, short="", after_s=2.0):
    return Part(text, short, asks=("look", word), after_s=after_s)


class Desk:
    """A message of ours that is to be rewritten, and what its commands would say of it."""

    def __init__(self, ask):
        self.portal, self.inbox, self.store = ask.portal, ask.inbox, ask.core.store
        self.known = {}
        self.asked = []
        self.contexts = []
        router = Router()
        router.command("look")(self.look_for)
        router.command("look-for-two")(self.look_for_two)
        self.parts = replace(ask.core.parts, router=router)
        self.following = Following(self.parts, self.store.portal(MEMBER))

    async def look_for(self, ctx, word: str) -> Reply:
        self.asked.append(word)
        self.contexts.append(ctx)
        return self.known.get(word) or waiting(word)

    async def look_for_two(self, ctx, first: str, second: str) -> Reply:
        return await ctx.run(ctx, [asks(first), asks(second)])

    async def say(self, *parts, buttons=(), user_id=MIRA, key="event-1", **differing):
        """Say the parts, and keep the message to be rewritten."""
        to = Address(BOT_ID, user_id, "v2", str(user_id))
        text = Safe("\n".join(one.text for one in parts))
        message_id = await Speech(self.parts, self.store.portal(MEMBER), to).post(text, buttons)
        message = self.portal.messages[-1]
        kept = FollowUp(
            portal=MEMBER,
            key=key,
            user_id=user_id,
            bot_id=BOT_ID,
            dialog_id=str(user_id),
            private=True,
            api="v2",
            language="en",
            message_id=message_id,
            parts=parts,
        )
        await self.store.follow_ups.keep(replace(kept, **differing), self.parts.clock())
        self.portal.calls.clear()
        return message

    async def look(self, attempt=1, key="event-1"):
        return await self.following.look(due(attempt, key))

    async def kept(self, key="event-1"):
        return await self.store.follow_ups.find(MEMBER, key)

    @property
    def methods(self):
        return [call.method.lower() for call in self.portal.calls if call.method.lower() != "batch"]


def due(attempt=1, key="event-1"):
    return events.FollowUpDue(portal=MEMBER, sent_at=0, domain="", user_id=MIRA, answers=key, attempt=attempt)
