"""Webhook bytes of either bot API to typed events; pure.

tree = parse_form(body)       bytes to nested maps
application_token(tree)       proof of origin, to be compared before anything else
decode(tree)                  typed events, without tokens
author_credentials(tree)      the tokens, apart from the events
dump(event), load(text)       the events' stored form
"""

from bot.events.auth import (
    Credentials,
    application_token,
    author_credentials,
    bot_credentials,
    event_name,
    member_id,
)
from bot.events.bases import Api, Chat, PersonalEvent, PortalEvent, User, Written
from bot.events.decoding import decode
from bot.events.form import Node, Tree, parse_form
from bot.events.model import (
    AppInstalled,
    AppUninstalled,
    AppUpdated,
    BotRemoved,
    CalendarAction,
    CalendarEntryChanged,
    ChatJoined,
    CommandAdded,
    CommandContext,
    ContextRequested,
    Event,
    MessageAdded,
    MessageDeleted,
    MessageUpdated,
    ReactionChanged,
    UnknownEvent,
)
from bot.events.own import (
    AccountChanged,
    AccountLinked,
    AccountNews,
    AnyOwnEvent,
    Connected,
    FollowUpDue,
    OwnEvent,
    TimerDue,
)
from bot.events.stored import dump, load, origin_of

__all__ = [
    "AccountChanged",
    "AccountLinked",
    "AccountNews",
    "AnyOwnEvent",
    "Api",
    "AppInstalled",
    "AppUninstalled",
    "AppUpdated",
    "BotRemoved",
    "CalendarAction",
    "CalendarEntryChanged",
    "Chat",
    "ChatJoined",
    "CommandAdded",
    "CommandContext",
    "Connected",
    "ContextRequested",
    "Credentials",
    "Event",
    "FollowUpDue",
    "MessageAdded",
    "MessageDeleted",
    "MessageUpdated",
    "Node",
    "OwnEvent",
    "PersonalEvent",
    "PortalEvent",
    "ReactionChanged",
    "TimerDue",
    "Tree",
    "UnknownEvent",
    "User",
    "Written",
    "application_token",
    "author_credentials",
    "bot_credentials",
    "decode",
    "dump",
    "event_name",
    "load",
    "member_id",
    "origin_of",
    "parse_form",
]
