"""Links to connect that were given out, and the commands that wait for one of them to be used.

A state is the secret in such a link: 32 random bytes, of which only the SHA-256 is kept, so that the database opens nothing. It
serves once, for the person who asked and for what it was given out for, for ten minutes, and only until the same person gets another
one of that kind.

What waits belongs to the person and not to one link: a newer link carries out what an older one would have, and so does one that
was asked for in private after a group was told to. A row stays for a day after its command was put back into the inbox, so that
the first delivery, handed out again after a kill, does not carry it out beside the second.
"""

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeAlias

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from bot.database import Database, Work, metadata
from bot.errors import NotConnected

# Whose permission a link asks for; one of the other kind is none.
Purpose: TypeAlias = Literal["bitrix24", "cronofy"]

# How long a link serves, and a command waits for it.
STATE_S = 600
# How long it is known that a link was used, or a command put back.
REMEMBERED_S = 24 * 3600
_STATE = re.compile(r"[A-Za-z0-9_-]{43}")

states = Table(
    "states",
    metadata,
    Column("digest", String, primary_key=True),
    Column("portal", String, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("dialog_id", String, nullable=False),
    Column("bot_id", BigInteger, nullable=False),
    Column("language", String, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    Column("purpose", String, nullable=False),
)

waiting = Table(
    "waiting",
    metadata,
    Column("key", String, primary_key=True),
    Column("portal", String, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("body", Text),  # None once it was put back into the inbox
    Column("message_id", BigInteger),
    Column("sent_at", BigInteger, nullable=False),
    Column("resumed_at", BigInteger),
)


@dataclass(frozen=True, slots=True)
class State:
    """A link that was given out.

    Attributes:
        digest: What is kept of its secret.
        user_id: Who asked, and the only one who may connect with it.
        dialog_id: The private chat in which it was given, and in which the person is told.
        language: Of that conversation.
        purpose: What they may connect.
    """

    digest: str
    portal: str
    user_id: int
    dialog_id: str
    bot_id: int
    language: str
    expires_at: int
    used_at: int | None
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command that needed a token which nobody had: its event as the inbox keeps it."""

    key: str
    portal: str
    user_id: int
    body: str
    message_id: int | None
    sent_at: int


class States:
    def __init__(self, database: Database) -> None:
        self._database = database

    # --- links

    async def open(
        self, portal: str, user_id: int, purpose: Purpose, *, dialog_id: str, bot_id: int, language: str, now: float
    ) -> str:
        """Return a new secret for the link of one person; the links of that kind that they had before are closed."""
        secret = secrets.token_urlsafe(32)
        row = {
            "digest": _digest(secret),
            "portal": portal,
            "user_id": user_id,
            "dialog_id": dialog_id,
            "bot_id": bot_id,
            "language": language,
            "expires_at": int(now) + STATE_S,
            "purpose": purpose,
        }

        def work(connection: Connection) -> None:
            connection.execute(delete(states).where(*_open(portal, user_id, purpose)))
            connection.execute(insert(states).values(row))

        await self._database.write(work)
        return secret

    async def find(self, secret: str, purpose: Purpose) -> State | None:
        """Return what a secret stands for, used or expired as it may be; None for one of another kind."""
        if not _STATE.fullmatch(secret):
            return None
        statement = select(states).where(states.c.digest == _digest(secret), states.c.purpose == purpose)
        row = await self._database.read(lambda c: c.execute(statement).one_or_none())
        return None if row is None else State(**row._mapping)  # noqa: SLF001 - public, in spite of its name

    async def use(self, state: State, now: float) -> bool:
        """Mark a link as used; False when it cannot be, any more."""
        valid = (states.c.digest == state.digest, states.c.used_at.is_(None), states.c.expires_at >= int(now))
        statement = update(states).where(*valid).values(used_at=int(now))
        return await self._database.write(lambda c: c.execute(statement).rowcount == 1)

    async def give_back(self, state: State) -> None:
        """Make a used link serve again, since nothing has come of it; unless the person has a newer one."""
        newer = _open(state.portal, state.user_id, state.purpose)

        def work(connection: Connection) -> None:
            if connection.execute(select(states.c.digest).where(*newer)).first() is None:
                connection.execute(update(states).where(states.c.digest == state.digest).values(used_at=None))

        await self._database.write(work)

    async def close(self, portal: str, user_id: int, purpose: Purpose) -> None:
        """Close a person's links of one kind, also one that is being used right now."""
        await self._database.write(self._closing(portal, user_id, purpose))

    def _closing(self, portal: str, user_id: int, purpose: Purpose) -> Work[object]:
        mine = (states.c.portal == portal, states.c.user_id == user_id, states.c.purpose == purpose)
        return lambda c: c.execute(delete(states).where(*mine))

    # --- commands that wait

    async def wait(self, command: Waiting) -> None:
        """Keep a command until its person connects."""
        row = {name: getattr(command, name) for name in Waiting.__slots__}

        def work(connection: Connection) -> None:
            connection.execute(delete(waiting).where(waiting.c.key == command.key))
            connection.execute(insert(waiting).values(row))

        await self._database.write(work)

    async def is_resumed(self, key: str) -> bool:
        """Whether the command that is handed out again was put back into the inbox already; else it waits no longer."""

        def work(connection: Connection) -> bool:
            connection.execute(delete(waiting).where(waiting.c.key == key, waiting.c.resumed_at.is_(None)))
            return connection.execute(select(waiting.c.key).where(waiting.c.key == key)).first() is not None

        return await self._database.write(work)

    async def waiting(self, portal: str, user_id: int) -> list[Waiting]:
        """Return what waits for a person, the oldest first."""
        statement = select(waiting).where(
            waiting.c.portal == portal, waiting.c.user_id == user_id, waiting.c.resumed_at.is_(None)
        )
        rows = await self._database.read(lambda c: c.execute(statement.order_by(waiting.c.sent_at)).all())
        return [Waiting(row.key, row.portal, row.user_id, row.body, row.message_id, row.sent_at) for row in rows]

    # --- works for a transaction of others

    def connecting(self, state: State, commands: list[Waiting], now: float) -> Work[None]:
        """Return the work that notes that `commands` wait no longer.

        It raises NotConnected, and so undoes the transaction, when the person or the portal was forgotten meanwhile.
        """
        keys = [command.key for command in commands]
        # Whoever forgets the person on another replica waits for this transaction, and then removes what it has stored.
        mine = select(states.c.digest).where(states.c.digest == state.digest).with_for_update()

        def work(connection: Connection) -> None:
            if connection.execute(mine).first() is None:
                raise NotConnected("forgotten meanwhile")
            resumed = {"resumed_at": int(now), "body": None}
            connection.execute(update(waiting).where(waiting.c.key.in_(keys)).values(resumed))

        return work

    def forgetting(self, portal: str, user_id: int) -> Work[None]:
        """Return the work that closes a person's links to Bitrix24 and drops what waits."""
        close = self._closing(portal, user_id, "bitrix24")

        def work(connection: Connection) -> None:
            close(connection)
            connection.execute(delete(waiting).where(waiting.c.portal == portal, waiting.c.user_id == user_id))

        return work


def _open(portal: str, user_id: int, purpose: Purpose) -> tuple[ColumnElement[bool], ...]:
    mine = (states.c.portal == portal, states.c.user_id == user_id, states.c.purpose == purpose)
    return *mine, states.c.used_at.is_(None)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
