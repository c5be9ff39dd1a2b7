"""The command line as its user meets it: what is printed where, and the exit status."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.fernet import Fernet

from bot.emulator import server
from bot.emulator.clock import SystemClock
from bot.emulator.oauth import App
from bot.emulator.portal import Portal
from tests.flows.conftest import until
from tests.process import PATIENCE_S, BotProcess

ROOT = Path(__file__).resolve().parents[2]
KEY, NEW_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
NEEDED = {
    "STATUSBOT_PUBLIC_URL": "https://bot.example.com",
    "STATUSBOT_PORTAL": "acme.bitrix24.com",
    "STATUSBOT_CLIENT_ID": "local.5f0c1d2e3a4b5c.12345678",
    "STATUSBOT_CLIENT_SECRET": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "STATUSBOT_SECRET_KEY": KEY,
}


class Ended(NamedTuple):
    status: int
    out: str
    err: str


async def statusbot(folder: Path, *words: str, **environment: str) -> Ended:
    """Run a command to its end, in a folder, with nothing in its environment but what is given."""
    return await python(folder, "-m", "bot", *words, **environment)


async def python(folder: Path, *words: str, **environment: str) -> Ended:
    """As `statusbot`, with anything else that Python can run."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"} | environment,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE_S):
            out, err = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


# --- without a portal


async def test_help_names_every_command(tmp_path):
    ended = await statusbot(tmp_path, "--help")

    assert ended.status == 0
    for name in ("demo", "serve", "sync", "check", "rotate-keys", "manifest", "emulator"):
        assert f"\n  {name} " in ended.out


async def test_new_key_is_all_that_is_printed(tmp_path):
    first, second = [await statusbot(tmp_path, "check", "--new-key") for _ in range(2)]

    assert (first.status, first.err) == (0, "")
    assert first.out != second.out
    assert Fernet(first.out.removesuffix("\n").encode())


async def test_manifest_needs_the_public_url_alone(tmp_path):
    ended = await statusbot(tmp_path, "manifest", STATUSBOT_PUBLIC_URL="https://bot.example.com/")

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines()[1:] == [
        "Type: Server",
        "Handler path: https://bot.example.com/bitrix24",
        "Initial installation path: https://bot.example.com/bitrix24/install",
        "Uses API only: yes",
        "Menu item name: none",
        "Assigned languages: none",
        "Permissions: calendar, im, imbot, user_brief",
    ]


async def test_manifest_for_machines(tmp_path):
    ended = await statusbot(tmp_path, "manifest", "--json", STATUSBOT_PUBLIC_URL="https://bot.example.com")
    fields = json.loads(ended.out)

    assert ended.status == 0
    assert fields["Handler path"] == "https://bot.example.com/bitrix24"
    assert fields["Permissions"] == ["calendar", "im", "imbot", "user_brief"]


@pytest.mark.parametrize(
    ("environment", "reason"),
    [({}, "is not set"), ({"STATUSBOT_PUBLIC_URL": "http://bot.example.com"}, "must start with https://")],
)
async def test_manifest_without_a_usable_public_url_says_so(tmp_path, environment, reason):
    ended = await statusbot(tmp_path, "manifest", **environment)

    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith(f"Error: STATUSBOT_PUBLIC_URL {reason}")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({}, "STATUSBOT_PUBLIC_URL"),
        (NEEDED | {"STATUSBOT_SECRET_KEY": "short"}, "STATUSBOT_SECRET_KEY"),
        (NEEDED | {"STATUSBOT_LANGUAGE": "de"}, "STATUSBOT_LANGUAGE"),
        (NEEDED | {"STATUSBOT_DATABASE_URL": "sqlite:////nowhere/bot.db"}, "STATUSBOT_DATABASE_URL"),
        (NEEDED | {"STATUSBOT_DATABASE_URL": "sqlite:////proc/bot.db"}, "STATUSBOT_DATABASE_URL"),
        (NEEDED | {"STATUSBOT_DATABASE_URL": "sqlite:////"}, "STATUSBOT_DATABASE_URL"),
        (NEEDED | {"STATUSBOT_HOST": "nowhere.invalid"}, "STATUSBOT_HOST"),
    ],
)
async def test_serve_refuses_a_wrong_setting_in_one_line(tmp_path, environment, name):
    ended = await statusbot(tmp_path, "serve", **environment)

    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith(f"Error: {name}")
    assert ended.err.count("\n") == 1
    assert NEEDED["STATUSBOT_CLIENT_SECRET"] not in ended.err


