"""The database is away, full, or not for us: a readable refusal, nobody is told 200, and nothing that was told 200 is lost."""

import asyncio
import json
import resource
import signal

import httpx
import psycopg
import pytest
from cryptography.fernet import Fernet

from bot.database.postgres import lock_number
from bot.emulator import faults
from tests.flows.conftest import answered, answers, hold_back, install, post, until
from tests.postgres import cluster
from tests.process import free_port

embedded = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def own_cluster(postgres):
    """A server that the test may stop."""
    with cluster() as own:
        yield own


async def status(bot):
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        answer = await http.get(f"{bot.url}/health/ready")
    return answer.status_code, answer.text


async def refused(bot):
    """Start a bot that will not start; return the one line that it leaves."""
    with pytest.raises(RuntimeError, match="the bot ended with 1"):
        await bot.start()
    (line,) = bot.log.splitlines()
    return line


async def test_server_that_is_away_at_the_start_is_named(make_replica):
    line = await refused(make_replica("first", f"postgresql://statusbot:horse@127.0.0.1:{free_port()}/statusbot"))

    assert "STATUSBOT_DATABASE_URL: 127.0.0.1:" in line
    assert "horse" not in line


async def test_wrong_password_is_named(make_replica, postgres):
    with postgres.database() as name:
        line = await refused(make_replica("first", postgres.url(name, password="horse")))

    assert "STATUSBOT_DATABASE_URL" in line
    assert "password authentication failed" in line
    assert "horse" not in line


async def test_replica_works_at_whatever_address_it_starts_with(make_replica, company, odd_url):
    bot = make_replica("first", odd_url)
    await bot.start()
    await install(company, bot)
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        said, body = hold_back(company, 17, "accept 651")
        assert await post(http, bot, body)
        assert (await answered(company, said)).startswith("You are going")
    assert await bot.stop() == 0


async def test_replica_that_can_share_nothing_does_not_start(make_replica, postgres):
    """Its user has connections for the tables, and none for what replicas share."""
    postgres.run("CREATE ROLE lonely LOGIN PASSWORD 'horse' CONNECTION LIMIT 2")
    with postgres.database() as name:
        postgres.run("ALTER DATABASE {name} OWNER TO lonely", name=name)
        line = await refused(make_replica("first", postgres.url(name, user="lonely", password="horse")))
    postgres.run("DROP ROLE lonely")

    assert "lets its tables be used, but not the connection beside them" in line
    assert 'too many connections for role "lonely"' in line
    assert "horse" not in line


async def test_replica_with_another_key_does_not_start(make_replica, server_url):
    first = make_replica("first", server_url)
    stranger = make_replica("stranger", server_url, secret_key=Fernet.generate_key().decode())
    await first.start()
    line = await refused(stranger)

    assert "STATUSBOT_SECRET_KEY" in line
    assert "first" in line
    assert first.ended is None


