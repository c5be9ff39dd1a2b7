"""Replies on their way to chats. In a crowd they leave together, since a batch of fifty costs the quota one request.

Alone, a reply goes at once. While other commands are being carried out it waits for theirs: briefly while the quota is free,
longer when it is used up, for then each request that a reply does not take lets another command end sooner.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from bot.bitrix24.limits import Quota
from bot.bitrix24.oauth import AsBot
from bot.bitrix24.rest import Command
from bot.errors import NotConnected

# So few other commands are no crowd.
_FEW = 2
# So many replies leave without waiting for more. The fewer people there are, the less it matters what a request of its own costs.
_ENOUGH = 26
_WAVES = 4
_MOST = 50  # items of a batch (contract C.5)
# How long the first of several replies waits with quota left; without, as long as it takes to carry out enough commands.
_BRIEFLY_S = 0.05
_REQUESTS = 2


@dataclass(frozen=True, slots=True)
class _Waiting:
    as_bot: AsBot
    command: Command
    sent: asyncio.Future[Any]


class Outbox:
    def __init__(self, quota: Quota) -> None:
        self._quota = quota
        self._waiting: list[_Waiting] = []
        self._changed = asyncio.Event()
        self._working = 0
        self._crowd = 0  # the most that were at work since nobody was
        self._gathering: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()

    @contextmanager
    def working(self, who: object) -> Iterator[None]:
        """Tell that a command of `who` is being carried out, so that a reply is to be expected."""
        self._working += 1
        self._crowd = max(self._crowd, self._working)
        try:
            yield
        finally:
            self._working -= 1
            self._quota.end(who)
            self._crowd = self._crowd if self._working else 0
            self._changed.set()

    async def send(self, as_bot: AsBot, command: Command) -> Any:
        """Send a message; returns what the portal says when it has it.

        Raises:
            BitrixError, NotConnected: as `AsBot.call`. A message that shared a batch fails or succeeds by itself.
        """
        alone = self._working <= _FEW and not self._waiting and not self._quota.is_crowded
        if alone or "$" in str(command.params):  # what looks like a reference must not stand in a batch
            return await as_bot.call(command.method, command.params)
        waiting = _Waiting(as_bot, command, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._changed.set()
        if self._gathering is None:
            self._gathering = asyncio.create_task(self._gather())
        return await waiting.sent

    async def _gather(self) -> None:
        try:
            while self._waiting:
                await self._wait_for_more()
                together, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                self._start_sending(together)
        finally:
            self._gathering = None

    def _start_sending(self, together: list[_Waiting]) -> None:
        task = asyncio.create_task(_send_all(together))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

        def stop_if_unwanted(_sent: object) -> None:
            if all(message.sent.done() for message in together):
                task.cancel()

        for message in together:
            message.sent.add_done_callback(stop_if_unwanted)

    def _enough(self) -> int:
        return min(_ENOUGH, max(_FEW, self._crowd // _WAVES))

    async def _wait_for_more(self) -> None:
        """Wait until enough replies are there, or none is to be expected, or the first has waited long enough."""
        loop = asyncio.get_running_loop()
        began_at = loop.time()
        while len(self._waiting) < (enough := self._enough()) and self._working:
            patience_s = _REQUESTS * enough / self._quota.rate if self._quota.is_crowded else _BRIEFLY_S
            left_s = began_at + patience_s - loop.time()
            if left_s <= 0:
                return
            self._changed.clear()
            # Whether the quota is crowded changes without notice, hence the short naps.
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left_s, _BRIEFLY_S)):
                    await self._changed.wait()


async def _send_all(messages: list[_Waiting]) -> None:
    by_bot: defaultdict[tuple[str, int], list[_Waiting]] = defaultdict(list)
    for message in messages:
        by_bot[message.as_bot.portal.member_id, message.as_bot.bot_id].append(message)
    for together in by_bot.values():
        await _send_together(together)


async def _send_together(messages: list[_Waiting]) -> None:
    # Whose event was dropped, because another replica has taken it over, wants nothing sent any more.
    while messages := [message for message in messages if not message.sent.done()]:
        first = messages[0]
        try:
            if len(messages) == 1:
                answer = await first.as_bot.call(first.command.method, first.command.params)
                _settle(first, None, answer)
            else:
                await _send_batch(messages)
        except NotConnected as error:  # no token works that the first may use; the others' authors have their own
            _settle(first, error)
        except Exception as error:  # noqa: BLE001 - handed to everybody who waits
            for message in messages:
                _settle(message, error)


async def _send_batch(messages: list[_Waiting]) -> None:
    answers = await messages[0].as_bot.batch({f"m{number}": one.command for number, one in enumerate(messages)})
    for number, message in enumerate(messages):
        _settle(message, answers.error_of(f"m{number}"), answers.results.get(f"m{number}"))


def _settle(message: _Waiting, error: Exception | None, result: Any = None) -> None:
    if message.sent.done():  # whoever waited has given up
        return
    if error is None:
        message.sent.set_result(result)
    else:
        message.sent.set_exception(error)
