"""Somebody tries the bot out on the chat page, over the real demo."""

import re
import sys
import time

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.browser.chat_page import JURIS, MIRA, OLGA, UNANSWERED, chat_page
from tests.browser.stage import demo as started_demo
from tests.process import free_port

NARROW = {"width": 360, "height": 740}
RUSSIAN = {"locale": "ru-RU"}


# --- the chat


async def test_accept_by_typing_changes_calendar_notices_and_requests(page):
    await expect(page.meeting(651)).to_have_attribute("data-answer", "Q")

    answer = await page.say("accept 651")

    await expect(answer).to_contain_text("You are going: meeting 651 “Weekly sync”")
    await expect(page.meeting(651)).to_have_attribute("data-answer", "Y")
    await expect(page.page.get_by_role("region", name="Organisers were told")).to_contain_text(JURIS)
    await expect(page.requests("calendar.meeting.status.set")).to_have_count(1)


async def test_decline_by_button_rewrites_the_message_in_place(page):
    answer = await page.say("invitations")
    count = await page.bubbles.count()
    await expect(answer).to_contain_text("#1")

    await answer.get_by_role("button", name="Decline").first.click()

    await expect(answer).to_contain_text("Undo")
    await expect(page.bubbles).to_have_count(count)
    declined = page.page.locator('[data-meeting][data-answer="N"]')
    await expect(declined).to_have_count(2)  # one had been declined before


async def test_link_button_opens_the_page_of_the_bot(page):
    answer = await page.say("connect")

    async with page.page.context.expect_page() as opening:
        await answer.get_by_role("link").click()
    opened = await opening.value

    await expect(opened.get_by_role("heading")).to_contain_text("connected", ignore_case=True)
    await expect(page.bubbles.last).to_contain_text("connected", ignore_case=True)


async def test_timed_presence_ends_when_the_clock_moves(page, demo):
    await page.say("dnd 1h")
    await expect(page.person(MIRA)).to_contain_text("do not disturb", ignore_case=True)

    before = (await demo.state())["now"]
    await page.press("+5 min", "advance")
    await expect(await page.say("status")).to_contain_text("do not disturb", ignore_case=True)
    assert 300 <= (await demo.state())["now"] - before < 3600

    await page.press("+1 h", "advance")

    await expect(page.person(MIRA)).not_to_contain_text("do not disturb", ignore_case=True)
    await expect(await page.say("status")).to_contain_text("online")


async def test_slash_command_is_chosen_by_keyboard(page):
    await page.box.press_sequentially("/inv")
    await expect(page.commands).to_have_count(1)
    await page.box.press("ArrowDown")
    await page.box.press("Tab")
    await expect(page.box).to_have_value(re.compile("^/invitations ?$"))
    before = await page.bubbles.count()
    await page.box.press("Enter")

    await expect(page.bubbles).to_have_count(before + 2)
    await expect(page.bubbles.last).to_contain_text("#1")


async def test_last_text_comes_back(page):
    await page.say("status")
    await page.box.press("ArrowUp")

    await expect(page.box).to_have_value("status")


async def test_shift_enter_begins_a_line_and_each_is_a_command(page):
    await page.box.fill("away")
    await page.box.press("Shift+Enter")
    await page.box.press_sequentially("accept 651")
    before = await page.bubbles.count()
    await page.box.press("Enter")

    await expect(page.bubbles).to_have_count(before + 2)
    await expect(page.meeting(651)).to_have_attribute("data-answer", "Y")
    await expect(page.person(MIRA)).to_contain_text("away", ignore_case=True)


async def test_suggestion_is_one_click_away(page):
    before = await page.bubbles.count()
    await page.button("accept 651").click()

    await expect(page.bubbles).to_have_count(before + 2)
    await expect(page.meeting(651)).to_have_attribute("data-answer", "Y")


# --- trouble


