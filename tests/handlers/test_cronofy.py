"""The account at Cronofy: connected, shown, disconnected; and what is said when Cronofy does not do what was asked."""

from urllib.parse import parse_qsl

import pytest
from sqlalchemy import select

from bot.accounts import accounts
from bot.emulator.cronofy import faults
from bot.emulator.faults import cut, html_page
from bot.states import states
from tests.visitor import link_of, state_of

MEMBER = "1b" * 16
COMMANDS = ["connect cronofy", "disconnect cronofy", "подключить cronofy", "отключить cronofy"]
in_both_languages = pytest.mark.parametrize("language", ["en", "ru"])
CONNECT = {"en": "connect cronofy", "ru": "подключить cronofy"}
DISCONNECT = {"en": "disconnect cronofy", "ru": "отключить cronofy"}


@pytest.fixture
async def ask(make_ask, outside):
    return await make_ask(cronofy=outside)


@pytest.fixture
def linked(ask, outside, browser):
    """Return what connects somebody, and returns the account as it is stored."""

    async def connect(user_id=17, login="mira@example.org"):
        link = (await ask("connect cronofy", user_id=user_id)).message
        await browser.open(browser.agree_outside(outside, link, login))
        return await account(ask, user_id)

    return connect


async def account(ask, user_id=17):
    return await ask.core.store.accounts.find(MEMBER, user_id)


async def lose_key(ask, user_id=17):
    """Let no key open the account of a person any more."""
    mine = accounts.c.user_id == user_id
    await ask.core.database.write(lambda c: c.execute(accounts.update().where(mine).values(tokens="strange")))


async def links(ask):
    return await ask.core.database.read(lambda c: c.execute(select(states)).all())


async def in_group(ask, portal):
    portal.invite_bot(311, by=23)
    await ask.deliver()
    return f"[USER={next(iter(portal.bots.by_id))}]Status Bot[/USER] "


def permissions(outside):
    """Whose permissions stand at Cronofy."""
    return [known.account.email for known in outside.oauth.authorizations if not known.revoked]


# --- without settings


@pytest.mark.parametrize("chat", [None, 311])
@pytest.mark.parametrize("said", COMMANDS)
async def test_commands_say_that_nothing_is_set_up(make_ask, portal, said, chat):
    ask = await make_ask()
    mention = await in_group(ask, portal) if chat else ""
    reply = await ask(mention + said, **({"chat": chat} if chat else {}))

    assert ("are not set up here" in reply.text) or ("здесь не настроены" in reply.text)
    assert reply.buttons == []
    assert await links(ask) == []


# --- connect


@pytest.mark.parametrize(
    ("said", "words", "button"),
    [
        ("connect cronofy", "let me see your calendars outside Bitrix24", "Connect calendars"),
        ("Подключить Cronofy", "видеть ваши календари вне Битрикс24", "Подключить календари"),
    ],
)
async def test_connect_gives_a_link_of_the_data_centre(ask, outside, said, words, button):
    reply = await ask(said)
    (application,) = outside.directory.applications.values()
    address, _, query = link_of(reply.message).partition("?")

    assert words in reply.text
    assert reply.buttons == [button]
    assert address == "https://app.cronofy.com/oauth/authorize"
    assert dict(parse_qsl(query)) == {
        "response_type": "code",
        "client_id": application.client_id,
        "redirect_uri": "https://bot.example.com/cronofy",
        "scope": "read_events change_participation_status",
        "state": state_of(reply.message),
        "avoid_linking": "true",
    }


@pytest.mark.parametrize("center", ["uk", "de", "au", "ca", "sg"])
async def test_link_leads_to_the_chosen_data_centre(make_ask, outside, center):
    ask = await make_ask(cronofy=outside, cronofy_data_center=center)

    assert link_of((await ask("connect cronofy")).message).startswith(f"https://app-{center}.cronofy.com/oauth/")


async def test_link_is_bound_to_its_person_and_purpose_for_ten_minutes(ask, clock, tmp_path):
    secret = state_of((await ask("подключить cronofy")).message)
    (state,) = await links(ask)

    assert (state.user_id, state.purpose, state.language, state.used_at) == (17, "cronofy", "ru", None)
    assert state.expires_at == int(clock.now()) + 600
    assert not [file for file in tmp_path.glob("statusbot.db*") if secret.encode() in file.read_bytes()]


async def test_links_of_two_kinds_do_not_close_each_other(ask, outside, browser):
    bitrix24, cronofy = (await ask("connect")).message, (await ask("connect cronofy")).message
    pages = [
        await browser.open(browser.agree_outside(outside, cronofy)),
        await browser.open(browser.agree(bitrix24)),
    ]

    assert [page.status for page in pages] == [200, 200]


