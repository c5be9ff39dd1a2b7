"""Lists of meetings that people were shown: what `#2` and the buttons of a row mean, for a day, also after a restart.

The key in a button finds the list and gives no right to anything: whoever presses acts for themselves. Titles and places are
other people's text and nobody else's business, so rows are encrypted.
"""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, NamedTuple, cast

import structlog
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    ScalarSelect,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    update,
)

from bot.database import Database, Work, insert, metadata
from bot.database.together import Share
from bot.references import External, Number, write
from bot.vault import Vault, known

log = structlog.get_logger()

# How long a list can be referred to.
KEPT_S = 24 * 3600
# Rows of a page: what `#1` to `#9` can name.
PAGE = 9

lists = Table(
    "lists",
    metadata,
    Column("key", String, primary_key=True),
    Column("portal", String, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("dialog_id", String, nullable=False),
    Column("made_by", String, nullable=False),  # event and command
    Column("made_at", BigInteger, nullable=False),
    Column("content", Text, nullable=False),  # encrypted
    Column("number", BigInteger, nullable=False, server_default="0"),  # rises with each of a person's lists
    Index("lists_of_person", "portal", "user_id"),
)

# What is there to be answered; `own` entries are no invitations, of `busy` ones only the time is known, `gone` ones are not
# there any more, and what is `outside` only has no answer in Bitrix24.
State = Literal["Y", "N", "Q", "H", "own", "busy", "gone", "outside"]
ANSWERABLE: frozenset[State] = frozenset({"Y", "N", "Q"})
# Where a sent answer was not seen in the calendar yet.
SENT = "sent-"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The part of a row that stands in a calendar outside Bitrix24.

    Attributes:
        name: What the event is called in buttons (`externals`).
        calendar: Its owner's text.
        answer: As Cronofy writes it, after `sent-` while it is on its way; or `own`, or `gone`.
        barred: Why it cannot be answered; "" when it can.
    """

    name: str
    calendar: str
    answer: str
    barred: str = ""

    @property
    def answerable(self) -> bool:
        return not self.barred and self.answer not in ("own", "gone")


@dataclass(frozen=True, slots=True)
class Row:
    """One meeting as it was listed.

    Attributes:
        meeting_id: 0 for what is outside Bitrix24 only.
        title: Other people's text; empty where only "busy" may be shown.
        starts: ISO 8601 with offset, in the person's zone.
        ends: Likewise, exclusive.
        series: The answer counts for all occurrences.
        place: Other people's text.
        elsewhere: Where the meeting, or the same one, stands outside Bitrix24.
        clash: Title of what the person attends at the same time in the other calendar; other people's text.
    """

    meeting_id: int
    title: str
    starts: str
    ends: str
    all_day: bool
    state: State
    series: bool
    exception: bool
    place: str
    elsewhere: Elsewhere | None = None
    clash: str = ""

    @property
    def stands_for(self) -> frozenset[str]:
        """What it is, whether that can be answered or not, as `references.write` writes it."""
        inside = {write(Number(self.meeting_id))} if self.meeting_id else set()
        return frozenset(inside | {write(External(self.elsewhere.name))} if self.elsewhere else inside)

    @property
    def references(self) -> tuple[str, ...]:
        """What can be answered of it, as `references.write` writes it."""
        inside = (write(Number(self.meeting_id)),) if self.state in ANSWERABLE else ()
        outside = self.elsewhere
        return (*inside, write(External(outside.name))) if outside and outside.answerable else inside

    def answered(self, reference: str, state: str) -> "Row":
        """Return the row with another state of what `reference` names; as it is when that stands elsewhere."""
        if self.meeting_id and reference == write(Number(self.meeting_id)):
            return replace(self, state=cast("State", state))
        if self.elsewhere is not None and reference == write(External(self.elsewhere.name)):
            return replace(self, elsewhere=replace(self.elsewhere, answer=state))
        return self


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence below a list.

    Attributes:
        of: What it is about, other people's text.
        url: Page that mends it; "" when there is none.
        minutes: How long it lasts, counted from when the list was made, for a sentence that tells.
    """

    key: str
    of: str = ""
    url: str = ""
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """A list as it was shown.

    Attributes:
        user_id: Whose calendar it is.
        heading: Key of the sentence above it.
        verb: The command that a row is chosen for; "" for a list that only shows.
        page: Counted from 1.
        remarks: What the list lacks, and why.
    """

    key: str
    portal: str
    user_id: int
    dialog_id: str
    language: str
    heading: str
    verb: str
    zone: str
    rows: tuple[Row, ...]
    page: int
    made_at: int
    remarks: tuple[Remark, ...] = ()

    def answered(self, reference: str, state: str) -> "Listing":
        """Return the list with another state of a meeting, in all its rows."""
        return replace(self, rows=tuple(row.answered(reference, state) for row in self.rows))

    @property
    def shown_as(self) -> str:
        """What stands in its buttons: key and page, since two messages may show two pages of one list."""
        return f"{self.key}-{self.page}"

    @property
    def on_page(self) -> tuple[Row, ...]:
        return self.rows[(self.page - 1) * PAGE : self.page * PAGE]

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.rows) // PAGE))