@pytest.mark.parametrize(
    ("fault", "error"), [("Expired token", "expired_token"), ("Limit reached", "QUERY_LIMIT_EXCEEDED")]
)
async def test_answer_comes_in_spite_of_a_fault(page, fault, error):
    await page.button(fault).click()
    await expect(page.page.get_by_role("button", name=fault, pressed=True)).to_be_visible()

    answer = await page.say("accept 651")

    await expect(answer).to_contain_text("You are going: meeting 651")
    await expect(page.page.get_by_role("button", name=fault, pressed=False)).to_be_visible()
    await expect(page.requests("batch").filter(has_text=error)).to_have_count(1)


async def test_fault_can_be_called_off(page, demo):
    await page.button("Slow portal").click()
    armed = page.page.get_by_role("button", name="Slow portal", pressed=True)
    await expect(armed).to_be_visible()
    await armed.click()

    await expect(page.page.get_by_role("button", name="Slow portal", pressed=False)).to_be_visible()


async def test_titles_of_others_stay_inert(page, demo):
    hostile = "[send=accept 651]Click[/send] <img src=x onerror=alert(1)> [url=javascript:alert(1)]x[/url]"
    invited = {"guests": [17], "start": "2099-11-25T10:00:00", "tz": "Europe/Riga"}
    await demo.act("add_meeting", meeting_id=699, name=hostile, host=23, **invited)

    answer = await page.say("status 699")

    await expect(page.meeting(699)).to_contain_text("<img src=x onerror=alert(1)>")
    await expect(answer).to_contain_text("<img src=x onerror=alert(1)>")
    for place in (answer, page.meeting(699)):
        assert await place.locator("img, a, button").count() == 0


async def test_markup_of_a_message_is_live_as_at_the_portal(page):
    """The page must not hide what the bot failed to make inert."""
    await page.say("[b]bold[/b] [url=https://example.org]site[/url] [url=javascript:alert(1)]trap[/url]")
    said = page.bubbles.nth(-2)

    await expect(said.locator("b, strong")).to_have_text("bold")
    await expect(said.get_by_role("link")).to_have_count(1)


# --- people, windows, languages


async def test_second_employee_answers_for_herself(page, demo):
    await page.be(OLGA)
    await expect(page.bubbles).to_have_count(1)  # the greeting
    answer = await page.say("принять 655")

    await expect(answer).to_contain_text("встреча 655")
    await expect(page.meeting(655)).to_have_attribute("data-answer", "Y")
    assert (await demo.state())["meetings"]["655"]["answers"] == {"23": "H", "17": "Y", "31": "Y"}

    await page.be(MIRA)
    await expect(page.log).not_to_contain_text("принять 655")


async def test_two_windows_show_the_same_company(page, browser, demo):
    async with chat_page(browser) as second:
        await second.open(demo.url, OLGA)
        await page.say("away")

        await expect(second.person(MIRA)).to_contain_text("away", ignore_case=True)
        for window in (page, second):
            await expect(window.page.get_by_text("2 pages open")).to_be_visible()
    await expect(page.page.get_by_text("2 pages open")).to_be_hidden()


async def test_reload_keeps_the_person(page):
    await page.be(JURIS)
    await page.page.reload()

    await expect(page.page.get_by_role("radio", name=JURIS)).to_be_checked()


async def test_page_speaks_the_language_of_the_browser(browser, demo):
    async with chat_page(browser, **RUSSIAN) as page:
        await page.open(demo.url)

        await expect(page.page.locator("html")).to_have_attribute("lang", "ru")
        await expect(page.bubbles.first).to_contain_text("Здравствуйте")
        for name in ("Отправить", "+1 ч", "Медленный портал", "Пригласить меня"):
            await expect(page.button(name)).to_be_visible()


async def test_language_is_switched_and_remembered(page):
    await page.page.get_by_text("Русский", exact=True).click()
    await expect(page.button("Отправить")).to_be_visible()
    await page.page.reload()

    await expect(page.button("Отправить")).to_be_visible()


async def test_invitation_appears_and_can_be_accepted(page):
    await page.page.get_by_label("Title").fill("Tea with the auditors")
    await page.button("Invite me").click()
    invited = page.page.locator("[data-meeting]", has_text="Tea with the auditors")
    await expect(invited).to_have_attribute("data-answer", "Q")

    await page.say("accept tea with the auditors")

    await expect(invited).to_have_attribute("data-answer", "Y")


