"""The second calendar of the chat page: what lies outside Bitrix24, from connecting Cronofy on."""

import re
from urllib.parse import quote

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.browser.chat_page import JURIS, OLGA, UNANSWERED, ChatPage, chat_page

MIRA_ID = 17
NARROW = {"width": 360, "height": 740}
OFFICE = "mira@office.example"
ELSEWHERE = "https://bot.example.org/cronofy"
CHANGED = re.compile(r"\bchanged\b")


def outside(page: ChatPage):
    return page.page.get_by_role("region", name=re.compile("Outside Bitrix24|Вне Битрикс24"))


def event(page: ChatPage, title: str):
    return outside(page).locator("[data-external]", has_text=title)


async def uid(demo, title: str) -> str:
    """Return the id of the first of Mira's events with this title."""
    (mira,) = (await demo.state("cronofy/state", user_id=MIRA_ID))["accounts"]
    events = (event for place in mira["calendars"] for event in place["events"])
    return next(event["event_uid"] for event in events if event["summary"] == title)


async def calendar(demo, name: str) -> dict:
    """Return what the emulator tells of one of Mira's calendars."""
    (mira,) = (await demo.state("cronofy/state", user_id=MIRA_ID))["accounts"]
    return next(one for one in mira["calendars"] if one["calendar_name"] == name)


async def answer(demo, event_uid: str, status: str) -> None:
    """Let another application answer for Mira, which Cronofy takes as it would the bot's answer."""
    state = await demo.state("cronofy/state", user_id=MIRA_ID)
    calendars = state["accounts"][0]["calendars"]
    place = next(one for one in calendars if event_uid in {event["event_uid"] for event in one["events"]})
    own = {**await demo.act("cronofy/create_app", redirect_uri=ELSEWHERE), "redirect_uri": ELSEWHERE}
    asked = {
        **own,
        "response_type": "code",
        "scope": "read_events change_participation_status",
        "avoid_linking": "true",
    }
    async with httpx.AsyncClient(base_url=state["options"]["api_origin"], trust_env=False) as http:
        back = await http.get("/oauth/authorize", params={**asked, "login": OFFICE, "answer": "agree"})
        code = httpx.URL(back.headers["Location"]).params["code"]
        tokens = await http.post("/oauth/token", json={**own, "grant_type": "authorization_code", "code": code})
        path = f"/v1/calendars/{quote(place['calendar_id'], safe='')}/events/{event_uid}/participation_status"
        headers = {"Authorization": f"Bearer {tokens.json()['access_token']}"}
        assert (await http.post(path, json={"status": status}, headers=headers)).status_code == 202


async def connect(page: ChatPage, words: str, login: str, agree: str = "Agree") -> None:
    """Write to the bot, follow its link, choose a login at Cronofy, and agree."""
    told = await page.say(words)
    async with page.page.context.expect_page() as opening:
        await told.get_by_role("link").click()
    opened = await opening.value
    await opened.get_by_role("link", name=login).click()
    await opened.get_by_role("link", name=agree, exact=True).click()
    await expect(opened).to_have_url(re.compile("/cronofy"))
    await expect(opened.get_by_role("heading")).to_be_visible()
    await opened.close()


# --- the way there and back


async def test_calendars_are_connected_from_the_chat_and_disconnected_there(page):
    await expect(outside(page)).to_contain_text("The bot does not see these calendars")

    await connect(page, "connect cronofy", OFFICE)

    await expect(page.bubbles.last).to_contain_text("are connected")
    await expect(page.bubbles.last).to_contain_text(OFFICE)
    await expect(outside(page)).to_contain_text("The bot sees these calendars through Cronofy")
    await expect(page.requests("cronofy.oauth.token")).to_contain_text("gets or renews a token")
    await expect(page.requests("cronofy.userinfo").first).to_contain_text("as Mira Testova")

    await page.say("disconnect cronofy")

    await expect(outside(page)).to_contain_text("The bot does not see these calendars")
    await expect(page.requests("cronofy.oauth.revoke")).to_have_count(1)


async def test_calendars_are_connected_in_russian(browser, demo):
    async with chat_page(browser, locale="ru-RU") as page:
        await page.open(demo.url, OLGA)
        await expect(outside(page)).to_contain_text("Бот не видит эти календари")
        await expect(event(page, "Встреча по поставкам")).to_contain_text("Нет ответа")

        await connect(page, "подключить cronofy", "olga@acme.example")

        await expect(page.bubbles.last).to_contain_text("подключены")
        await expect(outside(page)).to_contain_text("Бот видит эти календари через Cronofy")
        await expect(page.requests("cronofy.oauth.token")).to_contain_text("получает или обновляет токен")


async def test_who_refuses_at_cronofy_stays_apart(page):
    await connect(page, "connect cronofy", OFFICE, "Refuse")

    await expect(outside(page)).to_contain_text("The bot does not see these calendars")


