"""Small methods that every application has, and subscriptions (contract C.6)."""

from collections.abc import Callable
from datetime import UTC, datetime

from bot.emulator.answers import RestError
from bot.emulator.clock import Clock
from bot.emulator.methods import Caller, Method, upper_keys
from bot.emulator.options import Options
from bot.emulator.php import Json, Params, is_empty, to_int, to_text
from bot.emulator.subscriptions import Subscriptions, callback_error

EVENT_SCOPES = {
    "ONAPPINSTALL": "",
    "ONAPPUNINSTALL": "",
    "ONAPPUPDATE": "",
    "ONCALENDARENTRYADD": "calendar",
    "ONCALENDARENTRYUPDATE": "calendar",
    "ONCALENDARENTRYDELETE": "calendar",
}


class Basics:
    """Who am I, what may I, what is there, tell me when."""

    def __init__(
        self, options: Options, clock: Clock, subscriptions: Subscriptions, find: Callable[[str], Method | None]
    ) -> None:
        """Answer about methods with what `find` finds by name."""
        self._options = options
        self._clock = clock
        self._subscriptions = subscriptions
        self._find = find

    def methods(self) -> list[Method]:
        return [
            Method("profile", "", self._profile),
            Method("user.current", "user|user_basic|user_brief", self._user_current),
            Method("app.info", "", self._app_info),
            Method("scope", "", self._scope),
            Method("method.get", "", self._method_get),
            Method("server.time", "", self._server_time),
            Method("event.bind", "", self._bind),
            Method("event.unbind", "", self._unbind),
            Method("event.get", "", self._bound),
        ]

    def _profile(self, caller: Caller, _: Params) -> Json:
        user = caller.user
        return {
            "ID": str(user.id),
            "ADMIN": user.admin,
            "NAME": user.name,
            "LAST_NAME": user.last_name,
            "PERSONAL_GENDER": user.gender,
            "TIME_ZONE": user.time_zone,
        }

    def _user_current(self, caller: Caller, _: Params) -> Json:
        user = caller.user
        private: dict[str, Json] = {"EMAIL": user.email} if {"user", "user_basic"} & set(caller.app.scopes) else {}
        return {
            "ID": str(user.id),
            "ACTIVE": user.active,
            "NAME": user.name,
            "LAST_NAME": user.last_name,
            **private,
            "IS_ONLINE": "Y",
            "PERSONAL_GENDER": user.gender,
            "WORK_POSITION": user.work_position,
            "UF_DEPARTMENT": user.departments,
        }

    def _app_info(self, caller: Caller, _: Params) -> Json:
        app = caller.app
        return {
            "ID": app.id,
            "CODE": app.client_id,
            "VERSION": app.version,
            "STATUS": app.status,
            "INSTALLED": app.installed,
            "PAYMENT_EXPIRED": "N",
            "DAYS": None,
            "LANGUAGE_ID": self._options.language,
            "LICENSE": "en_pro100",
            "LICENSE_TYPE": "pro100",
            "LICENSE_FAMILY": "pro",
        }

    def _scope(self, caller: Caller, _: Params) -> Json:
        return list(caller.app.scopes)

    def _method_get(self, caller: Caller, params: Params) -> Json:
        method = self._find(to_text(upper_keys(params).get("NAME")))
        available = method is not None and has_scope(caller, method)
        return {"isExisting": method is not None, "isAvailable": available}

    def _server_time(self, _caller: Caller, _params: Params) -> Json:
        return datetime.fromtimestamp(int(self._clock.now()), UTC).isoformat()

    def _event(self, caller: Caller, params: Params) -> tuple[str, str]:
        """Return event and address of a subscription.

        Raises:
            RestError: `ERROR_ARGUMENT`, `ERROR_EVENT_NOT_FOUND`, or a refused address.
        """
        event, url = to_text(params.get("EVENT")).upper(), to_text(params.get("HANDLER"))
        if not event or not url:
            raise RestError(400, "ERROR_ARGUMENT", "Event name and handler are required")
        if EVENT_SCOPES.get(event, "unknown") not in {"", *caller.app.scopes}:
            raise RestError(400, "ERROR_EVENT_NOT_FOUND", "Event not found")
        if code := callback_error(url):
            raise RestError(400, code, "Wrong handler URL")
        return event, url

    def _bind(self, caller: Caller, params: Params) -> Json:
        """Subscribe; what an ordinary person binds always fires with his own authorization."""
        params = upper_keys(params)
        event, url = self._event(caller, params)
        if self._subscriptions.find(caller.app, event, url):
            raise RestError(400, "ERROR_CORE", "Unable to set event handler: Handler already binded")
        user_id = to_int(params.get("AUTH_TYPE")) if caller.user.admin else caller.user.id
        self._subscriptions.bind(caller.app, event, url, user_id=user_id)
        return True

    def _unbind(self, caller: Caller, params: Params) -> Json:
        params = upper_keys(params)
        event = to_text(params.get("EVENT")).upper()
        url = None if is_empty(params.get("HANDLER")) else to_text(params["HANDLER"])
        return {"count": self._subscriptions.unbind(self._subscriptions.find(caller.app, event, url))}

    def _bound(self, caller: Caller, _: Params) -> Json:
        return [
            {"event": row.event, "handler": row.url, "auth_type": str(row.user_id), "offline": 0}
            for row in self._subscriptions.rows
            if row.app is caller.app and row.bot_id is None
        ]


def has_scope(caller: Caller, method: Method) -> bool:
    """Tell whether the application has the method's scope, or one of them."""
    return not method.scope or bool(set(method.scope.split("|")) & set(caller.app.scopes))
