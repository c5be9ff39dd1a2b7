"""The people and the portal that `make bench` measures with: nothing of this is the bot's."""

import pytest

from tests.benchmarks.company import Company


@pytest.fixture
def company():
    return Company(60)


def test_fifty_people_share_a_meeting(company):
    assert company.answer(1001) == "accept 651"
    assert company.answer(1051) == "accept 652"
    assert len(company.meetings[651]) == 51  # the host, too


def test_answers_change_every_time(company):
    said = [text for user_id, text in company.answers(121) if user_id == 1001]

    assert said == ["accept 651", "decline 651", "accept 651"]


def test_distance_delays_each_answer(company):
    company.latency_s = 0.2

    assert company.handle("POST", "/rest/profile").delay_s == 0.2


def test_portal_was_at_work_while_it_answered(company):
    since = company.clock.now()
    company.handle("POST", "/rest/profile")
    between = company.clock.now()
    company.handle("POST", "/rest/profile")
    until = company.clock.now()

    first, both = company.busy_s(since, between), company.busy_s(since, until)

    assert 0 < first < both <= until - since
    assert company.busy_s(until, until + 1) == 0
