"""A plan carried out: every step at its time, whatever the others are doing, and then peace until everything is done."""

import asyncio
import re
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import httpx

from bot.emulator import faults
from bot.emulator.queue import CONTENT_TYPE
from bot.events import decode, parse_form
from tests.chaos.plan import FAULTS, STALE_S, Kind, Plan, Post, Press, Say, Step, Trouble
from tests.chaos.promises import QUIET_S
from tests.chaos.record import Event, Incident, Posted, Record, Witness, is_guess, read_log, read_portal
from tests.chaos.stage import Stage, restart_database, stage
from tests.chaos.words import GROUP, TIMED, Command
from tests.process import PATIENCE_S, BotProcess

# The platform gives a delivery up after so long.
_DELIVERY_S = 30.0
# A process may be refused while its database is away, or still knows its former self; whoever runs it starts it again.
_REFUSED_S, _MOST_REFUSED = 0.5, 120
_LOOK_S = 0.2
_INSIST_S = 1.0
_PENDING = re.compile(r"^statusbot_pending (\S+)", re.MULTILINE)

Tell = Callable[[str], object]


async def carry_out(plan: Plan, tell: Tell = lambda _: None) -> Record:
    """Do what `plan` says and return what happened; `tell` hears of each trouble as it begins."""
    # A replica that hangs keeps many deliveries waiting, which must not hold those to the others up.
    client = httpx.AsyncClient(trust_env=False, timeout=_DELIVERY_S, limits=httpx.Limits())
    async with stage(plan.options) as on, client as http:
        return await _Run(plan, on, http, tell).run()


