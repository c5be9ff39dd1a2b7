"""The commands of `statusbot`, and the composition root. Everything that reads the environment or ends the process is here."""

import asyncio
import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from typing import Any

import click
import structlog
import uvloop
from cryptography.fernet import Fernet

from bot import log, settings, tracing
from bot import manifest as manifests
from bot.bitrix24.sync import sync as synchronise
from bot.check import Report
from bot.check import check as checks
from bot.check.database import missing
from bot.check.replicas import why_not_encrypt
from bot.check.report import REINSTALL, in_words
from bot.dispatch import wanted
from bot.errors import BitrixError, BotError, NotConnected
from bot.service import MANIFEST, Core, Service
from bot.settings import Settings

# An end takes less than 10 s, whatever hangs; commands that are under way may use most of it.
_STOP_S = 9.0


class _Commands(click.Group):
    """Ends as programs do that Ctrl-C has ended."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(128 + signal.SIGINT)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="statusbot")
def cli() -> None:
    """A Bitrix24 chat bot that sets your meeting answers and your presence, with your own rights."""


@cli.command()
def serve() -> None:
    """Receive events and carry commands out, configured by STATUSBOT_... settings."""
    _run(_serve(_configured()))


async def _serve(chosen: Settings) -> None:
    stopped = asyncio.Event()

    def stop() -> None:
        stopped.set()
        _end_in_time()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    tracing.start()
    service = await _built(chosen, stopped)
    if service is None:
        return
    await service.start()
    gc.freeze()  # what the start has built is no garbage either; to look for the little that is takes longer than it is worth
    try:
        await service.run_until(stopped)
    finally:
        _end_in_time()
        await service.stop()


async def _built(chosen: Settings, stopped: asyncio.Event) -> Service | None:
    """Return the service; None when it is to stop before it is there.

    To build it may take as long as another replica is at work on the schema. So that is done on a thread, which the end of the
    process does not wait for; what it has begun to change goes with its connection.
    """
    building: Future[Service] = Future()
    building.set_running_or_notify_cancel()  # whoever waits for it may give up

    def build() -> None:
        try:
            building.set_result(Service(chosen))
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            building.set_exception(error)

    threading.Thread(target=build, name="start", daemon=True).start()
    built: asyncio.Future[Service] = asyncio.wrap_future(building)
    stopping: asyncio.Future[bool] = asyncio.create_task(stopped.wait())
    await asyncio.wait((built, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if built.done():
        return built.result()
    built.cancel()
    structlog.get_logger().info("service.stopped")
    return None


def _end_in_time() -> None:
    """End the process even if the database hangs; what was not written down is handed out again by the next one."""

    def end() -> None:
        structlog.get_logger().warning("service.cut-short", after_s=_STOP_S)
        os._exit(0)

    timer = threading.Timer(_STOP_S, end)
    timer.daemon = True
    timer.start()


@cli.command()
def sync() -> None:
    """Make the portal agree with manifest/: bot, slash commands, event subscriptions. Safe to repeat."""
    _run(_sync(_configured()))


async def _sync(chosen: Settings) -> None:
    core = Core(chosen, exclusive=False)
    try:
        await core.store.load()
        portals = core.store.all_portals()
        if not portals:
            raise BotError(f"The application is not installed yet: {REINSTALL}.")
        for portal in portals:
            caller = core.bitrix24.as_user(portal, portal.installer_id, background=True)
            try:
                changes = await synchronise(
                    caller, portal, core.store, wanted(chosen, core.parts.manifest, core.parts.texts)
                )
            except (BitrixError, NotConnected) as error:
                raise BotError(f"Not everything is registered: {in_words(error)}.") from None
            for line in changes or ["nothing to change"]:
                click.echo(line)
    finally:
        await core.close()


@cli.command()
@click.option("--new-key", is_flag=True, help="Only print a fresh key for STATUSBOT_SECRET_KEY.")
def check(*, new_key: bool) -> None:
    """Examine settings, database, public address, OAuth, scopes, bot registration.

    Prints a line for each finding and what to do about it; ends with 1 when something needs a person. May run beside `serve`.
    """
    if new_key:
        click.echo(Fernet.generate_key().decode())
        return
    log.configure("error", None)
    # A resolver that is away would hold the end of the process up, long after each look-up was given up.
    os.environ.setdefault("RES_OPTIONS", "timeout:2 attempts:1")
    report = Report(click.echo, sys.stderr if sys.stderr.isatty() else None)
    sys.exit(0 if _run(checks(report)) else 1)


@cli.command()
def rotate_keys() -> None:
    """Encrypt everything in the database with the first key of STATUSBOT_SECRET_KEY.

    To change keys: put a new one (`statusbot check --new-key`) before the old one, with a comma; restart `serve`; run this, also
    while it serves; then remove the old key. Repeating changes nothing. Of several replicas each has to know the new key before
    one encrypts with it: put it behind the old one first, restart all of them, and only then go on as above.
    """
    _run(_rotate_keys(_configured()))


async def _rotate_keys(chosen: Settings) -> None:
    if where := missing(chosen.database_url):  # "nothing to change" in the wrong place would cost the old key
        raise BotError(f"STATUSBOT_DATABASE_URL: there is no database of this bot: {where}.")
    core = Core(chosen, exclusive=False)
    try:
        if (reason := await why_not_encrypt(core)) is not None:
            raise BotError(f"Nothing was changed: {reason}.")
        found = await core.store.rotation.run()
    finally:
        await core.close()
    if found.former:
        click.echo(f"{found.former} values encrypted with the first key")
    else:
        click.echo("nothing to change")
    if found.lost:
        raise BotError(f"{found.lost} values need a key that STATUSBOT_SECRET_KEY does not hold, and were left alone.")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def manifest(*, as_json: bool) -> None:
    """Print what to type into the local application form of the portal; needs STATUSBOT_PUBLIC_URL alone."""
    try:
        public_url = settings.load_public_url()
        scopes = manifests.load(MANIFEST).scopes
    except BotError as error:
        raise _in_one_line(error) from None
    if as_json:
        fields = {name: list(scopes) if name == _PERMISSIONS else value for name, value in _form(public_url, scopes)}
        click.echo(json.dumps(fields, indent=2, ensure_ascii=False))
        return
    click.echo("# Developer resources -> Other -> Local application")
    for name, value in _form(public_url, scopes):
        click.echo(f"{name}: {value}")


_PERMISSIONS = "Permissions"


def _form(public_url: str, scopes: Sequence[str]) -> list[tuple[str, str]]:
    """Return the fields of the form, named as on it, in its order (contract A.1)."""
    return [
        ("Type", "Server"),
        ("Handler path", f"{public_url}/bitrix24"),
        ("Initial installation path", f"{public_url}/bitrix24/install"),
        ("Uses API only", "yes"),
        ("Menu item name", "none"),
        ("Assigned languages", "none"),
        (_PERMISSIONS, ", ".join(scopes)),
    ]


@cli.command()
@click.option("--say", "texts", multiple=True, metavar="TEXT", help="Send this text; may be repeated.")
@click.option("--as", "user_id", default=17, show_default=True, metavar="USER_ID", help="Who says it.")
def demo(*, texts: tuple[str, ...], user_id: int) -> None:
    """Try the bot on an invented portal on this machine; needs no settings."""
    log.configure("error" if texts else "warning", None)
    if any(not _is_text(text) for text in texts):
        raise click.UsageError("What is said with --say is not in the terminal's encoding; UTF-8 is expected.")
    from bot.demo import converse, show  # noqa: PLC0415 - of an invented portal only those who try the bot need to hear

    if texts:
        sys.exit(_run(converse(texts, user_id)))
    _run(show())


def _is_text(given: str) -> bool:
    """Tell whether an argument could be decoded; Python keeps bytes that could not as lone surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in given)


@cli.command()
@click.option("--port", default=8099, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--cronofy-port", default=8100, show_default=True, type=click.IntRange(0, 65535), help="The same for Cronofy."
)
def emulator(*, port: int, cronofy_port: int) -> None:
    """Run the emulators of portal and Cronofy alone."""
    from bot.demo import emulate  # noqa: PLC0415 - as above

    log.configure("info", None)
    _run(emulate(port, cronofy_port))


def _configured() -> Settings:
    """Return the settings, with logging set up by them."""
    try:
        chosen = settings.load()
    except BotError as error:
        raise _in_one_line(error) from None
    log.configure(chosen.log_level, chosen.log_format)
    return chosen


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end; what a person has to mend is one line on standard error and status 1."""
    try:
        return uvloop.run(work)
    except BotError as error:
        raise _in_one_line(error) from None
    except KeyboardInterrupt:
        return None


def _in_one_line(error: BotError) -> click.ClickException:
    return click.ClickException(" ".join(str(error).split()) or type(error).__name__)
