"""Today's code over the database of an older version, with work left in it.

What the older version wrote stands here word for word, as SQL and as text, because it must not change with the code.
"""

import json
import sqlite3
import time
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from cryptography.fernet import Fernet
from sqlalchemy import create_engine

from bot.inbox import MAX_STARTS
from tests.flows.conftest import answered, answers, until

# Releases with these schemas knew no server.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MIGRATIONS = Path(__file__).parents[2] / "bot" / "migrations"
OLDER = "0003"


@pytest.fixture
async def older(bot, company):
    """The installed bot, stopped, over a database as version 0003 would have left it."""
    await bot.stop()
    for file in bot.folder.glob("statusbot.db*"):
        file.unlink()
    config = alembic()
    engine = create_engine(f"sqlite:///{bot.folder}/statusbot.db")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, OLDER)
    engine.dispose()
    store_installation(bot, company)
    return bot


def alembic():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def run(bot, statement, *values):
    """Run one statement on the database of a bot that is not running; return its rows."""
    connection = sqlite3.connect(bot.folder / "statusbot.db")
    try:
        with connection:
            return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


def store_installation(bot, company):
    """Store the portal and the tokens of its administrator, of its bot, and of Mira."""
    member_id, now = company.options.member_id, int(time.time())
    fernet = Fernet(bot.environment["STATUSBOT_SECRET_KEY"])
    robot_id = next(iter(company.bots.by_id))
    token = json.dumps({"portal": member_id, "application_token": bot.app.application_token})
    run(
        bot,
        "INSERT INTO portals (member_id, application_token, oauth_server, installer_id, language, bot_id, bot_api, installed_at) "
        "VALUES (?, ?, ?, 1, 'en', ?, 'v2', ?)",
        *(member_id, fernet.encrypt(token.encode()).decode(), company.options.oauth_origin, robot_id, now),
    )
    for user_id in (1, robot_id, 17):
        pair = company.oauth.issue(bot.app, user_id)
        owner = {"portal": member_id, "user_id": user_id, "proven": True}
        secret = {"access_token": pair.access_token, "refresh_token": pair.refresh_token}
        run(
            bot,
            "INSERT INTO tokens (portal, user_id, proven, pair, expires_at) VALUES (?, ?, 1, ?, ?)",
            *(member_id, user_id, fernet.encrypt(json.dumps(owner | secret).encode()).decode(), pair.expires),
        )


def store_message(bot, company, said, *, version=1, starts=1):
    """Store an event as acknowledged and not yet carried out; return its key."""
    member_id, robot_id, now = company.options.member_id, next(iter(company.bots.by_id)), int(time.time())
    key = f"{member_id}:message:{robot_id}:{said.id}"
    user = (
        '{"id":17,"active":true,"bot":false,"connector":false,"extranet":false,"network":false,'
        '"type":"user","external_auth_id":"default","known":true}'
    )
    chat = f'{{"id":{said.chat_id},"dialog_id":"17","private":true,"entity_type":""}}'
    body = (
        f'{{"v":{version},"event":{{"portal":"{member_id}","sent_at":{now},"domain":"{company.options.domain}","api":"v2",'
        f'"bot_id":{robot_id},"user":{user},"chat":{chat},"language":"en","auth_user_id":17,"has_token":true,'
        f'"message_id":{said.id},"author_id":17,"text":"{said.text}","is_system":false,"forwarded":false,"kind":"message_added"}}}}'
    )
    run(
        bot,
        "INSERT INTO events (key, lane, body, message_id, sent_at, arrival, due_at, starts, state, finished_at) "
        "VALUES (?, ?, ?, ?, ?, ?, NULL, ?, 'pending', NULL)",
        *(key, f"{member_id}:17", body, said.id, now, float(now), starts),
    )
    return key


def say(company, text):
    """Let Mira write; only the database of the older version knows of it."""
    said = company.say(17, text)
    company.queue.pending.clear()
    return said