async def test_words_that_connect_are_put_into_the_box(page):
    await page.button("Write “connect cronofy”").click()

    await expect(page.box).to_have_value("connect cronofy")
    await expect(page.box).to_be_focused()


# --- what is shown


async def test_events_are_shown_with_calendar_and_answer(page):
    await expect(outside(page)).to_contain_text("Office 365")
    await expect(outside(page)).to_contain_text("Public holidays (read only)")
    await expect(event(page, "Contract talk")).to_contain_text("Calendar (Office 365)")
    await expect(event(page, "Contract talk")).to_contain_text("by Nora Muster")
    await expect(event(page, "Contract talk")).to_contain_text("11:00")
    await expect(event(page, "Contract talk")).to_contain_text("Not answered")
    await expect(event(page, "Newsletter webinar")).to_contain_text("no answer from here")
    await expect(event(page, "Trade fair")).to_contain_text("All day")
    await expect(event(page, "Dentist")).to_contain_text("Going")
    await expect(event(page, "Day off")).to_contain_text("Answer unknown")


async def test_titles_of_others_stay_inert(page, demo):
    hostile = "[send=accept 651]Click[/send] <img src=x onerror=alert(1)>"
    office = await calendar(demo, "Calendar")
    await demo.act("cronofy/add_event", calendar=office["calendar_id"], title=hostile, start="2099-11-25T10:00:00")
    shown = event(page, "onerror")

    await expect(shown).to_contain_text("<img src=x onerror=alert(1)>")
    assert await shown.locator("img, a, button").count() == 0


@pytest.mark.parametrize(
    ("status", "words"), [("accepted", "Going"), ("tentative", "Maybe going"), ("declined", "Not going")]
)
async def test_answer_elsewhere_is_highlighted_and_no_other(page, demo, status, words):
    marked = outside(page).locator(".changed")
    await expect(event(page, "Supplier call")).to_have_attribute("data-answer", "needs_action")
    await expect(marked).to_have_count(0)

    await demo.act("cronofy/answer_elsewhere", event_uid=await uid(demo, "Supplier call"), answer=status)

    await expect(event(page, "Supplier call")).to_have_class(CHANGED)
    await expect(event(page, "Supplier call")).to_have_attribute("data-answer", status)
    await expect(event(page, "Supplier call")).to_contain_text(words)
    await expect(marked).to_have_count(1)


async def test_answer_is_on_its_way_until_it_is_carried_out(page, demo):
    await demo.act("cronofy/options", answer_delay_s=3600)
    number = await uid(demo, "Contract talk")
    await answer(demo, number, "declined")

    await expect(event(page, "Contract talk")).to_contain_text("On its way: Not going")
    await expect(event(page, "Contract talk")).to_have_attribute("data-answer", "needs_action")

    await page.press("+1 h", "advance")

    await expect(event(page, "Contract talk")).not_to_contain_text("On its way")
    await expect(event(page, "Contract talk")).to_have_attribute("data-answer", "declined")
    await expect(event(page, "Contract talk")).to_contain_text("Removed from the calendar")


async def test_event_that_the_organiser_cancels_or_moves_shows_it(page, demo):
    call, talk = await uid(demo, "Supplier call"), await uid(demo, "Contract talk")
    await demo.act("cronofy/cancel_event", event_uid=call, kept=True)
    await demo.act("cronofy/move_event", event_uid=talk, start="2099-11-25T13:30:00")

    await expect(event(page, "Supplier call")).to_contain_text("Cancelled by the organiser")
    await expect(event(page, "Contract talk")).to_contain_text("13:30")
    await expect(outside(page).get_by_role("heading", level=3).last).to_contain_text("November 25")


async def test_login_that_lets_nobody_in_can_be_connected_again(page, demo):
    await demo.act("cronofy/disconnect", profile=OFFICE)
    await expect(outside(page)).to_contain_text("Does not let Cronofy in")
    async with page.page.context.expect_page() as opening:
        await outside(page).get_by_role("link", name="Connect again").click()
    opened = await opening.value
    await opened.get_by_role("link").click()
    await expect(opened.get_by_text("is connected")).to_be_visible()

    await expect(outside(page)).not_to_contain_text("Does not let Cronofy in")


async def test_person_without_calendars_outside_is_told_so(page):
    await page.be(JURIS)

    await expect(outside(page)).to_contain_text("No calendars outside Bitrix24")
    await expect(outside(page).locator("[data-external]")).to_have_count(0)
    await expect(page.page.get_by_label("Which calendar")).to_be_hidden()


async def test_page_without_cronofy_has_nothing_of_it(window):
    await expect(window.meeting(651)).to_be_visible()

    await expect(outside(window)).to_be_hidden()
    await expect(window.page.get_by_label("Which calendar")).to_be_hidden()
    await expect(window.page.locator("text=Cronofy >> visible=true")).to_have_count(0)


