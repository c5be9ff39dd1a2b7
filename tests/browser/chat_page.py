"""The chat page as its user sees it: people, a chat, a calendar, requests."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.stage import PATIENCE_S

expect.set_options(timeout=PATIENCE_S * 1000)

MIRA, OLGA, JURIS = "Mira Testova", "Ольга Примерова", "Juris Proba"
# What Chromium itself writes about a request that was refused or got no answer; no page can keep that quiet.
UNANSWERED = "Failed to load resource: "


class ChatPage:
    """One open page.

    Attributes:
        page: Playwright's.
        complaints: What the browser's console and broken scripts said.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda said: said.type in {"error", "warning"} and self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    async def open(self, url: str, person: str = MIRA) -> None:
        """Open it and be `person`, with the bot's greeting in the chat."""
        await self.page.goto(url)
        await self.be(person)
        await expect(self.bubbles.first).to_be_visible()

    async def be(self, person: str) -> None:
        await self.page.get_by_role("radio", name=re.compile(person)).check(force=True)

    @property
    def box(self) -> Locator:
        return self.page.get_by_label(re.compile("^(Message|Сообщение)$"))

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def commands(self) -> Locator:
        """The commands to choose from; other lists have options too."""
        return self.page.get_by_role("listbox").get_by_role("option")

    @property
    def bubbles(self) -> Locator:
        return self.log.locator("[data-message]")

    async def say(self, text: str) -> Locator:
        """Type a message, send it with Enter, and return the bubble that answers it."""
        before = await self.bubbles.count()
        await self.box.fill(text)
        await self.box.press("Enter")
        await expect(self.bubbles).to_have_count(before + 2)
        return self.bubbles.last

    async def press(self, name: str, action: str) -> None:
        """Press a button and return when the portal has answered the `action` that it posts."""
        async with self.page.expect_response(f"**/emulator/{action}"):
            await self.button(name).click()

    def meeting(self, number: int) -> Locator:
        return self.page.locator(f'[data-meeting="{number}"]')

    def requests(self, method: str) -> Locator:
        return self.page.locator(f'[data-method="{method}"]')

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def person(self, name: str) -> Locator:
        """Return what the list tells of somebody."""
        return self.page.locator("label", has_text=name)


@asynccontextmanager
async def chat_page(browser: Browser, *, excused: str = "(?!)", **settings: Any) -> AsyncIterator[ChatPage]:
    """Open a window of its own, with its own memory; when it ends, its console must be clean.

    Args:
        browser: Shows it.
        excused: A pattern of complaints that belong to the test, such as `UNANSWERED`.
        settings: Of Playwright's context.
    """
    context = await browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1440, "height": 900}, **settings})
    try:
        opened = ChatPage(await context.new_page())
        yield opened
    finally:
        await context.close()

    assert [said for said in opened.complaints if not re.match(excused, said)] == []
