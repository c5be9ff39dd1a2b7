"""What `statusbot check` finds out about a database on a server, in one line each, without the password."""

from collections.abc import Awaitable, Callable, Iterator

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import insert, text

from bot.check import Report, examine
from bot.check.database import missing
from bot.errors import StorageError
from bot.inbox.sqlite import events
from bot.inbox.tables import make_tables
from bot.vault import Vault
from tests.bot.test_check import NEW_KEY, World, problems, the_problem
from tests.conftest import KEY
from tests.postgres import Cluster
from tests.process import free_port

PASSWORD = "pa55-of-the-bot"


@pytest.fixture
def examined(postgres: Cluster, portal, clock, make_settings) -> Callable[[str], Awaitable[list[str]]]:
    """Return what examines an installation on the database at an address, and gives the lines."""

    async def run(url: str) -> list[str]:
        lines: list[str] = []
        report = Report(lines.append)
        await examine(report, make_settings(database_url=url), transport=World(portal), clock=clock.now)
        assert report.problems == len(problems(lines))
        assert not [line for line in lines if any(secret in line for secret in (PASSWORD, postgres.password, KEY))]
        return lines

    return run


@pytest.fixture
def empty_url(postgres: Cluster) -> Iterator[str]:
    with postgres.database() as name:
        yield postgres.url(name)


