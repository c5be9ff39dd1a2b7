"""Who the replicas are, on a server: the transactions in which one comes, tells that it lives, and goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, text, update

from bot.database.postgres import lock_number
from bot.errors import SettingsError
from bot.inbox.jobs import Jobs
from bot.inbox.sqlite import events
from bot.inbox.tables import in_lanes, replicas


@dataclass(frozen=True, slots=True)
class Peer:
    """A replica, as the others see it.

    Attributes:
        keys: Fingerprints of its secret keys, the newest first; empty where it does not tell.
        version: Of the program. Replicas of several versions work side by side while they are upgraded one after the other.
    """

    name: str
    keys: tuple[str, ...] = ()
    version: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a heartbeat finds.

    Attributes:
        waiting: Events that wait or run, wherever.
        adopted: Events that were put back, since whoever held them is dismissed.
        connection: What the server calls ours.
    """

    waiting: int
    adopted: int
    connection: int


def enroll(connection: Connection, me: Peer, silent_s: float) -> int:
    """Make a worker of `me`, and put back what a former one held; return its number.

    That is, if `me` and the replicas that were heard of within `silent_s` can read what the others encrypt. Of those that were not,
    whoever cannot is dismissed: should it only hang, it has to enroll again, and finds that out.

    Raises:
        SettingsError: somebody at work cannot.
    """
    connection.execute(select(func.pg_advisory_xact_lock(lock_number("inbox replicas"))))  # two may come at once
    jobs = Jobs(connection)
    alive = jobs.heard_of(silent_s)
    former = []
    for known in connection.execute(select(replicas).order_by(replicas.c.name)):
        if known.name == me.name:
            former.append(known.worker)
        elif (reason := _why_not_beside(me, _peer(known))) is not None:
            if known.worker in alive:
                raise SettingsError(reason)
            former.append(known.worker)
    _dismiss(connection, former)
    worker = jobs.enroll()
    row = {"name": me.name, "worker": worker, "keys": ",".join(me.keys), "version": me.version}
    connection.execute(replicas.insert().values(row))
    return worker


def _dismiss(connection: Connection, workers: Sequence[int]) -> None:
    if not workers:
        return
    connection.execute(replicas.delete().where(replicas.c.worker.in_(workers)))
    jobs = Jobs(connection)
    for worker in workers:
        jobs.dismiss(worker)
    jobs.adopt()


def _peer(row: Any) -> Peer:
    return Peer(row.name, tuple((row.keys or "").split(",")) if row.keys else (), row.version or "")


def _why_not_beside(me: Peer, other: Peer) -> str | None:
    """Return why `me` may not work while `other` does; None when it may."""
    if not me.keys or not other.keys:
        return None
    advice = "give all replicas the same keys; a new one goes behind the present one on each of them before it goes first on any."
    if me.keys[0] not in other.keys:
        return f"STATUSBOT_SECRET_KEY: the first key is not known to replica {other.name}, which is at work: {advice}"
    if other.keys[0] not in me.keys:
        return f"STATUSBOT_SECRET_KEY: the first key of replica {other.name}, which is at work, is missing: {advice}"
    return None


def beat(connection: Connection, worker: int, silent_s: float | None) -> Heard:
    """Tell that `worker` lives.

    Args:
        connection: Of the transaction.
        worker: Who tells it.
        silent_s: Who was not heard of for so long is dismissed; None for nobody.
    """
    jobs = Jobs(connection)
    jobs.beat(worker)
    adopted = 0
    if silent_s is not None:
        jobs.dismiss_silent(silent_s)
        adopted = jobs.adopt()
        connection.execute(text("DELETE FROM replicas WHERE worker NOT IN (SELECT id FROM procrastinate_workers)"))
    waiting = connection.scalar(select(func.count()).select_from(in_lanes)) or 0
    return Heard(waiting, adopted, connection.scalar(select(func.pg_backend_pid())) or 0)


def go(connection: Connection, worker: int, left: Mapping[str, int]) -> None:
    """Put back what `worker` holds, and dismiss it; `left` has the starts that count of each key."""
    for key, starts in left.items():
        connection.execute(update(events).where(events.c.key == key, events.c.state == "pending").values(starts=starts))
    jobs = Jobs(connection)
    jobs.put_back(jobs.held_by(worker))
    jobs.dismiss(worker)
    connection.execute(replicas.delete().where(replicas.c.worker == worker))
