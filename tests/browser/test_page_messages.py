"""Messages of a bot on the chat page: their buttons, their markup, and the wait for them."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.chat_page import JURIS, UNANSWERED, chat_page

LEFT = {"TEXT": "Left", "COMMAND": "go", "COMMAND_PARAMS": "left"}
RIGHT = {"TEXT": "Right", "COMMAND": "go", "COMMAND_PARAMS": "right"}
COPYING = {"permissions": ["clipboard-read", "clipboard-write"]}
RULE = "-" * 54


# --- buttons


async def test_pressed_button_is_busy_until_its_message_changes(window, parrot):
    asked = await parrot.say("Which way?", LEFT, RIGHT)
    await window.press("Left", "press")
    left = window.button("Left")
    await expect(left).to_have_attribute("aria-busy", "true")
    await expect(left).to_be_disabled()
    await expect(window.button("Right")).to_be_enabled()
    await left.dispatch_event("click")
    await window.press("Right", "press")

    assert await parrot.pressed() == ["left", "right"]

    await parrot.rewrite(asked, "Which way now?", LEFT)

    await expect(window.bubbles).to_contain_text("edited")
    await expect(left).to_be_enabled()
    await expect(left).not_to_have_attribute("aria-busy", "true")


async def test_pressed_button_is_free_again_after_another_answer(window, parrot):
    await parrot.say("Which way?", LEFT)
    await window.press("Left", "press")
    await expect(window.button("Left")).to_be_disabled()

    await parrot.say("You cannot go there.")

    await expect(window.button("Left")).to_be_enabled()


async def test_button_for_one_press_stays_off_until_its_message_changes(window, parrot):
    once = LEFT | {"BLOCK": "Y"}
    asked = await parrot.say("Which way?", once)
    await window.press("Left", "press")

    await parrot.say("You cannot go there.")

    await expect(window.button("Left")).not_to_have_attribute("aria-busy", "true")
    await expect(window.button("Left")).to_be_disabled()

    await parrot.rewrite(asked, "Which way now?", once)

    await expect(window.button("Left")).to_be_enabled()


async def test_buttons_stand_in_rows_and_in_their_colours(window, parrot):
    beside = {"DISPLAY": "LINE"}
    await parrot.say(
        "Rows",
        LEFT | beside | {"BG_COLOR": "#ffffff"},
        RIGHT | beside | {"BG_COLOR": "#000000"},
        {"TYPE": "NEWLINE"},
        LEFT | beside | {"TEXT": "Off", "DISABLED": "Y"},
        LEFT | {"TEXT": "Alone"},
    )
    await expect(window.button("Off")).to_be_disabled()
    keys = window.bubbles.get_by_role("button")
    left, right, off, alone = await keys.evaluate_all("keys => keys.map(key => key.getBoundingClientRect().top)")

    assert left == right < off < alone

    await expect(window.button("Left")).to_have_css("color", "rgb(17, 17, 17)")
    await expect(window.button("Right")).to_have_css("color", "rgb(255, 255, 255)")


async def test_buttons_of_the_messenger_fill_the_box_and_speak(window, parrot):
    await parrot.say(
        "Words", {"TEXT": "Fill", "ACTION": "PUT", "ACTION_VALUE": "accept "},
        {"TEXT": "Speak", "ACTION": "SEND", "ACTION_VALUE": "good morning"},
    )  # fmt: skip
    await window.press("Fill", "press")
    await expect(window.box).to_have_value("accept ")
    await expect(window.box).to_be_focused()
    assert await parrot.heard() == []

    await window.press("Speak", "press")

    await expect(window.bubbles.last).to_contain_text("good morning")
    await expect(window.button("Speak")).to_be_enabled()
    assert await parrot.heard() == ["good morning"]


async def test_buttons_of_the_messenger_copy_and_tell_what_it_would_do(browser, parrot):
    async with chat_page(browser, **COPYING) as window:
        await window.page.goto(parrot.url)
        await parrot.say(
            "Deeds", {"TEXT": "Copy", "ACTION": "COPY", "ACTION_VALUE": "meeting 651"},
            {"TEXT": "Ring", "ACTION": "CALL", "ACTION_VALUE": "+371 20000000"},
        )  # fmt: skip
        await window.press("Copy", "press")
        await expect(window.bubbles).to_contain_text("Copied")

        assert await window.page.evaluate("navigator.clipboard.readText()") == "meeting 651"

        await window.press("Ring", "press")
        await expect(window.bubbles).to_contain_text("would now call +371 20000000")


async def test_press_that_fails_is_told_beside_the_button(browser, parrot):
    async with chat_page(browser, excused=UNANSWERED) as window:
        await window.page.goto(parrot.url)
        await parrot.say("Which way?", LEFT)
        await window.page.route("**/emulator/press", lambda route: route.abort())
        await window.button("Left").click()
        await expect(window.bubbles).to_contain_text("the portal does not answer")
        await expect(window.button("Left")).to_be_enabled()

        refusal = {"status": 400, "json": {"error": "no such button"}}
        await window.page.route("**/emulator/press", lambda route: route.fulfill(**refusal))
        await window.button("Left").click()

        await expect(window.bubbles).to_contain_text("no such button")
        await expect(window.bubbles).not_to_contain_text("the portal does not answer")
        await expect(window.button("Left")).to_be_enabled()


# --- the wait


async def test_wait_for_the_bot_is_shown_until_it_answers(window, parrot):
    waiting = window.log.get_by_text("The bot is answering")
    await window.box.fill("hello")
    await window.box.press("Enter")
    await expect(waiting).to_have_count(1)
    await expect(window.bubbles).to_have_count(1)

    await parrot.say("hello")

    await expect(waiting).to_have_count(0)
    await expect(window.bubbles).to_have_count(2)


async def test_reader_of_old_messages_is_told_of_new_ones(window, parrot):
    await parrot.say("first\n" * 100)
    await parrot.say("last of the long ones")
    await expect(window.bubbles.last).to_be_in_viewport()
    await window.log.evaluate("log => log.scrollTop = 0")
    await expect(window.bubbles.last).not_to_be_in_viewport()

    await parrot.say("new")

    await expect(window.bubbles.last).not_to_be_in_viewport()
    await window.button("Newest messages").click()
    await expect(window.bubbles.last).to_be_in_viewport()
    await expect(window.button("Newest messages")).to_be_hidden()


async def test_deleted_message_goes(window, parrot):
    number = await parrot.say("wrong")
    await parrot.say("right")
    await expect(window.bubbles).to_have_count(2)

    await parrot.call("imbot.v2.Chat.Message.delete", messageId=number)

    await expect(window.bubbles).to_have_count(1)
    await expect(window.bubbles).to_contain_text("right")


# --- markup


@pytest.fixture
def shown(window, parrot):
    """Show a text of the bot and return where its words stand."""

    async def show(text):
        return window.log.locator(f'[data-message="{await parrot.say(text)}"] .bubble')

    return show


async def test_styles_nest_and_what_is_not_closed_is_text(shown):
    bubble = await shown("[b]bold [i]both[/b] flat[/i] [s]gone[/s] [b]open [/u]stray [x]unknown[/x]")

    await expect(bubble).to_have_text("bold both flat[/i] gone [b]open [/u]stray [x]unknown[/x]")
    await expect(bubble.locator("strong")).to_have_text("bold both")
    await expect(bubble.locator("strong em")).to_have_text("both")
    await expect(bubble.locator("s")).to_have_text("gone")


async def test_endless_nesting_stays_shallow(shown):
    bubble = await shown("[b]" * 300 + "deep" + "[/b]" * 300 + " flat")

    await expect(bubble).to_have_text("deep flat")
    assert 1 < await bubble.locator("strong").count() < 30
    await expect(bubble.locator("strong").first).to_have_text("deep")


async def test_code_lines_and_quotes_are_kept(shown):
    bubble = await shown(
        f"[code][b]x[/b] https://example.org[/code][br]below\n>>quoted\n>>twice\nafter\n{RULE}\nMira\n{RULE}\nend"
    )

    await expect(bubble.locator("code")).to_have_text("[b]x[/b] https://example.org")
    await expect(bubble.locator("code *, br + br")).to_have_count(0)
    await expect(bubble.locator("blockquote")).to_have_text(["quoted\ntwice", "Mira"])
    assert await bubble.inner_text() == "[b]x[/b] https://example.org\nbelow\nquoted\ntwice\nafter\nMira\nend"


async def test_names_sizes_and_colours_are_shown(shown):
    bubble = await shown("[user=23][/user] and [user=17]Mira[/user] [size=400]big[/size] [color=#ff0000]red[/color]")

    await expect(bubble).to_have_text(f"{JURIS} and Mira big red")
    await expect(bubble.get_by_text("red")).to_have_css("color", "rgb(255, 0, 0)")
    await expect(bubble.get_by_text("big")).to_have_css("font-size", "28px")


async def test_links_lead_to_pages_only(shown):
    bubble = await shown(
        "[url=https://example.org/a]A[/url] [url]https://example.org/b[/url] (see https://example.org/c). "
        "[url=/online/]here[/url] [url=//evil.example/]two[/url] [url=/\\evil.example/]back[/url] [url=data:text/html,x]data[/url]"
    )
    links = bubble.get_by_role("link")
    await expect(links).to_have_text(["A", "https://example.org/b", "https://example.org/c", "here"])
    addresses = await links.evaluate_all("all => all.map(link => [link.getAttribute('href'), link.target, link.rel])")

    new_tab = ["_blank", "noopener noreferrer"]
    wanted = ["https://example.org/a", "https://example.org/b", "https://example.org/c", "/online/"]
    assert [[re.sub("^http://127.0.0.1:[0-9]+", "", address), *rest] for address, *rest in addresses] == [
        [address, *new_tab] for address in wanted
    ]


async def test_words_that_act_speak_and_fill_the_box(shown, window, parrot):
    """The portal counts each `[send]` of a text, also what is shown as code."""
    bubble = await shown(
        "[code][send=zero]0[/send][/code] [send=one]One[/send] [send]two[/send] [put=accept ]Fill[/put] [send=x]"
    )
    await bubble.get_by_role("button", name="Fill").click()
    await expect(window.box).to_have_value("accept ")
    await bubble.get_by_role("button", name="One").click()
    await expect(window.bubbles).to_have_count(2)
    await bubble.get_by_role("button", name="two").click()
    await expect(window.bubbles).to_have_count(3)

    assert await parrot.heard() == ["one", "two"]


async def test_monstrous_word_breaks_at_known_places(window, shown):
    """Chromium takes seconds to find places of its own."""
    bubble = await shown("x" * 15_000)

    await expect(bubble).to_have_text("x" * 15_000)
    await expect(bubble.locator("wbr")).not_to_have_count(0)
    assert await window.log.evaluate("log => log.scrollWidth <= log.clientWidth")
