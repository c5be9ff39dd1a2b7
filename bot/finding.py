"""Which meeting is meant: a number, a row of a list, the next one, part of a title, or all of a day.

What is certain is returned; everything else becomes a question or a sentence, and nothing is done.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from bot.ahead import Ahead, Meeting, in_period, once, read
from bot.asking import ANSWERS, TITLE, Found, Named, ask, ask_all, name_meetings, with_removal
from bot.bitrix24.methods import calendar
from bot.bitrix24.methods.calendar import Answer, Invitation
from bot.bitrix24.methods.person import known_zone
from bot.context import Context
from bot.cronofy.methods.external import Answer as OutsideAnswer
from bot.cronofy.methods.external import instant
from bot.errors import CronofyError
from bot.listing import remarked, show
from bot.lists import PAGE
from bot.lists import Row as ListedRow
from bot.naming import brief, label
from bot.outside import look_up, name_events
from bot.references import All, External, Next, Number, Reference, Row, Titled, normal, write
from bot.references import read as read_reference
from bot.replies import LONGEST, Reply

# Out of 100: how alike words and the nearest part of a title are, to be asked about.
_ALIKE = 80
# Letters from which the beginning of a word tells which one it is; fewer may be any other's, or a day's.
_TELLING = 4
# Letters that may have been written too many, as in "the weekly meeting".
_MORE = 9
# Letters from which a word of small talk may be the name of a meeting in another form.
_MUCH = 6
# The commands that give an answer outside, with it.
_OUTSIDE: Mapping[str, OutsideAnswer] = {
    "accept": OutsideAnswer.YES,
    "decline": OutsideAnswer.NO,
    "maybe": OutsideAnswer.MAYBE,
}


async def find(ctx: Context, reference: Reference, verb: str = "") -> Found | Reply:
    """Return the meeting that is meant, or the reply that asks which.

    Args:
        ctx: Who means it; the command in it is the one that a question repeats.
        reference: What was written.
        verb: The command that would change something.
    """
    match reference:
        case Number(meeting_id):
            invited = await calendar.invitation(ctx.as_user, meeting_id, outsider=ctx.outsider)
            return _unavailable(ctx, meeting_id) if invited is None else Found(invited)
        case External(name):
            return Found(None, name)
        case Row():
            return await _in_list(ctx, reference, verb)
        case Next():
            return await _begun(ctx, verb) or await _next(ctx, verb)
        case Titled():
            return await _begun(ctx, verb) or await _titled(ctx, reference, verb)
        case All(period):
            return await _all(ctx, period, verb)


def _unavailable(ctx: Context, meeting_id: int) -> Reply:
    return Reply(
        ctx.text("meeting.unavailable", number=meeting_id),
        "refused",
        short=ctx.text("meeting.unavailable-short", number=meeting_id),
    )


# --- rows of a list


async def _in_list(ctx: Context, reference: Row, verb: str) -> Found | Reply:
    if reference.of:
        listing = await ctx.store.lists.find(ctx.portal, reference.of, ctx.now.timestamp())
    else:
        listing = await ctx.last_list()
    if listing is None:
        return ctx.reply("agenda.no-list", "refused")
    if not 1 <= reference.row <= len(listing.on_page):
        return ctx.reply("agenda.no-row", "refused", row=reference.row, rows=len(listing.on_page))
    row = listing.on_page[reference.row - 1]
    # Names are one person's; whoever presses somebody else's button has no such event.
    is_own = listing.user_id == ctx.user_id and row.elsewhere is not None and row.elsewhere.answer != "own"
    outside = row.elsewhere.name if row.elsewhere and is_own else None
    if row.state in ("own", "busy", "outside"):
        if outside is not None:
            return Found(None, outside)
        kind = "own" if row.state == "outside" else row.state
        return ctx.reply(f"agenda.{kind}-entry", "refused", row=reference.row)
    is_answered_there = row.elsewhere is not None and row.elsewhere.answerable
    return await _still_there(ctx, row, reference.row, outside if is_answered_there else None, verb)


async def _still_there(ctx: Context, row: ListedRow, number: int, outside: str | None, verb: str) -> Found | Reply:
    """Read the meeting of a row; one that was moved since is asked about, one that vanished is said to have."""
    invited = await calendar.invitation(ctx.as_user, row.meeting_id, outsider=ctx.outsider)
    if invited is None:
        gone = ctx.text("agenda.vanished", row=number, number=row.meeting_id)
        short = ctx.text("meeting.unavailable-short", number=row.meeting_id)
        return Reply(gone, "refused", short=short, shows=((write(Number(row.meeting_id)), "gone"),))
    found, wanted = Found(invited, outside), ANSWERS.get(verb)
    # A reset asks anyway, with the new time.
    if wanted is None or invited.answer in (wanted, Answer.HOST) or not _has_moved(row, invited):
        return found
    named = await _name_moved(ctx, row, invited, outside, verb)
    text = ctx.text("agenda.moved-ask", row=number, meeting=named.label)
    short = ctx.text("agenda.moved-ask-short", row=number, meeting=named.brief)
    return replace(ask(ctx, named, verb, text), short=short)


async def _name_moved(ctx: Context, row: ListedRow, invited: Invitation, name: str | None, verb: str) -> Named:
    """Name a meeting that was moved; when it was moved to the same time outside, one question is enough for both."""
    named = Named(Found(invited, name), label(ctx, invited, ANSWERS[verb]), brief(ctx, invited))
    try:
        there = None if name is None else await look_up(ctx, name)
    except CronofyError:  # Bitrix24 can be answered all the same
        there = None
    if there is None or there.event is None:
        return named
    event, starts = there.event, instant(there.event.starts, there.zone)
    # Of a series the portal does not tell where a single day has gone.
    if not invited.series and not _has_moved(replace(row, starts=starts.isoformat(), all_day=event.all_day), invited):
        (name,) = await name_events(ctx, [event], there.zone)
    found, called = Found(invited, name), with_removal(ctx, named.label, event, verb)
    return replace(named, found=found, label=called)


def _has_moved(row: ListedRow, invited: Invitation) -> bool:
    """Whether a meeting starts at another time than when it was listed.

    A series is listed by occurrence and read by its first day (contract G.4), so only the time of day can be compared.
    """
    if invited.starts is None or row.all_day != invited.all_day:
        return invited.starts is not None
    listed = datetime.fromisoformat(row.starts)
    if row.all_day:
        return not invited.series and listed.date() != invited.starts.date()
    zone = known_zone(invited.zone)
    if zone is None:
        return False  # the portal does not tell enough to compare
    listed = listed.astimezone(zone).replace(tzinfo=None)
    return listed.time() != invited.starts.time() if invited.series else listed != invited.starts


# --- the calendar


async def _begun(ctx: Context, verb: str) -> Found | Reply | None:
    """Return what this command had begun to answer before it was interrupted.

    Since then another meeting may be the next one, or the only one of that title: the portal does not list what was declined.
    """
    begun = await ctx.begun()
    if not begun:
        return None
    ahead = await read(ctx)
    named = await name_meetings(ctx, ahead, [one for one in ahead.meetings if one.answerable], verb)
    found = (one.found for one in named if not set(begun).isdisjoint(one.found.references))
    return next(found, None) or await find(ctx, read_reference(begun[0]), verb)


async def _next(ctx: Context, verb: str) -> Found | Reply:
    ahead = await read(ctx)
    # What was declined is not listed by the portal, and counts as little outside.
    meant = [one for one in ahead.meetings if one.answerable and not one.is_declined]
    coming = [one for one in meant if one.starts.timestamp() > ctx.now.timestamp()]
    if not coming:
        return remarked(ctx, ctx.reply("agenda.no-next", "refused"), ahead)
    first = [one for one in coming if one.starts.timestamp() == coming[0].starts.timestamp()]
    if len(first) > 1:
        return await show(ctx, "which", ahead, first, ctx.call.name)
    (named,) = await name_meetings(ctx, ahead, first, verb)
    # An earlier one may stand in a calendar that was not read.
    if verb not in _OUTSIDE or await _is_all(ctx, ahead):
        return named.found
    return remarked(ctx, ask(ctx, named, verb), ahead)


async def _is_all(ctx: Context, ahead: Ahead) -> bool:
    """Whether all calendars of the sender were read; in a group those outside never are."""
    return ahead.whole and (ctx.private or not await ctx.has_account())


async def _titled(ctx: Context, reference: Titled, verb: str) -> Found | Reply:
    ahead = await read(ctx)
    meetings = once(one for one in ahead.meetings if one.is_meeting)
    exact = [one for one in meetings if _holds(one.title, reference.title)]
    is_certain = bool(exact) and not reference.casual
    meant = exact or [one for one in meetings if _resembles(one.title, reference)]
    if not meant:
        key = "agenda.no-title" if ctx.private else "agenda.no-title-in-group"
        return remarked(ctx, ctx.reply(key, "refused", title=reference.title), ahead)
    if len(meant) > 1:
        return await show(ctx, "which", ahead, meant, ctx.call.name)
    (named,) = await name_meetings(ctx, ahead, meant, verb)
    if verb not in _OUTSIDE or (is_certain and await _is_all(ctx, ahead)):  # a reset asks anyway
        return named.found
    return remarked(ctx, ask(ctx, named, verb), ahead)


def _holds(title: str, words: str) -> bool:
    """Whether a title holds the words, from the beginning of one of its own; to its end, if they are short."""
    end = r"(?!\w)" if len(words) < _TELLING else ""
    return re.search(rf"(?<!\w){re.escape(words)}{end}", normal(title)) is not None


def _resembles(title: str, reference: Titled) -> bool:
    """Whether a title holds something like the words: another case of a noun, a slip of a finger.

    Not when much more was said, which may turn the meaning round, and not for a short word of small talk.
    """
    words, title = reference.title, normal(title)
    if len(words) > len(title) + _MORE or (reference.casual and len(words) < _MUCH):
        return False
    from rapidfuzz import fuzz  # noqa: PLC0415 - 3 MB, for who misspells

    return fuzz.partial_ratio(words, title) >= _ALIKE


# --- all that waits


async def open_invitations(ctx: Context) -> tuple[Ahead, list[Meeting]]:
    """Return what waits for the sender's answer; a series once."""
    ahead = await read(ctx)
    return ahead, once((one for one in ahead.meetings if one.is_open), series_outside=True)


