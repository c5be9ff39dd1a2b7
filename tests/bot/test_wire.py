"""One exchange with any service: what leaves, how much is read, and what is told when nothing comes back."""

import asyncio
import gc
import gzip
import weakref
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from bot import wire
from bot.wire import Received
from tests.bot.asking import Asking, Fault, Garbage, Lost, NobodyThere
from tests.endless import CHUNK, Endless

TOKEN = "access-5d41402abc4b2a76b9719d91"
HOME = "https://service.example/rest"
MAX_ANSWER = 200_000
Respond = Callable[[httpx.Request], httpx.Response]


class Service(Asking):
    """Answers as the test wants, and keeps what it was asked."""

    def __init__(self, respond: Respond, url: str = HOME, timeout_s: float = 10.0) -> None:
        self.requests: list[httpx.Request] = []
        self._respond = respond
        super().__init__(httpx.MockTransport(self._take), url, max_answer=MAX_ANSWER, timeout_s=timeout_s)

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._respond(request)


def raising(error: Exception) -> Respond:
    def respond(_: httpx.Request) -> httpx.Response:
        raise error

    return respond


# --- what leaves


async def test_compressed_answers_are_not_asked_for() -> None:
    there = Service(lambda _: httpx.Response(200))
    await there.asked(headers={"Authorization": "Bearer x"})

    (request,) = there.requests
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["authorization"] == "Bearer x"


async def test_body_is_compact_json() -> None:
    there = Service(lambda _: httpx.Response(200))
    await there.asked("POST", json={"text": "тест", "list": [1, None]})

    (request,) = there.requests
    assert request.content == '{"text":"тест","list":[1,null]}'.encode()
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == str(len(request.content))


async def test_type_of_the_body_may_be_said_otherwise() -> None:
    there = Service(lambda _: httpx.Response(200))
    await there.asked("POST", json={}, headers={"Content-Type": "application/json; charset=utf-8"})

    assert there.requests[0].headers.get_list("content-type") == ["application/json; charset=utf-8"]


async def test_text_that_is_none_is_not_sent() -> None:
    there = Service(lambda _: httpx.Response(200))

    assert type(await there.failed("POST", json={"text": "\ud83d"})) is Garbage
    assert there.requests == []


@pytest.mark.parametrize("url", [f"{HOME}?auth={TOKEN}", f"https://bot:{TOKEN}@service.example/rest"])
async def test_address_with_secrets_is_not_remembered(url: str) -> None:
    wire._known.cache_clear()
    await Service(lambda _: httpx.Response(200), url).asked()
    await Service(lambda _: httpx.Response(200)).asked(params={"auth": TOKEN})

    assert wire._known.cache_info().currsize == 0


async def test_cookies_are_not_kept() -> None:
    there = Service(lambda _: httpx.Response(200, headers={"Set-Cookie": "who=mira; Path=/"}))
    await there.asked()
    await there.asked()

    assert "cookie" not in there.requests[1].headers


async def test_server_that_takes_no_connection_is_given_up_sooner() -> None:
    there = Service(lambda _: httpx.Response(200), timeout_s=8.0)
    await there.asked()

    assert there.requests[0].extensions["timeout"] == {"connect": 4.0, "read": 8.0, "write": 8.0, "pool": 4.0}


# --- what comes back


async def test_answer_is_told_as_it_came() -> None:
    there = Service(lambda _: httpx.Response(429, content=b"no", headers={"Retry-After": "soon"}))

    assert await there.asked() == Received(429, b"no", None, "soon")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_told_and_not_followed(status: int) -> None:
    there = Service(lambda _: httpx.Response(status, headers={"location": "../elsewhere?x=1"}))

    assert (await there.asked()).location == httpx.URL("https://service.example/elsewhere?x=1")
    assert len(there.requests) == 1


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("mailto:x@evil.example", Garbage),
        ("https://xn--/", Garbage),
        ("https://[::1", Lost),
        ("https://x:y/", Lost),
        ("/" + "a" * 70_000, Lost),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
async def test_redirect_to_no_address_is_a_fault_of_the_service(location: str, kind: type[Fault]) -> None:
    there = Service(lambda _: httpx.Response(302, headers={"location": location}))

    assert type(await there.failed()) is kind
    assert len(there.requests) == 1


