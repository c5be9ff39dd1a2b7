"""Makes the pictures of the chat page in docs/: a short conversation in each language, in light and dark.

.venv/bin/python -m tests.browser.picture
"""

import asyncio
from collections.abc import Mapping
from typing import Literal

from playwright.async_api import expect

from tests.browser.chat_page import chat_page
from tests.browser.stage import ROOT, chromium, demo

Scheme = Literal["light", "dark"]
_SIZE = {"width": 1440, "height": 880}
_SCHEMES: tuple[Scheme, ...] = ("light", "dark")
# What is said, the button that is pressed then, and what is said after that; by ending of the picture's name.
_TALKS: Mapping[str, tuple[str, tuple[str, str], str, str]] = {
    "": ("en-GB", ("accept 651", "invitations"), "Decline", "dnd 45m"),
    ".ru": ("ru-RU", ("принять 651", "приглашения"), "Отклонить", "не беспокоить 45 минут"),
}


async def draw(name: str, scheme: Scheme) -> None:
    locale, (first, second), button, last = _TALKS[name]
    async with (
        demo() as running,
        chromium() as browser,
        chat_page(browser, viewport=_SIZE, color_scheme=scheme, locale=locale, reduced_motion="reduce") as page,
    ):
        await page.open(running.url)
        await page.page.locator("#welcome-close").click()
        await page.say(first)
        listed = await page.say(second)
        before = await listed.inner_text()
        await listed.get_by_role("button", name=button).first.click()
        await expect(listed).not_to_have_text(before)
        await page.say(last)
        await page.page.screenshot(path=ROOT / "docs" / f"page-{scheme}{name}.png")


async def main() -> None:
    for name in _TALKS:
        for scheme in _SCHEMES:
            await draw(name, scheme)


if __name__ == "__main__":
    asyncio.run(main())
