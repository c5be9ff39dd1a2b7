"""The databases that everything is measured on. Both write to a disk and wait for it, as they do when it matters."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

from tests.postgres import MissingPostgresError, cluster

SQLITE, POSTGRESQL = "sqlite", "postgresql"


@dataclass(frozen=True, slots=True)
class Engine:
    """A kind of database.

    Attributes:
        relaxed: How many times worse than the targets its figures may be.
        database: Gives the address of an empty one.
        shared: Several replicas may work on it.
    """

    name: str
    relaxed: float
    database: Callable[[], AbstractContextManager[str]]
    shared: bool


@contextmanager
def _file() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="statusbot-") as folder:
        yield f"sqlite:///{folder}/statusbot.db"


@contextmanager
def engines(names: list[str]) -> Iterator[tuple[list[Engine], list[str]]]:
    """Give those of the engines that this machine has, and a sentence for each that it has not."""
    found, missing = [], []
    with ExitStack() as stack:
        if SQLITE in names:
            found.append(Engine(SQLITE, 1, _file, shared=False))
        if POSTGRESQL in names:
            try:
                server = stack.enter_context(cluster(durable=True))
            except MissingPostgresError as error:
                missing.append(f"Nothing was measured on PostgreSQL. {error}.")
            else:

                @contextmanager
                def made() -> Iterator[str]:
                    with server.database() as name:
                        yield server.url(name)

                found.append(Engine(POSTGRESQL, 2, made, shared=True))
        yield found, missing
