"""What nobody needs any more is removed once an hour, a few rows at a time, so that nobody waits for it.

Whoever reads such rows looks at their age, or takes them for what they are: it makes no difference to anybody just when they go,
only to the size of the database. SQLite uses the room again, so its file stays as large as it was at its largest.

What belongs to a person for good (their tokens, language, account at Cronofy) stays, and what was given up stays for people to see.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Table, delete, func, select, tuple_

from bot import changes, externals, followups, lists, notices, order, questions, states, timers
from bot.database import Database, Work
from bot.errors import StorageError
from bot.inbox import sqlite

log = structlog.get_logger()

_DAY_S = 24 * 3600
_HOUR_S = 3600
# After the start, when there may be much to catch up with, others come first.
_FIRST_S = 300
# Of the hour: others do their work when it is full.
_MINUTE_S = 23 * 60
# Rows of a transaction.
_BATCH = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows that serve for some time.

    Attributes:
        since: Unix seconds in each row; NULL in those that stay.
        seconds: How long after that they are of use.
    """

    table: Table
    since: ColumnElement[Any]
    seconds: float


def all_kept(max_event_age: float) -> tuple[Kept, ...]:
    """Return all that is kept for some time; `max_event_age` is the age in seconds at which a command is not carried out any more."""
    waiting_since = func.coalesce(states.waiting.c.resumed_at, states.waiting.c.sent_at)
    return (
        Kept(sqlite.events, sqlite.done_at, sqlite.KEEP_KEYS_S),
        # What it could supersede is too old by itself, whatever the clocks of portals say.
        Kept(order.carried_out, order.last_at, max_event_age + _DAY_S),
        Kept(states.states, states.states.c.expires_at, states.REMEMBERED_S),
        Kept(states.waiting, waiting_since, states.REMEMBERED_S),
        Kept(questions.questions, questions.questions.c.asked_at, questions.KEPT_S),
        Kept(notices.notices, notices.notices.c.said_at, notices.KEPT_S),
        Kept(lists.lists, lists.lists.c.made_at, lists.KEPT_S),
        Kept(changes.changes, changes.changes.c.made_at, changes.KEPT_S),
        Kept(timers.timers, timers.timers.c.ends_at, timers.KEPT_S),
        Kept(externals.externals, externals.externals.c.shown_at, externals.KEPT_S),
        Kept(externals.underway, externals.underway.c.begun_at, externals.KEPT_S),
        Kept(followups.follow_ups, followups.follow_ups.c.made_at, followups.KEPT_S),
    )


async def tidy(database: Database, kept: Sequence[Kept], now: float) -> Counter[str]:
    """Remove what has served its time; return how many rows of which table that were."""
    removed: Counter[str] = Counter()
    for rows in kept:
        remove, count = _removing(rows, now), _BATCH
        while count == _BATCH:
            count = await database.write(remove)
            removed[rows.table.name] += count
    return +removed


def _removing(rows: Kept, now: float) -> Work[int]:
    """Return the work that removes some of the rows that are too old, and returns how many."""
    key = tuple(rows.table.primary_key)
    old = select(*key).where(rows.since < now - rows.seconds).limit(_BATCH)
    # What another replica is at work on, or removes at the same time, is left to it.
    statement = delete(rows.table).where(tuple_(*key).in_(old.with_for_update(skip_locked=True)))
    return lambda c: c.execute(statement).rowcount


async def keep_house(
    database: Database,
    kept: Sequence[Kept],
    clock: Callable[[], float],
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Tidy up forever."""
    wait_s: float = _FIRST_S
    while True:
        await sleep(wait_s)
        try:
            if removed := await tidy(database, kept, clock()):
                log.info("housekeeping.done", **removed)
        except StorageError as error:
            log.warning("housekeeping.failed", reason=str(error))
        except Exception:
            log.exception("housekeeping.failed")
        wait_s = _HOUR_S - (clock() - _MINUTE_S) % _HOUR_S + 1  # well within the minute
