"""What `statusbot check` finds out about the database: whether it can be opened, which keys it needs, who works on it."""

import socket
import tempfile
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from bot.check import replicas
from bot.check.report import Report, why_silent
from bot.database import path_of
from bot.database.place import cause
from bot.errors import SettingsError, StorageError
from bot.service import Core

_SETTING = "STATUSBOT_DATABASE_URL"
_CONNECT_S = 3.0
# The driver lets out what it complains about in a name before it connects.
_REFUSALS = (SQLAlchemyError, OSError, ValueError)
_USUAL_PORT = 5432

# What a person does about a server's words; the first that fits. One that speaks another language than English is only quoted.
_ROOM = "give the server a larger max_connections, or end what else is connected"
_REMEDIES = {
    "pg_hba.conf": "let this machine in, in the server's pg_hba.conf",
    "certificate": "name who has signed the server's certificate (sslrootcert), and the host as the certificate does",
    "SSL": "switch TLS on at the server, or leave sslmode out",
    "connection slots": _ROOM,
    "too many": _ROOM,
    "starting up": "check again a little later",
    "password": "correct user and password; a password's @, :, / and % are written %40, %3A, %2F and %25",
    "role": "correct the user, or create it",
    "database": "correct its name, or create it: createdb --template=template0 --encoding=UTF8",
}
_USUAL_REMEDY = "correct what it complains about"
_RIGHTS = text("SELECT has_schema_privilege(current_schema(), 'CREATE')")
_VERSIONS = text("SELECT split_part(current_setting('server_version'), ' ', 1), version_num FROM alembic_version")


def missing(url: str) -> str | None:
    """Return where there should be a database of this bot and is none; None when there is one.

    Raises:
        StorageError: the server does not let us look.
    """
    if not _is_server(url):
        path = path_of(url)
        return None if path.exists() else str(path)
    try:
        return _Server(url).missing()
    except _REFUSALS as error:
        raise StorageError(f"{_SETTING}: {cause(error)}.") from None


def can_be_opened(report: Report, url: str) -> bool:
    """Look whether there is a database that the bot can open; nothing is made."""
    try:
        return _Server(url).examine(report) if _is_server(url) else _examine_file(report, path_of(url))
    except StorageError as error:
        report.problem(str(error))
        return False


def _is_server(url: str) -> bool:
    return url.startswith("postgresql:")


def _examine_file(report: Report, path: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=path.parent) as probe:  # SQLite needs files beside its own
            probe.write(b"statusbot check")
    except OSError as error:
        report.problem(
            f"{_SETTING}: the folder {path.parent} cannot be written ({error.strerror}): "
            "make it, or let the user that runs the bot write there"
        )
        return False
    if not path.exists():
        report.ok(f"database can be made ({path})")
    return path.exists()


class _Server:
    """A database on a server, before anything is made there.

    Raises:
        StorageError: the address is of another form.
    """

    def __init__(self, url: str) -> None:
        from bot.database.postgres import Server  # noqa: PLC0415 - whoever has a file does not wait for the driver

        self._server = Server(url, replica=None)
        self._where = make_url(url)

    def missing(self) -> str | None:
        try:
            with self._server.engine.connect() as connection:
                return None if inspect(connection).has_table("alembic_version") else self._server.name
        finally:
            self._server.engine.dispose()

    def examine(self, report: Report) -> bool:
        """Look whether there are tables of ours, and whether we may make what is missing."""
        try:
            with report.asking(self._server.name), self._server.engine.connect() as connection:
                may_make, there = connection.scalar(_RIGHTS), inspect(connection).has_table("alembic_version")
        except _REFUSALS as error:
            report.problem(f"{_SETTING}: {self._server.name} {self._why_not(error)}")
            return False
        finally:
            self._server.engine.dispose()
        if not may_make:
            report.problem(
                f"{_SETTING}: the user {self._where.username} may make no tables in {self._server.name}: make it the owner of that "
                "database, or grant it CREATE on its schema public"
            )
        elif not there:
            report.ok(f"database has room for the bot's tables, which are not made yet ({self._server.name})")
        return bool(may_make and there)

    def _why_not(self, error: Exception) -> str:
        if (silence := self._silence()) is not None:
            return f"does not answer ({silence}): start the server, or correct host and port"
        words = cause(error).rpartition(" failed: ")[2].removeprefix("FATAL:").strip().rstrip(".")
        remedy = next((remedy for part, remedy in _REMEDIES.items() if part in words), _USUAL_REMEDY)
        return f"cannot be used ({words}): {remedy}"

    def _silence(self) -> str | None:
        """Return why nobody can be reached there; None when somebody can, or a socket of this machine is meant."""
        if self._where.host is None:
            return None
        try:
            socket.create_connection((self._where.host, self._where.port or _USUAL_PORT), _CONNECT_S).close()
        except (OSError, ValueError) as error:
            return why_silent(error)
        return None


async def content(report: Report, core: Core) -> None:
    """Look whether the database can be written, which keys it needs, what was given up, and who works on it."""
    database = core.database
    try:
        await database.write(lambda c: c.execute(text("UPDATE portals SET language = language WHERE false")))
        about = f", {await database.read(_versions)}" if database.is_shared else ""
        report.ok(f"database can be written ({database.name}{about})")
        await _keys(report, core)
        await _given_up(report, core)
        if database.is_shared:
            await replicas.examine(report, core)
            await _beside(report, core)
        if not report.problems:
            await core.store.load()
    except SettingsError as error:
        report.problem(str(error))
    except StorageError as error:
        report.problem(f"database {database.name} cannot be written ({error}): give its user the right to, make room")


async def _keys(report: Report, core: Core) -> None:
    found = await core.store.rotation.count()
    total = found.newest + found.former + found.lost
    if found.lost:
        report.problem(
            f"STATUSBOT_SECRET_KEY does not open {found.lost} of {total} values in the database, an older key is missing: "
            "put the former key behind the new one, with a comma"
        )
    else:
        report.ok(f"STATUSBOT_SECRET_KEY opens what the database holds ({total} values)")
    if found.former:
        report.note(
            f"{found.former} of {total} values need an older key: run `statusbot rotate-keys`, then remove that key"
        )


async def _given_up(report: Report, core: Core) -> None:
    if parked := await core.inbox.parked():
        report.note(
            f"events that were given up, with their senders told so: {len(parked)}; the log has an event.parked of each "
            f"(the last one is {parked[-1].key})"
        )


async def _beside(report: Report, core: Core) -> None:
    try:
        await core.sharing.open()
    except StorageError as error:
        report.problem(str(error))


def _versions(connection: Connection) -> str:
    server, schema = connection.execute(_VERSIONS).one()
    return f"PostgreSQL {server}, schema {schema}"
