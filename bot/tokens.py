"""The tokens of people: one pair each that is proven to be theirs, and one that nobody has proven yet.

A row holds the ids of its owner, and whether it is proven, inside the encrypted part too, so that a row that was moved to another
person, or changed to count as theirs, opens for nobody.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Connection, String, Table, Text, bindparam, delete, select

from bot.database import Database, Work, insert, metadata
from bot.database.together import Share, for_each
from bot.vault import Vault

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

# Every message brings a pair, so these are built once.
_PAIR = insert(tokens).values({column.name: bindparam(column.name) for column in tokens.columns})
_PAIR_VALUES = {"pair": _PAIR.excluded.pair, "expires_at": _PAIR.excluded.expires_at}
_REPLACE = for_each(_PAIR.on_conflict_do_update(index_elements=tokens.primary_key, set_=_PAIR_VALUES))
_RENEW = for_each(
    _PAIR.on_conflict_do_update(
        index_elements=tokens.primary_key, set_=_PAIR_VALUES, where=_PAIR.excluded.expires_at >= tokens.c.expires_at
    )
)
_FIND = select(tokens).where(*(column == bindparam(column.name) for column in tokens.primary_key))
_FIND_FORMER = _FIND.with_for_update()
_FIND_SEVERAL = select(tokens).where(
    tokens.c.portal == bindparam("portal"),
    tokens.c.user_id.in_(bindparam("user_ids", expanding=True)),
    tokens.c.proven.is_(True),
)
# Pairs that stay decrypted in memory: those of the installers, with which every answer is posted.
_OPENED = 64


@dataclass(frozen=True, slots=True)
class TokenPair:
    """One person's tokens of our application. `expires_at` concerns the access token, unix seconds; 0 when unknown."""

    user_id: int
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: int
    proven: bool = True


class Pairs:
    """Proven pairs of several people of a portal, as they were at one moment; decrypted as they are asked for.

    They serve one command. Who is not among them may have a pair all the same.

    Args:
        rows: One of each person who has a pair.
        opened: Decrypts one; gives None for what is not its person's.
    """

    def __init__(self, rows: Iterable[Any] = (), opened: Callable[[Any], TokenPair | None] = lambda _: None) -> None:
        self._rows = {row.user_id: row for row in rows}
        self._opened = opened

    def learn(self, others: "Pairs") -> None:
        """Become the same as `others`, which were looked up just now."""
        self._rows, self._opened = others._rows, others._opened  # noqa: SLF001 - of the same kind

    def forget(self) -> None:
        """Know nothing any more: something has failed, or time has passed."""
        self._rows = {}

    def of(self, user_id: int) -> TokenPair | None:
        """Return a person's pair, None when it is not known, or no key opens it."""
        return self._opened(self._rows[user_id]) if user_id in self._rows else None

    def by_freshness(self, user_ids: Iterable[int], now: float) -> list[int]:
        """Return those whose pair is known in the order in which they are named, but those whose pair has expired last."""
        named = [user_id for user_id in user_ids if user_id in self._rows]
        return sorted(named, key=lambda user_id: bool(self._rows[user_id].expires_at <= now))


class Tokens:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._open = lru_cache(_OPENED)(vault.open)

    # --- finding

    async def find(self, portal: str, user_id: int, *, proven: bool = True) -> TokenPair | None:
        key = {"portal": portal, "user_id": user_id, "proven": proven}
        row = await self._database.read(lambda c: c.execute(_FIND, key).one_or_none())
        return None if row is None else self._opened(row)

    async def of(self, portal: str, user_ids: Collection[int]) -> Pairs:
        """Return the proven pairs of several people."""
        return await self._database.read(self.finding(portal, user_ids))

    def finding(self, portal: str, user_ids: Collection[int]) -> Work[Pairs]:
        """Return the work of `of`."""
        those = {"portal": portal, "user_ids": list(user_ids)}
        return lambda c: Pairs(c.execute(_FIND_SEVERAL, those), self._opened)

    async def aging(self, before: float) -> list[tuple[str, int]]:
        """Return portal and person of the pairs whose access token expired before `before`, unix seconds."""
        old = (tokens.c.proven.is_(True), tokens.c.expires_at > 0, tokens.c.expires_at < before)
        statement = select(tokens.c.portal, tokens.c.user_id).where(*old).order_by(tokens.c.expires_at)
        rows = await self._database.scan(lambda c: c.execute(statement).all())
        return [(row.portal, row.user_id) for row in rows]

    # --- keeping

    def saving(self, portal: str, pair: TokenPair, *, even_if_older: bool = False) -> Work[object]:
        """Return the work that stores `pair`, unless a younger one of the same person is there (a late event's, say).

        One that cannot be refreshed takes over what the one before could be refreshed with, if both are proven.
        """
        save = _REPLACE if even_if_older else _RENEW
        if even_if_older or pair.refresh_token is not None or not pair.proven:
            return Share(save, self._row(portal, pair))

        def work(connection: Connection) -> None:
            former = self._former(connection, portal, pair.user_id)
            kept = pair if former is None else replace(pair, refresh_token=former.refresh_token)
            save(connection, [self._row(portal, kept)])

        return work

    def _former(self, connection: Connection, portal: str, user_id: int) -> TokenPair | None:
        key = {"portal": portal, "user_id": user_id, "proven": True}
        row = connection.execute(_FIND_FORMER, key).one_or_none()
        return None if row is None else self._opened(row)

    async def replace(self, portal: str, pair: TokenPair) -> None:
        """Store what the authorization server gave; it is the truth, whatever its clock says."""
        await self._database.write(self.saving(portal, pair, even_if_older=True))

    async def prove(self, portal: str, pair: TokenPair) -> TokenPair:
        """Turn a pair of unknown owner into a proven one."""
        proven = replace(pair, proven=True)
        save, drop = self.saving(portal, proven), self._dropping(portal, pair)
        await self._database.write(lambda c: (save(c), drop(c)))
        return proven

    async def forget(self, portal: str, pair: TokenPair) -> None:
        """Remove `pair`, unless it was replaced meanwhile."""
        await self._database.write(self._dropping(portal, pair))

    def _dropping(self, portal: str, pair: TokenPair) -> Work[object]:
        mine = (tokens.c.portal == portal, tokens.c.user_id == pair.user_id, tokens.c.proven == pair.proven)

        def work(connection: Connection) -> None:
            stored = connection.execute(select(tokens.c.pair).where(*mine).with_for_update()).scalar_one_or_none()
            if stored is not None and self._vault.open(stored).get("access_token") == pair.access_token:
                connection.execute(delete(tokens).where(*mine))

        return work

    # --- rows

    def _row(self, portal: str, pair: TokenPair) -> dict[str, Any]:
        owner = {"portal": portal, "user_id": pair.user_id, "proven": pair.proven}
        secret = {"access_token": pair.access_token, "refresh_token": pair.refresh_token}
        return owner | {"pair": self._vault.close(owner | secret), "expires_at": pair.expires_at}

    def _opened(self, row: Any) -> TokenPair | None:
        opened = self._open(row.pair)
        if (opened.get("portal"), opened.get("user_id"), opened.get("proven")) != (row.portal, row.user_id, row.proven):
            return None  # not this person's row, or not as we wrote it, or its key was thrown away
        refresh_token = opened["refresh_token"]
        return TokenPair(
            user_id=row.user_id,
            access_token=str(opened["access_token"]),
            refresh_token=None if refresh_token is None else str(refresh_token),
            expires_at=row.expires_at,
            proven=row.proven,
        )
