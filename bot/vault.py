"""Encryption of what is secret in the database, and the change of keys."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any

import structlog
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr
from sqlalchemy import Column, Connection, and_, select, tuple_, update

from bot.database import Database, Work

log = structlog.get_logger()

# Rows that one transaction goes through.
_PAGE = 200


class Vault:
    """Encrypts what is secret; the first key encrypts, all of them decrypt.

    Attributes:
        fingerprints: Tell the keys apart, in their order, and give nothing of them away: a key is random enough.
    """

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        self.fingerprints = tuple(_fingerprint(key) for key in keys)
        self._newest = Fernet(keys[0].get_secret_value())
        self._fernet = MultiFernet([Fernet(key.get_secret_value()) for key in keys])
        self._lost = False

    def close(self, value: dict[str, Any]) -> str:
        return self._fernet.encrypt(json.dumps(value).encode()).decode()

    def open(self, text: str) -> dict[str, Any]:
        """Return what was closed; nothing when no key opens it, so that it is nobody's until its key is back."""
        try:
            opened: dict[str, Any] = json.loads(self._fernet.decrypt(text))
        except InvalidToken:
            if not self._lost:  # the first of them tells of all
                log.warning("secret.lost", reason="STATUSBOT_SECRET_KEY does not open all that the database holds")
            self._lost = True
            return {}
        return opened

    def renew(self, text: str) -> str | None:
        """Return `text` encrypted with the first key, which may be as it is; None when no key opens it."""
        try:
            self._newest.decrypt(text)
        except InvalidToken:
            pass
        else:
            return text
        try:
            return self._fernet.rotate(text).decode()
        except InvalidToken:
            return None


def _fingerprint(key: SecretStr) -> str:
    return sha256(b"statusbot key" + key.get_secret_value().encode()).hexdigest()[:16]


def known(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a dataclass has of what was kept; a newer release may have kept more, an older one less."""
    return {field.name: values[field.name] for field in fields(kind) if field.name in values}


@dataclass(frozen=True, slots=True)
class Sealed:
    """How many encrypted values there are, by the key that opens them."""

    newest: int = 0
    former: int = 0
    lost: int = 0  # no key opens them

    def __add__(self, other: "Sealed") -> "Sealed":
        return Sealed(self.newest + other.newest, self.former + other.former, self.lost + other.lost)


class Rotation:
    """Goes through every encrypted value of a database.

    Args:
        columns: All that `Vault` encrypts.
    """

    def __init__(self, database: Database, vault: Vault, columns: Sequence[Column[str]]) -> None:
        self._database = database
        self._vault = vault
        self._columns = columns

    async def count(self) -> Sealed:
        """Tell which keys the encrypted values need; changes nothing."""
        return await self._through_sealed(change=False)

    async def run(self) -> Sealed:
        """Encrypt with the first key what a former one encrypted, while a service that knows both may be at work.

        Returns:
            What was found: `former` values are encrypted anew, `lost` ones are left alone.
        """
        return await self._through_sealed(change=True)

    async def _through_sealed(self, *, change: bool) -> Sealed:
        found = Sealed()
        for column in self._columns:
            last: tuple[Any, ...] | None = ()
            while last is not None:
                page, last = await self._database.write(self._page(column, last, change=change))
                found += page
        return found

    def _page(
        self, column: Column[str], after: tuple[Any, ...], *, change: bool
    ) -> Work[tuple[Sealed, tuple[Any, ...] | None]]:
        """Return the work that goes through the rows behind `after`, and tells the last one; None when there are no more."""
        key = tuple(column.table.primary_key)
        statement = select(*key, column).order_by(*key).limit(_PAGE)
        if after:
            statement = statement.where(tuple_(*key) > after)

        def work(connection: Connection) -> tuple[Sealed, tuple[Any, ...] | None]:
            rows = connection.execute(statement).all()
            found = Sealed()
            for *at, sealed in rows:
                fresh = self._vault.renew(sealed)
                found += Sealed(newest=fresh == sealed, former=fresh not in (None, sealed), lost=fresh is None)
                if change and fresh not in (None, sealed):
                    mine = and_(*(part == value for part, value in zip(key, at, strict=True)))
                    # Another process may have stored a fresher value meanwhile, which stays.
                    unchanged = update(column.table).where(mine, column == sealed)
                    connection.execute(unchanged.values({column: fresh}))
            return found, tuple(rows[-1][:-1]) if len(rows) == _PAGE else None

        return work
