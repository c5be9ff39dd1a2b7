"""Quotas and turns, of one process and of replicas that share a server."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import psycopg
import pytest
from structlog.testing import capture_logs

from bot.bitrix24.limits import Quota
from bot.database import absence
from bot.errors import StorageError
from bot.metrics import Metrics
from bot.sharing import Alone, Sharing
from bot.sharing.together import Together
from tests.postgres import Cluster, cluster

# So slow that nothing leaks out during a test.
_SLOW = 0.001
_QUICK = 200.0


@pytest.fixture(params=["alone", "together"])
async def sharing(request: pytest.FixtureRequest) -> AsyncIterator[Sharing]:
    made = Alone() if request.param == "alone" else Together(request.getfixturevalue("server_url"), replica="a")
    yield made
    await made.close()


@pytest.fixture
async def replicas(server_url: str) -> AsyncIterator[tuple[Together, Together]]:
    made = Together(server_url, replica="a"), Together(server_url, replica="b")
    yield made
    for replica in made:
        await replica.close()


@pytest.fixture
def change(server_url: str) -> Callable[[str], None]:
    """Return what runs a statement from beside."""

    def run(statement: str) -> None:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(statement.encode())

    return run


# --- the connection


async def test_whatever_lets_tables_be_used_lets_something_be_shared(odd_url: str) -> None:
    made = Together(odd_url, replica="a")
    await made.open()
    async with made.turn("tokens 17"):
        await made.bucket("portal", 5, _SLOW).take()
    await made.close()


async def test_connection_that_cannot_be_had_is_told_at_the_start(postgres: Cluster, server_url: str) -> None:
    name = server_url.rpartition("/")[2]
    made = Together(postgres.url(name, password="pa/ss"), replica="a")
    with pytest.raises(StorageError) as caught:
        await made.open()
    await made.close()

    assert str(caught.value).startswith(f"STATUSBOT_DATABASE_URL: 127.0.0.1:{postgres.port}/{name} lets its tables")
    assert "password authentication failed" in str(caught.value)
    assert "pa/ss" not in str(caught.value)


async def test_connection_that_stays_away_is_told_once(postgres: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(absence, "_STAYS_S", 0.0)
    with cluster() as own, own.database() as name:
        sharing = Together(own.url(name), replica="a")
        await sharing.open()
        with capture_logs() as lines:
            own.stop()
            for _ in range(3):
                with pytest.raises(StorageError):
                    await sharing.open()
            own.start()
            await sharing.bucket("portal", 5, _SLOW).take()
        await sharing.close()

    assert [line["event"] for line in lines] == ["sharing.away", "sharing.back"]
    assert own.password not in str(lines)


# --- buckets


async def test_bucket_takes_what_it_holds_at_once(sharing: Sharing) -> None:
    bucket = sharing.bucket("portal", 5, _SLOW)
    for _ in range(5):
        await bucket.take(patience_s=0.0)


async def test_full_bucket_makes_wait(sharing: Sharing) -> None:
    bucket = sharing.bucket("portal", 5, _SLOW)
    await bucket.take(5)
    with pytest.raises(TimeoutError):
        await bucket.take(patience_s=0.0)


async def test_bucket_lets_through_no_more_than_what_leaks_out(sharing: Sharing) -> None:
    bucket = sharing.bucket("portal", 5, _QUICK)
    began = time.monotonic()
    for _ in range(25):
        await bucket.take()

    assert time.monotonic() - began >= (25 - 5) / _QUICK * 0.95


async def test_who_would_wait_too_long_puts_nothing_in(sharing: Sharing) -> None:
    bucket = sharing.bucket("portal", 5, _QUICK)
    await bucket.take(5)
    for _ in range(50):
        with pytest.raises(TimeoutError):
            await bucket.take(5, patience_s=0.0)
    async with asyncio.timeout(1):
        await bucket.take(1)


async def test_buckets_of_other_names_are_others(sharing: Sharing) -> None:
    await sharing.bucket("portal", 5, _SLOW).take(5)
    await sharing.bucket("calendar", 5, _SLOW).take(5, patience_s=0.0)


async def test_replicas_share_a_bucket(replicas: tuple[Together, Together]) -> None:
    mine, theirs = (replica.bucket("portal", 5, _SLOW) for replica in replicas)
    await asyncio.gather(mine.take(2), theirs.take(2))
    await mine.take()
    with pytest.raises(TimeoutError):
        await theirs.take(patience_s=0.0)

    assert theirs.is_full


async def test_replicas_together_stay_within_the_rate(replicas: tuple[Together, Together]) -> None:
    quotas = [Quota(_QUICK, _QUICK + 10, Metrics(), replica) for replica in replicas]
    went: list[float] = []

    async def ask(quota: Quota, who: int) -> None:
        await quota.take(who)
        went.append(time.monotonic())

    await asyncio.gather(*(ask(quota, who) for quota in quotas for who in range(50)))

    # In any period there is no more than what the bucket held and what leaked out meanwhile; a wait may end a little early.
    allowance = 10 + 1
    went.sort()
    for first, begun in enumerate(went):
        for last in range(first, len(went)):
            assert last - first < allowance + (went[last] - begun + 0.02) * _QUICK


async def test_neither_replica_is_starved(replicas: tuple[Together, Together]) -> None:
    quotas = [Quota(_QUICK, _QUICK + 2, Metrics(), replica) for replica in replicas]
    order: list[int] = []

    async def ask(number: int) -> None:
        await quotas[number].take()
        order.append(number)

    await asyncio.gather(*(ask(number) for number in (0, 1) for _ in range(40)))

    assert 10 <= sum(order[:40]) <= 30


async def test_clock_that_was_set_back_holds_nobody_up_for_long(
    replicas: tuple[Together, Together], change: Callable[[str], None]
) -> None:
    bucket = replicas[0].bucket("portal", 5, 1.0)
    await bucket.take()
    change("UPDATE buckets SET empty_at = empty_at + 86400")
    with pytest.raises(TimeoutError):
        await bucket.take(patience_s=10.0)
    change("UPDATE buckets SET empty_at = empty_at - 86400")
    async with asyncio.timeout(60):
        await bucket.take()


async def test_bucket_outlives_the_connection(
    replicas: tuple[Together, Together], change: Callable[[str], None]
) -> None:
    bucket = replicas[0].bucket("portal", 5, _SLOW)
    await bucket.take(5)
    change("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'statusbot a sharing'")
    with pytest.raises(TimeoutError):
        await bucket.take(patience_s=0.0)


# --- turns


async def test_turn_is_one_after_the_other(sharing: Sharing) -> None:
    within = 0

    async def work() -> None:
        nonlocal within
        async with sharing.turn("tokens 17"):
            within += 1
            await asyncio.sleep(0)
            assert within == 1
            within -= 1

    await asyncio.gather(*(work() for _ in range(5)))


async def test_turns_of_other_names_are_free(sharing: Sharing) -> None:
    async with sharing.turn("tokens 17"), asyncio.timeout(5), sharing.turn("tokens 23"):
        pass


async def test_turn_waits_for_the_other_replica(replicas: tuple[Together, Together]) -> None:
    mine, theirs = replicas
    order: list[str] = []

    async def follow() -> None:
        async with theirs.turn("tokens 17"):
            order.append("theirs")

    async with mine.turn("tokens 17"):
        following = asyncio.create_task(follow())
        for _ in range(50):  # questions on both connections: the other one has asked for its turn long since
            await mine.bucket("portal", 1000, 1000).take()
            await theirs.bucket("portal", 1000, 1000).take()
        order.append("mine")
    await following

    assert order == ["mine", "theirs"]


async def test_turn_of_a_replica_that_dies_is_over(
    replicas: tuple[Together, Together], change: Callable[[str], None]
) -> None:
    mine, theirs = replicas
    async with mine.turn("tokens 17"):
        change("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'statusbot a sharing'")
        async with asyncio.timeout(5), theirs.turn("tokens 17"):
            pass


async def test_turn_of_a_replica_that_hangs_keeps_others_for_a_while_only(
    replicas: tuple[Together, Together], server_url: str
) -> None:
    impatient = Together(server_url, replica="c", turn_s=0.3)
    async with replicas[0].turn("tokens 17"), asyncio.timeout(10), impatient.turn("tokens 17"):
        pass
    await impatient.close()


async def test_who_gives_up_waiting_leaves_no_turn_behind(replicas: tuple[Together, Together]) -> None:
    mine, theirs = replicas
    async with mine.turn("tokens 17"):
        giving_up = asyncio.create_task(theirs.turn("tokens 17").__aenter__())
        await theirs.bucket("portal", 5, _SLOW).take()  # after the question for the turn, on the same connection
        giving_up.cancel()
        await asyncio.gather(giving_up, return_exceptions=True)
    async with asyncio.timeout(5), mine.turn("tokens 17"):
        pass


async def test_bucket_outlives_a_restart_of_the_server(postgres: Cluster) -> None:
    with cluster() as own, own.database() as name:
        sharing = Together(own.url(name), replica="a")
        bucket = sharing.bucket("portal", 5, _SLOW)
        await bucket.take(4)
        own.stop()
        own.start()
        await bucket.take()
        with pytest.raises(TimeoutError):
            await bucket.take(patience_s=0.0)
        await sharing.close()
