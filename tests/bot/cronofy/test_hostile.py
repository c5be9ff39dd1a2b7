"""What Cronofy, or whoever wrote what it passes on, could send to do harm.

Whatever comes, it is read as far as it makes sense or refused by name; our token stays with Cronofy, and nothing that is
read later breaks what uses it.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import httpx
import pytest
from structlog.testing import capture_logs

from bot import errors
from bot.accounts import Account
from bot.cronofy.fields import LONGEST, MOST
from bot.cronofy.methods import channels, events, identity, participation
from bot.cronofy.methods.external import Answer, EventRef, read_event
from bot.cronofy.methods.identity import read_identity
from bot.cronofy.oauth import AsAccount
from bot.cronofy.wire import MAX_ANSWER
from bot.settings import CronofyApp
from bot.texts import inert
from tests.bot.cronofy.hostile import MONDAY, RIGA, WEEK, Hostile, check_sound
from tests.endless import Endless

EVENT = {
    "calendar_id": "cal_n@k",
    "event_uid": "evt_external_00000000000000000000a001",
    "start": "2026-11-24T09:00:00Z",
    "end": "2026-11-24T09:45:00Z",
}
REF = EventRef(EVENT["calendar_id"], EVENT["event_uid"], datetime(2026, 11, 24, 9, tzinfo=UTC))


Read = Callable[[AsAccount], Awaitable[object]]
READS: dict[str, Read] = {
    "userinfo": identity.userinfo,
    "events": lambda mira: events.read(mira, {}, MONDAY, WEEK, RIGA),
    "one event": lambda mira: events.again(mira, {}, REF, RIGA),
    "new channel": lambda mira: channels.create(mira, "https://bot.example.org/"),
    "channels": channels.listing,
}


@pytest.fixture(params=READS.values(), ids=READS.keys())
def ask(request: pytest.FixtureRequest) -> Read:
    return request.param


# --- bodies

NO_JSON = {
    "nothing": b"",
    "page of a proxy": b"<html>",
    "no text": b"\xff\xfe\x00",
    "cut": b'{"events": [{"calendar_id": "cal_',
    "nested lists": b"[" * 100_000 + b"]" * 100_000,
    "nested lists without an end": b"[" * 100_000,
    "nested objects": b'{"events":' * 100_000 + b"1" + b"}" * 100_000,
    "nested rows": b'{"sub": "acc_1", "events": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
    "endless number": b'{"sub": "acc_1", "events": [' + b"9" * 1_000_000 + b"]}",
    "two answers": b'{"events": []}{"events": []}',
    "too large": b'{"events": [], "sub": "acc_1", "x": "' + b"x" * MAX_ANSWER + b'"}',
}


@pytest.mark.parametrize("body", NO_JSON.values(), ids=NO_JSON.keys())
async def test_body_that_is_no_answer_is_unreadable(hostile: Hostile, linked: Account, ask: Read, body: bytes) -> None:
    hostile.says(body)
    with capture_logs() as lines, pytest.raises(errors.CronofyUnreadable) as caught:
        await ask(hostile.as_person)

    assert len(hostile.requests) == 1
    assert linked.access_token not in f"{caught.value!r} {lines}"


async def test_body_without_an_end_is_not_awaited(hostile: Hostile, ask: Read) -> None:
    body = Endless()
    hostile.answer = lambda: httpx.Response(200, stream=body)
    with pytest.raises(errors.CronofyUnreadable):
        await ask(hostile.as_person)

    assert body.closed


async def test_answer_that_is_not_read_is_bounded_too(hostile: Hostile) -> None:
    body = Endless()
    hostile.answer = lambda: httpx.Response(202, stream=body)
    with pytest.raises(errors.CronofyUnreadable):
        await participation.answer(hostile.as_person, REF, Answer.YES)

    assert body.closed


async def test_large_page_is_read_and_little_of_it_kept(hostile: Hostile) -> None:
    long = "x" * (MAX_ANSWER // 4)
    hostile.says({"events": [EVENT | {"summary": long, "description": long, "location": {"description": long}}]})
    (event,) = await hostile.read()

    assert (len(event.title), len(event.place)) == (LONGEST, LONGEST)


async def test_page_of_countless_events_is_unreadable(hostile: Hostile) -> None:
    hostile.says(b'{"events": [' + b"{}," * MOST + b"{}]}")
    with pytest.raises(errors.CronofyUnreadable):
        await hostile.read()


@pytest.mark.parametrize(("rows", "pages"), [(MOST // 4, 5), (0, events.MAX_PAGES)])
async def test_countless_pages_are_given_up(hostile: Hostile, app: CronofyApp, rows: int, pages: int) -> None:
    def page() -> httpx.Response:
        address = f"{app.api}/v1/events/pages/{len(hostile.requests)}"
        return httpx.Response(200, json={"events": [{}] * rows, "pages": {"next_page": address}})

    hostile.answer = page
    with pytest.raises(errors.CronofyUnreadable):
        await hostile.read()

    assert len(hostile.requests) == pages


async def test_countless_parts_of_an_account_are_cut(hostile: Hostile) -> None:
    many = [{"calendar_id": f"cal_{number}"} for number in range(2 * MOST)]
    profiles = [{"profile_calendars": many[at : at + 1000]} for at in range(0, len(many), 1000)] + [{}] * MOST
    hostile.says({"sub": "acc_1", "cronofy.data": {"profiles": profiles}})
    read = await identity.userinfo(hostile.as_person)

    assert len(read.profiles) == MOST
    assert len(read.calendars) == MOST


def test_countless_guests_are_cut() -> None:
    event = read_event(EVENT | {"attendees": [{"email": "a@example.org"}] * (MOST + 1)}, {})

    assert event is not None
    assert len(event.attendees) == MOST


# --- ids

IDS = [
    "cal_n@k",
    "a/b",
    "../../../oauth/token",
    "..\\..\\x",
    "..%2f..%2foauth%2ftoken",
    "%2e%2e",
    "./",
    "/",
    "//evil.example",
    "https://evil.example/",
    "a?status=declined#x",
    "a b",
    "a\r\nHost: evil.example\r\n\r\n",
    "\x00",
    "\u202ecal",
    "календарь",
    "\U0001f600" * LONGEST,
    "\u3002\u3002",  # full stops to some, not to a path
    "[url=https://evil.example]x[/url]",
    ";:@&=+$,",
    "x" * LONGEST,
]


def segments(request: httpx.Request) -> list[str]:
    assert request.url.query == b""
    return [unquote(part) for part in request.url.raw_path.decode("ascii").split("/")]


@pytest.mark.parametrize("identifier", IDS, ids=lambda one: ascii(one)[:20])
async def test_id_leads_nowhere_else(hostile: Hostile, app: CronofyApp, identifier: str) -> None:
    hostile.says({"events": [EVENT | {"calendar_id": identifier, "event_uid": identifier}]})
    (event,) = await hostile.read()
    await participation.answer(hostile.as_person, event.ref, Answer.NO)
    await channels.delete(hostile.as_person, identifier)
    await events.again(hostile.as_person, {}, event.ref, RIGA)

    _, answered, closed, again = hostile.requests
    assert {str(request.url.copy_with(raw_path=b"")) for request in hostile.requests} == {app.api}
    assert segments(answered) == ["", "v1", "calendars", identifier, "events", identifier, "participation_status"]
    assert segments(closed) == ["", "v1", "channels", identifier]
    assert again.url.params.get_list("calendar_ids[]") == [identifier]
    assert [request.headers["host"] for request in hostile.requests] == [httpx.URL(app.api).host] * 4


@pytest.mark.parametrize("identifier", [".", "..", "..."])
async def test_id_that_no_path_can_hold_is_not_sent(hostile: Hostile, identifier: str) -> None:
    for ref in (EventRef(identifier, "evt_1", REF.starts), EventRef("cal_1", identifier, REF.starts)):
        with pytest.raises(errors.CronofyGone):
            await participation.answer(hostile.as_person, ref, Answer.YES)
    await channels.delete(hostile.as_person, identifier)  # nothing is open there

    assert hostile.requests == []


def test_calendar_without_an_id_is_none() -> None:
    profile = {"profile_calendars": [{}, {"calendar_id": ""}, {"calendar_id": 7}, {"calendar_id": "cal_1"}]}

    assert read_identity({"sub": "acc_1", "cronofy.data": {"profiles": [profile]}}).calendars.keys() == {"cal_1"}


# --- texts

TEXTS = [
    "[url=https://evil.example]Accept[/url]",
    "[SEND=decline 1]click[/SEND][PUT=/x]y[/PUT]",
    "&#91;b&#93;bold",
    "line\r\nanother\x00\x07\x1b[31m\x7f\x85",
    "\u202eleved\u202c\u2066x\u2069\u200b\ufeff",
    "\ud83d half \udc00",
    "Z" + "\u0300" * 500,
    "\ufdd0\U000e0001\U0010ffff",
    " \t\n ",
    "{ $name }{-term}",
    "x" * 100_000,
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_text_can_be_stored_and_shown(hostile: Hostile, text: str) -> None:
    guest = {"email": text, "display_name": text}
    everywhere = {"summary": text, "organizer": guest, "attendees": [guest], "location": {"description": text}}
    hostile.says({"events": [EVENT | everywhere | {"series_identifier": text, "meeting_url": text}]})
    (event,) = await hostile.read()

    check_sound(event)
    shown = inert(event.title)
    assert shown.isprintable()
    assert not set(shown) & set("[]")


ADDRESSES = [
    "javascript:alert(1)",
    "data:text/html,x",
    "//evil.example",
    "https:evil.example",
    "https://",
    "https://[",
    "https:///path",
    "https://@/",
    "https://app.cronofy.com/\nrelink",
    "https://app.cronofy.com/ relink",
    "https://app.cronofy.com/\u202erelink",
    "\x01https://app.cronofy.com/",
    " https://app.cronofy.com/",
    "https://app.cronofy.com/[/url][send=decline]",
]


@pytest.mark.parametrize("address", ADDRESSES, ids=ascii)
def test_nobody_is_sent_to_what_is_no_address(address: str) -> None:
    (profile,) = read_identity({"sub": "a", "cronofy.data": {"profiles": [{"profile_relink_url": address}]}}).profiles

    assert profile.relink_url == ""


# --- further pages

ELSEWHERE = [
    "https://evil.example/v1/events/pages/1",
    "https://api.cronofy.com.evil.example/v1/events/pages/1",
    "https://api.cronofy.com@evil.example/v1/events/pages/1",
    "https://api.cronofy.com:443@evil.example/v1/events/pages/1",
    "https://api.cronofy.com%2F@evil.example/v1/events/pages/1",
    "https://api.cronofy.com\\@evil.example/v1/events/pages/1",
    "https://api.cronofy.com\\.evil.example/v1/events/pages/1",
    "https://api.cronofy.com#@evil.example/v1/events/pages/1",
    "https://api.cronofy.com?@evil.example/v1/events/pages/1",
    "https://api.cronofy.com;/v1/events/pages/1",
    "https://api.cronofy.com./v1/events/pages/1",
    "https://api.cronofy.com:8443/v1/events/pages/1",
    "https://api.cronofy.com:0/v1/events/pages/1",
    "https://app.cronofy.com/v1/events/pages/1",
    "https://api-de.cronofy.com/v1/events/pages/1",
    "https://user:pass@api.cronofy.com/v1/events/pages/1",
    "http://api.cronofy.com/v1/events/pages/1",
    "ftp://api.cronofy.com/v1/events/pages/1",
    "//evil.example/v1/events/pages/1",
    "/v1/events/pages/1",
    "\\\\evil.example\\v1",
    "https:/evil.example/",
    " https://api.cronofy.com/v1/events/pages/1",
    "https://\u0430pi.cronofy.com/v1/events/pages/1",  # the first letter is Cyrillic
    "https://api.cronofy.com\n.evil.example/",
    "https://[::1]/v1/events/pages/1",
    "https://[::1",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "https://api.cronofy.com/v1/events/pages/1\r\nHost: evil.example",
    "https://api.cronofy.com/\x00",
]


@pytest.mark.parametrize("address", ELSEWHERE, ids=ascii)
async def test_page_elsewhere_is_not_asked_for(hostile: Hostile, linked: Account, address: str) -> None:
    hostile.says({"events": [], "pages": {"next_page": address}})
    with capture_logs() as lines, pytest.raises(errors.CronofyUnreadable) as caught:
        await hostile.read()

    assert len(hostile.requests) == 1
    assert linked.access_token not in f"{caught.value!r} {lines}"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/events/pages/../../../../x",
        "//evil.example/v1",
        "/@evil.example/",
        "/https://evil.example/",
        "/v1/events/pages/%0d%0aHost:%20evil.example",
        "/\\evil.example",
        "/?next=https://evil.example",
        "/#@evil.example",
    ],
)
async def test_page_of_any_path_stays_with_cronofy(hostile: Hostile, app: CronofyApp, path: str) -> None:
    hostile.says({"events": [], "pages": {"next_page": f"{app.api}{path}"}})
    with pytest.raises(errors.CronofyUnreadable):  # since it names itself as the next
        await hostile.read()

    assert len(hostile.requests) == 2
    assert {(request.method, request.url.scheme, request.url.host) for request in hostile.requests} == {
        ("GET", "https", "api.cronofy.com")
    }


@pytest.mark.parametrize("address", [None, False, 0, "", [], {}, ["https://evil.example/"]], ids=str)
async def test_page_that_is_no_text_is_none(hostile: Hostile, address: object) -> None:
    hostile.says({"events": [EVENT], "pages": {"next_page": address}})

    assert len(await hostile.read()) == 1


# --- times

TIMES = [
    "0000-01-01",
    "0000-12-29T00:00:00Z",
    "0001-01-01",
    "0001-01-01T00:00:00+14:00",
    "1899-12-31T23:59:59Z",
    "1900-01-01T00:00:00+14:00",
    "9999-12-31",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "8999-12-31T23:59:59-14:00",
    "+10000-01-01T00:00:00Z",
    "-2026-11-24",
    "2026-11-24T24:00:00Z",
    "2026-11-24T09:00:60Z",
    "2026-11-24T09:00:00+24:00",
    "2026-11-24T09:00:00",
    "2026-W48-2",
    "2026-W48-2T09:00:00Z",
    "2026-328",
    "20261124T090000Z",
    "2026-11-24t09:00:00z",
    "2026-11-24 09:00:00Z",
    "2026-02-30",
    "٢٠٢٦-11-24",
    "T",
    "TT",
    "2026-11-24T",
    "1" * 5000,
    1795424400,
    {"time": "9999-12-31T23:59:59Z", "tzid": "No/Such"},
    {"time": {"time": "2026-11-24"}},
]


@pytest.mark.parametrize("name", ["start", "end", "created", "updated"])
@pytest.mark.parametrize("told", TIMES, ids=lambda told: str(told)[:30])
async def test_time_that_nobody_means_breaks_nothing(hostile: Hostile, name: str, told: object) -> None:
    hostile.says({"events": [EVENT | {name: told}, EVENT | {"start": told, "end": told}, EVENT]})
    found = await hostile.read()

    assert [event for event in found if event.ref == REF]
    for event in found:
        check_sound(event)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Riga"])
@pytest.mark.parametrize("day", ["1900-01-01", "1900-01-01T00:00:00Z", "8999-12-31", "8999-12-31T23:59:59Z"])
async def test_event_at_the_ends_of_time_can_be_read_again(hostile: Hostile, day: str, zone: str) -> None:
    hostile.says({"events": [EVENT | {"start": day, "end": day}]})
    ends_of_time = datetime(1, 6, 1, tzinfo=UTC), datetime(9999, 6, 1, tzinfo=UTC)
    (event,) = await events.read(hostile.as_person, {}, *ends_of_time, ZoneInfo(zone))

    assert await events.again(hostile.as_person, {}, event.ref, ZoneInfo(zone)) == event