async def test_start_tells_how_many_settings_are_wrong(tmp_path):
    assert "4 more to mend: `statusbot check` lists them." in (await statusbot(tmp_path, "serve")).err


async def test_check_without_settings_names_all_of_them(tmp_path):
    ended = await statusbot(tmp_path, "check")

    assert (ended.status, ended.err) == (1, "")
    for name in NEEDED:
        assert f"problem {name} is not set" in ended.out


async def test_keys_of_a_missing_database_are_not_rotated(tmp_path):
    ended = await statusbot(tmp_path, "rotate-keys", **NEEDED)

    assert ended.status == 1
    assert "there is no database" in ended.err
    assert list(tmp_path.iterdir()) == []


async def test_demo_holds_a_conversation(tmp_path):
    ended = await statusbot(tmp_path, "demo", "--say", "accept 651", "--say", "dnd")

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("Mira Testova > accept 651\nbot < You are going")
    assert ended.out.count("bot < ") == 2
    assert "changed: answer of Mira Testova to meeting 651: not answered -> accepted" in ended.out
    assert "changed: presence of Mira Testova: online (never set) -> dnd" in ended.out


async def test_demo_answers_an_outsider_whom_nobody_greets(tmp_path):
    ended = await statusbot(tmp_path, "demo", "--say", "dnd", "--as", "88")

    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith("Gita Guest > dnd\nbot < Sorry, I only work for employees")
    assert "changed:" not in ended.out


async def test_demo_refuses_somebody_unknown(tmp_path):
    ended = await statusbot(tmp_path, "demo", "--say", "dnd", "--as", "4711")

    assert ended.status == 1
    assert ended.err.startswith("Error: Nobody has the number 4711")


async def test_demo_refuses_what_is_no_text(tmp_path):
    ended = await statusbot(tmp_path, "demo", "--say", "\udcff accept")

    assert ended.status == 2
    assert "Error: What is said with --say is not in the terminal's encoding" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("option", ["--port", "--cronofy-port"])
@pytest.mark.parametrize("port", ["80000", "-5", "http"])
async def test_emulator_refuses_what_is_no_port(tmp_path, port, option):
    ended = await statusbot(tmp_path, "emulator", option, port)

    assert ended.status == 2
    assert f"Invalid value for '{option}'" in ended.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("words", [("demo",), ("emulator", "--port", "0", "--cronofy-port", "0")])
async def test_demo_ends_in_good_order_and_leaves_nothing(tmp_path, words, number):
    """SIGHUP is what a terminal sends that is closed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        while not (await process.stdout.readline()).startswith(b"http"):
            pass
        process.send_signal(number)
        process.send_signal(number)
        _, said = await process.communicate()

    assert (process.returncode, said) == (0, b"")
    assert list(tmp_path.iterdir()) == []


# Begins the program and presses Ctrl-C when it is about to import the module that is named first.
INTERRUPTED_START = """
import os, runpy, signal, sys

class Presser:
    moment = sys.argv.pop(1)

    def find_spec(self, name, path, target=None):
        if name == self.moment:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Presser())
