"""Fixtures: `page`, the chat page of a fresh demo in Chromium; `window`, the same where only the test's own `parrot` answers."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.chat_page import ChatPage, chat_page
from tests.browser.own_bot import OwnBot, own_bot
from tests.browser.stage import ROOT, Demo, MissingChromiumError, chromium
from tests.browser.stage import demo as started_demo

HERE = Path(__file__).parent
# What the page looked like at the end of each test, for people; kept out of git.
SCREENSHOTS = ROOT / "screenshots"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let these tests share a loop, and with it one Chromium: each has a window of its own anyway."""
    for item in items:
        if item.path.parent == HERE and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    try:
        async with chromium() as found:
            yield found
    except MissingChromiumError as error:
        # A developer may lack it; a run that decides about a change may not.
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse(str(error))


@pytest_asyncio.fixture(loop_scope="session")
async def demo() -> AsyncIterator[Demo]:
    async with started_demo() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, demo: Demo, request: pytest.FixtureRequest) -> AsyncIterator[ChatPage]:
    """The page as Mira."""
    async with chat_page(browser) as opened:
        await opened.open(demo.url)
        yield opened
        await opened.page.screenshot(path=SCREENSHOTS / f"{request.node.name}.png")


@pytest_asyncio.fixture(loop_scope="session")
async def parrot() -> AsyncIterator[OwnBot]:
    async with own_bot() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def window(browser: Browser, parrot: OwnBot) -> AsyncIterator[ChatPage]:
    """The page as Mira, with nothing said so far."""
    async with chat_page(browser) as opened:
        await opened.page.goto(parrot.url)
        await expect(opened.box).to_be_enabled()
        yield opened
