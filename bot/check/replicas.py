"""Who works on a database that several replicas share."""

from dataclasses import dataclass

from sqlalchemy import Connection, inspect, text

from bot.check.report import Report
from bot.service import Core
from bot.vault import Vault

# The other replicas dismiss one that has not told for so long that it lives.
_SILENT_S = 30
_AT_WORK = text(
    "SELECT name, version, keys FROM replicas JOIN procrastinate_workers AS workers ON workers.id = replicas.worker "
    "WHERE workers.last_heartbeat > now() - make_interval(secs => :silent_s) ORDER BY name"
)


@dataclass(frozen=True, slots=True)
class Replica:
    """One that is at work.

    Attributes:
        keys: Fingerprints of its keys; none where it does not tell them.
    """

    name: str
    version: str
    keys: frozenset[str]


async def at_work(core: Core) -> list[Replica]:
    """Return the replicas at work; none of a database that is not shared."""
    return await core.database.read(_read) if core.database.is_shared else []


def _read(connection: Connection) -> list[Replica]:
    if not inspect(connection).has_table("replicas"):
        return []
    rows = connection.execute(_AT_WORK, {"silent_s": _SILENT_S})
    return [Replica(row.name, row.version or "?", frozenset(filter(None, (row.keys or "").split(",")))) for row in rows]


async def why_not_encrypt(core: Core) -> str | None:
    """Return why nothing may be encrypted with our first key: a replica at work could not read it."""
    first = Vault(core.parts.settings.secret_key).fingerprints[0]
    names = [replica.name for replica in await at_work(core) if replica.keys and first not in replica.keys]
    if not names:
        return None
    return (
        f"the first key of STATUSBOT_SECRET_KEY is not known to {', '.join(names)}: put it behind the present one on every replica, "
        "with a comma, and restart each, before it goes first on any"
    )


async def examine(report: Report, core: Core) -> None:
    """Tell who is at work, and whether they could read what we encrypt."""
    if found := await at_work(core):
        report.ok(f"replicas at work: {', '.join(f'{replica.name} ({replica.version})' for replica in found)}")
    else:
        report.note("no replica is at work: start `statusbot serve`")
    if (reason := await why_not_encrypt(core)) is not None:
        report.problem(reason)
