"""Many people, and many commands of one, against expired tokens and a small quota."""

from bot.emulator.limits import Bucket
from tests.flows.conftest import answers, hold_back, install, until

EVENT = "ONIMBOTV2MESSAGEADD"


def deliver(company, bot, bodies):
    for body in bodies:
        company.queue.put(EVENT, f"{bot.url}/bitrix24/events", body)


def refreshed(company):
    return [
        request.user_id
        for request in company.oauth.requests
        if request.grant_type == "refresh_token" and not request.error
    ]


async def test_twenty_commands_with_an_expired_token_cost_one_refresh(bot, company):
    held = [hold_back(company, 17, "dnd" if number % 2 else "away") for number in range(20)]
    company.clock.advance(3700)
    deliver(company, bot, [body for _, body in held])
    await until(lambda: len(answers(company, held[-1][0])) == 20)

    assert refreshed(company).count(17) == 1
    assert company.presence[17] == "dnd"


async def test_forty_people_with_expired_tokens_cost_a_refresh_each(bot, company):
    held = [hold_back(company, user_id, "dnd") for user_id in range(101, 141)]
    company.clock.advance(3700)
    deliver(company, bot, [body for _, body in held])
    await until(lambda: all(answers(company, said) for said, _ in held))

    by_person = [user_id for user_id in refreshed(company) if user_id > 100 and user_id < 900]
    assert sorted(by_person) == list(range(101, 141))


async def test_crowd_stays_within_the_quota_and_shares_replies(make_bot, company):
    bot = make_bot(rate="40", burst="60")
    await bot.start()
    company.rest.bucket = Bucket(60, 40)
    await install(company, bot)
    company.add_meeting(700, name="All hands", host=23, guests=range(101, 141), start="2027-01-20T10:00:00")
    held = [hold_back(company, user_id, "accept 700") for user_id in range(101, 141)]
    before = company.requests
    deliver(company, bot, [body for _, body in held])
    await until(lambda: all(answers(company, said) for said, _ in held))

    assert company.rest.bucket.refused == 0
    assert company.requests - before <= 2 * 40 + 8
    assert {company.meetings[700][user_id] for user_id in range(101, 141)} == {"Y"}
