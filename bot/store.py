"""Our tables: portals, tokens (encrypted), open questions, and what was carried out last.

Times are unix seconds. What is secret passes through `Vault`; a row holds the ids of its owner inside the encrypted part too,
so that a row that was moved to another person opens for nobody.
"""

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert

from bot.database import Database, Work, metadata
from bot.errors import SettingsError

portals = Table(
    "portals",
    metadata,
    Column("member_id", String, primary_key=True),
    Column("application_token", Text, nullable=False),  # encrypted
    Column("oauth_server", String, nullable=False),
    Column("installer_id", Integer, nullable=False),
    Column("language", String, nullable=False),
    Column("bot_id", Integer),  # None until the bot is registered
    Column("bot_api", String),  # v2 or v1, likewise
    Column("installed_at", Integer, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("portal", String, primary_key=True),
    Column("user_id", Integer, primary_key=True),
    # False: an event brought it without saying whose it is; `profile` has to tell before it is used.
    Column("proven", Boolean, primary_key=True),
    Column("pair", Text, nullable=False),  # encrypted
    Column("expires_at", Integer, nullable=False),
)

questions = Table(
    "questions",
    metadata,
    Column("portal", String, primary_key=True),
    Column("user_id", Integer, primary_key=True),
    Column("dialog_id", String, nullable=False),
    Column("key", String, nullable=False),
    Column("calls", Text, nullable=False),  # JSON
    Column("asked_at", Integer, nullable=False),
    Column("language", String, nullable=False),
    Column("asked_by", String, nullable=False),  # key of the event that asked
    Column("taken_by", String),  # key of the event that answered it
)

carried_out = Table(
    "carried_out",
    metadata,
    Column("portal", String, primary_key=True),
    Column("user_id", Integer, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("message_id", Integer, nullable=False),
    Column("message_at", Integer, nullable=False),
    Column("press_at", Integer, nullable=False),
)


# Every message brings a pair, so these are built once.
_PAIR = insert(tokens).values({column.name: bindparam(column.name) for column in tokens.columns})
_PAIR_VALUES = {"pair": _PAIR.excluded.pair, "expires_at": _PAIR.excluded.expires_at}
_REPLACE_PAIR = _PAIR.on_conflict_do_update(set_=_PAIR_VALUES)
_RENEW_PAIR = _PAIR.on_conflict_do_update(set_=_PAIR_VALUES, where=_PAIR.excluded.expires_at >= tokens.c.expires_at)


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


@dataclass(frozen=True, slots=True)
class Question:
    """A confirmation that we asked one person for, in one dialog."""

    dialog_id: str
    key: str
    calls: tuple[tuple[str, tuple[str, ...]], ...]
    asked_at: int
    language: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands among those of its person (interface, section 4).

    Attributes:
        message_id: Id of the typed message; None for a button press, which carries the id of the bot's own message.
        sent_at: `ts` of the event, unix seconds.
    """

    message_id: int | None
    sent_at: int


class Vault:
    """Encrypts what is secret; the first key encrypts, all of them decrypt."""

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        self._fernet = MultiFernet([Fernet(key.get_secret_value()) for key in keys])

    def close(self, value: dict[str, str | int | None]) -> str:
        return self._fernet.encrypt(json.dumps(value).encode()).decode()

    def open(self, text: str) -> dict[str, str | int | None]:
        """Raises SettingsError when no key opens `text`."""
        try:
            opened: dict[str, str | int | None] = json.loads(self._fernet.decrypt(text))
        except InvalidToken:
            raise SettingsError(
                "STATUSBOT_SECRET_KEY does not open what the database holds; put the former key behind the new one."
            ) from None
        return opened


class Store:
    """Our tables over one database. Portals are few and asked for by every event, so they are kept in memory."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database = database
        self._vault = vault
        self._portals: dict[str, Portal] = {}

    async def load(self) -> None:
        """Read the portals; raises SettingsError when the key is not theirs."""
        rows = await self.database.read(lambda c: c.execute(select(portals)).all())
        self._portals = {}
        for row in rows:
            opened = self._vault.open(row.application_token)
            if opened.get("portal") != row.member_id:
                continue  # not this portal's row
            token = str(opened["application_token"])
            self._portals[row.member_id] = Portal(
                row.member_id, token, row.oauth_server, row.installer_id, row.language, row.bot_id, row.bot_api
            )

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
            *(delete(table).where(table.c.portal == member_id) for table in (tokens, questions, carried_out)),
        ]
        await self.database.write(lambda c: [c.execute(statement) for statement in statements])
        self._portals.pop(member_id, None)

    # --- tokens

    def saving_tokens(self, portal: str, pair: TokenPair, *, even_if_older: bool = False) -> Work[object]:
        """Return the work that stores `pair`, unless a younger one of the same person is there (a late event's, say)."""
        owner: dict[str, str | int | None] = {"portal": portal, "user_id": pair.user_id}
        opened = owner | {"access_token": pair.access_token, "refresh_token": pair.refresh_token}
        row = owner | {"proven": pair.proven, "pair": self._vault.close(opened), "expires_at": pair.expires_at}
        statement = _REPLACE_PAIR if even_if_older else _RENEW_PAIR
        return lambda c: c.execute(statement, row)

    async def replace_tokens(self, portal: str, pair: TokenPair) -> None:
        """Store what the authorization server gave; it is the truth, whatever its clock says."""
        await self.database.write(self.saving_tokens(portal, pair, even_if_older=True))

    async def tokens(self, portal: str, user_id: int, *, proven: bool = True) -> TokenPair | None:
        statement = select(tokens).where(
            tokens.c.portal == portal, tokens.c.user_id == user_id, tokens.c.proven == proven
        )
        row = await self.database.read(lambda c: c.execute(statement).one_or_none())
        if row is None:
            return None
        opened = self._vault.open(row.pair)
        if (opened.get("portal"), opened.get("user_id")) != (portal, user_id):
            return None  # not this person's row
        refresh_token = opened["refresh_token"]
        return TokenPair(
            user_id=user_id,
            access_token=str(opened["access_token"]),
            refresh_token=None if refresh_token is None else str(refresh_token),
            expires_at=row.expires_at,
            proven=proven,
        )

    async def forget_tokens(self, portal: str, pair: TokenPair) -> None:
        """Remove `pair`, unless it was replaced meanwhile."""
        await self.database.write(self._dropping(portal, pair))

    def _dropping(self, portal: str, pair: TokenPair) -> Work[object]:
        mine = (tokens.c.portal == portal, tokens.c.user_id == pair.user_id, tokens.c.proven == pair.proven)

        def work(connection: Connection) -> None:
            stored = connection.execute(select(tokens.c.pair).where(*mine)).scalar_one_or_none()
            if stored is not None and self._vault.open(stored).get("access_token") == pair.access_token:
                connection.execute(delete(tokens).where(*mine))

        return work

    async def prove_tokens(self, portal: str, pair: TokenPair) -> TokenPair:
        """Turn a pair of unknown owner into a proven one."""
        proven = replace(pair, proven=True)
        save, drop = self.saving_tokens(portal, proven), self._dropping(portal, pair)
        await self.database.write(lambda c: (save(c), drop(c)))
        return proven

    # --- open questions

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
                )
            )
            return key

        return await self.database.write(work)

    async def take_question(
        self,
        portal: str,
        user_id: int,
        *,
        taken_by: str,
        asked_since: int,
        dialog_id: str | None = None,
        key: str | None = None,
    ) -> Question | None:
        """Return the open question, if it was asked in `dialog_id` or has `key`, and close it for all events but `taken_by`."""

        def work(connection: Connection) -> Question | None:
            mine = (questions.c.portal == portal, questions.c.user_id == user_id)
            row = connection.execute(select(questions).where(*mine)).one_or_none()
            if row is None or row.taken_by not in (None, taken_by) or row.asked_at < asked_since:
                return None
            if dialog_id not in (None, row.dialog_id) or key not in (None, row.key):
                return None
            connection.execute(update(questions).where(*mine).values(taken_by=taken_by))
            calls = tuple((name, tuple(words)) for name, words in json.loads(row.calls))
            return Question(row.dialog_id, row.key, calls, row.asked_at, row.language)

        return await self.database.write(work)

    async def drop_question(self, portal: str, user_id: int, *, unless_asked_by: str) -> None:
        """Close the open question, if any: the person went on to something else."""
        mine = (questions.c.portal == portal, questions.c.user_id == user_id, questions.c.asked_by != unless_asked_by)
        if await self.database.read(lambda c: c.execute(select(questions.c.key).where(*mine)).first()):
            await self.database.write(lambda c: c.execute(delete(questions).where(*mine)))

    # --- order

    async def superseded(self, portal: str, user_id: int, subject: str, place: Place) -> bool:
        """Whether something newer of this person was already carried out on `subject`."""
        statement = select(carried_out).where(
            carried_out.c.portal == portal, carried_out.c.user_id == user_id, carried_out.c.subject == subject
        )
        row = await self.database.read(lambda c: c.execute(statement).one_or_none())
        if row is None:
            return False
        if place.message_id is None:
            return bool(place.sent_at < max(row.message_at, row.press_at))
        return bool(place.message_id < row.message_id or place.sent_at < row.press_at)

    async def carry_out(self, portal: str, user_id: int, subject: str, place: Place) -> None:
        """Remember that the command at `place` was carried out on `subject`."""
        typed = place.message_id is not None
        fresh = insert(carried_out).values(
            portal=portal,
            user_id=user_id,
            subject=subject,
            message_id=place.message_id or 0,
            message_at=place.sent_at if typed else 0,
            press_at=0 if typed else place.sent_at,
        )
        statement = fresh.on_conflict_do_update(
            index_elements=["portal", "user_id", "subject"],
            set_={
                name: func.max(getattr(carried_out.c, name), getattr(fresh.excluded, name))
                for name in ("message_id", "message_at", "press_at")
            },
        )
        await self.database.write(lambda c: c.execute(statement))
