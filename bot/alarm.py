"""The end of a timed presence: what it was before returns, unless the person has changed it by hand meanwhile."""

import structlog

from bot import events
from bot.bitrix24.methods import im
from bot.bitrix24.methods.im import Presence
from bot.errors import BitrixError, NotConnected
from bot.inbox import Entry
from bot.parts import Parts
from bot.speech import Address, Speech
from bot.store import Portal
from bot.timers import Timer

log = structlog.get_logger()

# Between attempts while the portal does not answer, seconds; the person's lane is free meanwhile.
_WAITS_S = (5, 30, 60, 120, 300)
# After this it is too late to be what the person expects.
_GIVE_UP_S = 24 * 3600


class Alarm:
    """Ends the timers of one portal."""

    def __init__(self, parts: Parts, portal: Portal) -> None:
        self._parts = parts
        self._portal = portal

    async def ring(self, due: events.TimerDue) -> str:
        """End a timer that is due; return what became of it."""
        timers = self._parts.store.timers
        timer = await timers.find(due.portal, due.user_id)
        if timer is None or timer.timer_id != due.timer_id:
            return "ignored: stopped or replaced"
        try:
            outcome = await self._end(timer)
        except (BitrixError, NotConnected) as error:
            log.info("timer.failed", reason=type(error).__name__, error_code=getattr(error, "code", ""))
            if error.retriable and self._parts.clock() < timer.ends_at + _GIVE_UP_S:
                await self._postpone(due)
                return "postponed"
            await self.tell_failed(timer)
            outcome = "failed"
        await timers.stop(due.portal, due.user_id, due.timer_id)
        return outcome

    async def _end(self, timer: Timer) -> str:
        as_user = self._parts.bitrix24.as_user(self._portal, timer.user_id, background=True)
        if await im.user_status_get(as_user) != timer.presence:
            return "ignored: changed by hand"
        changed = await im.change_user_status(as_user, Presence(timer.former))
        if changed.after != timer.former:
            raise BitrixError("the portal kept another presence")
        await self._parts.store.people.saw(timer.portal, timer.user_id, timer.former)
        return "done"

    async def _postpone(self, due: events.TimerDue) -> None:
        again = events.TimerDue(
            portal=due.portal,
            sent_at=due.sent_at,
            domain="",
            user_id=due.user_id,
            timer_id=due.timer_id,
            attempt=due.attempt + 1,
        )
        at = self._parts.clock() + _WAITS_S[min(due.attempt, len(_WAITS_S)) - 1]
        await self._parts.inbox.put_at(at, Entry(again.key, again.lane, events.dump(again), sent_at=again.sent_at))

    async def give_up(self, due: events.TimerDue) -> None:
        """Tell the person that their timer was given up, if it still runs."""
        timer = await self._parts.store.timers.find(due.portal, due.user_id)
        if timer is not None and timer.timer_id == due.timer_id:
            await self.tell_failed(timer)
            await self._parts.store.timers.stop(due.portal, due.user_id, due.timer_id)

    async def tell_failed(self, timer: Timer) -> None:
        """Tell the person, in private, that their presence stays as it is: they rely on its end."""
        person = await self._parts.store.people.find(timer.portal, timer.user_id)
        text = self._parts.texts.say(person.language or timer.language, "presence.timer-failed")
        to = Address(self._portal.bot_id or timer.bot_id, timer.user_id, "v2", str(timer.user_id))
        await Speech(self._parts, self._portal, to).say(text)
