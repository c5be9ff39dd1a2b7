"""Makes the pictures of the chat page in docs/: a short conversation, in light and dark.

.venv/bin/python -m tests.browser.picture
"""

import asyncio
from typing import Literal

from playwright.async_api import expect

from tests.browser.chat_page import chat_page
from tests.browser.stage import ROOT, chromium, demo

Scheme = Literal["light", "dark"]
_SIZE = {"width": 1440, "height": 880}
_SCHEMES: tuple[Scheme, ...] = ("light", "dark")


async def draw(scheme: Scheme) -> None:
    async with (
        demo() as running,
        chromium() as browser,
        chat_page(browser, viewport=_SIZE, color_scheme=scheme, reduced_motion="reduce") as page,
    ):
        await page.open(running.url)
        await page.say("accept 651")
        listed = await page.say("invitations")
        await listed.get_by_role("button", name="Decline").first.click()
        await expect(listed).to_contain_text("Undo")
        await page.say("dnd 45m")
        await page.page.screenshot(path=ROOT / "docs" / f"page-{scheme}.png")


async def main() -> None:
    for scheme in _SCHEMES:
        await draw(scheme)


if __name__ == "__main__":
    asyncio.run(main())