async def test_body_and_redirect_are_not_shown() -> None:
    there = Service(lambda _: httpx.Response(302, content=TOKEN, headers={"location": f"/?auth={TOKEN}"}))

    assert TOKEN not in repr(await there.asked())


# --- how much is read


async def test_answer_without_an_end_is_given_up() -> None:
    body = Endless()

    assert type(await Service(lambda _: httpx.Response(200, stream=body)).failed()) is Garbage
    assert body.chunks == MAX_ANSWER // CHUNK + 1
    assert body.closed


@pytest.mark.parametrize(("size", "read"), [(MAX_ANSWER, True), (MAX_ANSWER + 1, False)])
async def test_limit_of_an_answer_is_exact(size: int, *, read: bool) -> None:
    there = Service(lambda _: httpx.Response(200, content=b"x" * size))

    if read:
        assert len((await there.asked()).content) == size
    else:
        assert str(await there.failed()) == "the answer is too large"


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "gzip, gzip", "deflate", "br"])
async def test_answer_that_is_compressed_all_the_same_is_not_unfolded(encoding: str) -> None:
    async def bomb() -> AsyncIterator[bytes]:
        yield gzip.compress(gzip.compress(b" " * 50_000_000))

    there = Service(lambda _: httpx.Response(503, headers={"Content-Encoding": encoding}, content=bomb()))

    assert await there.asked() == Received(503, b"")


@pytest.mark.parametrize("encoding", ["identity", "Identity", ""])
async def test_answer_that_says_it_is_plain_is_read(encoding: str) -> None:
    there = Service(lambda _: httpx.Response(200, headers={"Content-Encoding": encoding}, content=b"{}"))

    assert (await there.asked()).content == b"{}"


async def test_exchange_leaves_nothing_to_the_garbage_collector() -> None:
    answers: list[weakref.ref[httpx.Response]] = []

    def respond(_: httpx.Request) -> httpx.Response:
        answer = httpx.Response(302, headers={"Location": "/there", "Set-Cookie": "a=b"}, content=b"there")
        answers.append(weakref.ref(answer))
        return answer

    gc.disable()
    try:
        await Service(respond).asked()
        left = [answer() for answer in answers]
    finally:
        gc.enable()

    assert left == [None]


# --- when nothing comes back


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
async def test_what_nobody_took_is_told_from_what_was_lost(kind: type[httpx.HTTPError]) -> None:
    error = await Service(raising(kind(f"{HOME}?{TOKEN}"))).failed()

    assert (type(error), str(error)) == (NobodyThere, kind.__name__)


@pytest.mark.parametrize(
    "kind",
    [
        httpx.ReadError,
        httpx.ReadTimeout,
        httpx.WriteError,
        httpx.WriteTimeout,
        httpx.RemoteProtocolError,
        httpx.LocalProtocolError,
        httpx.DecodingError,
        TimeoutError,
    ],
)
async def test_what_was_lost_has_an_unknown_outcome(kind: type[Exception]) -> None:
    error = await Service(raising(kind(f"{HOME}?{TOKEN}"))).failed()

    assert (type(error), str(error)) == (Lost, kind.__name__)


async def test_answer_that_breaks_off_is_lost() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b'{"a": '
        raise httpx.ReadError(TOKEN)

    assert type(await Service(lambda _: httpx.Response(200, content=broken())).failed()) is Lost


async def test_exchange_ends_in_time_whatever_the_other_side_does() -> None:
    async def silent() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    assert type(await Service(lambda _: httpx.Response(200, content=silent()), timeout_s=0.0).failed()) is Lost


async def test_answer_that_nobody_waits_for_any_more_is_closed() -> None:
    begun = asyncio.Event()

    class Silent(Endless):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            begun.set()
            await asyncio.Event().wait()
            yield b""

    body = Silent()
    asking = asyncio.create_task(Service(lambda _: httpx.Response(200, stream=body)).asked())
    await begun.wait()
    asking.cancel()
    await asyncio.wait([asking])

    assert asking.cancelled()
    assert body.closed


@pytest.mark.parametrize("url", ["https://service.example/\x00", "https://service.example/" + "a" * 70_000])
async def test_address_that_is_none_is_unreadable(url: str) -> None:
    there = Service(lambda _: httpx.Response(200), url)

    assert type(await there.failed()) is Garbage
    assert there.requests == []
