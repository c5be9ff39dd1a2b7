"""Portals and tokens, and the way to everything else that is kept.

Times are unix seconds. What is secret passes through `Vault`; a row holds the ids of its owner, and whether they are proven,
inside the encrypted part too, so that a row that was moved to another person, or changed to count as theirs, opens for nobody.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

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
    select,
    update,
)

from bot.accounts import Accounts, accounts
from bot.changes import Changes, changes
from bot.database import Database, Work, insert, metadata
from bot.database.together import Share, for_each
from bot.errors import SettingsError
from bot.externals import Externals, externals, underway
from bot.followups import FollowUps, follow_ups
from bot.lists import Lists, lists
from bot.notices import Notices, notices
from bot.order import Order, carried_out
from bot.people import People, people
from bot.questions import Questions, questions
from bot.states import States, states, waiting
from bot.timers import Timers, timers
from bot.vault import Rotation, Vault

portals = Table(
    "portals",
    metadata,
    Column("member_id", String, primary_key=True),
    Column("application_token", Text, nullable=False),  # encrypted
    Column("oauth_server", String, nullable=False),
    Column("installer_id", BigInteger, nullable=False),
    Column("language", String, nullable=False),
    Column("bot_id", BigInteger),  # None until the bot is registered
    Column("bot_api", String),  # v2 or v1, likewise
    Column("installed_at", BigInteger, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("portal", String, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    # False: an event brought it without saying whose it is; `profile` has to tell before it is used.
    Column("proven", Boolean, primary_key=True),
    Column("pair", Text, nullable=False),  # encrypted
    Column("expires_at", BigInteger, nullable=False),
)

# What belongs to a person goes when the portal goes. The links first: who is about to store tokens or an account for one holds its
# row, so that what is removed after it includes what they have stored.
_PERSONAL = (
    states,
    waiting,
    tokens,
    questions,
    carried_out,
    notices,
    people,
    lists,
    changes,
    timers,
    accounts,
    externals,
    underway,
    follow_ups,
)

# Every message brings a pair, so these are built once.
_PAIR = insert(tokens).values({column.name: bindparam(column.name) for column in tokens.columns})
_PAIR_VALUES = {"pair": _PAIR.excluded.pair, "expires_at": _PAIR.excluded.expires_at}
_REPLACE_PAIR = for_each(_PAIR.on_conflict_do_update(index_elements=tokens.primary_key, set_=_PAIR_VALUES))
_RENEW_PAIR = for_each(
    _PAIR.on_conflict_do_update(
        index_elements=tokens.primary_key, set_=_PAIR_VALUES, where=_PAIR.excluded.expires_at >= tokens.c.expires_at
    )
)
_FIND_PAIR = select(tokens).where(*(column == bindparam(column.name) for column in tokens.primary_key))
_FIND_FORMER = _FIND_PAIR.with_for_update()
_FIND_PAIRS = select(tokens).where(
    tokens.c.portal == bindparam("portal"),
    tokens.c.user_id.in_(bindparam("user_ids", expanding=True)),
    tokens.c.proven.is_(True),
)
# Pairs that stay decrypted in memory: those of the installers, with which every answer is posted.
_OPENED = 64
# Every column that `Vault` encrypts.
_SEALED = (
    portals.c.application_token,
    tokens.c.pair,
    lists.c.content,
    accounts.c.tokens,
    externals.c.content,
    follow_ups.c.content,
)


@dataclass(frozen=True, slots=True)
class Portal:
    """An installation. `application_token` is the proof that every event carries (contract A.3)."""

    member_id: str
    application_token: str = field(repr=False)
    oauth_server: str
    installer_id: int
    language: str
    bot_id: int | None = None
    bot_api: str | None = None


@dataclass(frozen=True, slots=True)
class TokenPair:
    """One person's tokens of our application. `expires_at` concerns the access token; 0 when unknown."""

    user_id: int
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: int
    proven: bool = True