async def test_replica_that_hung_while_one_with_another_key_came_ends(make_replica, server_url):
    first = make_replica("first", server_url)
    stranger = make_replica("stranger", server_url, secret_key=Fernet.generate_key().decode())
    await first.start()
    first.send(signal.SIGSTOP)
    with psycopg.connect(server_url, autocommit=True) as looking:
        looking.execute("DELETE FROM procrastinate_workers")  # as somebody does who has not heard of it for too long
    await stranger.start()
    first.send(signal.SIGCONT)
    await until(lambda: first.ended is not None)

    assert first.ended == 1
    assert first.log.splitlines()[-1].startswith("Error: STATUSBOT_SECRET_KEY: the first key is not known to replica")
    assert await status(stranger) == (200, "ready\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("schema", ["schema", "inbox schema"])
async def test_start_that_waits_for_another_replica_says_so_and_ends_when_told_to(
    make_replica, server_url, schema, number
):
    bot = make_replica("first", server_url)
    with psycopg.connect(server_url, autocommit=True) as hanging:
        hanging.execute("SELECT pg_advisory_lock(%s)", [lock_number(schema)])
        starting = asyncio.create_task(bot.start())
        await until(lambda: bot.is_started and '"schema.busy"' in bot.log)
        bot.send(number)
        with pytest.raises(RuntimeError, match="the bot ended with 0"):
            await starting

        # Its name is free again, although nobody else could look at the schema yet.
        hanging.execute("SET lock_timeout = '5s'")
        hanging.execute("SELECT pg_advisory_lock(%s)", [lock_number("replica first")])
    said = [json.loads(line) for line in bot.log.splitlines()]

    assert [line["event"] for line in said] == ["schema.busy", "service.stopped"]
    assert said[0]["reason"].startswith("Another replica, which may hang, makes the tables or changes them")


async def test_start_goes_on_when_the_other_replica_has_looked(make_replica, server_url):
    bot = make_replica("first", server_url)
    with psycopg.connect(server_url, autocommit=True) as busy:
        busy.execute("SELECT pg_advisory_lock(%s)", [lock_number("schema")])
        starting = asyncio.create_task(bot.start())
        await until(lambda: bot.is_started and '"schema.busy"' in bot.log)
    await starting

    assert await bot.stop() == 0


async def test_server_that_goes_away_and_comes_back_loses_nothing(make_replica, company, own_cluster):
    with own_cluster.database() as name:
        bot = make_replica("first", own_cluster.url(name))
        await bot.start()
        await install(company, bot)
        held = [hold_back(company, user_id, "dnd") for user_id in range(101, 141)]
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            assert all(await asyncio.gather(*(post(http, bot, body) for _, body in held)))
            await asyncio.to_thread(own_cluster.stop)
            late, body = hold_back(company, 17, "accept 651")
            assert not await post(http, bot, body)
            code, reason = await status(bot)
            await asyncio.to_thread(own_cluster.start)
            await until(lambda: all(answers(company, said) for said, _ in held))
            assert await post(http, bot, body)
            await answered(company, late)
        assert await status(bot) == (200, "ready\n")
        assert await bot.stop() == 0

    assert code == 503
    assert reason.startswith("events cannot be stored: ")
    assert {company.presence[user_id] for user_id in range(101, 141)} == {"dnd"}
    assert all(len(answers(company, said)) == 1 for said, _ in held)
    assert len(company.notices) == 1


async def test_event_that_comes_while_the_server_restarts_is_stored_all_the_same(make_replica, company, own_cluster):
    with own_cluster.database() as name:
        bot = make_replica("first", own_cluster.url(name))
        await bot.start()
        await install(company, bot)
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            await asyncio.to_thread(own_cluster.stop)
            said, body = hold_back(company, 17, "accept 651")
            posting = asyncio.create_task(post(http, bot, body))
            await asyncio.to_thread(own_cluster.start)
            assert await posting
        assert (await answered(company, said)).startswith("You are going")
        assert await bot.stop() == 0

    assert len(company.notices) == 1


async def test_end_does_not_wait_for_a_server_that_hangs(make_replica, company, own_cluster):
    with own_cluster.database() as name:
        bot = make_replica("first", own_cluster.url(name))
        await bot.start()
        await install(company, bot)
        with own_cluster.hung():
            async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
                _, body = hold_back(company, 17, "accept 651")
                posting = asyncio.create_task(post(http, bot, body))
                await until(lambda: '"service.started"' in bot.log)
                ended = await bot.stop()
                taken = await posting

    assert ended == 0
    assert not taken
    assert '"service.cut-short"' in bot.log
    assert company.notices == []


@embedded
async def test_full_disk_is_told_and_loses_nothing(bot, company):
    """A process that may not let its files grow sees what a full disk shows."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        said, body = hold_back(company, 17, "accept 651")
        company.faults.add("*", faults.cut(), count=None)  # nothing can be done before the disk is full
        assert await post(http, bot, body)
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        company.faults.clear()
        late, late_body = hold_back(company, 101, "dnd")
        assert not await post(http, bot, late_body)
        code, reason = await status(bot)
        resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert (await answered(company, said)).startswith("You are going")
        assert await post(http, bot, late_body)
        await answered(company, late)

    assert code == 503
    assert reason.startswith("events cannot be stored: ")
    assert len(company.notices) == 1
    assert bot.ended is None
