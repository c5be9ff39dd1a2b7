"""What `Database` wants of whatever keeps its tables."""

from typing import Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError


class Place(Protocol):
    """Where a database is: a file, or a server.

    It may be claimed by a process, which whoever makes one of these decides.
    """

    @property
    def name(self) -> str:
        """For people; holds no secret."""
        ...

    @property
    def is_shared(self) -> bool:
        """As `Database.is_shared`."""
        ...

    @property
    def is_near(self) -> bool:
        """Looking something up takes less than handing it over to a thread does."""
        ...

    @property
    def engine(self) -> Engine:
        """Writes. Opens one connection at a time, as the others do."""
        ...

    @property
    def looking(self) -> Engine:
        """Looks things up, and changes nothing; each statement by itself sees what was committed before."""
        ...

    @property
    def scanning(self) -> Engine:
        """As `looking`, for what takes longer."""
        ...

    @property
    def term(self) -> int:
        """As `Database.term`."""
        ...

    def guard_schema(self, connection: Connection) -> None:
        """Let nobody else look after the schema until the transaction ends."""
        ...

    def make_way(self, connection: Connection) -> None:
        """See to it that nobody holds a lock while nothing goes on there: we have waited for one in vain."""
        ...

    def hurry(self, connection: Connection) -> None:
        """Let this transaction wait for no lock that is not free in a moment."""
        ...

    def in_words(self, cause: str) -> str:
        """Return the line that tells the administrator why this place cannot be used."""
        ...

    def release(self) -> None:
        """Give the claim up, after the engines were disposed of."""
        ...


# Of SQLSTATE: no connection, a transaction in the way, no room, not now, the administrator, the machine below.
_PASSING_CLASSES = frozenset({"08", "40", "53", "55", "57", "58"})
_READ_ONLY = "25006"  # until the other server takes over
# Of SQLite: busy, locked, no memory, read-only, a fault of the disk, full, not to be opened, locks that do not work out.
_PASSING_CODES = frozenset({5, 6, 7, 8, 10, 13, 14, 15})


def may_pass(error: Exception) -> bool:
    """Whether a database that complained may do the same a little later: nothing is wrong with what was asked of it."""
    if not isinstance(error, DBAPIError):
        return False
    state, code = getattr(error.orig, "sqlstate", None), getattr(error.orig, "sqlite_errorcode", None)
    if state is not None:
        return state[:2] in _PASSING_CLASSES or state == _READ_ONLY
    return error.connection_invalidated if code is None else code & 0xFF in _PASSING_CODES


def cause(error: BaseException) -> str:
    """Return what a database complains about, in one line and without the values that it was given."""
    origin = getattr(error, "orig", None) or error
    # The details of PostgreSQL quote rows.
    primary = getattr(getattr(origin, "diag", None), "message_primary", None)
    return " ".join(str(primary or origin).split())
