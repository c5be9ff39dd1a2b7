"""statusbot: a Bitrix24 chat bot that sets meeting answers and presence with the sender's own rights.

The path of a message:

1. `receiver` reads the webhook, `events` makes it a typed event and proves where it comes from.
2. `inbox` keeps it; only then the portal gets its 200, since it never sends an event again.
3. `dispatch` takes the events of each person one by one: who may speak, what is meant (`grammar`), which handler.
4. The handler in `handlers/` reads, changes what has to change, reads again, and returns a `Reply`.
5. `dispatch` sends the reply as the bot, and the inbox marks the event done.

Handlers need only what is exported here, and the typed methods of `bot.bitrix24.methods`.
"""

from bot.calendars import describe_account
from bot.changes import Undoing
from bot.context import Context, Router
from bot.finding import find, in_period, open_invitations, unanswered
from bot.grammar import Call
from bot.listing import answered_meeting, note_answer, read, render, show
from bot.lists import Listing
from bot.manifest import Argument, Command
from bot.naming import FALLBACK_ZONE, brief, label
from bot.references import Reference, Row, write
from bot.replies import Button, Outcome, Reply
from bot.texts import Safe
from bot.timers import Timer
from bot.times import TimeUnclear

__all__ = [
    "FALLBACK_ZONE",
    "Argument",
    "Button",
    "Call",
    "Command",
    "Context",
    "Listing",
    "Outcome",
    "Reference",
    "Reply",
    "Router",
    "Row",
    "Safe",
    "TimeUnclear",
    "Timer",
    "Undoing",
    "answered_meeting",
    "brief",
    "describe_account",
    "find",
    "in_period",
    "label",
    "note_answer",
    "open_invitations",
    "read",
    "render",
    "show",
    "unanswered",
    "write",
]