# --- narrow, by keyboard, for everybody


async def test_narrow_page_fits_and_works(browser, demo):
    async with chat_page(browser, viewport=NARROW, has_touch=True, is_mobile=True) as page:
        await page.page.goto(demo.url)
        await expect(page.bubbles.first).to_be_visible()
        await page.say("accept 651")
        tabs = page.page.get_by_role("tab")
        for number in range(await tabs.count()):
            await tabs.nth(number).click()
            width = await page.page.evaluate("document.scrollingElement.scrollWidth")

            assert width <= NARROW["width"], await tabs.nth(number).inner_text()

        await page.page.get_by_role("tab", name="Calendar").click()
        await expect(page.meeting(651)).to_have_attribute("data-answer", "Y")
        await expect(page.meeting(651)).to_be_visible()


async def test_message_is_sent_by_keyboard_alone(browser, demo):
    async with chat_page(browser) as page:
        await page.page.goto(demo.url)
        await expect(page.bubbles.first).to_be_visible()
        await page.page.keyboard.press("Tab")
        await page.page.keyboard.press("Enter")  # the link that skips to the box
        await page.page.keyboard.type("accept 651")
        await page.page.keyboard.press("Enter")

        await expect(page.meeting(651)).to_have_attribute("data-answer", "Y")


@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_page_has_no_barriers(browser, demo, scheme, viewport):
    """As far as axe finds them: roles, names, contrast."""
    async with chat_page(browser, color_scheme=scheme, viewport=viewport, reduced_motion="reduce") as page:
        await page.page.goto(demo.url)
        await expect(page.bubbles.first).to_be_visible()
        await page.say("meetings")
        found = await Axe().run(page.page)

        assert found.violations_count == 0, found.generate_report()


# --- the end


async def test_page_tells_that_the_demo_has_ended(browser):
    async with started_demo() as demo, chat_page(browser, excused=UNANSWERED) as page:
        await page.open(demo.url)
        await page.box.fill("accept 651")

        assert await demo.end() == 0

        await expect(page.page.get_by_role("alert")).to_contain_text("make demo")
        await expect(page.button("Send")).to_be_disabled()
        await expect(page.box).to_have_value("accept 651")
        await expect(page.meeting(651)).to_be_visible()


async def test_page_goes_on_when_the_portal_is_back(browser):
    command = (sys.executable, "-m", "bot", "emulator", "--port", str(free_port()), "--cronofy-port", "0")
    async with chat_page(browser, excused=UNANSWERED) as page:
        async with started_demo(*command) as first:
            await page.page.goto(first.url)
            await page.be(OLGA)
            await expect(page.meeting(661)).to_be_visible()
        await expect(page.page.get_by_role("alert")).to_contain_text("make demo")
        await expect(page.button("+1 day")).to_be_disabled()
        async with started_demo(*command) as second:
            await expect(page.page.get_by_role("alert")).to_be_hidden()
            await expect(page.page.get_by_role("radio", name=OLGA)).to_be_checked()
            before = (await second.state())["now"]
            await page.press("+1 day", "advance")
            assert (await second.state())["now"] - before >= 86_400

            tea = {"name": "Tea", "host": 17, "guests": [31], "start": "2099-11-25T10:00:00"}
            await second.act("add_meeting", meeting_id=699, **tea)

            await expect(page.meeting(699)).to_contain_text("Tea")


async def test_time_to_the_first_answer(browser, capsys):
    """Printed for whoever reads the run; a figure of this machine, so nothing is asserted about it."""
    started = time.monotonic()
    async with started_demo() as demo, chat_page(browser) as page:
        await page.open(demo.url)
        answer = await page.say("accept 651")
        await expect(answer).to_contain_text("You are going")
        with capsys.disabled():
            print(f"\nfrom `statusbot demo` to the first answer in the browser: {time.monotonic() - started:.1f} s")
