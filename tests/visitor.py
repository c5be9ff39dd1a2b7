"""A person's browser: from the link in the chat through the portal's page of permission to the bot's own page."""

import re
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from aiohttp.test_utils import TestClient, TestServer

from bot.emulator.messenger import Message


@dataclass(frozen=True)
class Page:
    status: int
    html: str
    headers: Any

    @property
    def title(self) -> str:
        found = re.search("<h1>(.*)</h1>", self.html)
        assert found, self.html
        return found[1]


def link_of(message: Message) -> str:
    """The address behind the only link of a message."""
    (link,) = [str(button["LINK"]) for button in message.keyboard if "LINK" in button]
    return link


def state_of(message: Message) -> str:
    return parse_qs(urlsplit(link_of(message)).query)["state"][0]


class Browser:
    """Opens pages of one bot, over loopback."""

    def __init__(self, portal: Any, application: Any) -> None:
        self._portal = portal
        self._client = TestClient(TestServer(application))

    async def __aenter__(self) -> Self:
        await self._client.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    def agree(self, message: Message, user_id: int = 17, **changes: str | None) -> str:
        """Press the link, agree as `user_id`, and return where the portal sends the browser; None leaves a field out."""
        (app,) = [app for app in self._portal.oauth.apps.values() if app.client_id in link_of(message)]
        address = urlsplit(self._portal.authorize(app, user_id, state_of(message)))
        fields = dict(parse_qsl(address.query)) | changes
        return f"{address.path}?{urlencode({name: value for name, value in fields.items() if value is not None})}"

    def agree_outside(self, cronofy: Any, message: Message, login: str = "mira@example.org", **options: Any) -> str:
        """Press the link to Cronofy, answer its page with a login there, and return where that sends the browser."""
        address = urlsplit(cronofy.authorize(link_of(message), login, **options))
        return f"{address.path}?{address.query}"

    async def open(self, path: str, language: str = "", method: str = "GET") -> Page:
        headers = {"Accept-Language": language} if language else {}
        answer = await self._client.request(method, path, headers=headers, allow_redirects=False)
        return Page(answer.status, await answer.text(), answer.headers)

    async def connect(self, message: Message, user_id: int = 17, **changes: str | None) -> Page:
        return await self.open(self.agree(message, user_id, **changes))
