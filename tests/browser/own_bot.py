"""A bot that writes what a test wants, on a portal with no other, so that nothing answers before the test does."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx

from bot.emulator import server
from bot.emulator.oauth import App
from bot.emulator.portal import Portal
from bot.emulator.seed import MIRA, demo_portal

INSTALLER = 1
Button = Mapping[str, Any]


@dataclass(frozen=True)
class OwnBot:
    """One that talks to Mira, whose chat with it is open and empty.

    Attributes:
        url: Of the page, with a slash at its end.
        id: 0 until it is registered.
    """

    portal: Portal
    app: App
    url: str
    id: int = 0

    async def call(self, method: str, *, user_id: int = INSTALLER, **params: Any) -> Any:
        """Call a REST method over HTTP with somebody's token."""
        token = self.portal.oauth.issue(self.app, user_id).access_token
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{self.url}rest/{method}", json={"auth": token, "botId": self.id, **params})
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    async def say(self, text: str, *buttons: Button) -> int:
        """Write to Mira and return the number of the message."""
        fields = {"message": text, **_keyboard(buttons)}
        sent = await self.call("imbot.v2.Chat.Message.send", dialogId=str(MIRA), fields=fields)
        number: int = sent["id"]
        return number

    async def rewrite(self, message_id: int, text: str, *buttons: Button) -> None:
        """Change a message; its buttons become these."""
        fields = {"message": text, **_keyboard([{"BOT_ID": self.id, **button} for button in buttons])}
        await self.call("imbot.v2.Chat.Message.update", messageId=message_id, fields=fields)

    async def answer(self, meeting_id: int, status: str, user_id: int = MIRA) -> None:
        """Answer an invitation for somebody: `Y`, `N` or `Q`."""
        await self.call("calendar.meeting.status.set", user_id=user_id, eventId=meeting_id, status=status)

    async def heard(self) -> list[str]:
        """Return the texts that Mira wrote."""
        told = await self.call("imbot.v2.Event.get")
        return [event["data"]["message"]["text"] for event in told["events"] if event["type"].endswith("MESSAGEADD")]

    async def pressed(self) -> list[str]:
        """Return the words behind the commands of the buttons that were pressed."""
        told = await self.call("imbot.v2.Event.get")
        return [event["data"]["command"]["params"] for event in told["events"] if event["type"].endswith("COMMANDADD")]


def _keyboard(buttons: Sequence[Button]) -> dict[str, Any]:
    return {"keyboard": {"BUTTONS": list(buttons)}} if buttons else {}


@asynccontextmanager
async def own_bot() -> AsyncIterator[OwnBot]:
    """Serve the company of the demo with this bot in it."""
    portal = demo_portal()
    running = await server.start(portal)
    try:
        new = OwnBot(portal, portal.create_app(running.url, running.url), f"{running.url}/")
        made = await new.call("imbot.v2.Bot.register", fields={"code": "parrot", "properties": {"name": "Parrot"}})
        bot = replace(new, id=made["bot"]["id"])
        await bot.call("imbot.v2.Command.register", fields={"command": "go", "title": {"en": "Go somewhere"}})
        portal.open_chat(MIRA)
        yield bot
    finally:
        await running.stop()
