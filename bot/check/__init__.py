"""`statusbot check`: examines settings, database, keys, the public address, the portal, and what is registered there.

It may run beside the service. It changes nothing, except that a token past its hour is renewed the way the bot itself does it.
Every part has a time limit; what cannot be examined because of an earlier finding is said to be skipped. Lines hold no secrets:
texts of foreign errors are not printed, only our own words for them, and what a database server says of why it refuses us.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence

import httpx

from bot import manifest as manifests
from bot import settings
from bot.channels import longest_public_url
from bot.check import database, outside
from bot.check.inside import Installation
from bot.check.report import REINSTALL, Report
from bot.errors import StorageError
from bot.service import MANIFEST, Core
from bot.settings import Settings
from bot.store import Portal

__all__ = ["Report", "check", "examine"]

# With the five seconds that SQLite waits for a lock, less than 30 altogether.
_REQUEST_S = 3.0
_INSTALLATION_S = 8.0
# What one command asks of the portal: read, write, reply.
_REQUESTS = 3


async def check(report: Report) -> bool:
    """Examine what the environment configures; tell whether nothing needs a person."""
    lines = settings.problems()
    for line in lines:
        report.problem(line)
    if lines:
        report.skipped("database, public address, portal: they need the settings")
    else:
        await examine(report, settings.load())
    return report.problems == 0


async def examine(
    report: Report,
    chosen: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    clock: Callable[[], float] = time.time,
    request_s: float = _REQUEST_S,
) -> None:
    """Examine what complete settings lead to.

    Args:
        report: Where findings go.
        chosen: The settings.
        transport: How everybody is reached; None for the network.
        clock: Unix seconds.
        request_s: How long a request without a token may take.
    """
    languages = manifests.load(MANIFEST).app.languages
    if chosen.language not in languages:
        report.problem(f"STATUSBOT_LANGUAGE is one of {', '.join(languages)}.")
        return
    report.ok("settings are complete")
    _settings(report, chosen)
    core = _open(report, chosen, transport, clock)
    try:
        async with httpx.AsyncClient(transport=transport, trust_env=False, timeout=request_s) as http:
            await _examine(report, chosen, core, http)
    finally:
        if core is not None:
            await core.close()


def _settings(report: Report, chosen: Settings) -> None:
    """Note what settings lead to that are allowed but may surprise."""
    if chosen.burst < chosen.rate + _REQUESTS:
        report.note(
            "STATUSBOT_BURST leaves no room for one command: the bot stays below it by STATUSBOT_RATE, and a command takes "
            f"{_REQUESTS} requests, so that everybody waits; {math.ceil(chosen.rate) + _REQUESTS} or more would do"
        )
    if chosen.cronofy is None:
        return
    report.note(
        f"Cronofy is set up ({chosen.cronofy.api}): its application needs the redirect address {chosen.cronofy_url}"
    )
    if (longest := longest_public_url(chosen)) is not None:
        report.note(
            f"Cronofy does not tell of changes, since STATUSBOT_PUBLIC_URL has more than {longest} characters: "
            "answers are confirmed a little later"
        )


async def _examine(report: Report, chosen: Settings, core: Core | None, http: httpx.AsyncClient) -> None:
    if core is not None:
        await database.content(report, core)
    portals = [] if core is None else core.store.all_portals()
    may_be_installed = report.problems == 0
    await outside.public_address(report, http, chosen)
    answers = await outside.portal(report, http, chosen)
    await outside.client(report, http, chosen, portals[0].oauth_server if portals else None)
    if chosen.cronofy is not None:
        await outside.cronofy(report, http, chosen.cronofy)
    if not may_be_installed or not answers:
        report.skipped("installation, scopes, bot, commands, events: they need what is wrong above")
    elif core is None or not portals:
        report.problem(f"the application is not installed yet: {REINSTALL}")
    else:
        await _installation(report, core, portals)


def _open(
    report: Report, chosen: Settings, transport: httpx.AsyncBaseTransport | None, clock: Callable[[], float]
) -> Core | None:
    """Return what the bot works with; None when the database cannot be used, or does not exist yet."""
    if not database.can_be_opened(report, chosen.database_url):
        return None
    try:
        return Core(chosen, exclusive=False, transport=transport, clock=clock)
    except StorageError as error:
        report.problem(str(error))
        return None


async def _installation(report: Report, core: Core, portals: Sequence[Portal]) -> None:
    for portal in portals:
        try:
            async with asyncio.timeout(_INSTALLATION_S):
                await Installation(report, core, portal).examine()
        except TimeoutError:
            report.problem(
                f"the portal is too slow to be examined within {_INSTALLATION_S:.0f} s: check again a little later"
            )
