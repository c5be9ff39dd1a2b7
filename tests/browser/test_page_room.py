"""The page with little room, for readers of all sorts, and without a bot."""

import json

import pytest
from playwright.async_api import expect

from tests.browser.chat_page import JURIS, MIRA, UNANSWERED, chat_page

MIRA_ID, JURIS_ID = 17, 23
# Counts what a screen reader may read aloud since then.
LISTEN = """() => {
  window.told = [];
  const observer = new MutationObserver(changes => window.told.push(...changes.map(({ target }) => target.id)));
  for (const place of document.querySelectorAll("[role=status], [role=alert], [role=log]")) {
    observer.observe(place, {childList: true, characterData: true, subtree: true});
  }
}"""
LEFT_OF_TEXT = """title => {
  const range = document.createRange();
  range.selectNodeContents(title);
  return range.getBoundingClientRect().left;
}"""


# --- room


@pytest.mark.parametrize(("width", "height"), [(740, 360), (667, 375), (360, 440), (720, 450), (320, 640)])
async def test_low_page_leaves_room_for_conversation_and_calendar(browser, demo, width, height):
    async with chat_page(browser, viewport={"width": width, "height": height}) as page:
        await page.page.goto(demo.url)
        await expect(page.bubbles).to_have_count(1)
        await page.say("status")
        room = await page.log.evaluate("log => log.clientHeight")
        await expect(page.bubbles.last.locator(".meta")).to_be_in_viewport(ratio=1)
        await page.page.get_by_role("tab", name="Calendar").click()

        assert room >= 150
        await expect(page.page.locator("[data-meeting]").first).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("locale", "width"), [("ru-RU", 1440), ("en-GB", 768)])
async def test_chat_opens_at_its_newest_message(browser, parrot, locale, width):
    """Suggestions that wrap come after the messages, and take room from them."""
    await parrot.say("first\n" * 100)
    await parrot.say("last")
    async with chat_page(browser, locale=locale, viewport={"width": width, "height": 900}) as window:
        await window.page.goto(parrot.url)
        newest = window.bubbles.last.locator(".meta")
        await expect(newest).to_be_in_viewport(ratio=1)
        for person, count in ((JURIS_ID, 0), (MIRA_ID, 2)):
            await window.page.evaluate("id => { location.hash = id }", person)
            await expect(window.bubbles).to_have_count(count)
        await expect(newest).to_be_in_viewport(ratio=1)
        await window.box.fill("hello")
        await window.box.press("Enter")
        await expect(window.bubbles).to_have_count(3)  # and one more suggestion

        await parrot.say("good morning")

        await expect(window.bubbles).to_have_count(4)
        await expect(newest).to_be_in_viewport(ratio=1)


# --- for everybody


async def test_nothing_is_read_aloud_again_when_nothing_of_it_changed(window, parrot):
    await window.page.evaluate(LISTEN)
    await parrot.call("server.time")
    await parrot.answer(651, "Y")
    await expect(window.meeting(651)).to_have_attribute("data-answer", "Y")

    assert await window.page.evaluate("window.told") == []


async def test_focus_stays_near_a_fault_that_was_called_off(page):
    await page.button("Slow portal").click()
    await page.button("Call off").press("Enter")

    await expect(page.button("Call off")).to_have_count(0)
    await expect(page.button("Slow portal")).to_be_focused()
    await expect(page.page.get_by_role("button", name="Slow portal", pressed=False)).to_be_visible()


async def test_trouble_of_one_person_is_not_shown_to_the_next(browser, parrot):
    async with chat_page(browser, excused=UNANSWERED) as window:
        await window.page.goto(parrot.url)
        await window.page.route("**/emulator/add_meeting", lambda route: route.abort())
        await window.button("Invite me").click()
        trouble = window.page.get_by_text("Not sent")
        await expect(trouble).to_be_visible()

        await window.be(JURIS)

        await expect(trouble).to_have_count(0)


async def test_title_from_right_to_left_stands_where_the_others_do(window, parrot):
    invited = {"host": JURIS_ID, "guests": [MIRA_ID], "start": "2099-11-25T10:00:00", "tz": "Europe/Riga"}
    for number, name in ((901, "Tea"), (902, "\u05e4\u05d2\u05d9\u05e9\u05d4 !")):
        parrot.portal.add_meeting(number, name=name, **invited)
    await parrot.say("look")
    await expect(window.meeting(902)).to_be_visible()
    titles = [window.meeting(number).locator(".entry-title") for number in (901, 902)]

    left, turned = [await title.evaluate(LEFT_OF_TEXT) for title in titles]
    assert abs(left - turned) < 1


@pytest.mark.parametrize(
    ("person", "advice"),
    [(MIRA, "accept 651"), ("Anna Admina", "No invitation waits"), ("Gita Guest", "employees only")],
)
async def test_first_steps_fit_the_person(page, person, advice):
    await page.be(person)

    await expect(page.page.get_by_role("group", name="A first minute")).to_contain_text(advice)


async def test_dismissed_person_can_do_nothing_and_is_told_so(window, parrot):
    parrot.portal.dismiss(MIRA_ID)
    await parrot.say("good bye")

    await expect(window.page.get_by_text(f"{MIRA} has left the company and can no longer")).to_be_visible()
    await expect(window.person(MIRA)).not_to_contain_text("online")
    await expect(window.box).to_be_disabled()
    for name in ("Send", "Invite me", "Slow portal"):
        await expect(window.button(name)).to_be_disabled()
    await expect(window.page.get_by_role("group", name="Suggestions").get_by_role("button")).to_have_count(0)

    await window.be(JURIS)

    await expect(window.box).to_be_enabled()


# --- no bot


@pytest.mark.parametrize(
    ("portal", "words"),
    [
        ({"shared_clock": True}, "is being installed"),
        ({"shared_clock": False}, "start yours with the settings"),
        ({"shared_clock": True, "removed": True}, "was removed from this portal"),
    ],
)
async def test_page_says_why_there_is_no_bot(browser, demo, portal, words):
    told = {"now": 0, "reset": True, "set": {"portal": {"bot": None, "removed": False, "windows": 1, **portal}}}
    stream = {"content_type": "text/event-stream", "body": f"data: {json.dumps(told)}\n\n"}
    async with chat_page(browser) as page:
        await page.page.route("**/emulator/live", lambda route: route.fulfill(**stream))
        await page.page.goto(demo.url)

        await expect(page.page.get_by_role("status").filter(has_text=words)).to_be_visible()
        await expect(page.page.locator(".spinner")).to_be_visible(visible=words == "is being installed")
        await expect(page.box).to_be_disabled()


async def test_own_bot_that_does_not_answer_is_asked_after(window, parrot):
    await window.box.fill("hello")
    await window.box.press("Enter")
    silent = window.log.get_by_text("The bot has not answered")
    await expect(window.log.get_by_text("The bot is answering")).to_have_count(1)
    await expect(silent).to_have_count(0)
    await window.press("+5 min", "advance")
    await expect(silent).to_be_in_viewport()

    await parrot.say("late, but here")

    await expect(silent).to_have_count(0)