async def test_both_links_may_be_asked_for_at_once(ask):
    reply = await ask("connect\nconnect cronofy")

    assert reply.buttons == ["Connect", "Connect calendars"]


async def test_command_that_waits_does_not_ask_for_the_account_again(ask, portal, browser):
    reply = await ask("connect cronofy\naccept 651", auth="minimal")
    assert reply.buttons == ["Connect calendars", "Connect"]
    (bitrix24,) = [button for button in reply.message.keyboard if button.get("TEXT") == "Connect"]
    reply.message.keyboard = [bitrix24]
    await browser.connect(reply.message)

    assert portal.messages[-1].text.startswith("You are going: meeting 651")
    assert len([state for state in await links(ask) if state.purpose == "cronofy"]) == 1


@pytest.mark.parametrize(("language", "words"), [("en", "in a private chat"), ("ru", "в личном чате")])
async def test_connect_in_a_group_points_to_the_private_chat(ask, portal, linked, language, words):
    mention = await in_group(ask, portal)
    before = await ask(mention + CONNECT[language], chat=311)
    await linked()
    after = await ask(mention + CONNECT[language], chat=311)

    for reply in (before, after):
        assert words in reply.text
        assert (reply.buttons, "example.org" in reply.text) == ([], False)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            [
                "connected already; write “meetings” to see what is in them. Write “disconnect cronofy”",
                "Account: mira@example.org",
                "“Mira”, “Choir”",
            ],
        ),
        ("ru", ["уже подключены", "Учётная запись: mira@example.org", "«Mira», «Choir»", "«отключить cronofy»"]),
    ],
)
async def test_connected_account_is_shown_instead_of_a_link(ask, linked, language, said):
    await linked()
    before = await links(ask)
    reply = await ask(CONNECT[language])

    assert [words for words in said if words not in reply.text] == []
    assert "mira@office.example" in reply.text
    assert (reply.buttons, await links(ask)) == ([], before)


@pytest.mark.parametrize(
    ("language", "lost", "syncing", "button"),
    [
        ("en", "does not let Cronofy in", "is still being read", "Connect mira@office.example again"),
        ("ru", "сейчас Cronofy туда не пускают", "ещё читаются", "Подключить mira@office.example снова"),
    ],
)
async def test_login_in_trouble_is_named_with_its_link(ask, outside, linked, language, lost, syncing, button):
    await linked()
    google, office = outside.directory.accounts[(await account(ask)).sub].profiles
    google.initial_sync_required = True
    outside.disconnect(office)
    reply = await ask(CONNECT[language])

    assert f"mira@office.example{':' if language == 'ru' else ''} {lost}" in reply.text
    assert f"mira@example.org{':' if language == 'ru' else ''} " in reply.text
    assert syncing in reply.text
    assert reply.buttons == [button]
    assert link_of(reply.message) == f"https://app.cronofy.com/relink/{office.id}"


async def test_names_of_others_are_inert_and_few(ask, outside, linked):
    await linked()
    google, office = outside.directory.accounts[(await account(ask)).sub].profiles
    google.calendars[0].name = "[URL=https://evil.example]x[/URL]\nAccount: boss"
    for number in range(20):
        outside.add_calendar(office, f"Team {number}")
    office.calendars[0].deleted = True
    for number in range(9):
        outside.add_profile(outside.directory.owner(office), f"mira{number}@example.net")
    text = (await ask("connect cronofy")).text

    assert "[" not in text
    assert "://" not in text
    assert "“Team 5”, 14 more" in text
    assert "“Calendar”" not in text
    assert "• mira0@example.net: no calendars yet" in text
    assert text.endswith("• and 5 more logins")
    assert len(text) < 1_000


@in_both_languages
async def test_permission_that_was_taken_back_leads_to_a_link(ask, outside, browser, linked, language):
    former = await linked()
    outside.revoke(outside.directory.accounts[former.sub])
    first, second = await ask(CONNECT[language]), await ask(CONNECT[language])

    for reply in (first, second):
        assert {"en": "but it is gone", "ru": "больше не действует"}[language] in reply.text
        assert len(reply.buttons) == 1
    assert (await account(ask)).state == "broken"
    await browser.open(browser.agree_outside(outside, second.message))
    assert (await account(ask)).state == "working"


@in_both_languages
async def test_account_that_no_key_opens_leads_to_a_link(ask, outside, browser, linked, language):
    former = await linked()
    await lose_key(ask)
    reply = await ask(CONNECT[language])

    assert {"en": "but it is gone", "ru": "больше не действует"}[language] in reply.text
    assert len(reply.buttons) == 1
    await browser.open(browser.agree_outside(outside, reply.message))
    later = await account(ask)
    assert (later.state, later.push_key) == ("working", former.push_key)


