"""The installations, and the way to everything else that is kept.

Times are unix seconds. What is secret passes through `Vault`; the row of an installation holds the id of its portal inside the
encrypted part too, so that one that was moved to another portal opens for nobody.
"""

import asyncio
import time
from dataclasses import dataclass, field, replace

from sqlalchemy import BigInteger, Column, String, Table, Text, delete, select, update

from bot.accounts import Accounts, accounts
from bot.changes import Changes, changes
from bot.database import Database, Work, insert, metadata
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
from bot.tokens import TokenPair, Tokens, tokens
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


class Store:
    """Our tables over one database. Portals are few and asked for by every event, so they are kept in memory.

    Another process may change them, a replica or `statusbot sync`: whoever finds that a portal is missing, or not as an event says,
    looks again.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database = database
        self.tokens = Tokens(database, vault)
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
        self._portals: dict[str, Portal] = {}
        self._look: asyncio.Task[None] | None = None
        self._next_look: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """Read the portals; raises SettingsError when the key is not theirs."""
        rows = await self.database.scan(lambda c: c.execute(select(portals)).all())
        found: dict[str, Portal] = {}
        for row in rows:
            opened = self._vault.open(row.application_token)
            if not opened:
                raise SettingsError(
                    "STATUSBOT_SECRET_KEY does not open what the database holds; put the former key behind the new one."
                )
            if opened.get("portal") != row.member_id:
                continue  # not this portal's row
            token = str(opened["application_token"])
            found[row.member_id] = Portal(
                row.member_id, token, row.oauth_server, row.installer_id, row.language, row.bot_id, row.bot_api
            )
        self._portals = found  # as a whole, so that a failure leaves what was known

    async def look_again(self) -> None:
        """Read the portals again, since another process may have changed them. Raises as `load`.

        Anybody can make us look, so one look serves all who have asked before it began, and the next begins when it has ended.
        """
        if self._next_look is None:
            self._next_look = asyncio.create_task(self._look_after(self._look))
            # Whoever has asked may have given up.
            self._next_look.add_done_callback(lambda look: look.cancelled() or look.exception())
        await asyncio.shield(self._next_look)

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
        save = self.tokens.saving(portal.member_id, pair, even_if_older=True)
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

    async def forget_person(self, portal: str, user_id: int) -> None:
        """Remove every pair of one person, the links that they were given, what waits for one, and their timer."""
        drops = [
            delete(table).where(table.c.portal == portal, table.c.user_id == user_id) for table in (tokens, timers)
        ]
        forget = self.states.forgetting(portal, user_id)
        # The links first, as in `_PERSONAL`.
        await self.database.write(lambda c: (forget(c), [c.execute(drop) for drop in drops]))
