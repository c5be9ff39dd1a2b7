"""The emulator's own API, for people and scripts that reach it over HTTP; `server` puts it under `/emulator/`.

`GET /emulator/state` shows people, meetings, presence, notices, counters and what waits in the queue.
`GET /emulator/messages?after=<id>`, `/calls?after=<number>` and `/events?after=<number>` page through the logs.

`POST /emulator/<action>` takes a JSON object of arguments and answers `{"result": ...}`, or 400 with `{"error": ...}`:

- `say`, `press`, `send_click`, `open_chat`, `invite_bot`, `edit`, `delete`, `react`, `add_user`, `set_presence`, `set_language`, `dismiss`,
  `add_group`, `add_meeting`, `add_entry`, `change_meeting`, `delete_meeting`, `invite`, `uninvite`, `remove_bot`, `rename`:
  the methods of `Portal` with their arguments;
- `create_app`: `handler_url`, `install_url`, `scopes`, `install` (default true); answers with the credentials;
- `install`: `client_id`, also to reinstall; `uninstall`: `client_id`, `clean`;
- `authorize`: `client_id`, `user_id`, `state`; answers with the address that the browser is sent to;
- `fault`: `kind` (error, html, cut, lost, slow, moved), `pattern`, and as needed `code`, `status`, `location`, `delay_s`,
  `count`, `user_id`, `skip`;
- `trouble`: `kind` (drop, duplicate, reorder, delay), `pattern`, `count`, `delay_s`, for the delivery of events;
- `calm`: ends faults and trouble;
- `limit`: `burst`, `rate`, `step_s`; `burst` 0 takes the limit away; `operate`: `limit_s`, `costs` by method pattern;
- `advance`: `seconds` for the clock; `options`: fields of `Options`.

With a Cronofy beside the portal, the same stands under `/emulator/cronofy/`: see `cronofy.control`.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from bot.emulator import faults
from bot.emulator.actions import change_options, perform
from bot.emulator.conversation import Pressed
from bot.emulator.limits import Bucket, Operating
from bot.emulator.messenger import Chat, Message
from bot.emulator.oauth import App
from bot.emulator.options import Options
from bot.emulator.people import User
from bot.emulator.php import Json, Params, to_int
from bot.emulator.portal import DEFAULT_SCOPES, Portal

_PASSED_ON = (
    "say press send_click open_chat invite_bot edit delete react add_user set_presence set_language dismiss add_group add_meeting "
    "add_entry change_meeting delete_meeting invite uninvite remove_bot rename"
)
_LONGEST_LEAP_S = 366 * 24 * 3600
if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FaultKind = Literal["error", "html", "cut", "lost", "slow", "moved"]


class Control:
    """Acts on a portal with validated arguments."""

    def __init__(self, portal: Portal) -> None:
        """Act on `portal`."""
        self._portal = portal
        own: list[Callable[..., object]] = [
            self.create_app,
            self.install,
            self.uninstall,
            self.authorize,
            self.fault,
            self.calm,
            self.limit,
            self.operate,
            self.advance,
            self.options,
        ]
        self._actions: dict[str, Callable[..., object]] = {
            **{name: getattr(portal, name) for name in _PASSED_ON.split()},
            **{action.__name__: action for action in own},
            "trouble": portal.queue.trouble,
        }

    def act(self, action: str, arguments: Params) -> tuple[int, Json]:
        """Do something and return status and answer."""
        return perform(self._actions, action, arguments, _shown)

    def show(self, part: str, query: Params) -> tuple[int, Json]:
        """Return a part of the state."""
        after = to_int(query.get("after"))
        portal = self._portal
        if part == "state":
            return 200, self._state()
        if part == "messages":
            return 200, [_shown(message) for message in portal.messages if message.id > after]
        if part == "calls":
            return 200, [_plain(call) for call in portal.calls[after:]]
        if part == "events":
            return 200, [_plain(event) for event in portal.queue.log[after:]]
        return 404, {"error": f"nothing to show under {part}"}

    def _state(self) -> Json:
        portal = self._portal
        return {
            "now": portal.clock.now(),
            "options": _plain(portal.options),
            "users": [_shown(user) for user in portal.users.values()],
            "chats": [_shown(chat) for chat in portal.messenger.chats.values()],
            "bots": {str(bot.id): bot.code for bot in portal.bots.by_id.values()},
            "meetings": {
                str(number): {
                    "name": answers.meeting.name,
                    "host": answers.meeting.host_id,
                    "deleted": answers.meeting.deleted,
                    "answers": {str(user_id): status for user_id, status in answers.items()},
                }
                for number, answers in portal.meetings.items()
            },
            "presence": {str(user_id): status for user_id, status in portal.presence.items()},
            "notices": [_plain(notice) for notice in portal.notices],
            "requests": portal.requests,
            "token_requests": len(portal.oauth.requests),
            "refused": portal.rest.bucket.refused if portal.rest.bucket else 0,
            "waiting_events": len(portal.queue.pending),
        }

    def _app(self, client_id: str) -> App:
        if client_id not in self._portal.oauth.apps:
            raise LookupError(f"no application {client_id}")
        return self._portal.oauth.apps[client_id]

    def create_app(
        self, handler_url: str, install_url: str, scopes: tuple[str, ...] = DEFAULT_SCOPES, *, install: bool = True
    ) -> App:
        """Save the form of an application and, unless told otherwise, install it."""
        app = self._portal.create_app(handler_url, install_url, scopes)
        if install:
            self._portal.install(app)
        return app

    def install(self, client_id: str) -> None:
        """Install an application, or reinstall it: what an administrator does once the bot runs."""
        self._portal.install(self._app(client_id))

    def uninstall(self, client_id: str, *, clean: bool = True) -> None:
        self._portal.uninstall(self._app(client_id), clean=clean)

    def authorize(self, client_id: str, user_id: int, state: str) -> str:
        return self._portal.authorize(self._app(client_id), user_id, state)

    def fault(
        self,
        kind: FaultKind,
        pattern: str = "*",
        *,
        code: str = "INTERNAL_SERVER_ERROR",
        status: int | None = None,
        location: str = "",
        delay_s: float = 0.0,
        count: int | None = 1,
        user_id: int | None = None,
        skip: int = 0,
    ) -> None:
        """Let calls go wrong."""
        makers: dict[FaultKind, Callable[[], faults.Fault]] = {
            "error": lambda: faults.error(code, status=status),
            "html": lambda: faults.html_page(status or 502),
            "cut": faults.cut,
            "lost": faults.lost,
            "slow": lambda: faults.slow(delay_s),
            "moved": lambda: faults.moved(location),
        }
        self._portal.faults.add(pattern, makers[kind](), count=count, user_id=user_id, skip=skip)

    def calm(self) -> None:
        self._portal.faults.clear()
        self._portal.queue.calm()

    def limit(self, burst: float, rate: float = 2.0, step_s: float = 1.0) -> None:
        self._portal.rest.bucket = Bucket(burst, rate, step_s) if burst else None

    def advance(self, seconds: Annotated[float, Field(ge=0, le=_LONGEST_LEAP_S)]) -> None:
        """Move the clock forward."""
        self._portal.clock.advance(seconds)

    def operate(self, limit_s: float | None = None, costs: dict[str, float] | None = None) -> None:
        self._portal.rest.operating = Operating(limit_s, costs or {})

    def options(self, **changes: Any) -> Options:
        """Change options and return all of them."""
        change_options(self._portal.options, changes)
        return self._portal.options


def _plain(value: "DataclassInstance") -> dict[str, Json]:
    return {key: inner for key, inner in dataclasses.asdict(value).items() if not key.startswith("_")}


def _shown(value: object) -> Json:
    """Return what the outside may see of a result."""
    if isinstance(value, Message):
        return _shown_message(value)
    if isinstance(value, App):
        return {"client_id": value.client_id, "client_secret": value.client_secret, "installed": value.installed}
    if isinstance(value, User):
        return {"id": value.id, "name": value.full_name, "bot": value.bot, "extranet": value.extranet}
    if isinstance(value, Chat):
        return {"id": value.id, "title": value.title, "members": sorted(value.members), "private": value.private}
    if isinstance(value, Pressed | Options):
        return _plain(value)
    return value if isinstance(value, str | int | float | bool) else None


def _shown_message(message: Message) -> Mapping[str, Json]:
    return {
        "id": message.id,
        "chat": message.chat_id,
        "dialog": message.dialog_id,
        "author": message.author_id,
        "text": message.text,
        "at": message.at,
        "keyboard": list(message.keyboard),
        "edited": message.edited,
        "deleted": message.deleted,
    }
