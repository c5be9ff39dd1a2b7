"""Backup and restore with the README's own commands: the file is copied from under a running bot, another place goes on with it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.emulator import faults
from tests.flows.conftest import answered, answers, until

# That of a server: tests/bot/test_backup_server.py.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
(BACKUP,) = re.findall(r"^### Backup\n(.*?)^### ", README, re.DOTALL | re.MULTILINE)
# What stands there for the container, without the container.
(COPY,) = re.findall(r"^docker compose exec statusbot python (-c .*)$", BACKUP, re.MULTILINE)
(POUR,) = re.findall(r"^docker compose run .*--entrypoint sh statusbot (-c .*)$", BACKUP, re.MULTILINE)
(PUT_BACK,) = re.findall(r"^rm -f .*\ncp .*$", BACKUP, re.MULTILINE)
RESTORE = {"by hand": f"mv backup.db statusbot-backup.db\n{PUT_BACK}", "in the container": f"sh {POUR}"}


def run(command, folder):
    subprocess.run(["sh", "-ec", command], cwd=folder, check=True, timeout=60)


@pytest.fixture(params=RESTORE)
def move(request, bot, tmp_path):
    """Return what puts a copy of the database into another folder, over what is left of one there, and lets the bot start there."""

    def restored():
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        for name in ("statusbot.db", "statusbot.db-wal", "statusbot.db-shm"):
            (elsewhere / name).write_bytes(b"of a disk that broke")
        (bot.folder / "backup.db").rename(elsewhere / "backup.db")
        run(RESTORE[request.param], elsewhere)
        bot.folder = elsewhere
        bot.environment["STATUSBOT_DATABASE_URL"] = f"sqlite:///{elsewhere}/statusbot.db"

    return restored


async def test_restored_bot_knows_all_that_it_knew(bot, company, move):
    """A timer (which needs the stored permission of its person), what can be undone, a language, and a command not yet carried out."""
    company.presence[17] = company.presence[102] = "away"
    company.add_meeting(700, name="Review", host=23, guests=[103], start="2027-01-20T10:00:00")
    await answered(company, company.say(101, "language ru"))
    await answered(company, company.say(102, "dnd"))
    timed = company.say(17, "dnd for 4 seconds")
    await answered(company, timed)
    company.faults.add("*", faults.cut(), count=None)
    posted = len(company.queue.log)
    pending = company.say(103, "accept 700")
    await until(lambda: len(company.queue.log) > posted)
    assert company.queue.log[-1].status == 200

    run(f"{sys.executable} {COPY}", bot.folder)
    await bot.kill()
    move()
    company.faults.clear()
    await bot.start()
    answer = await answered(company, pending)
    await until(lambda: company.presence[17] == "away")

    assert answer.startswith("You are going: meeting 700")
    assert company.meetings[700][103] == "Y"
    assert (await answered(company, company.say(102, "undo"))).startswith("Your status is now “away”")
    assert company.presence[102] == "away"
    assert (await answered(company, company.say(101, "status"))).startswith("Ваш статус")
    assert len(answers(company, pending)) == len(company.notices) == 1
    assert len(answers(company, timed)) == 1