# Every answer asks for these.
_ALL_OF = (
    select(lists)
    .where(
        lists.c.portal == bindparam("portal"),
        lists.c.user_id == bindparam("user_id"),
        lists.c.dialog_id == bindparam("dialog_id"),
        lists.c.made_at >= bindparam("since"),
    )
    .with_for_update()
)


class _Shown(NamedTuple):
    """What a person was shown in a dialog since a moment, unix seconds."""

    portal: str
    user_id: int
    dialog_id: str
    since: int


@dataclass(frozen=True, slots=True)
class _Note:
    """A state of a meeting, and the lists that are to tell it."""

    shown: _Shown
    reference: str
    state: str


class Lists:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def keep(self, listing: Listing, event_key: str, made_by: str) -> Listing | None:
        """Keep a list under a new key; a command that goes on after an interruption keeps the key that its list has got.

        Args:
            listing: What is shown.
            event_key: Of the message that is answered with it.
            made_by: The command in it; begins with `event_key` and a space.

        Returns:
            None when another command of the message was answered with a list already: `#2` could mean either.
        """

        def work(connection: Connection) -> Listing | None:
            statement = select(lists.c.key, lists.c.made_by).where(
                lists.c.portal == listing.portal, _made_by(event_key)
            )
            known = connection.execute(statement).one_or_none()
            if known is not None and known.made_by != made_by:
                return None
            kept = replace(listing, key=secrets.token_hex(4) if known is None else known.key)
            fresh = insert(lists).values(made_by=made_by, number=_next_number(kept), **self._row(kept))
            connection.execute(fresh.on_conflict_do_update(index_elements=["key"], set_=self._row(kept)))
            return kept

        return await self._database.write(work)

    async def rewrite(self, listing: Listing, now: float) -> None:
        """Keep what became of a list, which is what its owner was shown last now."""
        row = self._row(replace(listing, made_at=int(now)))
        statement = update(lists).where(lists.c.key == listing.key).values(row)
        await self._database.write(lambda c: c.execute(statement))

    async def find(self, portal: str, shown_as: str, now: float) -> Listing | None:
        """Return the list of a button, turned to the page that the button stands below."""
        key, _, page = shown_as.partition("-")
        listing = await self._first(lists.c.portal == portal, lists.c.key == key, now=now)
        if listing is None or page not in map(str, range(1, listing.pages + 1)):
            return None
        return replace(listing, page=int(page))

    async def shown(self, portal: str, shown_as: str, now: float) -> Listing | None:
        """Return the list of a button at the page to which its owner has turned it since."""
        key = shown_as.partition("-")[0]
        return await self._first(lists.c.portal == portal, lists.c.key == key, now=now)

    def noting(self, portal: str, user_id: int, dialog_id: str, reference: str, state: str, now: float) -> Work[None]:
        """Return the work that lets all lists which a person was shown in a dialog tell another state of a meeting."""
        return Share(self._note, _Note(_Shown(portal, user_id, dialog_id, int(now - KEPT_S)), reference, state))

    def _note(self, connection: Connection, notes: Sequence[_Note]) -> list[None]:
        by_whose: defaultdict[_Shown, list[_Note]] = defaultdict(list)
        for note in notes:
            by_whose[note.shown].append(note)
        for shown, states in by_whose.items():
            for row in connection.execute(_ALL_OF, shown._asdict()).all():
                listing = self._readable(row)
                answered = listing
                for note in states:
                    answered = answered and answered.answered(note.reference, note.state)
                if answered and answered != listing:
                    connection.execute(update(lists).where(lists.c.key == answered.key).values(self._row(answered)))
        return [None] * len(notes)

    def _readable(self, row: Any) -> Listing | None:
        """Pass over what nobody here can read, since another release has written it. The event has to end."""
        try:
            return self._opened(row)
        except (KeyError, TypeError, AttributeError) as error:
            log.info("list.not-readable", reason=type(error).__name__)
            return None

    async def forget_all_of(self, portal: str, user_id: int) -> None:
        """Remove all of a person's."""
        statement = delete(lists).where(lists.c.portal == portal, lists.c.user_id == user_id)
        await self._database.write(lambda c: c.execute(statement))

    async def last(self, portal: str, user_id: int, dialog_id: str, now: float, *, unless_by: str) -> Listing | None:
        """Return the list that a person was shown last in a dialog; `unless_by` is the message that is being answered."""
        of_person = (lists.c.portal == portal, lists.c.user_id == user_id, lists.c.dialog_id == dialog_id)
        return await self._first(*of_person, ~_made_by(unless_by), now=now)

    async def forget(self, portal: str, event_key: str) -> None:
        """Remove the list of a message: it was not shown after all."""
        statement = delete(lists).where(lists.c.portal == portal, _made_by(event_key))
        await self._database.write(lambda c: c.execute(statement))

    async def _first(self, *where: Any, now: float) -> Listing | None:
        newest_first = (lists.c.made_at.desc(), lists.c.number.desc())
        statement = select(lists).where(*where, lists.c.made_at >= now - KEPT_S).order_by(*newest_first).limit(1)
        row = await self._database.read(lambda c: c.execute(statement).one_or_none())
        return None if row is None else self._opened(row)

    def _row(self, listing: Listing) -> dict[str, Any]:
        plain = {name: getattr(listing, name) for name in ("key", "portal", "user_id", "dialog_id", "made_at")}
        return plain | {"content": self._vault.close(asdict(listing))}

    def _opened(self, row: Any) -> Listing | None:
        opened = self._vault.open(row.content)
        if (opened.get("portal"), opened.get("user_id"), opened.get("key")) != (row.portal, row.user_id, row.key):
            return None  # not as we wrote it
        rows = tuple(map(_row, opened.pop("rows")))
        remarks = tuple(Remark(**known(Remark, values)) for values in opened.pop("remarks", ()))
        return Listing(**known(Listing, opened), rows=rows, remarks=remarks)


def _row(values: dict[str, Any]) -> Row:
    elsewhere = values.pop("elsewhere", None)
    return Row(**known(Row, values), elsewhere=elsewhere and Elsewhere(**known(Elsewhere, elsewhere)))


def _made_by(event_key: str) -> ColumnElement[bool]:
    return lists.c.made_by.startswith(f"{event_key} ", autoescape=True)


def _next_number(listing: Listing) -> ScalarSelect[int]:
    mine = (lists.c.portal == listing.portal, lists.c.user_id == listing.user_id)
    return select(func.coalesce(func.max(lists.c.number), 0) + 1).where(*mine).scalar_subquery()
