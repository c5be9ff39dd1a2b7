"""One exchange with any service: what leaves, how much is read, and what is told when nothing comes back."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from bot.errors import BotError
from bot.wire import Received, Wire
from tests.endless import CHUNK, Endless

TOKEN = "access-5d41402abc4b2a76b9719d91"
HOME = "https://service.example/rest"
MAX_ANSWER = 200_000
Respond = Callable[[httpx.Request], httpx.Response]


class Fault(BotError):
    def __init__(self, message: str, *, method: str) -> None:
        super().__init__(message)
        self.method = method


class NobodyThere(Fault): ...


class Lost(Fault): ...


class Garbage(Fault): ...


class Service:
    def __init__(self, respond: Respond, timeout_s: float = 10.0) -> None:
        self.requests: list[httpx.Request] = []
        self._respond = respond
        self.http = httpx.AsyncClient(transport=httpx.MockTransport(self._take), follow_redirects=True)
        self._wire = Wire(
            self.http,
            timeout_s=timeout_s,
            max_answer=MAX_ANSWER,
            not_reached=NobodyThere,
            lost=Lost,
            unreadable=Garbage,
        )

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._respond(request)

    async def asked(self, url: str = HOME, **options: object) -> Received:
        return await self._wire.exchange("GET", url, method="some.call", **options)

    async def failed(self, url: str = HOME) -> Fault:
        with pytest.raises(Fault) as caught:
            await self.asked(url)
        assert caught.value.method == "some.call"
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
        return caught.value


@pytest.fixture
async def service() -> AsyncIterator[Callable[..., Service]]:
    made: list[Service] = []

    def make(respond: Respond, **options: float) -> Service:
        made.append(Service(respond, **options))
        return made[-1]

    yield make
    for one in made:
        await one.http.aclose()


def raising(error: Exception) -> Respond:
    def respond(_: httpx.Request) -> httpx.Response:
        raise error

    return respond


# --- what leaves


async def test_compressed_answers_are_not_asked_for(service) -> None:
    there = service(lambda _: httpx.Response(200))
    await there.asked(headers={"Authorization": "Bearer x"})

    (request,) = there.requests
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["authorization"] == "Bearer x"


async def test_cookies_are_not_kept(service) -> None:
    there = service(lambda _: httpx.Response(200, headers={"Set-Cookie": "who=mira; Path=/"}))
    await there.asked()
    await there.asked()

    assert "cookie" not in there.requests[1].headers


async def test_server_that_takes_no_connection_is_given_up_sooner(service) -> None:
    there = service(lambda _: httpx.Response(200), timeout_s=8.0)
    await there.asked()

    assert there.requests[0].extensions["timeout"] == {"connect": 4.0, "read": 8.0, "write": 8.0, "pool": 4.0}


# --- what comes back


async def test_answer_is_told_as_it_came(service) -> None:
    there = service(lambda _: httpx.Response(429, content=b"no", headers={"Retry-After": "soon"}))

    assert await there.asked() == Received(429, b"no", None, "soon")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_told_and_not_followed(service, status: int) -> None:
    there = service(lambda _: httpx.Response(status, headers={"location": "../elsewhere?x=1"}))

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
async def test_redirect_to_no_address_is_a_fault_of_the_service(service, location: str, kind: type[Fault]) -> None:
    there = service(lambda _: httpx.Response(302, headers={"location": location}))

    assert type(await there.failed()) is kind
    assert len(there.requests) == 1


async def test_body_and_redirect_are_not_shown(service) -> None:
    there = service(lambda _: httpx.Response(302, content=TOKEN, headers={"location": f"/?auth={TOKEN}"}))

    assert TOKEN not in repr(await there.asked())


# --- how much is read


async def test_answer_without_an_end_is_given_up(service) -> None:
    body = Endless()

    assert type(await service(lambda _: httpx.Response(200, stream=body)).failed()) is Garbage
    assert body.chunks == MAX_ANSWER // CHUNK + 1
    assert body.closed


@pytest.mark.parametrize(("size", "read"), [(MAX_ANSWER, True), (MAX_ANSWER + 1, False)])
async def test_limit_of_an_answer_is_exact(service, size: int, *, read: bool) -> None:
    there = service(lambda _: httpx.Response(200, content=b"x" * size))

    if read:
        assert len((await there.asked()).content) == size
    else:
        assert str(await there.failed()) == "the answer is too large"


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "gzip, gzip", "deflate", "br"])
async def test_answer_that_is_compressed_all_the_same_is_not_unfolded(service, encoding: str) -> None:
    async def bomb() -> AsyncIterator[bytes]:
        yield gzip.compress(gzip.compress(b" " * 50_000_000))

    there = service(lambda _: httpx.Response(503, headers={"Content-Encoding": encoding}, content=bomb()))

    assert await there.asked() == Received(503, b"")


@pytest.mark.parametrize("encoding", ["identity", "Identity", ""])
async def test_answer_that_says_it_is_plain_is_read(service, encoding: str) -> None:
    there = service(lambda _: httpx.Response(200, headers={"Content-Encoding": encoding}, content=b"{}"))

    assert (await there.asked()).content == b"{}"


# --- when nothing comes back


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
async def test_what_nobody_took_is_told_from_what_was_lost(service, kind: type[httpx.HTTPError]) -> None:
    error = await service(raising(kind(f"{HOME}?{TOKEN}"))).failed()

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
async def test_what_was_lost_has_an_unknown_outcome(service, kind: type[Exception]) -> None:
    error = await service(raising(kind(f"{HOME}?{TOKEN}"))).failed()

    assert (type(error), str(error)) == (Lost, kind.__name__)


async def test_answer_that_breaks_off_is_lost(service) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b'{"a": '
        raise httpx.ReadError(TOKEN)

    assert type(await service(lambda _: httpx.Response(200, content=broken())).failed()) is Lost


async def test_exchange_ends_in_time_whatever_the_other_side_does(service) -> None:
    async def silent() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    assert type(await service(lambda _: httpx.Response(200, content=silent()), timeout_s=0.0).failed()) is Lost


@pytest.mark.parametrize("url", ["https://service.example/\x00", "https://service.example/" + "a" * 70_000])
async def test_address_that_is_none_is_unreadable(service, url: str) -> None:
    there = service(lambda _: httpx.Response(200))

    assert type(await there.failed(url)) is Garbage
    assert there.requests == []
