"""A replica among others: it tells that it lives, does nothing that it may not do any more, and takes over what dead ones held.

A replica is enrolled as a worker and tells every few seconds that it lives. One that is silent for too long is dismissed by the
others, and what it held is put back. Should it live all the same (it hung, it lost the server), it notices with its next
transaction, since each asks whether the worker is enrolled: it drops what it held and enrolls anew. Others may have come meanwhile
whose keys do not go with ours; then it ends, as a replica that starts beside them does. One that starts again under its name need
not wait until it is dismissed: the name is claimed, so its former process is dead.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from bot.database import Database, Work
from bot.errors import StorageError
from bot.inbox import peers
from bot.inbox.handing import GivenUp
from bot.inbox.jobs import Jobs
from bot.inbox.peers import Heard, Peer
from bot.patience import until_stored

log = structlog.get_logger()
T = TypeVar("T")

# After so many heartbeats in a row the server, and we, were there for long enough that whoever lives has been heard of.
_STEADY = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """How often things are looked at, in seconds.

    Attributes:
        beat_s: Between two heartbeats.
        silent_s: Whoever was not heard of for so long is dismissed: its work is taken over within this and a few beats.
        poll_s: Between two looks for jobs of which no notification came, and before a server that was lost is asked again.
        aside_s: Until what a newer release has stored is looked at again, should none of its replicas be here.
    """

    beat_s: float = 5.0
    silent_s: float = 30.0
    poll_s: float = 2.0
    aside_s: float = 3.0


def uptime() -> float:
    """Return seconds that go on while the machine sleeps, and whoever sets its clock: others go on, too."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Membership:
    """The replica `me`, which has claimed `database` under its name."""

    def __init__(self, database: Database, me: Peer, pace: Pace, clock: Callable[[], float]) -> None:
        self._database = database
        self._me = me
        self._pace = pace
        self._clock = clock
        self._confirmed_at = 0.0
        self._confirmed = asyncio.Event()
        self._beat_wanted = asyncio.Event()
        self.worker = 0

    async def enroll(self) -> None:
        """Come, or come again, if the others work with our keys.

        Raises:
            SettingsError: they do not.
            StorageError: as `Database.write`.
        """
        begun = self._clock()
        work = partial(peers.enroll, me=self._me, silent_s=self._pace.silent_s)
        self.worker = await self._database.write(work)
        self._confirm(begun)

    def _confirm(self, begun: float) -> None:
        self._confirmed_at = begun
        self._confirmed.set()  # wakes who waits now
        self._confirmed.clear()

    async def leave(self, left: Mapping[str, int]) -> None:
        """Go, and put back what is held; `left` has the starts that count of each key."""
        await self.write(partial(peers.go, worker=self.worker, left=left))

    async def write(self, work: Work[T]) -> T:
        """Run `work` if nobody has given this replica up.

        Raises:
            GivenUp: somebody has.
            StorageError: as `Database.write`.
        """
        worker = self.worker

        def fenced(connection: Connection) -> T:
            if not Jobs(connection).is_enrolled(worker):
                raise GivenUp
            return work(connection)

        return await self._database.write(fenced)

    async def hold(self) -> None:
        """As `Inbox.hold`. A heartbeat that was confirmed lately is proof enough: others wait for longer."""
        while self._clock() - self._confirmed_at >= self._pace.silent_s - self._pace.beat_s:
            self._beat_wanted.set()
            await self._confirmed.wait()

    def doubt(self) -> None:
        """Ask the server at once whether we are still enrolled."""
        self._beat_wanted.set()

    async def keep(self, heard: Callable[[Heard], None], drop_all: Callable[[], Awaitable[None]]) -> None:
        """Tell that we live, until cancelled; `heard` is told what comes back, `drop_all` is awaited before we start over.

        Raises:
            SettingsError: we were given up, and those who are at work now have other keys.
        """
        steady, wait_s = 0, self._pace.beat_s
        while True:
            await pause(self._beat_wanted, wait_s)
            self._beat_wanted.clear()
            wait_s = self._pace.beat_s
            if self._clock() - self._confirmed_at > self._pace.silent_s / 2:
                steady = 0  # we were paused, and others perhaps with us: they have yet to be heard of
            try:
                heard(await self._beat(self._pace.silent_s if steady >= _STEADY else None))
            except GivenUp:
                steady = 0
                log.warning("replica.given-up", replica=self._me.name)
                self.worker = 0
                await drop_all()
                await until_stored(self.enroll)
                self._beat_wanted.set()
            except StorageError:
                steady, wait_s = 0, min(wait_s, self._pace.poll_s)
            else:
                steady += 1

    async def _beat(self, silent_s: float | None) -> Heard:
        begun = self._clock()
        found = await self.write(partial(peers.beat, worker=self.worker, silent_s=silent_s))
        self._confirm(begun)
        return found


async def pause(event: asyncio.Event, seconds: float) -> None:
    """Wait for `event`, but not for longer."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