runpy.run_module("bot", run_name="__main__", alter_sys=True)
"""


@pytest.mark.parametrize(
    ("command", "moment"),
    [
        ("serve", "bot.commandline"),
        ("serve", "asyncio"),
        ("serve", "sqlalchemy"),
        ("serve", "bot.service"),
        ("demo", "bot.demo"),
        ("demo", "bot.emulator.server"),
    ],
)
async def test_ctrl_c_ends_a_start_without_a_traceback(tmp_path, command, moment):
    ended = await python(tmp_path, "-c", INTERRUPTED_START, moment, command, **NEEDED)

    assert ended == (130, "", "")


async def test_service_loads_nothing_that_only_others_need(tmp_path):
    loaded = await python(tmp_path, "-c", "import sys, bot.commandline; print(*sys.modules)")

    assert "bot.service" in loaded.out.split()
    assert {
        "bot.emulator",
        "bot.demo",
        "alembic",
        "psycopg",
        "sqlalchemy.dialects.postgresql",
        "opentelemetry",
    }.isdisjoint(loaded.out.split())


# --- beside a service


class Deployment(NamedTuple):
    portal: Portal
    app: App
    bot: BotProcess
    folder: Path

    async def run(self, *words: str, **environment: str) -> Ended:
        return await statusbot(self.folder, *words, **(self.bot.environment | environment))


@pytest.fixture
async def deployment(tmp_path: Path) -> AsyncIterator[Deployment]:
    """A bot that serves and is installed on an emulated portal."""
    portal = Portal(SystemClock())
    portal.add_user(1, "Ada", "Admin", admin=True)
    running = await server.start(portal)
    bot = BotProcess(tmp_path, portal, KEY)
    await bot.start()
    portal.install(bot.app)
    await until(lambda: portal.subscriptions.find(bot.app, "ONAPPUNINSTALL"))
    yield Deployment(portal, bot.app, bot, tmp_path)
    await bot.kill()
    await running.stop()


async def test_sync_says_what_it_changes_once(deployment):
    command = next(command for command in deployment.portal.bots.commands.values() if command.name == "accept")
    del deployment.portal.bots.commands[command.id]
    first, second = await deployment.run("sync"), await deployment.run("sync")

    assert (first.status, first.out) == (0, "command /accept registered\n")
    assert (second.status, second.out) == (0, "nothing to change\n")


async def test_sync_before_an_installation_says_what_to_do(tmp_path):
    ended = await statusbot(tmp_path, "sync", **NEEDED)

    assert ended.status == 1
    assert ended.err.startswith("Error: The application is not installed yet")


async def test_sync_without_a_token_of_the_installer_says_what_to_do(deployment):
    deployment.portal.revoke(1)
    ended = await deployment.run("sync")

    assert (ended.status, ended.out) == (1, "")
    assert "the installer's token is dead: as an administrator, choose Reinstall" in ended.err


async def test_sync_at_a_renamed_portal_says_what_check_says(deployment):
    former = deployment.portal.options.domain
    deployment.portal.rename("new.bitrix24.example")
    synced, checked = await deployment.run("sync"), await deployment.run("check")

    words = "sends us on to new.bitrix24.example: put the host of your Bitrix24 in"
    assert (synced.status, synced.out) == (1, "")
    assert f"STATUSBOT_PORTAL {words}" in synced.err
    assert f"problem STATUSBOT_PORTAL {former} {words}" in checked.out


async def test_check_passes_beside_the_service(deployment):
    ended = await deployment.run("check")

    assert (ended.status, ended.err) == (0, "")
    assert all(line.startswith("ok ") for line in ended.out.splitlines())


async def test_check_fails_when_a_person_is_needed(deployment):
    deployment.portal.remove_bot()
    ended = await deployment.run("check")

    assert ended.status == 1
    assert "problem the bot is not registered at the portal: run `statusbot sync`" in ended.out


async def test_keys_are_rotated_beside_the_service(deployment):
    both = {"STATUSBOT_SECRET_KEY": f"{NEW_KEY},{KEY}"}
    noted = await deployment.run("check", **both)
    first, second = await deployment.run("rotate-keys", **both), await deployment.run("rotate-keys", **both)
    after = await deployment.run("check", STATUSBOT_SECRET_KEY=NEW_KEY)

    assert noted.status == 0
    assert "run `statusbot rotate-keys`" in noted.out
    assert (first.status, first.out) == (0, "2 values encrypted with the first key\n")
    assert (second.status, second.out) == (0, "nothing to change\n")
    assert after.status == 0
    assert "note " not in after.out


@pytest.fixture
async def replicas(tmp_path: Path, server_url: str) -> AsyncIterator[Callable[[str], Awaitable[Deployment]]]:
    """Return what starts two replicas with keys on a database of a server, and installs the bot on an emulated portal."""
    portal = Portal(SystemClock())
    portal.add_user(1, "Ada", "Admin", admin=True)
    running = await server.start(portal)
    started: list[BotProcess] = []

    async def start(keys: str) -> Deployment:
        for name in "ab":
            (tmp_path / name).mkdir()
            app = started[0].app if started else None
            started.append(BotProcess(tmp_path / name, portal, keys, app=app, database_url=server_url, replica=name))
            await started[-1].start()
        portal.install(started[0].app)
        await until(lambda: portal.subscriptions.find(started[0].app, "ONAPPUNINSTALL"))
        return Deployment(portal, started[0].app, started[0], tmp_path)

    yield start
    for bot in started:
        await bot.kill()
    await running.stop()


async def test_keys_are_rotated_beside_replicas_that_know_the_new_one(replicas):
    deployment = await replicas(f"{KEY},{NEW_KEY}")
    both = {"STATUSBOT_SECRET_KEY": f"{NEW_KEY},{KEY}"}
    first, second = await deployment.run("rotate-keys", **both), await deployment.run("rotate-keys", **both)
    after = await deployment.run("check", STATUSBOT_SECRET_KEY=NEW_KEY)

    assert (first.status, first.out) == (0, "2 values encrypted with the first key\n")
    assert (second.status, second.out) == (0, "nothing to change\n")
    assert (after.status, after.err) == (0, "")
    assert "ok      replicas at work: a (0.1.0), b (0.1.0)\n" in after.out
    assert "note " not in after.out


async def test_keys_are_not_rotated_beside_replicas_that_do_not_know_the_new_one(replicas):
    deployment = await replicas(KEY)
    ended = await deployment.run("rotate-keys", STATUSBOT_SECRET_KEY=f"{NEW_KEY},{KEY}")

    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith(
        "Error: Nothing was changed: the first key of STATUSBOT_SECRET_KEY is not known to a, b: "
    )
    assert (await deployment.run("check")).status == 0


async def test_keys_of_an_empty_database_on_a_server_are_not_rotated(tmp_path, postgres):
    with postgres.database() as name:
        url = postgres.url(name)
        ended = await statusbot(tmp_path, "rotate-keys", **(NEEDED | {"STATUSBOT_DATABASE_URL": url}))

    assert ended.status == 1
    assert f"there is no database of this bot: 127.0.0.1:{postgres.port}/{name}." in ended.err
    assert postgres.password not in ended.err


async def test_values_that_no_key_opens_are_left_and_named(deployment):
    ended = await deployment.run("rotate-keys", STATUSBOT_SECRET_KEY=NEW_KEY)

    assert ended.status == 1
    assert ended.err.startswith("Error: 2 values need a key that STATUSBOT_SECRET_KEY does not hold")


async def test_second_service_on_a_database_is_refused(deployment):
    ended = await deployment.run("serve")

    assert ended.status == 1
    assert ended.err == f"Error: Another process works on {deployment.folder}/statusbot.db; stop it first.\n"


async def test_port_in_use_is_refused(deployment, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    ended = await deployment.run("serve", STATUSBOT_DATABASE_URL=f"sqlite:///{other}/statusbot.db")

    assert ended.status == 1
    assert "address already in use" in ended.err
    assert ended.err.count("\n") == 1