@pytest.fixture
def stranger(postgres: Cluster) -> Iterator[str]:
    """Name of a user who owns nothing."""
    postgres.run(f"CREATE ROLE {{name}} LOGIN PASSWORD '{PASSWORD}'", name="stranger")
    yield "stranger"
    postgres.run("DROP ROLE {name}", name="stranger")


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def tables(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def revision(url: str) -> str:
    with psycopg.connect(url) as connection:
        ((number,),) = connection.execute("SELECT version_num FROM alembic_version")
        return str(number)


async def test_database_of_an_installation_has_no_problem(postgres, server_url, make_ask, examined):
    await make_ask(database_url=server_url)
    lines = await examined(server_url)
    where = f"127.0.0.1:{postgres.port}/{server_url.rpartition('/')[2]}"
    (written,) = [line for line in lines if "database can be written" in line]

    assert problems(lines) == []
    assert written.startswith(f"ok      database can be written ({where}, PostgreSQL ")
    assert f"schema {revision(server_url)}" in written
    assert any(line.startswith("ok      STATUSBOT_SECRET_KEY opens") for line in lines)


async def test_check_makes_no_tables(empty_url, examined):
    lines = await examined(empty_url)

    assert "not installed yet" in the_problem(lines)
    assert any("not made yet" in line for line in lines)
    assert tables(empty_url) == []


# --- who works on it


def enrolled(name: str, *, heard_of_s: int, key: str = KEY):
    """Return the work that enrolls a replica with one key, which was heard of so long ago."""
    enroll = text(
        "WITH worker AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => :heard_of_s)) "
        "RETURNING id) INSERT INTO replicas (name, worker, version, keys) SELECT :name, id, '0.1.0', :keys FROM worker"
    )
    values = {"name": name, "heard_of_s": heard_of_s, "keys": ",".join(Vault([SecretStr(key)]).fingerprints)}
    return lambda connection: connection.execute(enroll, values)


async def test_replicas_at_work_are_named(server_url, make_ask, examined):
    ask = await make_ask(database_url=server_url)
    make_tables(server_url)
    await ask.core.database.write(enrolled("a", heard_of_s=1))
    await ask.core.database.write(enrolled("b", heard_of_s=20))
    await ask.core.database.write(enrolled("gone", heard_of_s=300))
    lines = await examined(server_url)

    assert problems(lines) == []
    assert "ok      replicas at work: a (0.1.0), b (0.1.0)" in lines


async def test_replica_that_does_not_know_our_first_key_is_named(server_url, make_ask, examined):
    ask = await make_ask(database_url=server_url)
    make_tables(server_url)
    await ask.core.database.write(enrolled("a", heard_of_s=1))
    await ask.core.database.write(enrolled("b", heard_of_s=1, key=NEW_KEY))
    await ask.core.database.write(enrolled("gone", heard_of_s=300, key=NEW_KEY))

    assert the_problem(await examined(server_url)).startswith(
        "the first key of STATUSBOT_SECRET_KEY is not known to b: "
    )


async def test_database_that_nobody_works_on_is_noted(server_url, make_ask, examined):
    await make_ask(database_url=server_url)
    lines = await examined(server_url)

    assert problems(lines) == []
    assert "note    no replica is at work: start `statusbot serve`" in lines


async def test_events_that_were_given_up_are_noted(server_url, make_ask, examined):
    ask = await make_ask(database_url=server_url)
    row = {"lane": "p:17", "body": "{}", "sent_at": 5, "arrival": 5.0, "starts": 5, "state": "parked"}
    rows = [row | {"key": "p:905:1", "finished_at": 8.0}, row | {"key": "p:905:2", "finished_at": 7.0}]
    await ask.core.database.write(lambda c: c.execute(insert(events), rows))
    (line,) = [line for line in await examined(server_url) if "given up" in line]

    assert line.startswith("note    events that were given up, with their senders told so: 2;")
    assert line.endswith("(the last one is p:905:1)")


# --- what is wrong with it


async def test_wrong_password_is_named(postgres, examined):
    found = the_problem(await examined(postgres.url("postgres", password=PASSWORD)))

    assert found.startswith(f"STATUSBOT_DATABASE_URL: 127.0.0.1:{postgres.port}/postgres cannot be used (password")
    assert found.endswith("correct user and password; a password's @, :, / and % are written %40, %3A, %2F and %25")


async def test_missing_database_is_named(postgres, examined):
    found = the_problem(await examined(postgres.url("nowhere")))

    assert f'127.0.0.1:{postgres.port}/nowhere cannot be used (database "nowhere" does not exist): ' in found
    assert "createdb" in found


@pytest.mark.parametrize(
    ("where", "why"),
    [(f"127.0.0.1:{free_port()}/bot", "nobody listens there"), ("host..name/bot", "no connection")],
)
async def test_server_that_does_not_answer_is_named(examined, where, why):
    found = the_problem(await examined(f"postgresql://bot:{PASSWORD}@{where}"))

    assert found == (
        f"STATUSBOT_DATABASE_URL: {where} does not answer ({why}): start the server, or correct host and port"
    )


@pytest.mark.parametrize("where", ["localhost", "localhost:port/bot", "host@localhost/bot"])
async def test_address_of_another_form_is_named(examined, where):
    url = f"postgresql://bot:{PASSWORD}@{where}"

    assert "is of the form postgresql://" in the_problem(await examined(url))
    with pytest.raises(StorageError, match="is of the form postgresql://"):
        missing(url)


async def test_user_who_may_make_no_tables_is_named(postgres, empty_url, stranger, examined):
    name = empty_url.rpartition("/")[2]
    found = the_problem(await examined(postgres.url(name, user=stranger, password=PASSWORD)))

    assert f"the user stranger may make no tables in 127.0.0.1:{postgres.port}/{name}: make it the owner" in found


async def test_database_that_cannot_hold_every_letter_is_named(postgres, examined):
    with postgres.database(encoding="SQL_ASCII") as name:
        assert "its encoding is SQL_ASCII, not UTF8" in the_problem(await examined(postgres.url(name)))


async def test_server_without_tls_is_named_when_tls_is_asked_for(server_url, examined):
    found = the_problem(await examined(f"{server_url}?sslmode=verify-full"))

    assert "cannot be used (" in found
    assert "TLS" in found or "sslrootcert" in found


async def test_option_that_does_not_exist_is_named(server_url, examined):
    found = the_problem(await examined(f"{server_url}?sslmod=require"))

    assert found.endswith('cannot be used (invalid connection option "sslmod"): correct what it complains about')


async def test_database_that_cannot_be_written_is_named(server_url, make_ask, examined):
    await make_ask(database_url=server_url)
    await examined(server_url)
    name = server_url.rpartition("/")[2]
    run(server_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    assert "read-only transaction" in the_problem(await examined(server_url))


async def test_connection_that_replicas_share_by_is_looked_at(postgres, server_url, make_ask, examined):
    await make_ask(database_url=server_url)
    run(server_url, "DROP TABLE buckets")
    run(server_url, "CREATE VIEW buckets AS SELECT DISTINCT '' AS name, 0 AS empty_at")
    found = the_problem(await examined(server_url))

    assert "lets its tables be used, but not the connection beside them" in found
    assert '(cannot insert into view "buckets")' in found


@pytest.mark.parametrize(("number", "words"), [("0001", "older version"), ("9999", "newer version")])
async def test_other_schema_is_named_and_left_alone(server_url, examined, number, words):
    run(server_url, f"UPDATE alembic_version SET version_num = '{number}'")

    assert words in the_problem(await examined(server_url))
    assert revision(server_url) == number


# --- is there one at all


def test_database_with_the_bots_tables_is_there(server_url):
    assert missing(server_url) is None


def test_database_without_them_is_missing(postgres, empty_url):
    assert missing(empty_url) == f"127.0.0.1:{postgres.port}/{empty_url.rpartition('/')[2]}"


def test_database_that_lets_nobody_look_is_no_missing_one(postgres):
    with pytest.raises(StorageError, match=r"^STATUSBOT_DATABASE_URL: .*password authentication failed") as caught:
        missing(postgres.url("postgres", password=PASSWORD))

    assert PASSWORD not in str(caught.value)