async def unanswered(ctx: Context, verb: str) -> Reply:
    """Answer a bare "accept": with one open invitation ask about it, with several list them."""
    ahead, waiting = await open_invitations(ctx)
    if len(waiting) != 1:
        return await show(ctx, "unanswered", ahead, waiting, verb)
    return remarked(ctx, ask(ctx, (await name_meetings(ctx, ahead, waiting, verb))[0], verb), ahead)


async def _all(ctx: Context, period: str, verb: str) -> Reply:
    """Ask about every meeting of a period that has another answer than the wanted one."""
    ahead = await read(ctx)
    within = in_period(ctx, ahead, period) if period else list(ahead.meetings)
    if verb not in ANSWERS and verb != "reset":
        return await show(ctx, "which", ahead, once(one for one in within if one.is_meeting), ctx.call.name)
    # What was declined is not listed by the portal, so "accept all" concerns what is not answered yet.
    meant = once(one for one in within if _needs(one, verb))
    if not meant:
        # A group does not hear what is missing.
        key = "agenda.nothing-to-answer" if ahead.whole or not ahead.remarks else "agenda.nothing-to-answer-so-far"
        return remarked(ctx, ctx.reply(key, "unchanged"), ahead)
    named = await name_meetings(ctx, ahead, meant, verb, limit=TITLE)
    counts = range(min(len(meant), PAGE), 0, -1)
    questions = (remarked(ctx, ask_all(ctx, named, count, verb), ahead) for count in counts)
    return next(question for question in questions if len(question.text) <= LONGEST)


def _needs(meeting: Meeting, verb: str) -> bool:
    """Whether the command would change an answer; nobody can take back one outside."""
    inside, outside = meeting.inside_answer, meeting.outside_answer
    if inside is not None and inside is not ANSWERS.get(verb, Answer.OPEN):
        return True
    return verb in _OUTSIDE and outside is not None and outside is not _OUTSIDE[verb]