async def test_pending_work_of_an_older_version_is_carried_out_once(older, company):
    said = say(company, "accept 651")
    key = store_message(older, company, said)
    await older.start()
    answer = await answered(company, said)
    await older.stop()
    await older.start()  # what is done stays done
    later = await answered(company, company.say(17, "status 651"))
    await older.stop()

    assert answer.startswith("You are going: meeting 651")
    assert answers(company, said) == [answer, later]
    assert company.meetings[651][17] == "Y"
    assert len(company.notices) == 1
    assert run(older, "SELECT state, body FROM events WHERE key = ?", key) == [("done", None)]


async def test_start_brings_the_schema_up_to_date_and_keeps_the_installation(older, company):
    before = run(older, "SELECT version_num FROM alembic_version")
    installed = run(older, "SELECT member_id, application_token, bot_id FROM portals")
    await older.start()
    await older.stop()

    assert before == [(OLDER,)]
    assert run(older, "SELECT version_num FROM alembic_version") == [
        (ScriptDirectory.from_config(alembic()).get_current_head(),)
    ]
    assert run(older, "SELECT member_id, application_token, bot_id FROM portals") == installed


async def test_what_an_older_version_never_stored_works_after_the_upgrade(older, company):
    """A timer needs a table that revision 0003 did not have."""
    await older.start()
    said = company.say(17, "dnd for 45m")
    answer = await answered(company, said)
    await older.stop()

    assert answer.startswith("Do not disturb")
    assert company.presence[17] == "dnd"
    assert run(older, "SELECT user_id, former FROM timers") == [(17, "online")]


async def test_link_that_an_older_version_gave_out_still_serves(older, company):
    secret = "s" * 43
    run(
        older,
        "INSERT INTO states (digest, portal, user_id, dialog_id, bot_id, language, expires_at) VALUES (?, ?, 17, '17', ?, 'en', ?)",
        *(sha256(secret.encode()).hexdigest(), company.options.member_id, next(iter(company.bots.by_id))),
        int(time.time()) + 600,
    )
    await older.start()
    async with httpx.AsyncClient(trust_env=False) as http:
        page = await http.get(company.authorize(older.app, 17, secret))

    assert page.status_code == 200
    assert "You are connected" in page.text


async def test_event_of_a_newer_version_is_left_to_that_and_holds_nobody_up(older, company):
    said = say(company, "accept 651")
    key = store_message(older, company, said, version=99)
    await older.start()
    await until(lambda: "event.left" in older.log)
    answer = await answered(company, company.say(17, "dnd"))
    await older.stop()
    ((state, body),) = run(older, "SELECT state, body FROM events WHERE key = ?", key)
    told = [json.loads(line) for line in older.log.splitlines() if '"event.left"' in line]

    assert state == "pending"
    assert json.loads(body)["event"]["text"] == "accept 651"
    assert [line["event_key"] for line in told] == [key]
    assert "version 99, this release reads 1" in json.dumps(told)
    assert company.meetings[651][17] == "Q"
    assert answer.startswith("Do not disturb")


async def test_event_of_no_version_is_parked_and_told_and_holds_nobody_up(older, company):
    """The administrator is told, in the log: what cannot be read names nobody whom we could answer."""
    said = say(company, "accept 651")
    # Its last start: those before it are followed by seconds of waiting.
    key = store_message(older, company, said, version=0, starts=MAX_STARTS - 1)
    await older.start()
    await until(lambda: "event.not-reported" in older.log)
    answer = await answered(company, company.say(17, "dnd"))
    await older.stop()
    ((state,),) = run(older, "SELECT state FROM events WHERE key = ?", key)
    told = [json.loads(line) for line in older.log.splitlines() if '"event.parked"' in line]

    assert state == "parked"
    assert [line["event_key"] for line in told] == [key]
    assert "version 0, this release reads 1" in json.dumps(told)
    assert answer.startswith("Do not disturb")
