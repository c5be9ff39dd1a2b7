"""The answer to an invitation outside Bitrix24 (section 5)."""

from bot.cronofy.methods.external import Answer, EventRef
from bot.cronofy.oauth import AsAccount
from bot.cronofy.rest import Call, segment
from bot.errors import AnswerRefused, CronofyInvalid, CronofyRightMissing

# What can be answered; nobody can take an answer back.
ANSWERS = frozenset({Answer.YES, Answer.NO, Answer.MAYBE})
_RIGHT = "change_participation_status"


async def answer(as_account: AsAccount, ref: EventRef, wanted: Answer) -> None:
    """Send an answer on its way; whether it arrives, only reading the event again tells (`events.again`).

    It is not repeated by itself when nobody knows what came of it: after a decline the event may be gone (section 5.4).

    Args:
        as_account: Who answers.
        ref: Which event.
        wanted: One of `ANSWERS`.

    Raises:
        AnswerRefused: calendar or event take no answer; NotExternal when an application made the event.
        CronofyRightMissing: the person did not grant it.
        CronofyGone: there is no such calendar or event any more.
        CronofyAway: no answer, and the outcome is unknown; see also `AsAccount.call`.
    """
    if wanted not in ANSWERS:
        raise ValueError(f"{wanted} is no answer")
    path = f"/v1/calendars/{segment(ref.calendar_id)}/events/{segment(ref.event_uid)}/participation_status"
    call = Call("participation_status", "POST", path, body={"status": wanted.value}, once=True, reads=False)
    try:
        await as_account.call(call)
    except CronofyInvalid as error:
        raise AnswerRefused(method=error.method, code=error.code) from None
    except CronofyRightMissing as error:
        # With the right in hand it is the calendar, or the event, that does not admit it (section 6).
        if _RIGHT not in await as_account.granted():
            raise
        raise AnswerRefused(method=error.method) from None
