"""A wire to any service, and the errors that tell how an exchange over it ended."""

import httpx
import pytest

from bot.errors import BotError
from bot.wire import Received, Wire

METHOD = "some.call"


class Fault(BotError):
    def __init__(self, message: str, *, method: str) -> None:
        super().__init__(message)
        self.method = method


class NobodyThere(Fault): ...


class Lost(Fault): ...


class Garbage(Fault): ...


class Asking:
    """Asks one address of a service."""

    def __init__(self, transport: httpx.AsyncBaseTransport, url: str, *, max_answer: int, timeout_s: float) -> None:
        self.transport = transport
        self.url = url
        faults = {"not_reached": NobodyThere, "lost": Lost, "unreadable": Garbage}
        self._wire = Wire(transport, timeout_s=timeout_s, max_answer=max_answer, **faults)

    async def asked(self, verb: str = "GET", **options: object) -> Received:
        return await self._wire.exchange(verb, self.url, method=METHOD, **options)

    async def failed(self, verb: str = "GET", **options: object) -> Fault:
        with pytest.raises(Fault) as caught:
            await self.asked(verb, **options)
        assert caught.value.method == METHOD
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
        return caught.value
