"""The network below httpx, over loopback: what leaves, and above all what is never sent twice nor taken for "nobody was there"."""

import asyncio
import gzip
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from socket import SO_LINGER, SOL_SOCKET
from tempfile import NamedTemporaryFile
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot.transport import Network
from bot.wire import Received
from tests.bot.asking import Asking, Fault, Garbage, Lost, NobodyThere
from tests.process import free_port

MAX_ANSWER = 6_000_000
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"
Respond = Callable[[asyncio.StreamWriter, int], None]


class Server:
    """Answers as the test wants, by number of the request; `ended` when a connection has."""

    def __init__(self, respond: Respond, greeting: bytes = b"", tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.ended = asyncio.Event()
        self._respond = respond
        self._greeting = greeting
        self._tls = tls
        self._talks: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", ssl=self._tls)
        return "http://127.0.0.1:{1}/rest".format(*self._server.sockets[0].getsockname())

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._talks.add(asyncio.create_task(self._talk(reader, writer)))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(self._greeting)
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                self.requests.append(head + await reader.readexactly(length))
                self._respond(writer, len(self.requests))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            self.ended.set()

    async def stop(self) -> None:
        self._server.close()
        await asyncio.gather(*self._talks)


class Client(Asking):
    """Asks one server."""

    def __init__(self, url: str, timeout_s: float) -> None:
        super().__init__(Network(), url, max_answer=MAX_ANSWER, timeout_s=timeout_s)

    async def post(self) -> Received:
        return await self.asked("POST", json={"a": 1})

    async def fate(self, verb: str = "POST") -> type[Fault]:
        """Return how an exchange ends that fails."""
        fault = await self.failed(verb, json={"a": 1} if verb == "POST" else None)
        assert "127.0.0.1" not in str(fault)
        return type(fault)


@pytest.fixture
async def talk() -> AsyncIterator[Callable]:
    """Return what makes a server and its client."""
    made: list[tuple[Server, Client]] = []

    async def make(respond: Respond, *, timeout_s: float = 10.0, **options: Any) -> tuple[Server, Client]:
        server = Server(respond, **options)
        made.append((server, Client(await server.start(), timeout_s)))
        return made[-1]

    yield make
    for server, client in made:
        await client.transport.aclose()
        await server.stop()


def self_signed(name: str) -> tuple[str, ssl.SSLContext]:
    """Return a certificate for `name`, and what a server needs to show it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
        .public_bytes(Encoding.PEM)
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with NamedTemporaryFile() as file:
        file.write(certificate + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        context.load_cert_chain(file.name)
    return certificate.decode(), context


def saying(*answers: bytes, close: bool = False) -> Respond:
    """Give one answer after the other; the last one again and again."""

    def respond(writer: asyncio.StreamWriter, number: int) -> None:
        writer.write(answers[min(number, len(answers)) - 1])
        if close:
            writer.close()

    return respond


def closing(writer: asyncio.StreamWriter, _: int) -> None:
    writer.close()


def resetting(writer: asyncio.StreamWriter, _: int) -> None:
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def silent(_writer: asyncio.StreamWriter, _number: int) -> None:
    pass


# --- what leaves, what comes back


async def test_request_leaves_as_it_was_made(talk) -> None:
    server, client = await talk(saying(FINE))
    await client.asked("POST", json={"text": "тест"})

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    first, *headers = head.decode().lower().split("\r\n")
    assert first == "post /rest http/1.1"
    assert sorted(header.partition(":")[0] for header in headers) == [
        "accept",
        "accept-encoding",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    ]
    assert "accept-encoding: identity" in headers
    assert body.decode() == '{"text":"тест"}'


async def test_address_is_not_quoted_anew(talk) -> None:
    server, client = await talk(saying(FINE))
    await client.asked("GET", params={"state": "a+b/c=%41 é"})

    assert server.requests[0].startswith(b"GET /rest?state=a%2Bb%2Fc%3D%2541+%C3%A9 HTTP/1.1\r\n")


async def test_name_in_an_address_is_no_credential(talk) -> None:
    server, client = await talk(saying(FINE))
    client.url = client.url.replace("://", "://mira:secret@")
    await client.post()

    (request,) = server.requests
    assert request.startswith(b"POST /rest HTTP/1.1\r\n")
    assert b"authorization" not in request.lower()


async def test_connection_is_kept_for_the_next_request(talk) -> None:
    server, client = await talk(saying(FINE))

    assert [(await client.asked(verb)).content for verb in ("POST", "GET", "POST")] == [b"fine"] * 3
    assert server.connections == 1


async def test_redirect_is_told_and_not_followed(talk) -> None:
    server, client = await talk(saying(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"))

    location = (await client.post()).location
    assert location is not None
    assert location.path == "/there"
    assert len(server.requests) == 1


async def test_cookies_are_not_kept(talk) -> None:
    server, client = await talk(saying(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"))
    await client.post()
    await client.post()

    assert b"cookie" not in server.requests[1].lower()


async def test_compressed_answer_is_not_unfolded(talk) -> None:
    packed = gzip.compress(b"x" * 1000)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    _, client = await talk(saying(head + packed))

    assert await client.post() == Received(200, b"")


async def test_proxy_of_the_environment_is_not_followed(talk, monkeypatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    _, client = await talk(saying(FINE))

    assert (await client.post()).content == b"fine"


@pytest.mark.parametrize("framing", ["length", "chunks", "end"])
async def test_large_answer_is_read(talk, framing: str) -> None:
    body = b"x" * 5_000_000
    head, body_sent = {
        "length": (b"Content-Length: 5000000", body),
        "chunks": (b"Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)),
        "end": (b"Connection: close", body),
    }[framing]
    _, client = await talk(saying(b"HTTP/1.1 200 OK\r\n%b\r\n\r\n%b" % (head, body_sent), close=framing == "end"))

    assert (await client.post()).content == body


async def test_rest_of_an_answer_that_is_too_large_is_not_read(talk) -> None:
    size = 500_000_000
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
    server, client = await talk(saying(head + b"x" * (MAX_ANSWER + 1)))

    assert await client.fate() is Garbage
    await server.ended.wait()


# --- what is lost: sent once, outcome unknown


@pytest.mark.parametrize("verb", ["POST", "GET", "PUT", "DELETE"])
@pytest.mark.parametrize("respond", [closing, resetting])
async def test_connection_that_ends_before_the_answer_is_lost(talk, verb: str, respond: Respond) -> None:
    server, client = await talk(respond)

    assert await client.fate(verb) is Lost
    assert len(server.requests) == 1


@pytest.mark.parametrize("verb", ["POST", "GET", "PUT", "DELETE"])
@pytest.mark.parametrize("end", [closing, resetting])
async def test_kept_connection_that_ends_before_the_answer_is_lost(talk, verb: str, end: Respond) -> None:
    server, client = await talk(lambda writer, number: (saying(FINE) if number == 1 else end)(writer, number))
    await client.post()

    assert await client.fate(verb) is Lost
    assert (len(server.requests), server.connections) == (2, 1)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk",
        b"HTTP/1.1 200 OK\r\nX-Large: " + b"x" * 200_000 + b"\r\nContent-Length: 4\r\n\r\nfine",
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: x\r\n" * 20_000 + b"Content-Length: 4\r\n\r\nfine",
        b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\nfine",
        b"220 mail.example ESMTP\r\n",
        b"\x00\xff\x16\x03\x01" * 1000,
    ],
    ids=["head", "half", "chunk", "no-chunk", "large-header", "many-headers", "length", "other-protocol", "noise"],
)
@pytest.mark.parametrize("verb", ["POST", "GET"])
async def test_answer_that_is_none_is_lost(talk, verb: str, answer: bytes) -> None:
    server, client = await talk(saying(answer, close=True))

    assert await client.fate(verb) is Lost
    assert len(server.requests) == 1


async def test_server_that_does_not_answer_is_lost(talk) -> None:
    server, client = await talk(silent, timeout_s=0.5)

    assert await client.fate() is Lost
    await server.ended.wait()
    assert len(server.requests) == 1


async def test_connection_that_owes_an_answer_is_not_used_again(talk) -> None:
    server, client = await talk(saying(b"", FINE), timeout_s=0.5)

    assert await client.fate() is Lost
    assert (await client.post()).content == b"fine"
    assert server.connections == 2


# --- what was never sent


async def test_connection_that_was_closed_meanwhile_is_not_used(talk) -> None:
    server, client = await talk(saying(FINE, close=True))
    await client.post()
    await server.ended.wait()
    _, other = await talk(saying(FINE))
    await other.post()  # by now the end has arrived

    assert (await client.post()).content == b"fine"
    assert len(server.requests) == server.connections == 2


async def test_what_is_said_unasked_answers_nothing(talk) -> None:
    stray = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret"
    writers: list[asyncio.StreamWriter] = []

    def respond(writer: asyncio.StreamWriter, _: int) -> None:
        writers.append(writer)
        writer.write(FINE)

    server, client = await talk(respond)
    await client.post()
    writers[0].write(stray)
    _, other = await talk(saying(FINE))
    await other.post()  # by now what was said has arrived

    assert await client.fate() is NobodyThere
    assert len(server.requests) == 1
    assert (await client.post()).content == b"fine"


async def test_address_where_nobody_listens_is_not_reached() -> None:
    client = Client(f"http://127.0.0.1:{free_port()}/rest", 10.0)

    assert await client.fate() is NobodyThere
    await client.transport.aclose()


async def test_server_that_does_not_speak_tls_is_not_reached(talk) -> None:
    server, client = await talk(silent, greeting=b"220 ready\r\n")
    client.url = client.url.replace("http:", "https:")

    assert await client.fate() is NobodyThere
    assert server.requests == []


async def test_server_that_is_silent_about_tls_is_not_reached(talk) -> None:
    server, client = await talk(silent, timeout_s=1.0)
    client.url = client.url.replace("http:", "https:")

    assert await client.fate() is NobodyThere
    assert server.requests == []


async def test_address_that_is_none_is_no_crash(talk) -> None:
    _, client = await talk(silent)
    client.url = "http://127.0.0.1:99999/rest"

    assert await client.fate() is Lost


async def test_tls_is_spoken_with_whoever_can_prove_their_name_only(talk) -> None:
    certificate, context = self_signed("localhost")
    server, client = await talk(saying(FINE), tls=context)
    client.url = client.url.replace("http:", "https:")
    assert await client.fate() is NobodyThere  # no root that is trusted

    client.transport._tls.load_verify_locations(cadata=certificate)
    assert await client.fate() is NobodyThere  # another name
    assert server.requests == []

    client.url = client.url.replace("127.0.0.1", "localhost")
    assert (await client.post()).content == b"fine"


async def test_client_that_was_never_used_can_be_closed() -> None:
    await Client("http://127.0.0.1/", 10.0).transport.aclose()
