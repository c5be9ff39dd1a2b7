"""Fixtures: `page`, the chat page of a fresh demo in Chromium."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.browser.chat_page import ChatPage, chat_page
from tests.browser.stage import ROOT, Demo, MissingChromiumError, chromium
from tests.browser.stage import demo as started_demo

# What the page looked like at the end of each test, for people; kept out of git.
SCREENSHOTS = ROOT / "screenshots"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    try:
        async with chromium() as found:
            yield found
    except MissingChromiumError as error:
        pytest.fail(str(error))


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with started_demo() as running:
        yield running


@pytest.fixture
async def page(browser: Browser, demo: Demo, request: pytest.FixtureRequest) -> AsyncIterator[ChatPage]:
    """The page as Mira; no test may leave a complaint in the console."""
    async with chat_page(browser) as opened:
        await opened.open(demo.url)
        yield opened
        await opened.page.screenshot(path=SCREENSHOTS / f"{request.node.name}.png")

    assert opened.complaints == []