class _Run:
    def __init__(self, plan: Plan, on: Stage, http: httpx.AsyncClient, tell: Tell) -> None:
        self._plan = plan
        self._on = on
        self._http = http
        self._tell = tell
        self._record = Record(plan)
        self._witness = Witness(on.portal)
        self._messages_before = len(on.portal.messages)
        # One thing at a time happens to a process.
        self._busy = [asyncio.Lock() for _ in on.bots]
        self._database = asyncio.Lock()
        self._gone: set[int] = set()

    async def run(self) -> Record:
        self._record.began_at = time.time()
        async with asyncio.TaskGroup() as steps:
            for step in self._plan.steps:
                await asyncio.sleep(max(0.0, self._record.began_at + step.at_s - time.time()))
                self._begin(step, steps)
        self._on.portal.faults.clear()
        self._record.events = [event for event in self._record.events if event.posts]
        await self._wait_until_quiet()
        await self._note_the_rest()
        return self._record

    def _begin(self, step: Step, steps: asyncio.TaskGroup) -> None:
        if isinstance(step, Trouble):
            steps.create_task(self._trouble(step))
            return
        event, body = self._said(step) if isinstance(step, Say) else self._pressed(step)
        if event is not None:
            self._record.events.append(event)
            for post in step.posts:
                steps.create_task(self._deliver(event, body, post))

    def _did(self, what: str) -> None:
        self._record.done.append((time.time() - self._record.began_at, what))
        self._tell(what)

    # --- words

    def _said(self, step: Say) -> tuple[Event | None, bytes]:
        portal, command = self._on.portal, step.command
        text = f"{self._mention()} {command.text}" if command.in_group else command.text
        message = portal.say(command.user_id, text, chat=GROUP if command.in_group else None)
        body = self._taken()
        if step.stale:
            body = re.sub(rb"(?<=&ts=)\d+", lambda ts: b"%d" % (int(ts[0]) - STALE_S), body)
        return self._event(body, command.user_id, message.chat_id, message.id, command, stale=step.stale), body

    def _pressed(self, step: Press) -> tuple[Event | None, bytes]:
        portal = self._on.portal
        shown = [message for message in portal.dialog(step.user_id) if message.keyboard]
        keyboard = shown[-1].keyboard if shown else []
        buttons = [button for button in keyboard if "COMMAND" in button and button.get("DISABLED") != "Y"]
        if not buttons:
            return None, b""
        portal.press(step.user_id, shown[-1].id, buttons[step.choice % len(buttons)])
        body = self._taken()
        return self._event(body, step.user_id, shown[-1].chat_id, shown[-1].id, None), body

    def _event(
        self, body: bytes, user_id: int, chat_id: int, number: int, command: Command | None, *, stale: bool = False
    ) -> Event:
        (decoded,) = decode(parse_form(body))
        return Event(decoded.key, user_id, chat_id, number, command, stale)

    def _mention(self) -> str:
        (bot_id,) = self._on.portal.bots.by_id
        return f"[USER={bot_id}]Status Bot[/USER]"

    def _taken(self) -> bytes:
        """Take the event out of the portal's hands, so that we deliver it."""
        return self._on.portal.queue.pending.pop().body

    async def _deliver(self, event: Event, body: bytes, post: Post) -> None:
        await asyncio.sleep(post.after_s)
        while post.replica not in self._gone:
            posted = Posted(time.time(), post.replica)
            event.posts.append(posted)
            try:
                posted.status = await self._post(self._on.bots[post.replica], body)
                posted.answered_at = time.time()
            except httpx.ConnectError:  # nobody listens, so it came to nothing
                event.posts.remove(posted)
                if post.insists:
                    await asyncio.sleep(_INSIST_S)
                    continue
            except httpx.TransportError:
                pass
            return

    async def _post(self, bot: BotProcess, body: bytes) -> int:
        headers = {"Content-Type": CONTENT_TYPE}
        return (await self._http.post(f"{bot.url}/bitrix24/events", content=body, headers=headers)).status_code

    # --- trouble

    async def _trouble(self, step: Trouble) -> None:
        happens: dict[Kind, Callable[[Trouble], Awaitable[None]]] = {
            "kill": self._kill,
            "stop": self._stop,
            "freeze": self._freeze,
            "gone": self._lose,
            "database": self._restart_database,
            "portal": self._fault,
            "outage": self._outage,
            "leap": self._leap,
        }
        if step.kind in {"kill", "stop", "freeze", "gone"}:
            async with self._busy[step.replica]:
                if step.replica not in self._gone:
                    await self._suffer(step, happens[step.kind])
                    await asyncio.sleep(step.spared_s)
        else:
            await happens[step.kind](step)

    async def _suffer(self, step: Trouble, happens: Callable[[Trouble], Awaitable[None]]) -> None:
        bot = self._on.bots[step.replica]
        if bot.ended is not None:
            self._record.unexpected.append(f"replica {step.replica} ended by itself with status {bot.ended}")
            await self._start(bot)
        began_at = time.time()
        self._did(f"{step.kind} replica {step.replica}")
        await happens(step)
        self._record.incidents.append(Incident(step.kind, step.replica, began_at, time.time()))

    async def _kill(self, step: Trouble) -> None:
        bot = self._on.bots[step.replica]
        await bot.kill()
        await asyncio.sleep(step.for_s)
        await self._start(bot)

    async def _stop(self, step: Trouble) -> None:
        bot, asked_at = self._on.bots[step.replica], time.monotonic()
        status = await bot.stop()
        self._record.stops.append((status, time.monotonic() - asked_at))
        await self._start(bot)

    async def _start(self, bot: BotProcess) -> None:
        for _ in range(_MOST_REFUSED):
            try:
                await bot.start()
            except RuntimeError:
                self._record.refused_starts += 1
                await asyncio.sleep(_REFUSED_S)
            except TimeoutError:
                self._record.unexpected.append(
                    f"{bot.folder.name} was not ready for {PATIENCE_S:.0f} s: {bot.log[-1000:]}"
                )
                await bot.kill()
            else:
                return
        raise RuntimeError(f"the bot does not start: {bot.log[-2000:]}")

    async def _freeze(self, step: Trouble) -> None:
        bot = self._on.bots[step.replica]
        bot.send(signal.SIGSTOP)
        try:
            await asyncio.sleep(step.for_s)
        finally:
            bot.send(signal.SIGCONT)

    async def _lose(self, step: Trouble) -> None:
        self._gone.add(step.replica)
        await self._on.bots[step.replica].kill()

    async def _restart_database(self, step: Trouble) -> None:
        assert self._on.cluster is not None
        async with self._database:
            began_at = time.time()
            self._did(f"database stops ({step.detail})")
            await restart_database(self._on.cluster, step.detail, step.for_s)
            self._record.incidents.append(Incident("database", None, began_at, time.time()))

    async def _fault(self, step: Trouble) -> None:
        pattern, make = FAULTS[step.detail]
        self._did(f"portal: {step.detail}, {step.count} times")
        self._on.portal.faults.add(pattern, make(), count=step.count)

    async def _outage(self, step: Trouble) -> None:
        self._did(f"portal is away for {step.for_s:.1f} s")
        self._on.portal.faults.add("*", faults.html_page(503), count=None)
        await asyncio.sleep(step.for_s)
        self._on.portal.faults.clear()

    async def _leap(self, step: Trouble) -> None:
        self._did(f"the portal's clock leaps by {step.for_s:.0f} s")
        self._on.portal.clock.advance(step.for_s)

    # --- afterwards

    async def _wait_until_quiet(self) -> None:
        healed_at = time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(QUIET_S):
                while not await self._is_quiet():
                    await asyncio.sleep(_LOOK_S)
                self._record.quiet_s = time.monotonic() - healed_at
                while not all(map(self._is_back, TIMED)):
                    await asyncio.sleep(_LOOK_S)

    async def _is_quiet(self) -> bool:
        self._record.pending = [await self._pending(bot) for bot in self._living()]
        self._read_logs()
        handled = self._record.handled()
        return not any(self._record.pending) and all(event.key in handled for event in self._record.owed)

    def _is_back(self, user_id: int) -> bool:
        """Whether what somebody set for a while has ended, as far as the bot promised that."""
        portal = self._on.portal
        return portal.presence.get(user_id, "online") == "online" or any(map(is_guess, portal.replies(user_id)))

    async def _pending(self, bot: BotProcess) -> float:
        try:
            metrics = (await self._http.get(f"{bot.url}/metrics")).text
        except httpx.TransportError:
            return float("nan")
        found = _PENDING.search(metrics)
        return float(found[1]) if found else float("nan")

    def _living(self) -> list[BotProcess]:
        return [bot for number, bot in enumerate(self._on.bots) if number not in self._gone]

    def _read_logs(self) -> None:
        self._record.lines = [line for number, bot in enumerate(self._on.bots) for line in read_log(number, bot.log)]

    async def _note_the_rest(self) -> None:
        record = self._record
        record.resident_mb = [_resident_mb(bot.pid) for bot in self._living() if bot.ended is None]
        for number, bot in enumerate(self._on.bots):
            if bot.ended is not None and number not in self._gone:
                record.unexpected.append(f"replica {number} ended by itself with status {bot.ended}")
        for bot in self._living():
            asked_at = time.monotonic()
            record.stops.append((await bot.stop(), time.monotonic() - asked_at))
        self._read_logs()
        record.secrets = self._on.secrets()
        read_portal(self._on.portal, self._witness, record, messages_before=self._messages_before)


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (kilobytes,) = re.findall(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)
    return int(kilobytes) / 1024
