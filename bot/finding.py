"""Which meeting is meant: a number, a row of a list, the next one, part of a title, or all of a day.

What is certain is returned; everything else becomes a question or a sentence, and nothing is done.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from rapidfuzz import fuzz

from bot.bitrix24.methods import calendar
from bot.bitrix24.methods.agenda import Agenda, Entry
from bot.bitrix24.methods.calendar import Answer, Invitation
from bot.bitrix24.methods.person import known_zone
from bot.context import Context
from bot.grammar import Call
from bot.listing import read, show
from bot.lists import PAGE
from bot.lists import Row as ListedRow
from bot.naming import brief, invitation_of, label
from bot.references import All, Next, Number, Reference, Row, Titled, normal
from bot.replies import LONGEST, Reply
from bot.texts import Safe

# Characters of a title in a question about several meetings.
_TITLE = 40
_WEEK = timedelta(days=7)
# Out of 100: how alike words and the nearest part of a title are, to be asked about.
_ALIKE = 80
# Letters from which the beginning of a word tells which one it is; fewer may be any other's, or a day's.
_TELLING = 4
# Letters that may have been written too many, as in "the weekly meeting".
_MORE = 9
# Letters from which a word of small talk may be the name of a meeting in another form.
_MUCH = 6
# The commands that give an answer; a third one takes it back.
_VERBS = {Answer.YES: "accept", Answer.NO: "decline"}


async def find(ctx: Context, reference: Reference, wanted: Answer | None = None) -> Invitation | Reply:
    """Return the meeting that is meant, with the sender's present answer, or the reply that asks which.

    Args:
        ctx: Who means it; the command in it is the one that a question repeats.
        reference: What was written.
        wanted: The answer that the command would give.
    """
    match reference:
        case Number(meeting_id):
            invited = await calendar.invitation(ctx.as_user, meeting_id, outsider=ctx.outsider)
            return _unavailable(ctx, meeting_id) if invited is None else invited
        case Row():
            return await _in_list(ctx, reference, wanted)
        case Next():
            return await _next(ctx)
        case Titled():
            return await _titled(ctx, reference, wanted)
        case All(period):
            return await _all(ctx, period, wanted)


def _unavailable(ctx: Context, meeting_id: int) -> Reply:
    return Reply(
        ctx.text("meeting.unavailable", number=meeting_id),
        "refused",
        short=ctx.text("meeting.unavailable-short", number=meeting_id),
    )


# --- rows of a list


async def _in_list(ctx: Context, reference: Row, wanted: Answer | None) -> Invitation | Reply:
    if reference.of:
        listing = await ctx.store.lists.find(ctx.portal, reference.of, ctx.now.timestamp())
    else:
        listing = await ctx.last_list()
    if listing is None:
        return ctx.reply("agenda.no-list", "refused")
    if not 1 <= reference.row <= len(listing.on_page):
        return ctx.reply("agenda.no-row", "refused", row=reference.row, rows=len(listing.on_page))
    row = listing.on_page[reference.row - 1]
    if row.state in ("own", "busy"):
        return ctx.reply(f"agenda.{row.state}-entry", "refused", row=reference.row)
    return await _still_there(ctx, row, reference.row, wanted)


async def _still_there(ctx: Context, row: ListedRow, number: int, wanted: Answer | None) -> Invitation | Reply:
    """Read the meeting of a row; one that was moved since is asked about, one that vanished is said to have."""
    invited = await calendar.invitation(ctx.as_user, row.meeting_id, outsider=ctx.outsider)
    if invited is None:
        gone = ctx.text("agenda.vanished", row=number, number=row.meeting_id)
        short = ctx.text("meeting.unavailable-short", number=row.meeting_id)
        return Reply(gone, "refused", short=short, state="gone")
    # A reset asks anyway, with the new time.
    if wanted not in _VERBS or invited.answer in (wanted, Answer.HOST) or not _has_moved(row, invited):
        return invited
    text = ctx.text("agenda.moved-ask", row=number, meeting=label(ctx, invited, wanted))
    short = ctx.text("agenda.moved-ask-short", row=number, meeting=brief(ctx, invited))
    return replace(_ask(ctx, invited, wanted, text), short=short)


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


async def _next(ctx: Context) -> Invitation | Reply:
    entries = _answerable((await read(ctx)).entries)
    ahead = [entry for entry in entries if entry.starts.timestamp() > ctx.now.timestamp()]
    if not ahead:
        return ctx.reply("agenda.no-next", "refused")
    first = [entry for entry in ahead if entry.starts.timestamp() == ahead[0].starts.timestamp()]
    return invitation_of(first[0]) if len(first) == 1 else await show(ctx, "which", first, ctx.call.name)


async def _titled(ctx: Context, reference: Titled, wanted: Answer | None) -> Invitation | Reply:
    meetings = _once(filter(_is_meeting, (await read(ctx)).entries))
    exact = [entry for entry in meetings if _holds(entry.title, reference.title)]
    is_certain = bool(exact) and not reference.casual
    meant = exact or [entry for entry in meetings if _resembles(entry.title, reference)]
    if not meant:
        key = "agenda.no-title" if ctx.private else "agenda.no-title-in-group"
        return ctx.reply(key, "refused", title=reference.title)
    if len(meant) > 1:
        return await show(ctx, "which", meant, ctx.call.name)
    invited = invitation_of(meant[0])
    return invited if is_certain or wanted not in _VERBS else _ask(ctx, invited, wanted)  # a reset asks anyway


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
    return fuzz.partial_ratio(words, title) >= _ALIKE


def _ask(ctx: Context, invited: Invitation, wanted: Answer, text: Safe | None = None) -> Reply:
    """Ask whether to accept, or to decline, a meeting."""
    verb, number = _VERBS[wanted], invited.meeting_id
    return Reply(
        text or ctx.text(f"meeting.{verb}-ask", meeting=label(ctx, invited, wanted)),
        "asked",
        asks=(Call(verb, (str(number),)),),
        agrees=ctx.text(f"meeting.{verb}-button", number=number),
        short=ctx.text(f"meeting.{verb}-ask-short", meeting=brief(ctx, invited)),
    )


async def open_invitations(ctx: Context) -> list[Entry]:
    """Return what waits for the sender's answer; a series once, since its answer counts for all of it."""
    return _once(entry for entry in _answerable((await read(ctx)).entries) if entry.answer is Answer.OPEN)