@in_both_languages
async def test_permission_that_was_narrowed_leads_to_a_link(ask, outside, linked, language):
    await linked()
    for known in outside.oauth.authorizations:
        known.scopes = ("read_events",)
    reply = await ask(CONNECT[language])

    assert {"en": "does not include all that I need", "ru": "не хватает прав"}[language] in reply.text
    assert len(reply.buttons) == 1


async def test_expired_token_is_renewed_and_the_account_shown(ask, clock, linked):
    former = await linked()
    clock.advance(3601)

    assert "connected already" in (await ask("connect cronofy")).text
    assert (await account(ask)).access_token != former.access_token


# --- disconnect


@pytest.mark.parametrize(
    ("language", "forgotten", "nothing"),
    [
        ("en", "and forgotten it", "nothing to disconnect"),
        ("ru", "я отказался от разрешения", "отключать нечего"),
    ],
)
async def test_disconnect_revokes_and_forgets(ask, outside, linked, language, forgotten, nothing):
    await linked()
    await linked(23, "juris@example.org")
    first, second = await ask(DISCONNECT[language]), await ask(DISCONNECT[language])

    assert forgotten in first.text
    assert nothing in second.text
    assert await account(ask) is None
    assert await account(ask, 23) is not None
    assert permissions(outside) == ["juris@example.org"]


@pytest.mark.parametrize("trouble", [cut(), html_page(502), faults.refused(503), faults.oauth("invalid_client")])
@in_both_languages
async def test_disconnect_forgets_when_cronofy_does_not_take_it_back(ask, outside, linked, trouble, language):
    await linked()
    outside.faults.add("oauth.revoke", trouble, count=None)
    reply = await ask(DISCONNECT[language])

    assert {"en": "so it still stands there", "ru": "поэтому там оно ещё действует"}[language] in reply.text
    assert await account(ask) is None


async def test_disconnect_of_a_broken_account_forgets_it(ask, outside, linked):
    former = await linked()
    outside.revoke(outside.directory.accounts[former.sub])
    await ask("connect cronofy")

    assert "forgotten it" in (await ask("disconnect cronofy")).text
    assert await account(ask) is None


@pytest.mark.parametrize(
    ("trouble", "said", "standing"),
    [
        (None, {"en": "and forgotten it", "ru": "я отказался от разрешения"}, []),
        (cut(), {"en": "so it still stands there", "ru": "поэтому там оно ещё действует"}, ["mira@example.org"]),
    ],
)
@in_both_languages
async def test_disconnect_of_an_account_that_no_key_opens_gives_it_back_by_its_id(
    ask, outside, linked, language, trouble, said, standing
):
    await linked()
    await lose_key(ask)
    if trouble:
        outside.faults.add("oauth.revoke", trouble, count=None)
    reply = await ask(DISCONNECT[language])

    assert said[language] in reply.text
    assert await account(ask) is None
    assert permissions(outside) == standing


async def test_disconnect_closes_the_link_that_was_given_out(ask, outside, browser):
    link = (await ask("connect cronofy")).message
    await ask("disconnect cronofy")
    page = await browser.open(browser.agree_outside(outside, link))

    assert page.status == 400
    assert await account(ask) is None


async def test_disconnect_handled_again_after_a_kill_says_the_same(ask, portal, linked):
    await linked()
    first = await ask("disconnect cronofy")
    await ask.inbox.hand_out_again(ask.inbox.entries[-1])

    assert portal.messages[-1].text == first.text


async def test_disconnect_in_a_group_names_nobody_s_account(ask, portal, linked):
    await linked()
    reply = await ask(await in_group(ask, portal) + "disconnect cronofy", chat=311)

    assert await account(ask) is None
    assert "@" not in reply.text


@pytest.mark.parametrize(
    ("said", "stays"), [("disconnect", "a permission of their own, which stays"), ("отключить", "и оно остаётся")]
)
async def test_disconnect_of_bitrix24_leaves_the_account_and_says_so(ask, outside, linked, said, stays):
    assert stays not in (await ask(said)).text
    await linked()
    reply = await ask(said)

    assert stays in reply.text
    assert await account(ask) is not None
    assert permissions(outside) == ["mira@example.org"]


async def test_disconnect_of_bitrix24_leaves_the_link_to_cronofy(ask, outside, browser):
    link = (await ask("connect cronofy")).message
    await ask("disconnect")

    assert (await browser.open(browser.agree_outside(outside, link))).status == 200


