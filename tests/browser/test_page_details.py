"""What the chat page shows around the conversation: calendar, organisers, requests, commands, choices, trouble."""

import re
import sys

import httpx
from playwright.async_api import expect

from bot.emulator.limits import Bucket
from tests.browser.chat_page import JURIS, MIRA, OLGA, UNANSWERED, chat_page
from tests.browser.stage import demo as started_demo

NARROW = {"width": 360, "height": 740}
CHANGED = re.compile(r"\bchanged\b")


def section(window, name):
    return window.page.get_by_role("region", name=name)


async def refused(parrot, path, **query):
    """Ask for something without a token or with a wrong one, which is shown like any other request."""
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(parrot.url + path, params=query)).status_code >= 400


# --- calendar and organisers


async def test_calendar_is_in_order_of_days_and_times(browser, parrot):
    add = {"name": "Far away", "host": 23, "guests": [17], "tz": "Europe/Riga"}
    parrot.portal.add_meeting(701, start="2099-11-26T09:00:00", **add)
    parrot.portal.add_meeting(702, start="2099-11-25T22:00:00", **add)
    parrot.portal.add_meeting(703, start="2099-11-25T08:00:00", **add)
    parrot.portal.add_meeting(704, start="2099-11-25T00:00:00", all_day=True, **add)
    parrot.portal.add_meeting(705, start="2099-11-24T12:00:00", **add)
    async with chat_page(browser) as window:
        await window.page.goto(parrot.url)
        calendar = section(window, "Calendar")
        far = calendar.locator("[data-meeting]", has_text="Far away")
        await expect(far).to_have_count(5)

        assert await far.evaluate_all("all => all.map(entry => entry.dataset.meeting)") == "705 704 703 702 701".split()
        days = await calendar.get_by_role("heading", level=3).all_inner_texts()
        assert [day.partition(", ")[2] for day in days[-3:]] == ["November 24", "November 25", "November 26"]


async def test_meeting_that_is_over_leaves_the_calendar(window, parrot):
    await expect(window.meeting(655)).to_be_visible()
    for _ in range(2):
        await window.press("+1 day", "advance")

    await expect(window.meeting(655)).to_have_count(0)
    await expect(window.meeting(667)).to_be_visible()


async def test_changed_answer_is_highlighted_and_no_other(window, parrot):
    marked = window.page.locator("[data-meeting].changed")
    await expect(window.meeting(651)).to_have_attribute("data-answer", "Q")
    await expect(marked).to_have_count(0)

    await parrot.answer(651, "Y")
    await parrot.say("done")

    await expect(window.meeting(651)).to_have_class(CHANGED)
    await expect(marked).to_have_count(1)


async def test_organiser_sees_the_answers_of_guests_change(window, parrot):
    await window.be(JURIS)
    await expect(window.meeting(651)).to_contain_text(f"{MIRA} has not answered")

    await parrot.answer(651, "N")

    await expect(window.meeting(651)).to_contain_text(f"{MIRA} is not going")
    await expect(window.meeting(651)).to_have_class(CHANGED)
    await expect(window.meeting(651)).to_have_attribute("data-answer", "H")


async def test_newest_notice_stands_on_top(window, parrot):
    await parrot.answer(651, "Y")
    await parrot.answer(655, "N")

    told = section(window, "Organisers were told").get_by_role("listitem")
    await expect(told).to_have_count(2)
    await expect(told.first).to_contain_text("Budget review")
    await expect(told.first).to_contain_text("not going")
    await expect(told.last).to_contain_text("Weekly sync")


# --- requests and the quota


async def test_newest_request_stands_on_top_with_what_came_of_it(window, parrot):
    await parrot.call("server.time", user_id=17)
    await parrot.call("batch", cmd={"a": "profile", "b": "no.such.method"})
    await refused(parrot, "oauth/token/", grant_type="refresh_token", client_id=parrot.app.client_id)
    await refused(parrot, "rest/user.current")

    shown = window.page.locator("#calls > [data-method]")
    await expect(shown.first).to_have_attribute("data-method", "user.current")
    methods = await shown.evaluate_all("all => all.map(request => request.dataset.method)")
    assert methods[:4] == ["user.current", "oauth.token", "batch", "server.time"]
    await expect(shown.first).to_contain_text("NO_AUTH_FOUND")
    await expect(shown.nth(1)).to_contain_text("renews a token")
    await expect(shown.nth(1)).to_contain_text("invalid_request")
    await expect(shown.nth(2).locator("[data-method]")).to_contain_text(["profile", "ERROR_METHOD_NOT_FOUND"])
    await expect(shown.nth(3)).to_contain_text(f"as {MIRA}")


