"""Accounts at Cronofy that people have connected, at most one each, and none of them twice.

The tokens are encrypted together with the person and the account that they belong to, so that a row that was moved to another
person opens for nobody. The push key is no such secret: whatever comes under it is signed besides.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    Text,
    UniqueConstraint,
    Update,
    delete,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from bot.database import Database, Work, insert, metadata
from bot.errors import AccountTaken
from bot.vault import Vault

accounts = Table(
    "accounts",
    metadata,
    Column("portal", String, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    Column("sub", String, nullable=False),
    Column("tokens", Text, nullable=False),  # encrypted
    Column("scope", String, nullable=False),
    Column("zone", String, nullable=False),
    Column("state", String, nullable=False),
    Column("push_key", String, nullable=False),
    Column("channel_id", String),  # None: nobody tells us of changes
    Column("made_at", BigInteger, nullable=False),
    UniqueConstraint("portal", "sub", name="accounts_sub"),
    UniqueConstraint("push_key", name="accounts_push_key"),
)

# `broken`: the permission was taken back, or lost, or no key opens its tokens; only its person can give another.
State = Literal["working", "broken"]


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account at Cronofy.

    Attributes:
        user_id: The one person who acts with it.
        sub: Cronofy's id of it.
        access_token: "" when no key opens it any more.
        refresh_token: Likewise.
        scope: What was granted, parted by spaces.
        zone: IANA name as Cronofy tells it, unchecked; "" when it tells none.
        push_key: In the address at which we hear of its changes.
        channel_id: Through which we hear of them.
        made_at: Unix seconds.
    """

    portal: str
    user_id: int
    sub: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    scope: str
    zone: str
    push_key: str = field(repr=False)
    made_at: int
    channel_id: str | None = None
    state: State = "working"


# The columns that are kept as they are.
_PLAIN = tuple(column.name for column in accounts.columns if column.name != "tokens")


class Accounts:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    # --- finding

    async def find(self, portal: str, user_id: int) -> Account | None:
        """Return a person's account, broken as it may be."""
        return await self._one(accounts.c.portal == portal, accounts.c.user_id == user_id)

    async def of_sub(self, portal: str, sub: str) -> Account | None:
        """Return the account of that id, whosever it is."""
        return await self._one(accounts.c.portal == portal, accounts.c.sub == sub)

    async def sub_of(self, portal: str, user_id: int) -> str | None:
        """Return the id of a person's account."""
        mine = (accounts.c.portal == portal, accounts.c.user_id == user_id)
        return await self._database.read(lambda c: c.execute(select(accounts.c.sub).where(*mine)).scalar_one_or_none())

    async def of_portal(self, portal: str) -> list[Account]:
        """Return all accounts of a portal, broken ones too."""
        statement = select(accounts).where(accounts.c.portal == portal).order_by(accounts.c.user_id)
        rows = await self._database.scan(lambda c: c.execute(statement).all())
        return [account for row in rows if (account := self._opened(row)) is not None]

    async def by_push_key(self, push_key: str) -> Account | None:
        return await self._one(accounts.c.push_key == push_key)

    async def _one(self, *where: ColumnElement[bool]) -> Account | None:
        statement = select(accounts).where(*where)
        row = await self._database.read(lambda c: c.execute(statement).one_or_none())
        return None if row is None else self._opened(row)

    # --- changing

    async def save(self, account: Account) -> None:
        """Keep `account` instead of what its person had; raises as `saving`."""
        await self._database.write(self.saving(account))

    def saving(self, account: Account) -> Work[None]:
        """Return the work of `save`.

        It raises AccountTaken, and so undoes the transaction, when another person has the account.
        """
        row = self._row(account)
        fresh = insert(accounts).values(row)
        upsert = fresh.on_conflict_do_update(index_elements=["portal", "user_id"], set_=row)
        others = (accounts.c.sub == account.sub, accounts.c.user_id != account.user_id)
        taken = select(accounts.c.user_id).where(accounts.c.portal == account.portal, *others)

        def work(connection: Connection) -> None:
            # Only the constraint knows of somebody who is connecting it on another replica at this moment.
            try:
                with connection.begin_nested():
                    connection.execute(upsert)
            except IntegrityError:
                if connection.execute(taken).first() is None:
                    raise
                raise AccountTaken from None

        return work

    async def renew(self, former: Account, renewed: Account) -> bool:
        """Replace the tokens of `former`; False when it was forgotten or connected anew meanwhile."""
        row = self._row(renewed)
        values = {name: row[name] for name in ("tokens", "scope")}
        return await self._change(former, update(accounts).values(values))

    async def break_(self, account: Account) -> bool:
        """Mark `account` as broken; False as from `renew`."""
        return await self._change(account, update(accounts).values(state="broken"))

    async def listen(self, account: Account, channel_id: str | None) -> None:
        """Remember the channel that tells of changes, as long as the person has that account."""
        statement = (
            update(accounts).where(*_of(account.portal, account.user_id, account.sub)).values(channel_id=channel_id)
        )
        await self._database.write(lambda c: c.execute(statement))

    async def forget(self, account: Account) -> None:
        """Remove `account`, whatever its tokens are by now; another one that the person has connected since stays."""
        statement = delete(accounts).where(*_of(account.portal, account.user_id, account.sub))
        await self._database.write(lambda c: c.execute(statement))

    async def _change(self, known: Account, statement: Update) -> bool:
        """Run `statement` on the row of an account as long as it holds the tokens that are known."""
        mine = _of(known.portal, known.user_id, known.sub)

        def work(connection: Connection) -> bool:
            row = connection.execute(select(accounts).where(*mine).with_for_update()).one_or_none()
            stored = None if row is None else self._opened(row)
            if stored is None or stored.access_token != known.access_token:
                return False
            connection.execute(statement.where(*mine))
            return True

        return await self._database.write(work)

    # --- rows

    def _row(self, account: Account) -> dict[str, Any]:
        owner = {name: getattr(account, name) for name in ("portal", "user_id", "sub")}
        pair = {name: getattr(account, name) for name in ("access_token", "refresh_token")}
        plain = {name: getattr(account, name) for name in _PLAIN}
        return plain | {"tokens": self._vault.close(owner | pair)}

    def _opened(self, row: Any) -> Account | None:
        opened = self._vault.open(row.tokens)
        plain = {name: getattr(row, name) for name in _PLAIN}
        if not opened:
            return Account(**{**plain, "state": "broken"}, access_token="", refresh_token="")
        if (opened.get("portal"), opened.get("user_id"), opened.get("sub")) != (row.portal, row.user_id, row.sub):
            return None  # not this person's row, or not as we wrote it
        return Account(**plain, access_token=opened["access_token"], refresh_token=opened["refresh_token"])


def _of(portal: str, user_id: int, sub: str) -> tuple[ColumnElement[bool], ...]:
    return accounts.c.portal == portal, accounts.c.user_id == user_id, accounts.c.sub == sub
