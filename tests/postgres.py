"""A PostgreSQL server of the tests' own, and a database for whoever wants one."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

USER = "statusbot"
_OPTIONS = "-c shared_buffers=16MB -c max_connections=40 -c unix_socket_directories="
# It runs for minutes and holds nothing that matters.
_HASTY = "-c fsync=off -c full_page_writes=off"
_DEBIAN = Path("/usr/lib/postgresql")
_ATTEMPTS = 5


class MissingPostgresError(Exception):
    """No PostgreSQL is installed."""


@dataclass(frozen=True)
class Cluster:
    """A running server on a loopback port.

    Attributes:
        account: System account that it runs as; None for that of the tests.
        durable: It waits for the disk, as one does that holds what matters.
    """

    programs: Path
    folder: Path
    port: int
    password: str
    account: str | None
    durable: bool

    def url(self, name: str, *, user: str = USER, password: str | None = None) -> str:
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{name}"

    def run(self, statement: str, **names: str) -> list[Any]:
        """Run a statement as administrator, with identifiers in it, and return its rows."""
        composed = sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()})
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(composed)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def database(self, template: str = "template0", encoding: str = "UTF8") -> Iterator[str]:
        """Give the name of a new database."""
        name = f"test_{secrets.token_hex(4)}"
        self.run(f"CREATE DATABASE {{name}} TEMPLATE {{template}} ENCODING '{encoding}'", name=name, template=template)
        try:
            yield name
        finally:
            self.run("DROP DATABASE {name} WITH (FORCE)", name=name)

    def start(self) -> None:
        options = f"{_OPTIONS} {'' if self.durable else _HASTY} -p {self.port} -h 127.0.0.1"
        self._control("start", "-o", options, "-l", str(self.folder / "log"))

    def stop(self) -> None:
        self._control("stop", "-m", "fast")

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Let it answer nobody, although it is there."""
        head = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{head}/task/{head}/children").read_text().split()
        processes = [head, *map(int, children)]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    def _control(self, *arguments: str) -> None:
        self.call("pg_ctl", "-D", str(self.folder / "data"), "-w", *arguments)

    def call(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs; it tells with what it fails."""
        # `pg_ctl start` leaves the server its output: a pipe would be open for as long as that runs.
        with (self.folder / "output").open("w+") as output:
            command = [str(self.programs / program), *arguments]
            done = subprocess.run(
                command, user=self.account, cwd=self.folder, stdout=output, stderr=output, check=False
            )
            output.seek(0)
            if done.returncode:
                raise RuntimeError(output.read())


def contents(url: str) -> list[str]:
    """Return all that the tables of a database hold, as text."""
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        rows = [
            connection.execute(sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(name))).fetchall()
            for (name,) in tables
        ]
    return [text for table in rows for (text,) in table]


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """Give a server that lives as long as the context; one that is `durable` does its work as slowly as a real one.

    Raises:
        MissingPostgresError: with what to install.
    """
    programs = _programs()
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="statusbot-postgres-"))
    try:
        started = _started(programs, folder, account, durable=durable)
        try:
            yield started
        finally:
            started.stop()
    finally:
        shutil.rmtree(folder)


def _started(programs: Path, folder: Path, account: str | None, *, durable: bool) -> Cluster:
    password = secrets.token_hex(8)
    (folder / "password").write_text(password)
    if account is not None:
        for path in (folder, folder / "password"):
            shutil.chown(path, account)
    ways = ["--auth=scram-sha-256", f"--username={USER}", f"--pwfile={folder / 'password'}"]
    made = Cluster(programs, folder, 0, password, account, durable)
    made.call("initdb", "-D", str(folder / "data"), "--no-sync", "--encoding=UTF8", "--locale=C", *ways)
    for attempt in range(_ATTEMPTS):
        found = Cluster(programs, folder, _free_port(), password, account, durable)
        try:
            found.start()
        except RuntimeError:  # somebody else has taken the port meanwhile
            if attempt == _ATTEMPTS - 1:
                raise
        else:
            return found
    raise AssertionError("unreachable")


def _programs() -> Path:
    """Return the folder of `initdb` and `pg_ctl`; Debian does not put them on the path."""
    named, versions = os.environ.get("POSTGRES_PROGRAMS"), sorted(_DEBIAN.glob("*/bin"), key=_version)
    found = shutil.which("initdb", path=named or os.pathsep.join(map(str, [*versions, os.environ.get("PATH", "")])))
    if found is None:
        raise MissingPostgresError(
            "The database is tested on PostgreSQL: install it, on Debian with: apt-get install postgresql; "
            "or name the folder of initdb in POSTGRES_PROGRAMS"
        )
    return Path(found).resolve().parent


def _version(programs: Path) -> float:
    """Return the negative version, so that the newest comes first."""
    return -float(programs.parent.name)


def _account() -> str | None:
    """Return who is to run the server, which refuses to work for root."""
    if os.getuid() != 0:
        return None
    return next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