# --- what if


async def test_invitation_appears_in_the_chosen_calendar(page, demo):
    await page.page.get_by_label("Title").fill("Tea with the auditors")
    await page.page.get_by_label("Which calendar").select_option(label="Calendar (Office 365)")
    await page.button("Invite me").click()

    invited = event(page, "Tea with the auditors")
    await expect(invited).to_contain_text("Calendar (Office 365)")
    await expect(invited).to_have_attribute("data-answer", "needs_action")
    await expect(page.page.locator("[data-meeting]", has_text="Tea with the auditors")).to_have_count(0)
    made = (await calendar(demo, "Calendar"))["events"][-1]
    assert made["organizer"]["email"].endswith("@acme.example")


async def test_calendar_that_is_read_only_cannot_be_chosen(page):
    choices = page.page.get_by_label("Which calendar").get_by_role("option")

    await expect(choices).to_have_text(["Bitrix24", "Calendar (Office 365)", "Mira (Google)"])


@pytest.mark.parametrize(
    ("fault", "outcome"), [("Refused token", "401"), ("Too many requests", "429"), ("Slow Cronofy", "ok")]
)
async def test_fault_meets_a_request_to_cronofy(page, fault, outcome):
    await connect(page, "connect cronofy", OFFICE)
    await expect(page.bubbles.last).to_contain_text(OFFICE)
    before = await page.requests("cronofy.userinfo").count()
    await page.button(fault).click()
    await expect(page.page.get_by_text(f"next request to Cronofy: {fault}")).to_be_visible()
    await expect(page.page.get_by_role("button", name="Slow portal", pressed=False)).to_be_visible()

    await page.say("connect cronofy")

    await expect(page.page.get_by_role("button", name=fault, pressed=False)).to_be_visible()
    asked = page.requests("cronofy.userinfo")
    assert await asked.count() > before
    await expect(asked.nth(await asked.count() - before - 1)).to_contain_text(outcome)


async def test_fault_of_cronofy_is_called_off_alone(page):
    await page.button("Slow portal").click()
    await page.button("Refused token").click()
    armed = page.page.get_by_text("next request to Cronofy: Refused token")
    await armed.get_by_role("button", name="Call off").press("Enter")

    await expect(armed).to_be_hidden()
    await expect(page.button("Refused token")).to_be_focused()
    await expect(page.page.get_by_role("button", name="Slow portal", pressed=True)).to_be_visible()


async def test_reason_of_a_refusal_stands_by_the_fault(browser, demo):
    async with chat_page(browser, excused=UNANSWERED) as page:
        await page.open(demo.url)
        await page.page.route("**/emulator/cronofy/fault", lambda route: route.abort())
        await page.button("Slow Cronofy").click()

        await expect(page.page.locator("#cronofy-fault-trouble")).to_contain_text("Not sent")


# --- narrow, for everybody


async def test_narrow_page_shows_both_calendars_in_one_scroll(browser, demo):
    async with chat_page(browser, viewport=NARROW, has_touch=True, is_mobile=True) as page:
        await page.page.goto(demo.url)
        await expect(page.bubbles.first).to_be_visible()
        await demo.act("cronofy/answer_elsewhere", event_uid=await uid(demo, "Supplier call"), answer="accepted")
        tab = page.page.get_by_role("tab", name="Calendar")
        await expect(tab).to_have_attribute("aria-description", "something new")
        await tab.click()
        await event(page, "Trade fair").scroll_into_view_if_needed()

        await expect(event(page, "Trade fair")).to_be_in_viewport(ratio=1)
        assert await page.page.evaluate("document.scrollingElement.scrollWidth") <= NARROW["width"]


@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_second_calendar_has_no_barriers(browser, demo, scheme, viewport):
    """As far as axe finds them, with an event of each kind."""
    await demo.act("cronofy/options", answer_delay_s=3600)
    async with chat_page(browser, color_scheme=scheme, viewport=viewport, reduced_motion="reduce") as page:
        await page.page.goto(demo.url)
        await expect(page.bubbles.first).to_be_visible()
        await answer(demo, await uid(demo, "Trade fair"), "tentative")
        talk, call = await uid(demo, "Contract talk"), await uid(demo, "Supplier call")
        await demo.act("cronofy/answer_elsewhere", event_uid=talk, answer="declined")
        await demo.act("cronofy/answer_elsewhere", event_uid=call, answer="tentative")
        await demo.act("cronofy/disconnect", profile=OFFICE)
        await demo.act("cronofy/fault", kind="cut", pattern="events")
        if viewport is NARROW:
            await page.page.get_by_role("tab", name="Calendar").click()
        await expect(event(page, "Trade fair")).to_contain_text("On its way")
        await expect(event(page, "Contract talk")).to_contain_text("Removed")
        found = await Axe().run(page.page)

        assert found.violations_count == 0, found.generate_report()
