"""Lists of meetings in a chat: numbered rows with buttons, which are rewritten in place when a row was answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.ahead import Ahead, Meeting, clashing
from bot.changes import Change
from bot.context import Context
from bot.cronofy.methods.external import Obstacle
from bot.grammar import Call
from bot.lists import SENT, Elsewhere, Listing, Remark, Row, State
from bot.outside import name_events
from bot.references import Row as RowReference
from bot.references import write
from bot.replies import LONGEST, Button, Link, Reply
from bot.texts import Safe, inert

# Characters of a place, and of a calendar's name.
_PLACE = 30
_CALENDAR = 24
# The commands that the buttons of a row carry out; a list that asks for another one has a button for that.
_VERBS = frozenset({"", "accept", "decline"})
_AS_OUTSIDE: Mapping[State, str] = {"Y": "accepted", "N": "declined", "Q": "needs_action"}
_RESTORES = frozenset({"restore-answer", "restore-outside"})


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


async def show(ctx: Context, name: str, ahead: Ahead, found: Sequence[Meeting], verb: str = "") -> Reply:
    """Answer with a list, and remember it for `#2` and its buttons.

    Args:
        ctx: Who asked.
        name: Of the list: `agenda.heading-<name>` stands above it, `agenda.empty-<name>` instead of it, and where something
            could not be read `agenda.empty-<name>-so-far`.
        ahead: What was read.
        found: What of it is shown, by start.
        verb: The command that a row is to be chosen for, if the list asks.
    """
    # What is nobody else's business does not even show in a group that there is something.
    listed = [meeting for meeting in found if ctx.private or meeting.is_meeting]
    if not listed:
        empty = f"agenda.empty-{name}-so-far" if ahead.remarks else f"agenda.empty-{name}"
        text = ctx.text("agenda.empty-in-group" if found else empty)
        return Reply(
            Safe("\n".join([text, *_remarks(ctx, ahead.remarks)])), "unchanged", links=_links(ctx, ahead.remarks)
        )
    listing = Listing(
        key="",
        portal=ctx.portal,
        user_id=ctx.user_id,
        dialog_id=ctx.dialog_id,
        language=ctx.language,
        heading=_heading(ctx, name, verb),
        verb=verb,
        zone=ahead.zone.key,
        rows=await _rows(ctx, listed, ahead),
        page=1,
        made_at=int(ctx.now.timestamp()),
        remarks=ahead.remarks,
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
    undoable = answered_meetings(change) if change and change.promises else frozenset()
    rows = [_buttons(ctx, listing, row, number, undoable) for number, row in _numbered(listing)]
    buttons = tuple(row for row in [*rows, _turning(ctx, listing)] if row)
    shown = Reply(text, links=_links(ctx, listing.remarks), buttons=buttons, lists=True)
    return replace(shown, outcome=done.outcome, connects=done.connects, in_place=True) if done else shown


def note_answer(ctx: Context, reference: str, state: str) -> None:
    """Let the sender's lists here show, from the end of the message on, an answer that was given by other means than their buttons."""
    lists, now = ctx.store.lists, ctx.now.timestamp()
    ctx.at_end.append(lists.noting(ctx.portal, ctx.user_id, ctx.dialog_id, reference, state, now))


def _heading(ctx: Context, name: str, verb: str) -> str:
    if ctx.private:
        return f"agenda.heading-{name}"
    return "agenda.heading-question-in-group" if verb else "agenda.heading-in-group"


def _numbered(listing: Listing) -> Iterable[tuple[int, Row]]:
    return enumerate(listing.on_page, start=1)


async def _rows(ctx: Context, meetings: Sequence[Meeting], ahead: Ahead) -> tuple[Row, ...]:
    events = [meeting.outside for meeting in meetings if meeting.outside is not None]
    names = iter(await name_events(ctx, events, ahead.zone))
    rows = []
    for meeting in meetings:
        elsewhere = None if meeting.outside is None else _elsewhere(meeting, next(names))
        clash = clashing(meeting, ahead.meetings)
        rows.append(_row(meeting, elsewhere, clash.title if clash else ""))
    return tuple(rows)


def _elsewhere(meeting: Meeting, name: str) -> Elsewhere:
    assert meeting.outside is not None  # noqa: S101 - asked before
    event = meeting.outside
    calendar = event.calendar.name if event.calendar else ""
    if meeting.barred is Obstacle.NOT_INVITED:
        return Elsewhere(name, calendar, "own")
    answer = f"{SENT}{meeting.underway}" if meeting.underway else event.answer.value
    return Elsewhere(name, calendar, answer, meeting.barred.value if meeting.barred else "")


def _row(meeting: Meeting, elsewhere: Elsewhere | None, clash: str) -> Row:
    entry, event = meeting.inside, meeting.outside
    place = entry.place if entry else event.place if event else ""
    return Row(
        meeting_id=entry.meeting_id if entry else 0,
        title=meeting.title,
        starts=meeting.starts.isoformat(),
        ends=meeting.ends.isoformat(),
        all_day=meeting.all_day,
        state=_state(meeting),
        series=entry is not None and entry.series,
        exception=entry is not None and entry.exception,
        place=place,
        elsewhere=elsewhere,
        clash=clash,
    )


def _state(meeting: Meeting) -> State:
    entry = meeting.inside
    if entry is None:
        return "outside"
    if not entry.accessible:
        return "busy"
    return "own" if entry.answer is None else entry.answer.value


