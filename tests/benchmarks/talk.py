"""People who write to the bot and wait for its answers, over loopback; one after the other, at a steady rate, or all at once."""

import asyncio
import itertools
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from bot.emulator.messenger import Message
from tests.benchmarks.company import Company
from tests.benchmarks.load import HEADERS, Refused, Tell

_CONNECTIONS = 50
_PATIENCE_S = 120.0

Command = tuple[int, str]  # who writes what


@dataclass(frozen=True, slots=True)
class Exchange:
    """A command and its answer; unix seconds of the portal."""

    posted_at: float
    acknowledged_at: float
    replied_at: float

    @property
    def acknowledged_ms(self) -> float:
        return (self.acknowledged_at - self.posted_at) * 1000

    @property
    def replied_ms(self) -> float:
        return (self.replied_at - self.posted_at) * 1000


class Talk:
    def __init__(self, company: Company, session: aiohttp.ClientSession, addresses: Sequence[str]) -> None:
        self._company = company
        self._session = session
        self._addresses = itertools.cycle(addresses)
        self._awaited: defaultdict[int, deque[asyncio.Future[float]]] = defaultdict(deque)  # by chat
        company.on_message = self._hear

    def _hear(self, message: Message) -> None:
        if awaited := self._awaited[message.chat_id]:
            awaited.popleft().set_result(message.at)

    async def say(self, user_id: int, text: str) -> Exchange:
        """Write as somebody; a person's answers come in order.

        Raises:
            Refused: the event was not taken, or not answered.
        """
        said = self._company.say(user_id, text)
        body = self._company.queue.pending.pop().body
        replied: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._awaited[said.chat_id].append(replied)
        posted_at = time.time()
        async with self._session.post(next(self._addresses), data=body, headers=HEADERS) as answer:
            await answer.read()
        acknowledged_at = time.time()
        if answer.status != 200:
            raise Refused(f"the bot answered with status {answer.status}")
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return Exchange(posted_at, acknowledged_at, await replied)
        except TimeoutError:
            raise Refused(f"{text!r} of {user_id} got no answer within {_PATIENCE_S:g} s") from None

    async def at_rate(self, commands: Iterable[Command], per_second: float, tell: Tell) -> list[Exchange]:
        """Write at a steady rate; a slow answer does not hold the next command back."""

        async def one(number: int, command: Command) -> Exchange:
            await asyncio.sleep(number / per_second)
            return await self.say(*command)

        return await _all((one(number, command) for number, command in enumerate(commands)), tell)

    async def at_once(self, commands: Iterable[Command], tell: Tell) -> list[Exchange]:
        return await _all((self.say(*command) for command in commands), tell)

    async def for_seconds(self, seconds: float, people: Iterable[int], tell: Tell) -> list[Exchange]:
        """Let everybody answer an invitation again and again, each as soon as they have heard of the last one."""
        until = time.monotonic() + seconds
        found: list[Exchange] = []

        async def one(user_id: int) -> None:
            while time.monotonic() < until:
                found.append(await self.say(user_id, self._company.answer(user_id)))

        async with asyncio.TaskGroup() as group:
            group.create_task(_tick(seconds, tell))
            for user_id in people:
                group.create_task(one(user_id))
        return found


async def _all(exchanges: Iterable[Awaitable[Exchange]], tell: Tell) -> list[Exchange]:
    async def told(exchange: Awaitable[Exchange]) -> Exchange:
        found = await exchange
        tell(1)
        return found

    return await asyncio.gather(*map(told, exchanges))


async def _tick(seconds: float, tell: Tell) -> None:
    for _ in range(int(seconds)):
        await asyncio.sleep(1)
        tell(1)


@asynccontextmanager
async def talk(company: Company, *urls: str) -> AsyncIterator[Talk]:
    """Let people write to a bot whose replicas take turns in hearing them."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=_CONNECTIONS * len(urls))) as session:
        yield Talk(company, session, [f"{url}/bitrix24/events" for url in urls])
