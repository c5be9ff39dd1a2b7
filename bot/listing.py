"""Lists of meetings in a chat: numbered rows with buttons, which are rewritten in place when a row was answered."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.bitrix24.methods import agenda as agendas
from bot.bitrix24.methods.agenda import Agenda, Entry
from bot.bitrix24.methods.calendar import Answer
from bot.changes import Change
from bot.context import Context
from bot.errors import BitrixError
from bot.grammar import Call
from bot.lists import Listing, Row, State
from bot.naming import FALLBACK_ZONE
from bot.replies import LONGEST, Button, Reply
from bot.texts import Safe, inert

# How far ahead invitations and titles are looked for; the portal's own default.
FAR_DAYS = 60
# Characters of a place.
_PLACE = 30
_ANSWERABLE: frozenset[State] = frozenset({"Y", "N", "Q"})
_UNNAMED: frozenset[State] = frozenset({"own", "busy", "gone"})
# The commands that the buttons of a row carry out; a list that asks for another one has a button for that.
_VERBS = frozenset({"", "accept", "decline"})
_RESTORE = "restore-answer"


@dataclass(frozen=True, slots=True)
class _Size:
    """How much a list says.

    Attributes:
        title: Most characters of a title.
        places: Where meetings take place.
        ends: When they end, and the year if it is another.
        brief: What a button did is said in a few words.
    """

    title: int
    places: bool = True
    ends: bool = True
    brief: bool = False


# The first that keeps the list short enough counts.
_SIZES = (
    _Size(60),
    _Size(40),
    _Size(32),
    _Size(40, places=False),
    _Size(28, places=False),
    _Size(20, places=False),
    _Size(14, places=False),
    _Size(8, places=False, ends=False, brief=True),
)


async def read(ctx: Context, days: int = FAR_DAYS) -> Agenda:
    """Read the sender's next days, and learn their zone by the way.

    Raises:
        BitrixError: The calendar cannot be read; it says so, where the portal refuses without a code (contract G.5).
    """
    try:
        zone = ctx.day.zone if ctx.day else FALLBACK_ZONE
        found = await agendas.agenda(ctx.as_user, days=days, now=ctx.now, fallback=zone)
    except BitrixError as error:
        if error.code or error.retriable:
            raise
        raise BitrixError(method=error.method, text="agenda.closed") from None
    await ctx.place_day(found.day)
    return found


async def show(ctx: Context, name: str, entries: Iterable[Entry], verb: str = "") -> Reply:
    """Answer with a list, and remember it for `#2` and its buttons.

    Args:
        ctx: Who asked.
        name: Of the list: `agenda.heading-<name>` stands above it, `agenda.empty-<name>` instead of it.
        entries: By start.
        verb: The command that a row is to be chosen for, if the list asks.
    """
    # What is nobody else's business does not even show in a group that there is something.
    found = list(entries)
    listed = [entry for entry in found if ctx.private or (entry.answer is not None and entry.accessible)]
    if not listed:
        return ctx.reply("agenda.empty-in-group" if found else f"agenda.empty-{name}", "unchanged")
    listing = Listing(
        key="",
        portal=ctx.portal,
        user_id=ctx.user_id,
        dialog_id=ctx.dialog_id,
        language=ctx.language,
        heading=_heading(ctx, name, verb),
        verb=verb,
        zone=str(listed[0].starts.tzinfo),
        rows=tuple(map(_row, listed)),
        page=1,
        made_at=int(ctx.now.timestamp()),
    )
    kept = await ctx.store.lists.keep(listing, ctx.event_key, ctx.made_by)
    return ctx.reply("agenda.one-list", "refused") if kept is None else await render(ctx, kept)


async def render(ctx: Context, listing: Listing, done: Reply | None = None) -> Reply:
    """Word a list as it is now.

    Args:
        ctx: Who reads it.
        listing: What there is.
        done: What a button has done; it stands above the list, or alone if there is no room for both.
    """
    for size in _SIZES:
        text = _text(ctx, listing, size, done)
        if len(text) <= LONGEST:
            break
    else:
        if done:
            return done
    change = await ctx.last_change()
    undoable = answered_meeting(change) if change and change.undone_by is None else None
    rows = [_buttons(ctx, listing, row, number, undoable) for number, row in _numbered(listing)]
    shown = Reply(text, buttons=tuple(row for row in [*rows, _turning(ctx, listing)] if row), lists=True)
    return replace(shown, outcome=done.outcome, connects=done.connects, in_place=True) if done else shown


async def note_answer(ctx: Context, meeting_id: int, answer: Answer) -> None:
    """Let the sender's last list show an answer that was given by other means than its buttons."""
    listing = await ctx.last_list()
    if listing is not None and any(row.meeting_id == meeting_id for row in listing.rows):
        await ctx.store.lists.rewrite(listing.answered(meeting_id, answer.value), listing.made_at)


