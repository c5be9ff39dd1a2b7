"""Confirmations that we asked people for: one open question per person."""

import json
import secrets
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    String,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from bot.database import Database, Work, metadata

# Nobody can answer by then, nor does an event that was interrupted go on.
KEPT_S = 24 * 3600

questions = Table(
    "questions",
    metadata,
    Column("portal", String, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    Column("dialog_id", String, nullable=False),
    Column("key", String, nullable=False),
    Column("calls", Text, nullable=False),  # JSON
    Column("asked_at", BigInteger, nullable=False),
    Column("language", String, nullable=False),
    Column("asked_by", String, nullable=False),  # key of the event that asked
    Column("taken_by", String),  # key of the event that answered it
    Column("confirms", Boolean, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Question:
    """A confirmation that we asked one person for, in one dialog.

    Attributes:
        confirms: A "yes" settles all that the calls have to ask about; else they are only what was meant.
    """

    dialog_id: str
    key: str
    calls: tuple[tuple[str, tuple[str, ...]], ...]
    asked_at: int
    language: str
    confirms: bool


_ASKED_BY = select(questions.c.asked_by).where(
    questions.c.portal == bindparam("portal"), questions.c.user_id == bindparam("user_id")
)


class Questions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(
        self,
        portal: str,
        user_id: int,
        dialog_id: str,
        calls: tuple[tuple[str, tuple[str, ...]], ...],
        *,
        language: str,
        asked_at: int,
        asked_by: str,
        confirms: bool = True,
    ) -> str:
        """Remember a question instead of any former one, and return its key. The same event asks the same question."""

        def work(connection: Connection) -> str:
            mine = (questions.c.portal == portal, questions.c.user_id == user_id)
            known = connection.execute(
                select(questions.c.key).where(*mine, questions.c.asked_by == asked_by)
            ).scalar_one_or_none()
            if known is not None:
                return str(known)
            key = secrets.token_hex(4)
            connection.execute(delete(questions).where(*mine))
            connection.execute(
                insert(questions).values(
                    portal=portal,
                    user_id=user_id,
                    dialog_id=dialog_id,
                    key=key,
                    calls=json.dumps(calls),
                    language=language,
                    asked_at=asked_at,
                    asked_by=asked_by,
                    confirms=confirms,
                )
            )
            return key

        return await self._database.write(work)

    async def take(
        self,
        portal: str,
        user_id: int,
        *,
        taken_by: str,
        asked_since: int,
        dialog_id: str,
        key: str | None = None,
    ) -> Question | None:
        """Return the open question and close it for all events but `taken_by`.

        None when it was not asked in `dialog_id`, or has another key than the one that is given.
        """

        def work(connection: Connection) -> Question | None:
            mine = (questions.c.portal == portal, questions.c.user_id == user_id)
            row = connection.execute(select(questions).where(*mine)).one_or_none()
            if row is None or row.taken_by not in (None, taken_by) or row.asked_at < asked_since:
                return None
            if dialog_id != row.dialog_id or key not in (None, row.key):
                return None
            connection.execute(update(questions).where(*mine).values(taken_by=taken_by))
            calls = tuple((name, tuple(words)) for name, words in json.loads(row.calls))
            return Question(row.dialog_id, row.key, calls, row.asked_at, row.language, row.confirms)

        return await self._database.write(work)

    def finding(self, portal: str, user_id: int) -> Work[str | None]:
        """Return the work that tells which event asked the person's last question; None when there is none."""
        return lambda c: c.execute(_ASKED_BY, {"portal": portal, "user_id": user_id}).scalar_one_or_none()

    async def drop(self, portal: str, user_id: int, *, unless_asked_by: str) -> None:
        """Close the open question, if any: the person went on to something else."""
        mine = (questions.c.portal == portal, questions.c.user_id == user_id, questions.c.asked_by != unless_asked_by)
        await self._database.write(lambda c: c.execute(delete(questions).where(*mine)))
