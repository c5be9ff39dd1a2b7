"""An application's side of the portal, as small as can be: it keeps the events it gets and calls methods."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.emulator.oauth import App
from bot.emulator.php import decode
from bot.emulator.portal import Portal

EVENTS_URL = "https://bot.example.org/bitrix24/events"
INSTALL_URL = "https://bot.example.org/bitrix24/install"
HANDLER_URL = "https://bot.example.org/bitrix24"
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def result(self) -> Any:
        assert self.status == 200, self.body
        assert "result" in self.body, self.body
        return self.body["result"]

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.body["error"]


@dataclass
class Desk:
    """One installed application of a portal."""

    portal: Portal
    app: App
    received: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @classmethod
    async def installed(
        cls, portal: Portal, *, scopes: tuple[str, ...] = ("im", "imbot", "calendar", "user_brief")
    ) -> "Desk":
        desk = cls(portal, portal.create_app(HANDLER_URL, INSTALL_URL, scopes))
        portal.post = desk.post
        portal.install(desk.app)
        await portal.deliver()
        return desk

    async def post(self, url: str, body: bytes) -> int:
        self.received.append((url, dict(decode(body.decode()))))
        return 200

    async def events(self, name: str = "") -> list[dict[str, Any]]:
        """Deliver what waits and return the events whose names end so."""
        await self.portal.deliver()
        return [event for _, event in self.received if event["event"].endswith(name)]

    async def names(self) -> list[str]:
        return [event["event"] for event in await self.events()]

    async def last(self, name: str = "") -> dict[str, Any]:
        return (await self.events(name))[-1]

    def token(self, user_id: int = 1) -> str:
        return self.portal.oauth.issue(self.app, user_id).access_token

    def call(self, method: str, params: Mapping[str, Any] | None = None, *, user: int = 1) -> Answer:
        body = {"auth": self.token(user), **(params or {})}
        return self.send(f"/rest/{method}", headers=JSON, body=json.dumps(body).encode())

    def batch(self, cmd: Any, *, user: int = 1, halt: int = 0) -> Any:
        return self.call("batch", {"cmd": cmd, "halt": halt}, user=user).result

    def send(
        self,
        path: str,
        query: str = "",
        *,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        answer = self.portal.handle(method, path, query, headers, body)
        kind = answer.headers.get("Content-Type", "")
        text = answer.body.decode()
        return Answer(answer.status, json.loads(text) if kind.startswith("application/json") else text, answer.headers)

    def oauth(self, **query: str) -> Answer:
        """Ask the authorization server for tokens, with this application's credentials unless others are given."""
        known = {"client_id": self.app.client_id, "client_secret": self.app.client_secret}
        text = "&".join(f"{key}={value}" for key, value in {**known, **query}.items() if value)
        return self.send("/oauth/token/", text, method="GET", headers={"Host": self.portal.options.oauth_host})

    def add_bot(self, code: str = "agenda_bot", **fields: Any) -> int:
        properties = {"name": "Agenda", "lastName": "Bot"}
        wanted = {"code": code, "properties": properties, "eventMode": "webhook", "webhookUrl": EVENTS_URL, **fields}
        bot_id: int = self.call("imbot.v2.Bot.register", {"fields": wanted}).result["bot"]["id"]
        return bot_id

    def add_command(self, name: str, bot_id: int = 905, **fields: Any) -> int:
        wanted = {"command": name, "title": {"en": name}, **fields}
        answer = self.call("imbot.v2.Command.register", {"botId": bot_id, "fields": wanted})
        command_id: int = answer.result["command"]["id"]
        return command_id

    def add_bot_v1(self) -> int:
        params = {"CODE": "agenda_bot", "TYPE": "B", "EVENT_HANDLER": EVENTS_URL, "PROPERTIES": {"NAME": "Agenda Bot"}}
        bot_id: int = self.call("imbot.register", params).result
        return bot_id

    def add_command_v1(self, name: str, bot_id: int = 905, **params: Any) -> int:
        lang = [{"LANGUAGE_ID": "en", "TITLE": name}]
        known = {"BOT_ID": bot_id, "COMMAND": name, "EVENT_COMMAND_ADD": EVENTS_URL, "LANG": lang, **params}
        command_id: int = self.call("imbot.command.register", known).result
        return command_id

    def write(self, text: str, dialog: str = "17", **fields: Any) -> int:
        """Send a message as the bot."""
        params = {"botId": 905, "dialogId": dialog, "fields": {"message": text, **fields}}
        message_id: int = self.call("imbot.v2.Chat.Message.send", params).result["id"]
        return message_id