def _heading(ctx: Context, name: str, verb: str) -> str:
    if ctx.private:
        return f"agenda.heading-{name}"
    return "agenda.heading-question-in-group" if verb else "agenda.heading-in-group"


def _numbered(listing: Listing) -> Iterable[tuple[int, Row]]:
    return enumerate(listing.on_page, start=1)


def _row(entry: Entry) -> Row:
    answer: State = "own" if entry.answer is None else entry.answer.value
    return Row(
        meeting_id=entry.meeting_id,
        title=entry.title if entry.accessible else "",
        starts=entry.starts.isoformat(),
        ends=entry.ends.isoformat(),
        all_day=entry.all_day,
        state=answer if entry.accessible else "busy",
        series=entry.series,
        exception=entry.exception,
        place=entry.place,
    )


def answered_meeting(change: Change) -> int | None:
    """Return the number of the meeting that a command answered, if it changed nothing else."""
    if len(change.undoing) != 1:
        return None
    call = change.undoing[0]
    return int(call.words[0]) if call.name == _RESTORE else None


# --- words


def _text(ctx: Context, listing: Listing, size: _Size, done: Reply | None) -> Safe:
    said = [done.short if size.brief and done.short else done.text] if done else []
    words = ctx.manifest.commands[listing.verb].words[ctx.language] if listing.verb else ("",)
    heading = ctx.text(listing.heading, zone=Safe(listing.zone), word=Safe(words[0]))
    lines = [_line(ctx, row, number, size) for number, row in _numbered(listing)]
    pages = [ctx.text("agenda.page", page=listing.page, pages=listing.pages)] if listing.pages > 1 else []
    return Safe("\n".join([*said, heading, *lines, *pages]))


def _line(ctx: Context, row: Row, number: int, size: _Size) -> Safe:
    answer = ctx.text(f"agenda.answer-{row.state}")
    if not ctx.private:
        return ctx.text("agenda.row-in-group", row=number, number=row.meeting_id, answer=answer)
    key = f"agenda.row-{row.state}" if row.state in ("own", "busy") else "agenda.row"
    title, when = inert(row.title, size.title), _when(ctx, row, size)
    line = ctx.text(key, row=number, number=row.meeting_id, title=title, when=when, answer=answer)
    if row.series:
        line = ctx.text("agenda.row-series", row=line)
    elif row.exception:
        line = ctx.text("agenda.row-one-day", row=line)
    return ctx.text("agenda.row-place", row=line, place=inert(row.place, _PLACE)) if row.place and size.places else line


def _when(ctx: Context, row: Row, size: _Size) -> Safe:
    start, end = datetime.fromisoformat(row.starts), datetime.fromisoformat(row.ends)
    if not size.ends:
        return ctx.text("agenda.all-day" if row.all_day else "agenda.start", start=start, now=start)
    if row.all_day:
        last = end - timedelta(days=1)
        key = "agenda.all-day" if last.date() <= start.date() else "agenda.all-days"
        return ctx.text(key, start=start, end=last, now=ctx.now)
    key = "agenda.hours" if end.date() == start.date() or _is_midnight_after(start, end) else "agenda.overnight"
    return ctx.text(key, start=start, end=end, now=ctx.now)


def _is_midnight_after(start: datetime, end: datetime) -> bool:
    """Whether it ends with its own day: "22:00-00:00" needs no second date."""
    return (end.hour, end.minute) == (0, 0) and end.date() - start.date() == timedelta(days=1)


# --- buttons


def _buttons(ctx: Context, listing: Listing, row: Row, number: int, undoable: int | None) -> tuple[Button, ...]:
    """Return the buttons of a row; what would change nothing is there, but cannot be pressed."""
    if listing.verb not in _VERBS and row.state not in _UNNAMED:
        return (Button(ctx.text("agenda.button-choose", row=number), Call(listing.verb, (str(row.meeting_id),))),)
    if row.state not in _ANSWERABLE:
        return ()
    # In a group others press too, whose answers are not known here.
    able = {
        "accept": row.state != "Y" or not ctx.private,
        "decline": row.state != "N" or not ctx.private,
        "undo": row.meeting_id == undoable or not ctx.private,
    }
    return tuple(
        Button(
            ctx.text(f"agenda.button-{verb}", row=number),
            Call(f"row-{verb}", (listing.shown_as, str(number))),
            disabled=not is_able,
        )
        for verb, is_able in able.items()
    )


def _turning(ctx: Context, listing: Listing) -> tuple[Button, ...]:
    """Return the buttons to other pages."""
    ways = (("back", listing.page - 1), ("next", listing.page + 1))
    return tuple(
        Button(ctx.text(f"agenda.button-{way}"), Call("page", (listing.shown_as, str(page))))
        for way, page in ways
        if 1 <= page <= listing.pages
    )
