"""Several replicas of the bot over one database: what a person sees is one bot, whatever becomes of any of them."""

import asyncio
import itertools
import random
from collections import defaultdict

import httpx
import psycopg
import pytest

from bot.emulator.limits import Bucket
from tests.flows.conftest import answered, answers, hold_back, install, post, until
from tests.postgres import cluster


@pytest.fixture
async def replicas(make_replica, company, server_url):
    """Two replicas that run and are installed; the portal reaches the first one."""
    first, second = make_replica("first", server_url), make_replica("second", server_url)
    await first.start()
    await second.start()
    await install(company, first)
    return first, second


def refreshed(company):
    return [one.user_id for one in company.oauth.requests if one.grant_type == "refresh_token" and not one.error]


async def test_what_one_replica_has_learned_the_other_knows(replicas, company):
    """An installation that the first one verified, a question that it asked, an answer that the second one gets."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        asked, body = hold_back(company, 17, "reset 651")
        assert await post(http, replicas[0], body)
        await answered(company, asked)
        agreed, body = hold_back(company, 17, "accept 651")
        assert await post(http, replicas[1], body)
        await answered(company, agreed)

    assert company.meetings[651][17] == "Y"
    assert len(answers(company, agreed)) == 1


async def test_event_delivered_to_both_acts_once(replicas, company):
    said, body = hold_back(company, 17, "accept 651")
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        assert all(await asyncio.gather(*(post(http, replica, body) for replica in replicas * 5)))
        await answered(company, said)
        after, body = hold_back(company, 17, "status")  # the next of the lane, so the one before is at its end
        assert await post(http, replicas[1], body)
        await answered(company, after)

    assert len(answers(company, said)) == 2
    assert len(company.notices) == 1


async def test_replicas_stay_within_one_quota(make_replica, company, server_url):
    two = [make_replica(name, server_url, rate="40", burst="60") for name in ("first", "second")]
    for replica in two:
        await replica.start()
    company.rest.bucket = Bucket(60, 40)
    await install(company, two[0])
    company.add_meeting(700, name="All hands", host=23, guests=range(101, 141), start="2027-01-20T10:00:00")
    held = [hold_back(company, user_id, "accept 700") for user_id in range(101, 141)]
    before = company.requests
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        posts = (post(http, replica, body) for replica, (_, body) in zip(itertools.cycle(two), held, strict=False))
        assert all(await asyncio.gather(*posts))
        await until(lambda: all(answers(company, said) for said, _ in held))

    assert company.rest.bucket.refused == 0
    assert company.requests - before <= 2 * 40 + 40 // 2  # replies share requests, within each replica
    assert {company.meetings[700][user_id] for user_id in range(101, 141)} == {"Y"}


async def test_expired_token_of_everybody_costs_one_refresh(replicas, company):
    """The bot answers groups with the installer's token when no other is at hand: it is one person's for all replicas."""
    held = [hold_back(company, 17, "dnd" if number % 2 else "away") for number in range(20)]
    company.clock.advance(3700)
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        for replica, (_, body) in zip(itertools.cycle(replicas), held, strict=False):
            assert await post(http, replica, body)
        await until(lambda: len(answers(company, held[-1][0])) == 20)

    assert refreshed(company).count(17) == 1
    assert max(refreshed(company).count(person) for person in refreshed(company)) == 1
    assert company.presence[17] == "dnd"


async def test_second_process_with_a_name_in_use_refuses_to_start(replicas, make_replica, server_url):
    twin = make_replica("first", server_url)
    with pytest.raises(RuntimeError, match="as replica first; stop it first, or set STATUSBOT_REPLICA to another name"):
        await twin.start()

    assert twin.log.count("\n") == 1
    assert replicas[0].ended is None


async def test_replica_that_is_killed_leaves_its_work_to_the_other(make_replica, company, postgres):
    """A thousand events of two hundred people, sprayed at random; one replica dies for good, the database restarts."""
    chance = random.Random(7)
    people = range(1001, 1201)
    for user_id in people:
        company.add_user(user_id, f"Person{user_id}")
        company.add_meeting(10_000 + user_id, name="M", host=23, guests=[user_id], start="2027-01-20T10:00:00")
    with cluster() as own, own.database() as name:
        two = [make_replica(replica, own.url(name)) for replica in ("first", "second")]
        for replica in two:
            await replica.start()
        await install(company, two[0])
        turns = [
            [hold_back(company, user_id, f"{_verb(turn, user_id)} {10_000 + user_id}") for user_id in people]
            for turn in range(5)
        ]
        living = list(two)
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            for turn, events in enumerate(turns):
                chance.shuffle(events)
                bodies = [body for _, body in events]
                spraying = asyncio.create_task(_spray(http, living, bodies, chance))
                if turn == 1:
                    await until(lambda: company.notices)
                    await living.pop(0).kill()
                if turn == 3:
                    await asyncio.to_thread(own.stop)
                    await asyncio.to_thread(own.start)
                await spraying
        with psycopg.connect(own.url(name), autocommit=True) as looking:
            await until(lambda: not looking.execute("SELECT count(*) FROM lane_events").fetchone()[0], patience_s=150)
        assert await living[0].stop() == 0

    chats = {one.chat_id for events in turns for one, _ in events}
    assert min(map(_answers_by_chat(company).__getitem__, chats)) >= 1 + len(turns)  # they were greeted, too
    for user_id in people:
        assert company.meetings[10_000 + user_id][user_id] == ("Y" if user_id % 2 else "N")
        kinds = [notice.kind for notice in company.notices if notice.user_id == user_id]
        assert all(kind != following for kind, following in itertools.pairwise(kinds))


def _verb(turn, user_id):
    """Return what somebody does in a turn: accept and decline alternate, odd ones end with accept."""
    return "accept" if (turn + user_id) % 2 else "decline"


async def _spray(http, living, bodies, chance):
    """Post to any replica; what was not acknowledged is posted again to another one, as no portal would."""
    while bodies:
        await asyncio.sleep(0.05)
        taken = await asyncio.gather(*(post(http, chance.choice(living), body) for body in bodies[:50]))
        bodies = [body for body, done in zip(bodies[:50], taken, strict=True) if not done] + bodies[50:]


def _answers_by_chat(company):
    count = defaultdict(int)
    for message in company.messages:
        count[message.chat_id] += company.users[message.author_id].bot
    return count