async def unanswered(ctx: Context, wanted: Answer) -> Reply:
    """Answer a bare "accept": with one open invitation ask about it, with several list them."""
    waiting = await open_invitations(ctx)
    if len(waiting) != 1:
        return await show(ctx, "unanswered", waiting, _VERBS[wanted])
    return _ask(ctx, invitation_of(waiting[0]), wanted)


async def _all(ctx: Context, period: str, wanted: Answer | None) -> Reply:
    """Ask about every meeting of a period that has another answer than the wanted one."""
    agenda = await read(ctx)
    within = in_period(ctx, agenda, period) if period else list(agenda.entries)
    if wanted is None:
        return await show(ctx, "which", _once(filter(_is_meeting, within)), ctx.call.name)
    # What was declined is not listed by the portal, so "accept all" concerns what is not answered yet.
    meant = _once(entry for entry in _answerable(within) if entry.answer is not wanted)
    if not meant:
        return ctx.reply("agenda.nothing-to-answer", "unchanged")
    invitations = [invitation_of(entry) for entry in meant]
    questions = (_ask_all(ctx, invitations, count, wanted) for count in range(min(len(meant), PAGE), 0, -1))
    return next(question for question in questions if len(question.text) <= LONGEST)


def _ask_all(ctx: Context, invitations: Sequence[Invitation], count: int, wanted: Answer) -> Reply:
    """Ask about the first `count` meetings, each of them named."""
    asked, left = invitations[:count], len(invitations) - count
    lines = [ctx.text("agenda.all-line", meeting=label(ctx, invited, wanted, limit=_TITLE)) for invited in asked]
    more = [ctx.text("agenda.all-more", more=left)] if left else []
    heading = ctx.text(f"agenda.all-{_VERBS.get(wanted, 'reset')}", count=count)
    return Reply(
        Safe("\n".join([heading, *lines, *more])),
        "asked",
        asks=tuple(Call(ctx.call.name, (str(invited.meeting_id),)) for invited in asked),
    )


def in_period(ctx: Context, agenda: Agenda, period: str) -> list[Entry]:
    """Return what takes place today, tomorrow, or within the next seven days, on the sender's clock."""
    if period == "week":
        end = (ctx.now + _WEEK).timestamp()
        return [entry for entry in agenda.entries if entry.starts.timestamp() < end]
    today = ctx.now.astimezone(agenda.zone).date()
    day = today + timedelta(days=1) if period == "tomorrow" else today
    return [entry for entry in agenda.entries if _takes_place(entry, day)]


def _takes_place(entry: Entry, day: date) -> bool:
    last = (entry.ends - timedelta(microseconds=1)).date()
    return entry.starts.date() <= day <= last


def _is_meeting(entry: Entry) -> bool:
    return entry.answer is not None and entry.accessible


def _answerable(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if _is_meeting(entry) and entry.answer is not Answer.HOST]


def _once(entries: Iterable[Entry]) -> list[Entry]:
    """Leave the first occurrence of each meeting."""
    first: dict[int, Entry] = {}
    for entry in entries:
        first.setdefault(entry.meeting_id, entry)
    return list(first.values())