def answered_meetings(change: Change) -> frozenset[str]:
    """Return what a command has answered, as references, if it changed nothing else."""
    if any(call.name not in _RESTORES for call in change.undoing):
        return frozenset()
    return frozenset(call.words[0] for call in change.undoing)


# --- words


def _text(ctx: Context, listing: Listing, size: _Size, done: Reply | None) -> Safe:
    said = [done.short if size.brief and done.short else done.text] if done else []
    words = ctx.manifest.commands[listing.verb].words[ctx.language] if listing.verb else ("",)
    heading = ctx.text(listing.heading, zone=Safe(listing.zone), word=Safe(words[0]))
    lines = [_line(ctx, row, number, size) for number, row in _numbered(listing)]
    pages = [ctx.text("agenda.page", page=listing.page, pages=listing.pages)] if listing.pages > 1 else []
    return Safe("\n".join([*said, heading, *lines, *pages, *_remarks(ctx, listing.remarks)]))


def remarked(ctx: Context, reply: Reply, ahead: Ahead) -> Reply:
    """Add to a reply what could not be read, since that may be what was meant."""
    if ahead.whole:
        return reply
    return replace(reply, text=Safe("\n".join([reply.text, *_remarks(ctx, ahead.remarks)])))


def _remarks(ctx: Context, remarks: Sequence[Remark]) -> list[Safe]:
    return [ctx.text(remark.key, login=remark.of, minutes=remark.minutes) for remark in remarks] if ctx.private else []


def _links(ctx: Context, remarks: Sequence[Remark]) -> tuple[Link, ...]:
    return tuple(Link(ctx.text("cronofy.relink-button", login=one.of), one.url) for one in remarks if one.url)


def _line(ctx: Context, row: Row, number: int, size: _Size) -> Safe:
    if not ctx.private:
        answer = ctx.text(f"agenda.answer-{row.state}")
        return ctx.text("agenda.row-in-group", row=number, number=row.meeting_id, answer=answer)
    key = f"agenda.row-{row.state}" if row.state in ("own", "busy", "outside") else "agenda.row"
    title, when = inert(row.title, size.title), _when(ctx, row, size)
    elsewhere = row.elsewhere
    calendar = inert(elsewhere.calendar, min(size.title, _CALENDAR)) if elsewhere else Safe("")
    there = _answer_there(ctx, elsewhere) if elsewhere else Safe("")
    answer = there if row.state == "outside" else ctx.text(f"agenda.answer-{row.state}")
    line = ctx.text(key, row=number, number=row.meeting_id, title=title, when=when, answer=answer, calendar=calendar)
    if elsewhere and row.state != "outside":
        line = ctx.text("agenda.row-elsewhere", row=line, calendar=calendar, answer=there)
    if row.series:
        line = ctx.text("agenda.row-series", row=line)
    elif row.exception:
        line = ctx.text("agenda.row-one-day", row=line)
    if row.clash:
        line = ctx.text("agenda.row-clash", row=line, title=inert(row.clash, min(size.title, _CALENDAR)))
    return ctx.text("agenda.row-place", row=line, place=inert(row.place, _PLACE)) if row.place and size.places else line


def _answer_there(ctx: Context, elsewhere: Elsewhere) -> Safe:
    if elsewhere.answer.startswith(SENT):
        return ctx.text(f"agenda.answer-sent-{elsewhere.answer.removeprefix(SENT)}")
    answer = ctx.text(f"agenda.answer-{elsewhere.answer}")
    if not elsewhere.barred:
        return answer
    return ctx.text("agenda.answer-barred", answer=answer, why=ctx.text(f"outside.why-{elsewhere.barred}"))


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


def _buttons(ctx: Context, listing: Listing, row: Row, number: int, undoable: frozenset[str]) -> tuple[Button, ...]:
    """Return the buttons of a row; what would change nothing is there, but cannot be pressed."""
    references = row.references
    if listing.verb not in _VERBS and (references or row.state == "H"):
        chosen = write(RowReference(number, listing.shown_as))
        return (Button(ctx.text("agenda.button-choose", row=number), Call(listing.verb, (chosen,))),)
    if not references:
        return ()
    answers = _answers(row)
    # In a group others press too, whose answers are not known here.
    able = {
        "accept": answers != {"accepted"} or not ctx.private,
        "maybe": answers != {"tentative"},
        "decline": answers != {"declined"} or not ctx.private,
        "undo": (bool(undoable) and undoable.issubset(row.stands_for)) or not ctx.private,
    }
    if row.meeting_id:  # of which Bitrix24 knows no "maybe"
        del able["maybe"]
    return tuple(
        Button(
            ctx.text(f"agenda.button-{verb}", row=number),
            Call(f"row-{verb}", (listing.shown_as, str(number))),
            disabled=not is_able,
        )
        for verb, is_able in able.items()
    )


def _answers(row: Row) -> set[str]:
    """Return the sender's answers to what a row stands for, those on their way included, as Cronofy writes them."""
    inside = [_AS_OUTSIDE[row.state]] if row.state in _AS_OUTSIDE else []
    outside = [row.elsewhere.answer.removeprefix(SENT)] if row.elsewhere and row.elsewhere.answerable else []
    return {*inside, *outside}


def _turning(ctx: Context, listing: Listing) -> tuple[Button, ...]:
    """Return the buttons to other pages."""
    ways = (("back", listing.page - 1), ("next", listing.page + 1))
    return tuple(
        Button(ctx.text(f"agenda.button-{way}"), Call("page", (listing.shown_as, str(page))))
        for way, page in ways
        if 1 <= page <= listing.pages
    )
