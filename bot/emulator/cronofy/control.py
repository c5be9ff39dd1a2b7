"""Cronofy's part of the emulator's own API, beside the portal's (`control`); `server` puts it under `/emulator/cronofy/`.

`GET /emulator/cronofy/state` shows accounts with their calendars and events, `?user_id=17` of one person only.
`GET /emulator/cronofy/calls?after=<number>` and `/pushes?after=<number>` page through the logs.

`POST /emulator/cronofy/<action>` takes and answers what the portal's API does:

- `add_event`: `calendar` (its id), `title`, `start`, and as needed `tz`, `minutes`, `days`, `organizer` (`email`, `name`), `answer`;
  answers with the uid;
- `answer_elsewhere`: `event_uid`, `answer`; `cancel_event`: `event_uid`, `kept`; `move_event`: `event_uid`, `start`:
  the methods of `Cronofy`;
- `disconnect`, `reconnect`, `finish_sync`: `profile`, its name or id;
- `create_app`: `redirect_uri`; answers with the credentials; `revoke`: `account_id`, takes back what was agreed to;
- `push`: `account_id`, `kind` of the notification;
- `fault`: `kind` (refused, unprocessable, oauth, too_many, html, cut, lost, slow), `pattern` of calls as `cronofy.faults` names them,
  and as needed `status`, `param`, `key`, `code`, `retry_after_s`, `delay_s`, `count`, `skip`; `calm` ends all of them;
- `limit`: `per_second`, `per_minute`; `per_second` 0 takes the limit away;
- `options`: fields of `cronofy.options.Options`.

The clock is the portal's.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Literal

from pydantic import TypeAdapter

from bot.emulator import faults as common
from bot.emulator.actions import change_options, perform
from bot.emulator.cronofy import faults
from bot.emulator.cronofy.accounts import Account, Application, Place, Profile, places_of
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.cronofy.events import Answer, Event, Person, View
from bot.emulator.cronofy.limits import RateLimit
from bot.emulator.cronofy.options import Options
from bot.emulator.options import known_zone
from bot.emulator.people import User
from bot.emulator.php import Json, Params, to_int

FaultKind = Literal["refused", "unprocessable", "oauth", "too_many", "html", "cut", "lost", "slow"]
_PASSED_ON = "answer_elsewhere cancel_event move_event"


class CronofyControl:
    """Acts on Cronofy with validated arguments."""

    def __init__(self, cronofy: Cronofy, people: Mapping[int, User]) -> None:
        """Act on `cronofy`; accounts belong to those of `people` with the same address."""
        self._cronofy = cronofy
        self._people = people
        own: list[Callable[..., object]] = [
            self.add_event,
            self.disconnect,
            self.reconnect,
            self.finish_sync,
            self.create_app,
            self.revoke,
            self.push,
            self.fault,
            self.calm,
            self.limit,
            self.options,
        ]
        self._actions: dict[str, Callable[..., object]] = {
            **{name: getattr(cronofy, name) for name in _PASSED_ON.split()},
            **{action.__name__: action for action in own},
        }

    def act(self, action: str, arguments: Params) -> tuple[int, Json]:
        """Do something and return status and answer."""
        return perform(self._actions, action, arguments, _shown)

    def show(self, part: str, query: Params) -> tuple[int, Json]:
        """Return a part of the state."""
        after = to_int(query.get("after"))
        if part == "state":
            return 200, self._state(to_int(query.get("user_id")))
        if part == "calls":
            return 200, [asdict(call) for call in self._cronofy.calls[after:]]
        if part == "pushes":
            return 200, [asdict(push) for push in self._cronofy.pushes.log[after:]]
        return 404, {"error": f"nothing to show under {part}"}

    # -- what is shown

    def _state(self, user_id: int) -> Json:
        owners = {user.email: user.id for user in self._people.values() if user.email}
        accounts = [
            self._account(account, owners.get(account.email))
            for account in self._cronofy.directory.accounts.values()
            if user_id in {0, owners.get(account.email)}
        ]
        waiting = {"answers": len(self._cronofy.participation.pending), "pushes": len(self._cronofy.pushes.pending)}
        return {"options": _plain(self._cronofy.options), "accounts": accounts, "waiting": waiting}

    def _account(self, account: Account, user_id: int | None) -> Json:
        return {
            "id": account.id,
            "name": account.name,
            "email": account.email,
            "user_id": user_id,
            "connected": self._cronofy.oauth.is_open(account),
            "calendars": [self._calendar(place) for place in places_of(account)],
        }

    def _calendar(self, place: Place) -> Json:
        profile = place.profile
        return {
            "profile_id": profile.id,
            "profile_name": profile.name,
            "provider_name": profile.provider,
            "provider_service": profile.service,
            "profile_connected": profile.connected,
            **place.calendar.described(),
            "events": [self._event(place.calendar.id, event) for event in place.calendar.events.values()],
        }

    def _event(self, calendar_id: str, event: Event) -> Json:
        """Describe an event as Read Events does, and the answer that is not carried out yet."""
        sent = self._cronofy.participation.on_its_way(event)
        return {**event.described(calendar_id, View()), "on_its_way": sent}

    # -- what people do

    def add_event(
        self,
        calendar: str,
        title: str,
        start: str,
        *,
        tz: str = "",
        minutes: int = 60,
        days: int = 1,
        organizer: Person | None = None,
        answer: Answer | None = None,
    ) -> str:
        """Put an event into a calendar and return its uid; the arguments are those of `Cronofy.add_event`."""
        known_zone(tz)
        place = self._cronofy.directory.calendar(calendar)
        made = self._cronofy.add_event(
            place, title, start=start, tz=tz, minutes=minutes, days=days, organizer=organizer, answer=answer
        )
        return made.uid

    def disconnect(self, profile: str) -> None:
        self._cronofy.disconnect(self._profile(profile))

    def reconnect(self, profile: str) -> None:
        self._cronofy.reconnect(self._profile(profile))

    def finish_sync(self, profile: str) -> None:
        self._cronofy.finish_sync(self._profile(profile))

    def _profile(self, name: str) -> Profile:
        found = self._cronofy.directory.login(name)
        if found is None:
            raise LookupError(f"no profile {name}")
        return found

    def create_app(self, redirect_uri: str) -> Application:
        """Register an application."""
        return self._cronofy.add_application([redirect_uri])

    def revoke(self, account_id: str) -> None:
        self._cronofy.revoke(self._cronofy.directory.accounts[account_id])

    def push(self, account_id: str, kind: str) -> None:
        self._cronofy.push(self._cronofy.directory.accounts[account_id], kind)

    # -- trouble

    def fault(
        self,
        kind: FaultKind,
        pattern: str = "*",
        *,
        status: int = 503,
        param: str = "status",
        key: str = "invalid",
        code: str = "invalid_grant",
        retry_after_s: int | None = None,
        delay_s: float = 0.0,
        count: int | None = 1,
        skip: int = 0,
    ) -> None:
        """Let calls go wrong."""
        makers: dict[FaultKind, Callable[[], common.Fault]] = {
            "refused": lambda: faults.refused(status),
            "unprocessable": lambda: faults.unprocessable(param, key),
            "oauth": lambda: faults.oauth(code),
            "too_many": lambda: faults.too_many(retry_after_s),
            "html": lambda: common.html_page(status),
            "cut": common.cut,
            "lost": common.lost,
            "slow": lambda: common.slow(delay_s),
        }
        self._cronofy.faults.add(pattern, makers[kind](), count=count, skip=skip)

    def calm(self) -> None:
        self._cronofy.faults.clear()

    def limit(self, per_second: int, per_minute: int = 500) -> None:
        self._cronofy.rest.limit = RateLimit(per_second, per_minute) if per_second else None

    def options(self, **changes: Any) -> Options:
        """Change options and return all of them."""
        change_options(self._cronofy.options, changes)
        return self._cronofy.options


def _plain(options: Options) -> dict[str, Json]:
    """Return JSON; sets become lists."""
    plain: dict[str, Json] = TypeAdapter(Options).dump_python(options, mode="json")
    return plain


def _shown(value: object) -> Json:
    """Return what the outside may see of a result."""
    if isinstance(value, Application):
        return {"client_id": value.client_id, "client_secret": value.client_secrets[0]}
    if isinstance(value, Options):
        return _plain(value)
    return value if isinstance(value, str) else None
