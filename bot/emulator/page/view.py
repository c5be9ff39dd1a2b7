"""What the chat page shows of a portal: a flat map of small values, so that a change is a few keys of it.

The keys name what they hold: `portal`, `quota`, `user/17`, `chat/2044`, `message/84001`, `working/2044`, `meeting/651`, `notice/3`,
`call/12`, `token/3`, `command/accept`, `fault/0`; what is Cronofy's stands in `outside`. Moments are unix seconds, but for meetings,
whose times are ISO 8601.
"""

from collections import deque
from collections.abc import Mapping
from datetime import UTC, timedelta
from itertools import chain
from typing import TypeAlias

from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.meetings import Meeting
from bot.emulator.messenger import Chat, Message
from bot.emulator.page.items import Items, newest, shortened
from bot.emulator.page.outside import outside
from bot.emulator.people import User
from bot.emulator.php import Json
from bot.emulator.portal import Portal
from bot.emulator.rest import BATCH, Call

View: TypeAlias = Mapping[str, Json]

_NEWEST_MESSAGES, _NEWEST_CALLS, _NEWEST_NOTICES = 400, 200, 100
# How long a silent bot is taken to be at work on a message.
_PATIENCE_S = 30.0


def view(portal: Portal, cronofy: Cronofy | None = None, *, shared_clock: bool, windows: int) -> View:
    """Return everything that a page may show, whoever looks at it.

    Args:
        portal: What is shown.
        cronofy: The calendars outside the portal, where there are any.
        shared_clock: The bot follows the portal's clock, however far that is moved.
        windows: How many pages are open.
    """
    demo: dict[str, Json] = {"shared_clock": shared_clock, "windows": windows}
    parts = (_about(portal, demo), _people(portal), _messages(portal), _calendar(portal), _requests(portal))
    others = () if cronofy is None else outside(portal, cronofy)
    return dict(chain(*parts, others))


def _about(portal: Portal, demo: Mapping[str, Json]) -> Items:
    bot = next(iter(portal.bots.by_id.values()), None)
    shown: Json = None if bot is None else {"id": bot.id, "name": portal.users[bot.id].full_name}
    removed = bot is None and any(user.bot for user in portal.users.values())
    yield (
        "portal",
        {
            "domain": portal.options.domain,
            "language": portal.options.language,
            "bot": shown,
            "removed": removed,
            **demo,
        },
    )
    for command in portal.bots.commands.values():
        if not command.hidden:
            titles: Json = dict(command.titles)
            params: Json = dict(command.params)
            yield f"command/{command.name}", {"name": command.name, "titles": titles, "params": params}


def _people(portal: Portal) -> Items:
    for user in portal.users.values():
        if not user.bot:
            yield f"user/{user.id}", _user(portal, user)
    for chat in portal.messenger.chats.values():
        yield f"chat/{chat.id}", _chat(chat)


def _calendar(portal: Portal) -> Items:
    for meeting in portal.calendar.meetings.values():
        if meeting.is_meeting and not meeting.deleted:
            yield f"meeting/{meeting.id}", _meeting(meeting, portal.clock.now())
    for number, notice in newest(portal.notices, _NEWEST_NOTICES):
        told = {"meeting": notice.meeting_id, "user": notice.user_id, "host": notice.host_id}
        yield f"notice/{number}", {"no": number, **told, "kind": notice.kind, "at": notice.at}


def _requests(portal: Portal) -> Items:
    yield "quota", _quota(portal)
    for number, call in newest(portal.calls, _NEWEST_CALLS):
        yield f"call/{number}", _call(number, call)
    for number, asked in newest(portal.oauth.requests, _NEWEST_CALLS):
        answered: dict[str, Json] = {"user": asked.user_id, "error": asked.error, "at": asked.at}
        yield f"token/{number}", {"no": number, "grant": asked.grant_type, **answered}
    for number, (pattern, fault) in enumerate(portal.faults.waiting()):
        yield f"fault/{number}", {"no": number, "kind": fault.kind, "code": fault.code or "", "pattern": pattern}


def _quota(portal: Portal) -> Json:
    bucket, now = portal.rest.bucket, portal.clock.now()
    if bucket is None:
        return None
    return {"level": bucket.level, "burst": bucket.burst, "rate": bucket.rate, "at": bucket.leaked_at or now}


def _user(portal: Portal, user: User) -> Json:
    return {
        "id": user.id,
        "name": user.full_name,
        "email": user.email,
        "position": user.work_position,
        "zone": user.clock(portal.options).key,
        "language": user.language or portal.options.language,
        "extranet": user.extranet,
        "admin": user.admin,
        "active": user.active,
        "presence": portal.presence.get(user.id),
        "seen": portal.presence.seen(user.id),
    }


def _chat(chat: Chat) -> Json:
    return {"id": chat.id, "title": chat.title, "private": chat.private, "members": sorted(chat.members)}


def _messages(portal: Portal) -> Items:
    """Yield the newest of each private chat; groups are not shown."""
    chats = {
        chat.id: deque[Message](maxlen=_NEWEST_MESSAGES) for chat in portal.messenger.chats.values() if chat.private
    }
    for message in portal.messages:
        if message.chat_id in chats and not message.deleted:
            chats[message.chat_id].append(message)
    for chat_id, messages in chats.items():
        for message in messages:
            yield f"message/{message.id}", _message(message)
        if messages and _is_unanswered(portal, messages[-1]):
            yield f"working/{chat_id}", {"since": messages[-1].at}


def _message(message: Message) -> Json:
    return {
        "id": message.id,
        "chat": message.chat_id,
        "author": message.author_id,
        "text": message.text,
        "at": message.at,
        "system": message.system,
        "edited": message.edited,
        "keyboard": list(message.keyboard),
    }


def _is_unanswered(portal: Portal, message: Message) -> bool:
    """Tell whether a bot may be at work on the last message of a private chat."""
    if message.system or portal.users[message.author_id].bot:
        return False
    return portal.clock.now() - message.at < _PATIENCE_S


def _meeting(meeting: Meeting, now: float) -> Json:
    starts, ends = _next_time(meeting, now)
    return {
        "id": meeting.id,
        "name": meeting.name,
        "host": meeting.host_id,
        "all_day": meeting.all_day,
        "starts": starts,
        "ends": ends,
        "zone": meeting.zone,
        "location": meeting.location,
        "series": meeting.rule is not None,
        "notify": meeting.notify,
        "answers": {str(row.user_id): meeting.shown_status(row) for row in meeting.live},
    }


def _next_time(meeting: Meeting, now: float) -> tuple[str, str]:
    """Return start and end of the time that is not over yet, or of the first when all are over."""
    lasts = (
        meeting.length + timedelta(days=1) if meeting.all_day else meeting.length
    )  # the last day is meant as a whole
    starts = (start for _, start in meeting.starts())
    start = next((start for start in starts if meeting.aware(start + lasts).timestamp() > now), meeting.start)
    if meeting.all_day:
        return start.date().isoformat(), (start + meeting.length).date().isoformat()
    begin, end = meeting.aware(start), meeting.aware(start + meeting.length)
    return begin.astimezone(UTC).isoformat(), end.astimezone(UTC).isoformat()


def _call(number: int, call: Call) -> Json:
    return {
        "no": number,
        "method": call.method,
        # What a batch is made of stands in its items, where no token is left in it.
        "params": "" if call.method.lower() == BATCH else shortened(call.params),
        "user": call.user_id,
        "status": call.status,
        "error": call.error,
        "at": call.at,
        "request": call.request_no,
        "batch": call.batch,
        "level": call.level,
    }
