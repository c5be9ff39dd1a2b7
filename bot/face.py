"""What `bot` exports: all that handlers need besides the typed methods."""

from bot.ahead import in_period, read
from bot.asking import Found
from bot.calendars import describe_account
from bot.changes import Change, Undoing
from bot.clashes import clash_inside, clash_outside
from bot.context import Context, Router
from bot.externals import Underway
from bot.finding import find, open_invitations, unanswered
from bot.grammar import Call
from bot.listing import answered_meetings, note_answer, render, show
from bot.lists import Listing
from bot.manifest import Argument, Command
from bot.naming import FALLBACK_ZONE, brief, label
from bot.outside import (
    Outside,
    arrived,
    begin,
    known_as,
    look_up,
    outside_brief,
    outside_label,
    reference_brief,
    reference_label,
    rename,
    sent,
    underway_of,
)
from bot.references import External, Number, Reference, Row, write
from bot.replies import Button, Follow, Outcome, Reply
from bot.texts import Safe
from bot.timers import Timer
from bot.times import TimeUnclear
from bot.upcoming import end_of_meeting

__all__ = [
    "FALLBACK_ZONE",
    "Argument",
    "Button",
    "Call",
    "Change",
    "Command",
    "Context",
    "External",
    "Follow",
    "Found",
    "Listing",
    "Number",
    "Outcome",
    "Outside",
    "Reference",
    "Reply",
    "Router",
    "Row",
    "Safe",
    "TimeUnclear",
    "Timer",
    "Underway",
    "Undoing",
    "answered_meetings",
    "arrived",
    "begin",
    "brief",
    "clash_inside",
    "clash_outside",
    "describe_account",
    "end_of_meeting",
    "find",
    "in_period",
    "known_as",
    "label",
    "look_up",
    "note_answer",
    "open_invitations",
    "outside_brief",
    "outside_label",
    "read",
    "reference_brief",
    "reference_label",
    "rename",
    "render",
    "sent",
    "show",
    "unanswered",
    "underway_of",
    "write",
]
