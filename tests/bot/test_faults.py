"""Contract C.3, row by row: the decision, the sentence in both languages, and that nobody is told twice or wrongly."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
import stamina
from stamina.instrumentation import set_on_retry_hooks

from bot.emulator import faults
from bot.emulator.answers import SYSTEM_CODES
from bot.emulator.faults import Fault
from bot.emulator.limits import Operating

SAID = {"accept": ("accept 651", "принять 651"), "dnd": ("dnd", "занят")}
DONE = {"accept": ("You are going", "Вы идёте"), "dnd": ("Do not disturb is on", "Режим «не беспокоить» включён")}
# Who speaks English, and who Russian; both are invited to meeting 651.
PEOPLE = (17, 42)
Decision = Literal["retry", "refresh", "forget", "tell", "widen"]


@dataclass(frozen=True)
class Row:
    decision: Decision
    key: str = ""
    status: int | None = None


SYSTEM: dict[str, Row] = {
    "expired_token": Row("refresh"),
    "invalid_token": Row("forget", "errors.not-connected"),
    "NO_AUTH_FOUND": Row("forget", "errors.not-connected"),
    "authorization_error": Row("forget", "errors.not-connected"),
    "insufficient_scope": Row("widen", "errors.missing-right"),
    "INVALID_CREDENTIALS": Row("tell", "errors.not-permitted"),
    "user_access_error": Row("tell", "errors.no-access"),
    "APPLICATION_NOT_FOUND": Row("tell", "errors.application-gone"),
    "ERROR_OAUTH": Row("tell", "errors.application-gone"),
    "ACCESS_DENIED": Row("tell", "errors.plan"),
    "PAYMENT_REQUIRED": Row("tell", "errors.plan"),
    "METHOD_CONFIRM_WAITING": Row("tell", "errors.confirmation-needed"),
    "METHOD_CONFIRM_DENIED": Row("tell", "errors.confirmation-denied"),
    "WRONG_AUTH_TYPE": Row("tell", "errors.not-permitted"),
    "INVALID_REQUEST": Row("tell", "errors.refused"),
    "ERROR_ARGUMENT": Row("tell", "errors.refused"),
    "ERROR_CORE": Row("tell", "errors.refused"),
    "ERROR_METHOD_NOT_FOUND": Row("tell", "errors.method-missing"),
    "ERROR_MANIFEST_IS_NOT_AVAILABLE": Row("tell", "errors.refused"),
    "ERROR_BATCH_METHOD_NOT_ALLOWED": Row("tell", "errors.refused", 405),
    "ERROR_BATCH_LENGTH_EXCEEDED": Row("tell", "errors.refused", 400),
    "QUERY_LIMIT_EXCEEDED": Row("retry"),
    "OPERATION_TIME_LIMIT": Row("retry"),
    "OVERLOAD_LIMIT": Row("tell", "errors.blocked"),
    "CONNECTION_ERROR": Row("retry"),
    "INTERNAL_SERVER_ERROR": Row("retry"),
    "ERROR_UNEXPECTED_ANSWER": Row("retry"),
    "PORTAL_DELETED": Row("tell", "errors.portal-closed"),
}
HTML = b"<html><body><h1>Sorry</h1></body></html>"
# What comes instead of an answer, or with a code that no table knows. These concern the request as a whole.
OTHERS: dict[str, tuple[Fault, Row]] = {
    "429 without code": (faults.raw(429, b'{"error":"","error_description":""}', "application/json"), Row("retry")),
    "429 page": (faults.raw(429, HTML, "text/html"), Row("retry")),
    "502 page": (faults.html_page(), Row("retry")),
    "200 page": (faults.raw(200, HTML, "text/html"), Row("retry")),
    "403 page": (faults.raw(403, HTML, "text/html"), Row("retry")),
    "cut answer": (faults.raw(200, b'{"result":{"res', "application/json"), Row("retry")),
    "empty answer": (faults.raw(200, b"", "application/json"), Row("retry")),
    "too large": (faults.raw(200, b"[" + b"1," * 2_000_000 + b"1]", "application/json"), Row("retry")),
    "reset": (faults.cut(), Row("retry")),
    "timeout": (faults.slow(61), Row("retry")),
    "lost answer": (faults.lost(), Row("retry")),
    "unknown 4xx": (faults.error("SOMETHING_NEW", status=400), Row("tell", "errors.refused")),
    "unknown 5xx": (faults.error("SOMETHING_NEW", status=500), Row("retry")),
    "empty code": (faults.error("", status=400), Row("tell", "errors.refused")),
    "numeric code": (faults.raw(400, b'{"error":100}', "application/json"), Row("tell", "errors.refused")),
    "numeric code 5xx": (faults.raw(500, b'{"error":100}', "application/json"), Row("retry")),
    "moved": (faults.moved("https://evil.example/rest/batch"), Row("tell", "errors.portal-moved")),
    "moved to plain http": (faults.moved("http://acme.bitrix24.example/rest/batch"), Row("retry")),
}
METHODS = {
    "accept": ("calendar.event.getbyid", "calendar.meeting.status.get", "calendar.meeting.status.set"),
    "dnd": ("im.user.status.get", "im.user.status.set"),
}
CASES = [
    *((command, "batch", name, fault, row) for command in SAID for name, (fault, row) in OTHERS.items()),
    *(
        (command, method, code, faults.error(code, status=row.status or None), row)
        for command, methods in METHODS.items()
        for method in ("batch", *methods)
        for code, row in SYSTEM.items()
    ),
]


def test_every_row_of_the_emulator_s_table_is_here() -> None:
    assert set(SYSTEM_CODES) <= set(SYSTEM)


@pytest.mark.parametrize("statuses", ["docs", "source"])
@pytest.mark.parametrize(
    ("command", "method", "fault", "row"),
    [pytest.param(c, m, f, r, id=f"{c}-{m}-{name}") for c, m, name, f, r in CASES],
)
async def test_every_fault_has_its_decision_and_its_sentence(ask, portal, command, method, fault, row, statuses):
    portal.options.error_statuses = statuses
    texts = ask.core.parts.texts
    for number, (user_id, language) in enumerate(zip(PEOPLE, ("en", "ru"), strict=True)):
        portal.faults.add(method, fault, user_id=user_id, count=1 if row.decision in ("retry", "refresh") else None)
        before, since = portal.requests, refreshes(portal)
        reply = await ask(SAID[command][number], user_id=user_id)

        if row.key:
            assert reply.text == texts.say(language, row.key)
            assert answer_of(portal, command, user_id) == "untouched"
        else:
            assert reply.text.startswith(DONE[command][number])
            assert answer_of(portal, command, user_id) == "changed"
        assert refreshes(portal) - since == (row.decision in ("refresh", "widen"))
        kept = await ask.core.store.tokens.find(portal.options.member_id, user_id)
        assert (kept is None) == (row.decision == "forget")
        if method == "batch" and row.decision in ("tell", "forget"):
            assert portal.requests - before == 2  # the request and the reply
    assert len(portal.notices) == (2 if command == "accept" and not row.key else 0)


def answer_of(portal, command: str, user_id: int) -> str:
    if command == "accept":
        return {"Q": "untouched", "Y": "changed"}[portal.meetings[651][user_id]]
    return {None: "untouched", "dnd": "changed"}[portal.presence.get(user_id)]


def refreshes(portal) -> int:
    return sum(request.grant_type == "refresh_token" for request in portal.oauth.requests)


# --- writes of unknown outcome


@pytest.mark.parametrize("loss", [faults.lost(), faults.slow(61)], ids=["reset", "timeout"])
@pytest.mark.parametrize("said", ["accept 651", "decline 651", "dnd"])
@pytest.mark.parametrize("times", [1, 3])
async def test_write_that_was_carried_out_is_not_repeated(ask, portal, said, loss, times):
    write = "im.user.status.set" if said == "dnd" else "calendar.meeting.status.set"
    portal.faults.add(write, loss, count=times)
    reply = await ask(said)

    assert reply.text.startswith(("You are", "Do not disturb is on"))
    assert [call.method for call in portal.calls].count(write) == 1
    assert len(portal.notices) == (said != "dnd")


@pytest.mark.parametrize(
    "loss",
    [faults.cut(), faults.html_page(), faults.error("INTERNAL_SERVER_ERROR"), faults.raw(200, b"{}", "text/html")],
    ids=["reset", "page", "fault", "no answer"],
)
@pytest.mark.parametrize("said", ["accept 651", "dnd"])
async def test_write_that_was_not_carried_out_is_repeated_after_reading(ask, portal, said, loss):
    write, read = {
        "dnd": ("im.user.status.set", "im.user.status.get"),
        "accept 651": ("calendar.meeting.status.set", "calendar.meeting.status.get"),
    }[said]
    portal.faults.add(write, loss, count=2)
    await ask(said)
    carried_out = [call.method for call in portal.calls if call.error is None]

    assert carried_out.count(write) == 1
    assert read in carried_out[: carried_out.index(write)]
    assert len(portal.notices) == (said != "dnd")


async def test_person_s_own_change_meanwhile_is_not_told_as_failure(ask, portal):
    """What is so when it is read back is so, whoever did it."""
    portal.faults.add("calendar.meeting.status.set", faults.lost())
    reply = await ask("accept 651, 652")

    assert reply.text.count("You are going") + reply.text.count("already accepted") == 2
    assert len(portal.notices) == 1


# --- time passes


@pytest.fixture
def passing(ask, portal, clock) -> Iterator[Callable[..., None]]:
    """Let each wait between attempts take 30 s by every clock; `then` is told how many there were."""

    def set_up(then: Callable[[int], object] = lambda _: None, *, wait_s: float = 30.0) -> None:
        waits = iter(range(1, 1_000_000))

        def wait(_details: object) -> None:
            clock.advance(wait_s)
            then(next(waits))

        set_on_retry_hooks([wait])
        stamina.set_testing(True, attempts=10_000)

    yield set_up
    set_on_retry_hooks(None)


TROUBLE = {
    "page": faults.html_page(),
    "reset": faults.cut(),
    "limit": faults.error("QUERY_LIMIT_EXCEEDED"),
    "fault": faults.error("INTERNAL_SERVER_ERROR"),
}


@pytest.mark.parametrize("trouble", TROUBLE)
@pytest.mark.parametrize(
    ("said", "words"),
    [("accept 651", "too late"), ("принять 651", "слишком поздно"), ("dnd", "too late"), ("занят", "слишком поздно")],
)
async def test_portal_away_for_an_hour_loses_nothing_and_carries_out_nothing_old(
    ask, portal, passing, trouble, said, words
):
    portal.faults.add("*", TROUBLE[trouble], count=None)
    passing(lambda number: number == 120 and portal.faults.clear())
    reply = await ask(said)

    assert words in reply.text
    assert portal.meetings[651][17] == "Q"
    assert not portal.presence
    assert portal.notices == []


@pytest.mark.parametrize("trouble", TROUBLE)
async def test_portal_away_for_minutes_delays_and_does(ask, portal, passing, trouble):
    portal.faults.add("*", TROUBLE[trouble], count=None)
    passing(lambda number: number == 10 and portal.faults.clear())
    reply = await ask("accept 651")

    assert reply.text.startswith("You are going")
    assert len(portal.notices) == 1


@pytest.mark.parametrize("api", ["v2", "v1"])
@pytest.mark.parametrize(
    ("said", "slow", "done"),
    [("accept 651", "Bitrix24 is slow", "You are going"), ("принять 651", "отвечает медленно", "Вы идёте")],
)
async def test_slow_portal_is_told_once_and_the_outcome_replaces_it(make_ask, portal, clock, said, slow, done, api):
    ask = await make_ask(bot_api=api)
    told: list[list[str]] = []

    def wait(_details: object) -> None:
        clock.advance(10)
        told.append(portal.replies(17))

    set_on_retry_hooks([wait])
    portal.faults.add("calendar.*", faults.error("INTERNAL_SERVER_ERROR"), count=10)
    reply = await ask(said)

    assert [len(replies) for replies in told] == [0, 0, 1, 1, 1]
    assert slow in told[-1][0]
    assert reply.text.startswith(done)
    assert portal.replies(17) == [reply.text]
    assert len(portal.notices) == 1


async def test_pair_that_posted_the_notice_and_is_forgotten_posts_no_answer(ask, portal, passing, monkeypatch):
    outbox, store = ask.core.parts.outbox, ask.core.store
    posted, send = [], outbox.send

    async def send_and_forget(as_bot, command):
        posted.append(await send(as_bot, command))
        await store.forget_person(portal.options.member_id, 1)
        return posted[-1]

    monkeypatch.setattr(outbox, "send", send_and_forget)
    passing(wait_s=10.0)
    portal.faults.add("calendar.*", faults.error("INTERNAL_SERVER_ERROR"), count=10)
    await ask("accept 651")
    by_bot = [call.user_id for call in portal.calls if call.method.startswith("imbot.")]

    assert len(by_bot) == 2
    assert (by_bot[0], 1 in by_bot[1:]) == (1, False)


async def test_notice_becomes_a_question_with_buttons(ask, portal, passing):
    await ask("accept 651")
    passing()
    portal.faults.add("calendar.*", faults.error("INTERNAL_SERVER_ERROR"), count=4)
    asked = await ask("reset 651")
    assert asked.text.startswith("Take back your answer")
    assert asked.buttons == ["Yes, do it", "No, leave it"]
    passing()
    reset = await ask.press(17, asked.message, "Yes, do it")

    assert reset.text.startswith("Your answer is open again")


async def test_notice_that_somebody_removed_is_followed_by_a_message(ask, portal, passing):
    def remove(number: int) -> None:
        if number == 3:
            portal.delete(portal.messages[-1].id)

    passing(remove)
    portal.faults.add("calendar.*", faults.error("INTERNAL_SERVER_ERROR"), count=8)
    portal.say(17, "accept 651")
    await ask.deliver()

    (reply,) = portal.replies(17)
    assert reply.startswith("You are going")


@pytest.mark.parametrize("loss", [faults.lost(), faults.error("ACCESS_DENIED")])
async def test_notice_is_not_tried_twice(ask, portal, passing, loss):
    passing()
    portal.faults.add("calendar.*", faults.error("INTERNAL_SERVER_ERROR"), count=20)
    portal.faults.add("imbot.v2.Chat.Message.send", loss)
    portal.say(17, "accept 651")
    await ask.deliver()

    assert [text[:12] for text in portal.replies(17)].count("Bitrix24 is s") <= 1
    assert portal.replies(17)[-1].startswith("You are going")


async def test_notice_that_surely_was_not_posted_is_tried_again(ask, portal, passing):
    passing()
    portal.faults.add("calendar.*", faults.error("INTERNAL_SERVER_ERROR"), count=12)
    portal.faults.add("imbot.v2.Chat.Message.send", faults.error("QUERY_LIMIT_EXCEEDED"), count=2)
    reply = await ask("accept 651")

    assert reply.text.startswith("You are going")
    assert reply.message.edited


# --- blocked methods


READ = "calendar.meeting.status.get"


@pytest.fixture
async def exhausted(ask, portal, clock) -> float:
    """Use up the operating time of the method that reads answers; return when it works again, unix seconds."""
    portal.rest.operating = Operating(limit_s=10, costs={READ: 6.0})
    await ask("accept 651", user_id=42)
    portal.rest.calls.clear()
    return portal.rest.operating.reset_at(next(iter(portal.oauth.apps)), READ, clock.now())


@pytest.mark.parametrize("told", [True, False])
async def test_blocked_method_is_left_alone_until_it_is_reset(ask, portal, exhausted, passing, told):
    portal.options.reset_in_error = told  # otherwise only the last answer has said when
    passing()
    reply = await ask("accept 651")
    attempts = [call for call in portal.calls if call.method == READ]

    assert reply.text.startswith("You are going")
    assert len([call for call in attempts if call.at < exhausted]) == 1
    assert portal.replies(17) == [reply.text]  # told at once that it takes long, and then the outcome
    assert reply.message.edited


async def test_other_methods_work_meanwhile(ask, exhausted):
    assert (await ask("dnd")).text.startswith("Do not disturb is on")


@pytest.mark.parametrize(
    ("said", "words"),
    [("accept 651", "try again in about 10 minutes"), ("принять 651", "снова примерно через 10 минут")],
)
async def test_method_blocked_for_longer_than_the_command_lives_is_told_at_once(ask, portal, clock, said, words):
    body = {"error": "OPERATION_TIME_LIMIT", "operating_reset_at": int(clock.now()) + 660}
    portal.faults.add("batch", faults.raw(429, json.dumps(body).encode(), "application/json"), count=None)
    portal.say(17, said)
    clock.advance(60)
    await ask.deliver()

    (reply,) = portal.replies(17)
    assert words in reply
    assert portal.meetings[651][17] == "Q"


# --- a portal that has moved


async def test_reply_waits_while_the_portal_has_moved(ask, portal, passing):
    former = portal.options.domain
    portal.rename("neu.bitrix24.example")
    passing(lambda number: number == 5 and portal.rename(former))
    reply = await ask("accept 651")

    assert reply.text == ask.core.parts.texts.say("en", "errors.portal-moved")
    assert portal.meetings[651][17] == "Q"