# --- the application is removed


async def test_uninstallation_revokes_and_forgets_all_accounts(ask, outside, portal, linked):
    await linked()
    await linked(23, "juris@example.org")
    portal.uninstall(next(iter(portal.oauth.apps.values())))
    await ask.deliver()

    assert permissions(outside) == []
    assert await account(ask) is await account(ask, 23) is None


async def test_uninstallation_forgets_when_cronofy_is_away_and_asks_it_once(ask, outside, portal, linked):
    await linked()
    await linked(23, "juris@example.org")
    outside.faults.add("oauth.revoke", faults.oauth("invalid_client"), count=None)
    portal.uninstall(next(iter(portal.oauth.apps.values())))
    await ask.deliver()

    assert await account(ask) is await account(ask, 23) is None
    assert len([call for call in outside.calls if call.name == "oauth.revoke"]) == 1


async def test_uninstallation_revokes_and_forgets_what_no_key_opens_any_more(ask, outside, portal, linked):
    await linked()
    await linked(23, "juris@example.org")
    await lose_key(ask)
    portal.uninstall(next(iter(portal.oauth.apps.values())))
    await ask.deliver()

    assert permissions(outside) == []
    assert await ask.core.store.accounts.sub_of(MEMBER, 17) is None
    assert ask.core.store.all_portals() == []


# --- Cronofy says no


TROUBLE = [
    (faults.refused(402), "not part of the plan", "нет в тарифе"),
    (faults.refused(404), "no such event", "больше нет"),
    (faults.refused(423), "is locked", "заблокирована"),
    (faults.too_many(60), "too many requests", "слишком много моих запросов"),
    (faults.refused(503), "does not answer", "не отвечает"),
    (cut(), "does not answer", "не отвечает"),
    (html_page(200), "do not understand", "не понял"),
    (faults.unprocessable("tzid", "invalid"), "refused this", "в этом отказал"),
]


@pytest.mark.parametrize(("trouble", "english", "russian"), TROUBLE)
@in_both_languages
async def test_refusal_of_cronofy_becomes_a_sentence(ask, outside, linked, language, trouble, english, russian):
    kept = await linked()
    outside.faults.add("userinfo", trouble, count=None)
    reply = await ask(CONNECT[language])
    secrets = [kept.access_token, kept.refresh_token, kept.sub, "errors.", "40", "42", "50"]

    assert {"en": english, "ru": russian}[language] in reply.text
    assert [secret for secret in secrets if secret in reply.text] == []
    assert reply.buttons == []
    assert await account(ask) == kept


BUSY = [
    (6, "in about a minute.", "примерно через минуту."),
    (61, "in about 2 minutes.", "примерно через 2 минуты."),
    (300, "in about 5 minutes.", "примерно через 5 минут."),
    (1260, "in about 21 minutes.", "примерно через 21 минуту."),
]


@pytest.mark.parametrize(("retry_after_s", "english", "russian"), BUSY)
@in_both_languages
async def test_wait_that_cronofy_asks_for_is_told(ask, outside, linked, language, retry_after_s, english, russian):
    await linked()
    outside.faults.add("userinfo", faults.too_many(retry_after_s))

    assert (await ask(CONNECT[language])).text.endswith({"en": english, "ru": russian}[language])


async def test_wait_that_is_left_is_told(ask, outside, clock, linked):
    await linked()
    outside.faults.add("userinfo", faults.too_many(300))
    told = []
    for elapsed_s in (0, 61, 61, 178):
        clock.advance(elapsed_s)
        told.append((await ask("connect cronofy")).text.partition(" in about ")[2])

    assert told == ["5 minutes.", "4 minutes.", "3 minutes.", ""]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("connect cronofy", "does not accept this application. Please tell your administrator."),
        ("подключить cronofy", "не принимает это приложение. Сообщите, пожалуйста, администратору."),
    ],
)
async def test_application_that_cronofy_does_not_accept_is_the_administrator_s_business(
    ask, outside, clock, linked, said, words
):
    await linked()
    clock.advance(3601)
    outside.faults.add("oauth.token", faults.oauth("invalid_client"), count=None)
    reply = await ask(said)

    assert words in reply.text
    assert (await account(ask)).state == "working"


async def test_cronofy_that_is_away_holds_nothing_else_up(ask, outside, portal, linked):
    await linked()
    outside.faults.add("userinfo", faults.refused(503), count=None)
    reply = await ask("connect cronofy\naccept 651")

    assert "does not answer" in reply.text
    assert "You are going: meeting 651" in reply.text
    assert portal.meetings[651][17] == "Y"