async def test_gauge_rises_with_requests_and_sinks_with_time(browser, parrot):
    parrot.portal.rest.bucket = Bucket(burst=10, rate=0.1)
    async with chat_page(browser, reduced_motion="reduce") as window:
        await window.page.clock.install()
        await window.page.goto(parrot.url)
        gauge, filled = window.page.get_by_role("meter"), window.page.locator("#gauge-level")
        await expect(gauge).to_have_attribute("aria-valuenow", "0")
        for _ in range(8):
            await parrot.call("server.time")
        await expect(gauge).to_have_attribute("aria-valuenow", "8")
        await expect(section(window, "Requests")).to_contain_text("8 of 10")
        full = await filled.bounding_box()

        await window.page.clock.fast_forward(15_000)  # of which the portal hears nothing, nor tells anything

        await expect(gauge).to_have_attribute("aria-valuenow", "7")
        await expect(section(window, "Requests")).to_contain_text("7 of 10")
        assert 0 < (await filled.bounding_box())["width"] < full["width"]


# --- commands, presence, choices


async def test_commands_are_counted_and_chosen_by_mouse(window, parrot):
    for name, params in (("accept", "number of the meeting"), ("agenda", "")):
        fields = {"command": name, "title": {"en": name.title()}, "params": {"en": params}}
        await parrot.call("imbot.v2.Command.register", fields=fields)
    options = window.page.get_by_role("option")
    await window.box.press_sequentially("/")
    await expect(options).to_have_text([re.compile("^/accept"), re.compile("^/agenda"), re.compile("^/go")])
    await expect(window.page.get_by_text("3 commands")).to_be_attached()
    await window.box.press_sequentially("a")
    await expect(options).to_have_count(2)
    await expect(window.page.get_by_text("2 commands")).to_be_attached()
    await window.box.press("ArrowUp")
    await expect(window.page.get_by_role("option", selected=True)).to_contain_text("/agenda")

    await options.first.click()

    await expect(window.box).to_have_value("/accept ")
    await expect(window.box).to_be_focused()
    await expect(options).to_have_count(0)


async def test_escape_closes_the_commands_and_keeps_the_text(window):
    await window.box.press_sequentially("/g")
    await expect(window.page.get_by_role("option")).to_have_count(1)
    await window.box.press("Escape")

    await expect(window.page.get_by_role("option")).to_have_count(0)
    await expect(window.box).to_have_value("/g")


async def test_presence_is_set_by_hand(window, parrot):
    by_hand = window.page.get_by_role("group", name="by hand")
    await by_hand.get_by_role("button", name="Away").click()

    await expect(by_hand.get_by_role("button", pressed=True)).to_have_text("Away")
    await expect(window.person(MIRA)).to_contain_text("Away, seen as online")
    assert parrot.portal.presence.get(17) == "away"


async def test_theme_is_remembered_until_it_is_the_systems_again(window):
    page, switch, dark = window.page, window.button("Dark theme"), {"name": "Dark theme", "pressed": True}
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    await switch.click()
    await expect(page.get_by_role("button", **dark)).to_be_visible()
    await page.reload()

    await expect(page.get_by_role("button", **dark)).to_be_visible()
    await expect(page.locator("body")).not_to_have_css("background-color", ground)

    await switch.click()
    await expect(page.locator("body")).to_have_css("background-color", ground)
    await page.emulate_media(color_scheme="dark")

    await expect(page.get_by_role("button", **dark)).to_be_visible()


