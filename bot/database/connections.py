"""How the connections to a server are made: all of them from one reading of its address, and within the same bounds.

libpq reads some addresses otherwise than SQLAlchemy does (a password with a "/" or a "%" in it), so it is never given one. What
bounds a session is set when it begins, not handed over as `options`: those are the administrator's (`search_path`, say), and
PgBouncer takes none.
"""

from typing import Any

import psycopg
from psycopg import AsyncConnection
from sqlalchemy import URL, Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import StorageError

# Whoever waits for a write gives up after 10 s; it must have failed by then.
_STATEMENT_S = 8
_CONNECT_S = 5
# The server cuts off whoever is silent in a transaction; see `Server.make_way`.
_IDLE_S = 10
# A machine that is gone is noticed after 5 + 3 * 3 s, here and there; until then the name of its replica counts as taken.
_KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3}

# What the server is told of a connection for any purpose, and of one that takes part in the work.
KEPT_ALIVE = "; ".join(f"SET tcp_{name} = {value}" for name, value in _KEEPALIVE.items())
SESSION = "; ".join(
    (
        f"SET statement_timeout = '{_STATEMENT_S}s'",
        f"SET idle_in_transaction_session_timeout = '{_IDLE_S}s'",
        KEPT_ALIVE,
    )
)


def read(url: str) -> URL:
    """Return what `url` says.

    Raises:
        StorageError: it is not of the form `postgresql://user:password@host:port/name`.
    """
    try:
        where = make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        where = None
    # A password with an "@" in it would be taken for a part of the host, which is no secret.
    if where is None or not where.database or "@" in f"{where.host}{where.database}":
        raise StorageError(
            "STATUSBOT_DATABASE_URL: is of the form postgresql://user:password@host:port/name; a password's @, :, / and % are "
            "written %40, %3A, %2F and %25."
        )
    return where


def in_short(where: URL) -> str:
    """Return what people call a database; holds no secret."""
    return f"{where.host or 'localhost'}{f':{where.port}' if where.port else ''}/{where.database}"


def engine(where: URL, name: str, **options: Any) -> Engine:
    """Return what makes connections for tables; `name` is for whoever looks at the server."""
    return create_engine(
        where,
        hide_parameters=True,  # an error that is logged must not show what was stored
        use_native_hstore=False,  # saves a look for it
        connect_args=_bounds(name),
        **options,
    )


async def beside(url: str, name: str) -> AsyncConnection[tuple[Any, ...]]:
    """Return a connection beside those of the tables, in which each statement is a transaction; `name` as for `engine`.

    Raises:
        psycopg.Error, OSError: there is none to be had.
    """
    where = read(url)
    _, given = where.get_dialect()().create_connect_args(where)  # as an engine does
    connection = await psycopg.AsyncConnection.connect(**{**given, **_bounds(name)}, autocommit=True)
    try:
        await connection.execute(SESSION)
    except BaseException:
        await connection.close()
        raise
    return connection


def _bounds(name: str) -> dict[str, Any]:
    return {
        "client_encoding": "UTF8",
        "connect_timeout": _CONNECT_S,
        "tcp_user_timeout": _STATEMENT_S * 1000,
        "application_name": f"statusbot {name}".rstrip(),
        **_KEEPALIVE,
    }