class Store:
    """Our tables over one database. Portals are few and asked for by every event, so they are kept in memory.

    Another replica may install or remove one: whoever finds that a portal is missing, or not as an event says, looks again.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database = database
        self.states = States(database)
        self.notices = Notices(database)
        self.questions = Questions(database)
        self.order = Order(database)
        self.people = People(database)
        self.lists = Lists(database, vault)
        self.changes = Changes(database)
        self.timers = Timers(database)
        self.accounts = Accounts(database, vault)
        self.externals = Externals(database, vault)
        self.follow_ups = FollowUps(database, vault)
        self.rotation = Rotation(database, vault, _SEALED)
        self._vault = vault
        self._open_pair = lru_cache(_OPENED)(vault.open)
        self._portals: dict[str, Portal] = {}
        self._look: asyncio.Task[None] | None = None
        self._next_look: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read the portals; raises SettingsError when the key is not theirs."""
        rows = await self.database.scan(lambda c: c.execute(select(portals)).all())
        found: dict[str, Portal] = {}
        for row in rows:
            opened = self._vault.open(row.application_token)
            if opened.get("portal") != row.member_id:
                continue  # not this portal's row
            token = str(opened["application_token"])
            found[row.member_id] = Portal(
                row.member_id, token, row.oauth_server, row.installer_id, row.language, row.bot_id, row.bot_api
            )
        self._portals = found  # as a whole, so that a failure leaves what was known

    async def look_again(self) -> bool:
        """Read the portals again if another replica may have changed them; return whether it may. Raises as `load`.

        Anybody can make us look, so one look serves all who have asked before it began, and the next begins when it has ended.
        """
        if not self.database.is_shared:
            return False
        if self._next_look is None:
            self._next_look = asyncio.create_task(self._look_after(self._look))
            # Whoever has asked may have given up.
            self._next_look.add_done_callback(lambda look: look.cancelled() or look.exception())
        await asyncio.shield(self._next_look)
        return True

    async def _look_after(self, former: asyncio.Task[None] | None) -> None:
        if former is not None:
            await asyncio.wait([former])
        self._look, self._next_look = self._next_look, None
        await self.load()

    # --- portals

    def portal(self, member_id: str) -> Portal | None:
        return self._portals.get(member_id)

    def all_portals(self) -> list[Portal]:
        return list(self._portals.values())

    def installing(self, portal: Portal, pair: TokenPair) -> Work[object]:
        """Return the work that stores a verified installation and its installer's tokens; `keep` it afterwards."""
        values = {
            "application_token": self._vault.close(
                {"portal": portal.member_id, "application_token": portal.application_token}
            ),
            "oauth_server": portal.oauth_server,
            "installer_id": portal.installer_id,
            "language": portal.language,
            "installed_at": int(time.time()),
        }
        statement = insert(portals).values(member_id=portal.member_id, **values)
        upsert = statement.on_conflict_do_update(index_elements=["member_id"], set_=values)
        save = self.saving_tokens(portal.member_id, pair, even_if_older=True)
        return lambda c: (c.execute(upsert), save(c))

    def keep(self, portal: Portal) -> None:
        """Serve events of an installation that is stored now."""
        known = self._portals.get(portal.member_id)
        if known is not None:
            portal = replace(portal, bot_id=known.bot_id, bot_api=known.bot_api)
        self._portals[portal.member_id] = portal

    async def bot_registered(self, member_id: str, bot_id: int | None, bot_api: str | None) -> None:
        statement = update(portals).where(portals.c.member_id == member_id).values(bot_id=bot_id, bot_api=bot_api)
        await self.database.write(lambda c: c.execute(statement))
        if member_id in self._portals:
            self._portals[member_id] = replace(self._portals[member_id], bot_id=bot_id, bot_api=bot_api)

    async def forget_portal(self, member_id: str) -> None:
        """Remove everything that belongs to an installation."""
        statements = [
            delete(portals).where(portals.c.member_id == member_id),
            *(delete(table).where(table.c.portal == member_id) for table in _PERSONAL),
        ]
        await self.database.write(lambda c: [c.execute(statement) for statement in statements])
        self._portals.pop(member_id, None)

    # --- tokens

    def saving_tokens(self, portal: str, pair: TokenPair, *, even_if_older: bool = False) -> Work[object]:
        """Return the work that stores `pair`, unless a younger one of the same person is there (a late event's, say).

        One that cannot be refreshed takes over what the one before could be refreshed with, if both are proven.
        """
        save = _REPLACE_PAIR if even_if_older else _RENEW_PAIR
        if even_if_older or pair.refresh_token is not None or not pair.proven:
            return Share(save, self._row(portal, pair))

        def work(connection: Connection) -> None:
            former = self._former(connection, portal, pair.user_id)
            kept = pair if former is None else replace(pair, refresh_token=former.refresh_token)
            save(connection, [self._row(portal, kept)])

        return work

    def _row(self, portal: str, pair: TokenPair) -> dict[str, Any]:
        owner = {"portal": portal, "user_id": pair.user_id, "proven": pair.proven}
        secret = {"access_token": pair.access_token, "refresh_token": pair.refresh_token}
        return owner | {"pair": self._vault.close(owner | secret), "expires_at": pair.expires_at}

    def _former(self, connection: Connection, portal: str, user_id: int) -> TokenPair | None:
        key = {"portal": portal, "user_id": user_id, "proven": True}
        row = connection.execute(_FIND_FORMER, key).one_or_none()
        try:
            return None if row is None else self._opened(row)
        except SettingsError:  # a key was thrown away; the row is overwritten
            return None

    async def replace_tokens(self, portal: str, pair: TokenPair) -> None:
        """Store what the authorization server gave; it is the truth, whatever its clock says."""
        await self.database.write(self.saving_tokens(portal, pair, even_if_older=True))

    async def tokens(self, portal: str, user_id: int, *, proven: bool = True) -> TokenPair | None:
        key = {"portal": portal, "user_id": user_id, "proven": proven}
        row = await self.database.read(lambda c: c.execute(_FIND_PAIR, key).one_or_none())
        return None if row is None else self._opened(row)

    async def tokens_of(self, portal: str, user_ids: Iterable[int], now: float) -> Iterator[TokenPair]:
        """Give the proven pairs of several people in the order in which they are named, but those that have expired last.

        They are decrypted as they are asked for, since usually the first one does.
        """
        order = list(user_ids)
        those = {"portal": portal, "user_ids": order}
        rows = await self.database.read(lambda c: c.execute(_FIND_PAIRS, those).all())
        by_freshness = sorted(rows, key=lambda row: (row.expires_at <= now, order.index(row.user_id)))
        return (pair for row in by_freshness if (pair := self._opened(row)) is not None)

    def _opened(self, row: Any) -> TokenPair | None:
        opened = self._open_pair(row.pair)
        if (opened.get("portal"), opened.get("user_id"), opened.get("proven")) != (row.portal, row.user_id, row.proven):
            return None  # not this person's row, or not as we wrote it
        refresh_token = opened["refresh_token"]
        return TokenPair(
            user_id=row.user_id,
            access_token=str(opened["access_token"]),
            refresh_token=None if refresh_token is None else str(refresh_token),
            expires_at=row.expires_at,
            proven=row.proven,
        )

    async def aging(self, before: float) -> list[tuple[str, int]]:
        """Return portal and person of the pairs whose access token expired before `before`."""
        old = (tokens.c.proven.is_(True), tokens.c.expires_at > 0, tokens.c.expires_at < before)
        statement = select(tokens.c.portal, tokens.c.user_id).where(*old).order_by(tokens.c.expires_at)
        rows = await self.database.scan(lambda c: c.execute(statement).all())
        return [(row.portal, row.user_id) for row in rows]

    async def forget_tokens(self, portal: str, pair: TokenPair) -> None:
        """Remove `pair`, unless it was replaced meanwhile."""
        await self.database.write(self._dropping(portal, pair))

    def _dropping(self, portal: str, pair: TokenPair) -> Work[object]:
        mine = (tokens.c.portal == portal, tokens.c.user_id == pair.user_id, tokens.c.proven == pair.proven)

        def work(connection: Connection) -> None:
            stored = connection.execute(select(tokens.c.pair).where(*mine).with_for_update()).scalar_one_or_none()
            if stored is not None and self._vault.open(stored).get("access_token") == pair.access_token:
                connection.execute(delete(tokens).where(*mine))

        return work

    async def forget_person(self, portal: str, user_id: int) -> None:
        """Remove every pair of one person, the links that they were given, what waits for one, and their timer."""
        drops = [
            delete(table).where(table.c.portal == portal, table.c.user_id == user_id) for table in (tokens, timers)
        ]
        forget = self.states.forgetting(portal, user_id)
        # The links first, as in `_PERSONAL`.
        await self.database.write(lambda c: (forget(c), [c.execute(drop) for drop in drops]))

    async def prove_tokens(self, portal: str, pair: TokenPair) -> TokenPair:
        """Turn a pair of unknown owner into a proven one."""
        proven = replace(pair, proven=True)
        save, drop = self.saving_tokens(portal, proven), self._dropping(portal, pair)
        await self.database.write(lambda c: (save(c), drop(c)))
        return proven
