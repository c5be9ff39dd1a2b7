"""How long a stranger waits: from `make demo` in a fresh clone to the first answer in a browser. Prints seconds.

    .venv/bin/python -m tests.browser.first_answer

Installs, so it asks the package index; no test, and nothing is asserted about the time.
"""

import asyncio
import os
import subprocess
import tempfile
import time
from pathlib import Path

from playwright.async_api import expect

from tests.browser.chat_page import chat_page
from tests.browser.stage import ROOT, chromium, demo


async def measure() -> None:
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "statusbot"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        started = time.monotonic()
        async with demo("make", "demo", folder=clone) as running, chromium() as browser, chat_page(browser) as page:
            prepared = time.monotonic()
            await page.open(running.url)
            await expect(await page.say("accept 651")).to_contain_text("You are going")
            answered = time.monotonic()
    print(
        f"make demo in a fresh clone, on {os.cpu_count()} cores: installed and serving after {prepared - started:.1f} s,"
    )
    print(f"first answer in the browser after {answered - started:.1f} s")


if __name__ == "__main__":
    asyncio.run(measure())
