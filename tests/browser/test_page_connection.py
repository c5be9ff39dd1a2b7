"""The page with many windows, with a portal that hangs, and what is typed, sent and invited meanwhile."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import expect

from tests.browser.chat_page import JURIS, MIRA, UNANSWERED, ChatPage, chat_page
from tests.browser.stage import Demo
from tests.browser.stage import demo as started_demo

LIAM, LIAM_ID, MIRA_ID, JURIS_ID = "Liam Sample", 42, 17, 23
NEW_YORK, RIGA = ZoneInfo("America/New_York"), ZoneInfo("Europe/Riga")
# Chromium without a screen shows every page, so a test says what a page would hear that is covered by another tab.
COVER = """visibility => {
  Object.defineProperty(document, "visibilityState", {configurable: true, get: () => visibility});
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@contextmanager
def paused(demo: Demo) -> Iterator[None]:
    """Let the demo hang, as Ctrl-Z does."""
    os.killpg(demo.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(demo.process.pid, signal.SIGCONT)


async def now(demo: Demo, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp((await demo.state())["now"], zone)


# --- connections


async def test_seventh_page_is_answered(page, demo):
    """A browser opens six connections to a host, for all windows together."""
    for _ in range(6):
        last = ChatPage(await page.page.context.new_page())
        await last.open(demo.url)

    answer = await last.say("accept 651")

    await expect(answer).to_contain_text("You are going")
    for window in (page, last):
        await expect(window.meeting(651)).to_have_attribute("data-answer", "Y")
        await expect(window.page.get_by_text("4 or more pages open")).to_be_visible()
    assert last.complaints == []


async def test_covered_page_gives_its_connection_back_and_catches_up(page, browser, demo):
    async with chat_page(browser) as second:
        await second.open(demo.url)
        await second.box.fill("half a thought")
        await expect(page.page.get_by_text("2 pages open")).to_be_visible()
        await second.page.evaluate(COVER, "hidden")
        await expect(page.page.get_by_text("2 pages open")).to_be_hidden()
        await page.say("accept 651")
        await second.page.evaluate(COVER, "visible")

        await expect(second.bubbles).to_have_count(await page.bubbles.count())
        await expect(second.meeting(651)).to_have_attribute("data-answer", "Y")
        await expect(second.box).to_have_value("half a thought")
        await expect(second.page.get_by_role("alert")).to_be_hidden()


async def test_portal_that_hangs_is_noticed_and_awaited(browser, demo):
    async with chat_page(browser) as page:
        await page.page.clock.install()
        await page.open(demo.url)
        alerts = page.page.get_by_role("alert")
        with paused(demo):
            await page.box.fill("accept 651")
            await page.box.press("Enter")
            await expect(page.button("Send")).to_have_attribute("aria-busy", "true")
            await page.page.clock.fast_forward(10_000)
            await expect(alerts.filter(has_text="No answer for 10 seconds")).to_be_visible()
            await expect(page.button("Send")).not_to_have_attribute("aria-busy", "true")

            await page.page.clock.fast_forward(10_000)
            await expect(alerts.filter(has_text="make demo")).to_be_visible()
            await expect(page.box).to_be_disabled()
            await expect(page.box).to_have_value("accept 651")

        await expect(alerts.filter(has_text="make demo")).to_be_hidden()
        await expect(page.box).to_be_enabled()


async def test_language_is_switched_while_the_portal_is_away(browser):
    async with started_demo() as demo, chat_page(browser, excused=UNANSWERED) as page:
        await page.open(demo.url)
        await demo.end()
        await expect(page.page.get_by_role("alert")).to_contain_text("The portal does not answer")

        await page.page.get_by_text("Русский", exact=True).click()

        await expect(page.page.get_by_role("alert")).to_contain_text("Портал не отвечает")
        await expect(page.button("Отправить")).to_be_disabled()
        await expect(page.button("Русский")).to_have_attribute("aria-pressed", "true")


# --- days of the calendar


@pytest.mark.parametrize(
    ("person", "number", "zone", "hour"), [(LIAM, LIAM_ID, NEW_YORK, 20), (MIRA, MIRA_ID, RIGA, 1)]
)
async def test_calendar_is_in_order_of_the_persons_days(page, demo, person, number, zone, hour):
    """In the evening west of Greenwich, and early in the morning east of it, it is another day there."""
    first = (await now(demo, zone)).date() + timedelta(days=30)
    at_all_day = first + timedelta(days=1) if zone is NEW_YORK else first
    invited = {"host": JURIS_ID, "guests": [number], "tz": zone.key}
    await demo.act("add_meeting", meeting_id=901, name="Hours", start=f"{first}T{hour:02}:00:00", **invited)
    await demo.act("add_meeting", meeting_id=902, name="Days", start=f"{at_all_day}T00:00:00", all_day=True, **invited)
    await page.be(person)
    await expect(page.meeting(902)).to_be_visible()
    listed = await page.page.locator("[data-meeting]").evaluate_all("items => items.map(item => item.dataset.meeting)")

    assert listed[-2:] == (["901", "902"] if zone is NEW_YORK else ["902", "901"])


async def test_tomorrow_is_the_next_day_after_a_short_night(page, demo):
    """When the clocks go forward, a day from late in the evening is the day after tomorrow."""
    present = await now(demo, NEW_YORK)
    eves = (datetime.combine(present.date() + timedelta(days), time(23, 30), NEW_YORK) for days in range(366))
    eve = next(eve for eve in eves if (eve + timedelta(days=1)).utcoffset() > eve.utcoffset())
    await demo.act("advance", seconds=(eve.astimezone(UTC) - present.astimezone(UTC)).total_seconds())
    await page.be(LIAM)

    await expect(page.page.get_by_text("invites you")).to_contain_text(f"Sun, {eve + timedelta(days=1):%b}")


# --- invitations


async def test_invitation_avoids_an_hour_that_is_partly_taken(page, demo):
    tomorrow = (await now(demo, NEW_YORK)).date() + timedelta(days=1)
    taken = {"start": f"{tomorrow}T09:30:00", "minutes": 90, "tz": NEW_YORK.key}
    await demo.act("add_meeting", meeting_id=901, name="Long breakfast", host=JURIS_ID, guests=[LIAM_ID], **taken)
    await page.be(LIAM)

    await expect(page.page.get_by_text("invites you")).to_contain_text("11:00")


async def test_invitation_gets_a_number_that_is_free(page, demo):
    """Numbers of copies in other people's calendars are taken too, though no page shows them."""
    start = {"start": "2099-11-25T10:00:00", "tz": RIGA.key}
    await demo.act("add_meeting", meeting_id=900, name="Far", host=23, guests=[17], copies={"17": 910}, **start)
    await page.page.get_by_label("Title").fill("Tea with the auditors")
    await page.button("Invite me").click()
    invited = page.page.locator("[data-meeting]", has_text="Tea with the auditors")

    await expect(invited).to_have_attribute("data-answer", "Q")
    await expect(page.meeting(900)).to_be_visible()
    assert await invited.get_attribute("data-meeting") != "910"


async def test_invitation_that_is_under_way_is_not_sent_twice(page, demo):
    go_on = asyncio.Event()

    async def hold(route):
        await go_on.wait()
        await route.continue_()

    await page.page.route("**/emulator/add_meeting", hold)
    title = page.page.get_by_label("Title")
    await title.fill("Tea with the auditors")
    await title.press("Enter")
    await expect(page.button("Invite me")).to_have_attribute("aria-busy", "true")
    await title.press("Enter")
    go_on.set()
    await expect(title).not_to_have_value("Tea with the auditors")

    meetings = (await demo.state())["meetings"].values()
    assert [meeting["name"] for meeting in meetings].count("Tea with the auditors") == 1


# --- the message box


async def test_draft_stays_with_whoever_wrote_it(page):
    await page.box.fill("half a thought")
    await page.be(JURIS)
    await expect(page.box).to_have_value("")
    await page.box.fill("another one")
    await page.be(MIRA)

    await expect(page.box).to_have_value("half a thought")


async def test_shift_tab_leaves_the_command_list_behind(page):
    await page.box.press_sequentially("/inv")
    await expect(page.commands).to_have_count(1)
    await page.box.press("Shift+Tab")

    await expect(page.box).not_to_be_focused()
    await expect(page.box).to_have_value("/inv")


async def test_messages_sent_without_waiting_arrive_in_order(window, parrot):
    go_on = asyncio.Event()

    async def hold(route):
        await go_on.wait()
        await route.continue_()

    await window.page.route("**/emulator/say", hold)
    for number in range(10):
        await window.box.press_sequentially(f"message {number}")
        await window.box.press("Enter")
    await expect(window.box).to_have_value("")
    go_on.set()
    await expect(window.bubbles).to_have_count(10)

    assert await parrot.heard() == [f"message {number}" for number in range(10)]


async def test_texts_that_do_not_arrive_come_back_before_what_was_typed_since(browser, parrot):
    async with chat_page(browser, excused=UNANSWERED) as window:
        await window.page.goto(parrot.url)
        asked = asyncio.Event()

        async def refuse(route):
            await asked.wait()
            await route.abort()

        await window.page.route("**/emulator/say", refuse)
        for text in ("one", "two"):
            await window.box.fill(text)
            await window.box.press("Enter")
        await window.box.press_sequentially("three")
        asked.set()
        await expect(window.box).to_have_value("one\ntwo\nthree")
        await expect(window.page.locator("#composer").get_by_role("alert")).to_contain_text("Not sent")
        assert await parrot.heard() == []

        await window.page.unroute("**/emulator/say")
        await window.box.press_sequentially(" four")
        await window.box.press("Enter")

        await expect(window.bubbles).to_have_count(1)
        assert await parrot.heard() == ["one\ntwo\nthree four"]
