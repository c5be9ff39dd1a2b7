"""What somebody has promised in the other calendar for the time of a meeting that they accept.

It is said and no more than that: it is their decision. Each calendar shows its own meetings side by side, so only the other one is
looked at; and when it cannot be read soon, nothing is said, since the answer itself is what they wanted. Nor is it when several
commands came in one message, where it would cost a reading for each.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from bot import ahead
from bot.ahead import FAR_DAYS
from bot.bitrix24.methods.calendar import Invitation
from bot.bitrix24.methods.person import known_zone
from bot.context import Context
from bot.cronofy.methods import events
from bot.cronofy.methods.external import Answer, ExternalEvent
from bot.cronofy.methods.identity import userinfo
from bot.errors import BitrixError, CronofyError, NotConnected
from bot.naming import invitation_of, label
from bot.outside import event_label
from bot.references import normal
from bot.texts import Safe

# The portal counts days from its own now.
_MARGIN = timedelta(days=2)
# Seconds; the answer itself is given already.
_PATIENCE_S = 2.0


async def clash_outside(ctx: Context, invited: Invitation) -> Safe | None:
    """Say what the sender attends outside at the time of a single meeting in Bitrix24."""
    zone = known_zone(invited.zone)
    if zone is None or invited.starts is None or invited.ends is None or invited.all_day or invited.series:
        return None
    if not (ctx.private and ctx.alone and await ctx.has_account()):
        return None
    starts, ends = invited.starts.replace(tzinfo=zone), invited.ends.replace(tzinfo=zone)
    ours = ctx.day.zone if ctx.day else zone
    try:
        async with asyncio.timeout(_PATIENCE_S):
            identity = await userinfo(ctx.as_account)
            found = await events.read(ctx.as_account, identity.calendars, starts, ends, ours)
    except (CronofyError, TimeoutError):
        return None
    title = normal(invited.title or "")
    # With the same title it is the same meeting, most likely.
    others = [one for one in found if not _is_vague(one) and one.ends > starts and normal(one.title) != title]
    other = await _first_attended(ctx, others)
    return None if other is None else ctx.text("agenda.clash", meeting=event_label(ctx, other, ours))


def _is_vague(event: ExternalEvent) -> bool:
    return event.all_day or event.cancelled


async def _first_attended(ctx: Context, found: Sequence[ExternalEvent]) -> ExternalEvent | None:
    """Return the first event that the sender goes to, perhaps, as soon as what is on its way has arrived."""
    if not found:
        return None
    underway = await ctx.store.externals.all_underway(ctx.portal, ctx.user_id, ctx.now.timestamp())
    answers = ((event, ahead.on_its_way(ctx, event, underway) or event.answer) for event in found)
    return next((event for event, answer in answers if answer in (Answer.YES, Answer.MAYBE)), None)


async def clash_inside(ctx: Context, event: ExternalEvent) -> Safe | None:
    """Say what the sender attends in Bitrix24 at the time of an event outside."""
    days = (event.starts - ctx.now + _MARGIN).days if not event.all_day else 0
    if not (ctx.private and ctx.alone and 0 < days <= FAR_DAYS):
        return None
    try:
        async with asyncio.timeout(_PATIENCE_S):
            meetings = await ahead.beside(ctx, event, days)
    except (BitrixError, NotConnected, TimeoutError):
        return None
    ours = next(one for one in meetings if one.outside is event)
    other = ahead.clashing(ours, meetings)
    if other is None or other.inside is None:
        return None
    return ctx.text("agenda.clash", meeting=label(ctx, invitation_of(other.inside)))
