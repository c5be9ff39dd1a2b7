"""The page that asks for permission, and what a code and a refresh token are exchanged for."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from bot import errors
from bot.accounts import Account
from bot.cronofy.authorization import OAuthClient, authorize_url
from bot.cronofy.oauth import Cronofy
from bot.cronofy.rest import RestClient
from bot.emulator import faults
from bot.emulator.cronofy import faults as trouble
from bot.metrics import Metrics
from bot.settings import CronofyApp
from tests.emulator.cronofy_desk import CALLBACK, SCOPE, Desk

STATE = "st_5d41402abc4b2a76b9719d911017c592"


@pytest.fixture
def came_back(desk: Desk, app: CronofyApp) -> Callable[..., dict[str, str]]:
    """Let Mira answer the page that our address opens."""

    def answer(button: str = "agree", redirect_uri: str = CALLBACK) -> dict[str, str]:
        address = desk.cronofy.authorize(authorize_url(app, redirect_uri, STATE), "mira@example.org", answer=button)
        return dict(parse_qsl(urlsplit(address).query))

    return answer


@pytest.fixture
def answered(app: CronofyApp) -> Callable[..., OAuthClient]:
    """Return a client whose server says what the test gives it."""

    def client(answer: object) -> OAuthClient:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, json=answer))
        return OAuthClient(RestClient(transport, app, Metrics()), app)

    return client


# --- the page


def test_page_asks_for_what_is_needed_and_avoids_linking(app: CronofyApp) -> None:
    address = authorize_url(app, CALLBACK, STATE)

    assert address.startswith("https://app.cronofy.com/oauth/authorize?")
    assert parse_qs(urlsplit(address).query) == {
        "response_type": ["code"],
        "client_id": [app.client_id],
        "redirect_uri": [CALLBACK],
        "scope": ["read_events change_participation_status"],
        "state": [STATE],
        "avoid_linking": ["true"],
    }


def test_page_returns_the_state(came_back) -> None:
    assert came_back()["state"] == STATE
    assert came_back("refuse") == {"error": "access_denied", "state": STATE}


# --- codes


async def test_code_is_exchanged_for_tokens_of_the_account(cronofy: Cronofy, desk: Desk, came_back) -> None:
    grant = await cronofy.oauth.exchange(came_back()["code"], CALLBACK)

    assert (grant.sub, grant.scope, grant.profile_name) == (desk.mira.id, SCOPE, "mira@example.org")
    assert grant.missing == frozenset()
    assert desk.call("GET", "userinfo", token=grant.access_token).status == 200
    assert desk.refresh(grant.refresh_token).status == 200


async def test_code_serves_once(cronofy: Cronofy, came_back) -> None:
    code = came_back()["code"]
    await cronofy.oauth.exchange(code, CALLBACK)
    with pytest.raises(errors.GrantRefused):
        await cronofy.oauth.exchange(code, CALLBACK)


async def test_code_of_another_address_is_refused(cronofy: Cronofy, came_back) -> None:
    with pytest.raises(errors.GrantRefused):
        await cronofy.oauth.exchange(came_back()["code"], f"{CALLBACK}/other")


async def test_code_that_is_too_old_is_refused(cronofy: Cronofy, came_back, clock) -> None:
    code = came_back()["code"]
    clock.advance(61)
    with pytest.raises(errors.GrantRefused):
        await cronofy.oauth.exchange(code, CALLBACK)


async def test_code_that_may_be_used_up_is_not_sent_again(cronofy: Cronofy, desk: Desk, came_back) -> None:
    code = came_back()["code"]
    desk.cronofy.faults.add("oauth.token", faults.lost())
    with pytest.raises(errors.CronofyAway):
        await cronofy.oauth.exchange(code, CALLBACK)

    assert [call.name for call in desk.cronofy.calls if call.name == "oauth.token"] == ["oauth.token"]


async def test_code_that_was_not_taken_is_sent_again(cronofy: Cronofy, desk: Desk, came_back) -> None:
    desk.cronofy.faults.add("oauth.token", trouble.too_many())

    assert (await cronofy.oauth.exchange(came_back()["code"], CALLBACK)).sub == desk.mira.id


async def test_wrong_secret_is_the_administrators_business(transport, desk: Desk, app: CronofyApp, came_back) -> None:
    wrong = replace(app, client_secret=SecretStr("CRN_wrong"))
    with pytest.raises(errors.CronofyRefusesUs) as caught:
        await OAuthClient(RestClient(transport, wrong, Metrics()), wrong).exchange(came_back()["code"], CALLBACK)

    assert "CRN_wrong" not in f"{caught.value!r}"


async def test_scope_that_was_not_granted_is_missing(cronofy: Cronofy, desk: Desk, came_back) -> None:
    desk.options.withheld_scopes = frozenset({"change_participation_status"})

    assert (await cronofy.oauth.exchange(came_back()["code"], CALLBACK)).missing == {"change_participation_status"}


TOKENS = {"access_token": "a-1", "refresh_token": "r-1", "scope": SCOPE, "sub": "acc_1"}


@pytest.mark.parametrize(
    "answer",
    [
        *(
            {name: value for name, value in TOKENS.items() if name != left_out}
            for left_out in TOKENS
            if left_out != "scope"
        ),
        TOKENS | {"sub": "acc_" + "1" * 200},
        TOKENS | {"sub": ""},
        TOKENS | {"access_token": "a\r\nHost: evil.example"},
        TOKENS | {"access_token": "ключ"},
        TOKENS | {"refresh_token": 7},
        [],
        None,
    ],
    ids=range(10),
)
async def test_grant_that_lacks_something_is_unreadable(answered, answer: object) -> None:
    with pytest.raises(errors.CronofyUnreadable) as caught:
        await answered(answer).exchange("code-1", CALLBACK)

    assert not any(token in f"{caught.value!r}" for token in ("a-1", "r-1", "evil"))


async def test_grant_without_scope_grants_nothing(answered) -> None:
    grant = await answered({**TOKENS, "scope": None, "linking_profile": None}).exchange("code-1", CALLBACK)

    assert len(grant.missing) == 2
    assert grant.profile_name == ""


async def test_grant_shows_no_token(answered) -> None:
    shown = repr(await answered(TOKENS).exchange("code-1", CALLBACK))

    assert "a-1" not in shown
    assert "r-1" not in shown


# --- refresh tokens


async def test_refresh_gives_another_access_token(cronofy: Cronofy, desk: Desk, linked: Account) -> None:
    renewed = await cronofy.oauth.refresh(linked)

    assert renewed.access_token != linked.access_token
    assert replace(renewed, access_token=linked.access_token) == linked
    assert desk.call("GET", "userinfo", token=renewed.access_token).status == 200


async def test_refresh_keeps_what_comes_with_it(cronofy: Cronofy, desk: Desk, linked: Account) -> None:
    desk.options.rotating_refresh = True
    for authorization in desk.cronofy.oauth.authorizations:
        authorization.scopes = ("read_events",)
    renewed = await cronofy.oauth.refresh(linked)

    assert renewed.refresh_token != linked.refresh_token
    assert renewed.scope == "read_events"


async def test_refresh_keeps_what_does_not_come(answered, linked: Account) -> None:
    renewed = await answered({"access_token": "a-2"}).refresh(linked)

    assert renewed == replace(linked, access_token="a-2")


async def test_permission_that_was_taken_back_is_refused(cronofy: Cronofy, desk: Desk, linked: Account) -> None:
    desk.cronofy.revoke(desk.mira)
    with pytest.raises(errors.GrantRefused):
        await cronofy.oauth.refresh(linked)


# --- giving back


async def test_revoked_permission_is_of_no_use(cronofy: Cronofy, desk: Desk, linked: Account) -> None:
    await cronofy.oauth.revoke(linked.refresh_token)

    assert desk.refresh(linked.refresh_token).status == 400
    assert desk.call("GET", "userinfo", token=linked.access_token).status == 401


async def test_unknown_permission_is_revoked_too(cronofy: Cronofy, desk: Desk, linked: Account) -> None:
    await cronofy.oauth.revoke("never-given")

    assert desk.refresh(linked.refresh_token).status == 200


async def test_permission_of_an_account_is_revoked_without_its_tokens(
    cronofy: Cronofy, desk: Desk, linked: Account
) -> None:
    await cronofy.oauth.revoke_account(linked.sub)
    await cronofy.oauth.revoke_account("acc_unknown")

    assert desk.refresh(linked.refresh_token).status == 400
