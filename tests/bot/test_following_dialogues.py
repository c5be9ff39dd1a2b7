"""Messages that are rewritten while their person goes on: what was said since is neither taken back nor forgotten."""

import pytest

from bot.emulator.cronofy import faults
from tests.acting import MEMBER, add_twin, link

LOOKS_S = (2, 3, 10, 45, 240)


@pytest.fixture
async def ask(make_ask, outside):
    """Mira has connected an account at Cronofy."""
    ask = await make_ask(cronofy=outside)
    await link(ask, outside)
    return ask


@pytest.fixture
def call(outside):
    """An invitation at Google."""
    return add_twin(outside, summary="Supplier call", start="2026-11-25T15:00:00")


@pytest.fixture
def talk(outside):
    """An invitation in Office 365, where a declined meeting is removed."""
    return add_twin(outside, "Calendar", summary="Contract talk", start="2026-11-24T11:00:00")


def posts(outside):
    """How often an answer was sent."""
    return sum(one.name == "participation_status" for one in outside.calls)


# --- a question beside an answer that is on its way


@pytest.fixture
async def both(ask, call, talk):
    """The reply to declining both: one is on its way, the other is asked about."""
    await ask("meetings")
    reply = await ask("decline #1, #3")
    assert reply.buttons == ["Yes, do it", "No, leave it"]
    return reply.message


async def test_question_stays_open_while_the_rest_is_confirmed(ask, both):
    await ask.wait(5)

    assert both.text.splitlines()[0].startswith("Decline “Contract talk”")
    assert both.text.splitlines()[1].startswith("You are not going: “Supplier call”")
    assert (await ask.press(17, both, "Yes, do it")).text.startswith("Sent, not confirmed yet: you are not going")


@pytest.mark.parametrize("button", ["Yes, do it", "No, leave it"])
async def test_question_that_was_answered_does_not_come_back(ask, both, button):
    ask.portal.clock.advance(1)
    await ask.press(17, both, button)
    await ask.wait(4)

    assert "Decline “Contract talk”" not in both.text


async def test_answer_beside_a_question_is_confirmed_even_if_the_question_is_answered_first(ask, portal, both):
    await ask.press(17, both, "No, leave it")
    await ask.wait(5)

    assert [one.text for one in portal.messages if "You are not going: “Supplier call”" in one.text]


# --- a list whose row is on its way


async def test_page_that_was_turned_stays_turned(ask, outside):
    for hour in range(9, 20):
        add_twin(outside, summary=f"Call {hour}", start=f"2026-11-24T{hour:02}:00:00")
    listed = await ask("meetings")
    await ask.press(17, listed.message, "#1 Accept")
    await ask.press(17, listed.message, "Next ›")
    await ask.wait(5)

    assert listed.message.text.endswith("Page 2 of 2")


async def test_two_rows_on_their_way_are_both_confirmed(ask, outside, call, talk):
    listed = await ask("meetings")
    await ask.press(17, listed.message, "#1 Accept")
    ask.portal.clock.advance(1)
    await ask.press(17, listed.message, "#3 Maybe")
    await ask.wait(5)

    lines = listed.message.text.splitlines()
    assert (lines[-3].endswith("accepted"), lines[-1].endswith("maybe")) == (True, True)


async def test_answer_that_has_arrived_is_not_listed_as_on_its_way(ask, call):
    await ask("accept supplier call")
    ask.portal.clock.advance(5)

    assert (await ask("meetings")).text.endswith(", accepted")


# --- an answer of which nothing is known any more


async def test_answer_that_could_not_be_confirmed_is_given_up_and_can_be_given_again(ask, outside, call):
    outside.options.writes_apply = False
    reply = await ask("accept supplier call")
    outside.faults.add("events", faults.refused(503), count=None)
    for seconds in LOOKS_S:
        await ask.wait(seconds)
    assert "I can no longer see" in reply.message.text
    assert await ask.core.store.externals.all_underway(MEMBER, 17, ask.portal.clock.now()) == {}

    outside.faults.clear()
    before = posts(outside)
    await ask("accept supplier call")
    assert posts(outside) == before + 1