async def test_later_of_two_quick_changes_of_language_counts(window):
    for first, last, code, send in (("Русский", "English", "en", "Send"), ("English", "Русский", "ru", "Отправить")):
        await window.button(first).click()
        await window.button(last).click()

        await expect(window.page.locator("html")).to_have_attribute("lang", code)
        await expect(window.button(send)).to_be_visible()
        await expect(window.button(last)).to_have_attribute("aria-pressed", "true")
        await expect(window.button(first)).to_have_attribute("aria-pressed", "false")


async def test_tabs_of_a_narrow_page_tell_what_is_new(browser, parrot):
    async with chat_page(browser, viewport=NARROW) as window:
        await window.page.goto(parrot.url)
        await expect(window.box).to_be_enabled()
        marked = window.page.locator('[role="tab"][aria-description="something new"]')
        await expect(marked).to_have_count(0)

        await parrot.answer(651, "Y")

        await expect(marked).to_have_text(["Calendar", "Requests"])
        await window.page.get_by_role("tab", name="Calendar").click()
        await expect(marked).to_have_text(["Requests"])

        await parrot.answer(651, "N")
        await parrot.say("done")

        await expect(marked).to_have_text(["Chat", "Requests"])


# --- trouble


async def test_text_that_does_not_arrive_stays_and_the_reason_is_told(browser, parrot):
    async with chat_page(browser, excused=UNANSWERED) as window:
        await window.page.goto(parrot.url)
        await window.page.route("**/emulator/say", lambda route: route.abort())
        await window.box.fill("accept 651")
        await window.box.press("Enter")
        told = window.page.locator("#composer").get_by_role("alert")
        await expect(told).to_contain_text("Not sent")
        await expect(window.box).to_have_value("accept 651")

        refusal = {"status": 400, "json": {"error": "the chat is closed"}}
        await window.page.route("**/emulator/say", lambda route: route.fulfill(**refusal))
        await window.box.press("Enter")
        await expect(told).to_contain_text("the chat is closed")
        await expect(window.box).to_have_value("accept 651")

        await window.page.unroute("**/emulator/say")
        await window.box.press("Enter")

        await expect(window.bubbles).to_contain_text("accept 651")
        await expect(window.box).to_have_value("")
        await expect(told).to_be_hidden()
        assert await parrot.heard() == ["accept 651"]


async def test_slow_portal_keeps_one_waiting_and_nobody_else(page, demo):
    await expect(page.page.get_by_text("clock of its own")).to_be_hidden()
    await page.button("Slow portal").click()
    await expect(page.page.get_by_role("button", name="Slow portal", pressed=True)).to_be_visible()
    await page.box.fill("accept 651")
    await page.box.press("Enter")
    await expect(page.page.get_by_role("button", name="Slow portal", pressed=False)).to_be_visible()

    await demo.act("say", user_id=31, text="принять 655")

    await expect(section(page, "Organisers were told")).to_contain_text(OLGA)
    await expect(page.log.get_by_text("The bot is answering")).to_have_count(1)
    await expect(page.meeting(651)).to_have_attribute("data-answer", "Q")
    await expect(page.bubbles.last).to_contain_text("You are going: meeting 651")
    await expect(page.log.get_by_text("The bot is answering")).to_have_count(0)


async def test_page_forgets_what_another_portal_knew(browser):
    async with chat_page(browser, excused=UNANSWERED) as page:
        async with started_demo() as demo:
            await page.open(demo.url)
            await demo.act("add_meeting", meeting_id=699, name="Tea", host=23, guests=[17], start="2099-11-25T10:00:00")
            await page.say("accept 651")
            await expect(page.meeting(699)).to_be_visible()
        port = demo.url.rstrip("/").rpartition(":")[2]
        async with started_demo(sys.executable, "-m", "bot", "emulator", "--port", port, "--cronofy-port", "0"):
            await expect(page.meeting(651)).to_have_attribute("data-answer", "Q")

            await expect(page.meeting(699)).to_have_count(0)
            await expect(page.page.locator("[data-meeting].changed")).to_have_count(0)
            await expect(page.bubbles).to_have_count(0)
            await expect(page.box).to_be_disabled()
            await expect(section(page, "Organisers were told").get_by_role("listitem")).to_have_count(0)
            await expect(section(page, "Requests").get_by_role("listitem")).to_have_count(0)
            await expect(page.page.get_by_text("clock of its own")).to_be_visible()
