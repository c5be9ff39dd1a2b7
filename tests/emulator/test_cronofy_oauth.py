"""Authorize page, codes, tokens (Cronofy's contract, section 2)."""

import re
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from bot.emulator.clock import ManualClock
from bot.emulator.cronofy.accounts import Account, Application
from tests.emulator import cronofy_shapes as shapes
from tests.emulator.cronofy_desk import CALLBACK, SCOPE, Desk
from tests.emulator.desk import FORM


@pytest.fixture
def desk(clock: ManualClock) -> Desk:
    return Desk.connected(clock)


@pytest.fixture
def olga(desk: Desk) -> Account:
    """A colleague with a calendar of her own."""
    account = desk.cronofy.add_account("Olga", "olga@example.org")
    calendar = desk.cronofy.add_calendar(desk.cronofy.add_profile(account, "olga@example.org"), "Olga")
    desk.cronofy.add_event(calendar, "Olga's secret", start="2026-11-25T10:00:00")
    return account


def page(desk: Desk, link: str, more: str = "", cookie: str = "") -> tuple[int, str]:
    address = urlsplit(link)
    answer = desk.send("GET", address.path, address.query + more, headers={"Cookie": cookie} if cookie else {})
    return answer.status, str(answer.headers.get("Location", answer.body))


# -- 2.1


def test_the_page_asks_who_and_then_whether(desk: Desk) -> None:
    asked = page(desk, desk.link())
    consent = page(desk, desk.link(), "&login=mira%40office.example")
    by_cookie = page(desk, desk.link(), "&answer=agree", "emulator_user=mira@office.example")

    assert asked[0] == consent[0] == 200
    assert "mira@office.example" in asked[1]
    assert "change_participation_status" in consent[1]
    assert by_cookie[0] == 302
    assert by_cookie[1].startswith(f"{CALLBACK}?code=")


def links(desk: Desk, link: str) -> list[str]:
    return [f"/oauth/authorize{unescape(found)}" for found in re.findall(r'href="([^"]+)"', page(desk, link)[1])]


def test_links_of_the_page_lead_to_a_code(desk: Desk) -> None:
    first_person = links(desk, desk.link(state='s"&<t'))[0]
    agree = links(desk, first_person)[0]

    status, location = page(desk, agree)

    assert status == 302
    assert dict(parse_qsl(urlsplit(location).query))["state"] == 's"&<t'


def test_a_provider_may_be_asked_for(desk: Desk) -> None:
    _, text = page(desk, desk.link(provider_name="exchange"))

    assert "mira@office.example" in text
    assert "mira@example.org" not in text


def test_agreeing_brings_code_and_state_back(desk: Desk) -> None:
    back = desk.came_back(state="a b&c")

    assert back.keys() == {"code", "state"}
    assert back["state"] == "a b&c"
    assert desk.came_back(state="").keys() == {"code"}


def test_refusing_brings_an_error_back(desk: Desk) -> None:
    assert desk.came_back(answer="refuse") == {"error": "access_denied", "state": "st-1"}


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "read_events everything"}, "invalid_scope"),
    ],
)
def test_a_mistake_is_told_to_the_application(desk: Desk, change: dict[str, str], error: str) -> None:
    assert desk.came_back(**change) == {"error": error, "state": "st-1"}


@pytest.mark.parametrize("change", [{"client_id": "x"}, {"redirect_uri": "https://evil.example.org/cronofy"}])
def test_nobody_is_sent_to_a_strange_address(desk: Desk, change: dict[str, str]) -> None:
    with pytest.raises(PermissionError):
        desk.came_back(**change)


def test_a_wildcard_stands_for_a_subdomain_only() -> None:
    application = Application("id", [], ("https://*.example.org/cronofy",))

    assert application.admits("https://bot.example.org/cronofy")
    assert not application.admits("https://example.org/cronofy")
    assert not application.admits("https://.example.org/cronofy")
    assert not application.admits("https://a.b.example.org/cronofy")
    assert not application.admits("https://bot.example.org/other")
    assert not application.admits("http://bot.example.org/cronofy")
    assert not application.admits("https://bot.evil.org/cronofy")


def test_the_page_is_on_its_own_host(desk: Desk) -> None:
    query = urlsplit(desk.link()).query

    assert desk.send("GET", "/oauth/authorize", query, headers={"Host": "app.cronofy.com"}).status == 200
    assert desk.send("GET", "/oauth/authorize", query, headers={"Host": "api.cronofy.com"}).status == 404
    assert desk.send("GET", "/v1/userinfo", headers={"Host": "app.cronofy.com"}).status == 404
    assert desk.send("GET", "/v1/userinfo", headers={"Host": "api.cronofy.com"}).status == 401


# -- 2.2


def test_less_may_be_granted_than_was_asked_for(desk: Desk) -> None:
    desk.options.withheld_scopes = frozenset({"change_participation_status"})
    tokens = desk.exchange(desk.came_back()["code"]).body
    desk.access_token = tokens["access_token"]

    assert tokens["scope"] == "read_events"
    assert desk.read().status == 200
    assert desk.answer(desk.invite()).status == 403


@pytest.mark.parametrize(("scope", "status"), [("read_only", 200), ("read_write", 200), ("create_event", 403)])
def test_reading_needs_a_scope(desk: Desk, scope: str, status: int) -> None:
    desk.access_token = desk.cronofy.grant(desk.application, desk.mira, [scope]).access_token

    assert desk.read().status == status
    assert desk.answer(desk.invite()).status == 403


# -- 2.3


def test_a_code_gives_tokens(desk: Desk) -> None:
    answer = desk.exchange(desk.came_back("mira@office.example")["code"])

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert shapes.differences(answer.body, shapes.TOKENS) == []
    assert re.fullmatch("acc_[0-9a-f]{24}", answer.body["sub"])
    assert answer.body["sub"] == answer.body["account_id"] == desk.mira.id
    assert answer.body["expires_in"] == 3600
    assert answer.body["scope"] == SCOPE
    assert answer.body["linking_profile"]["provider_service"] == "office365"
    assert desk.call("GET", "userinfo", token=answer.body["access_token"]).body["sub"] == desk.mira.id


def test_a_code_serves_once(desk: Desk) -> None:
    code = desk.came_back()["code"]

    assert desk.exchange(code).status == 200
    assert desk.exchange(code).error == (400, "invalid_grant")


def test_a_code_lives_a_minute(desk: Desk, clock: ManualClock) -> None:
    code, late = desk.came_back()["code"], desk.came_back()["code"]

    clock.advance(60)
    assert desk.exchange(code).status == 200
    clock.advance(1)
    assert desk.exchange(late).error == (400, "invalid_grant")


def test_a_code_is_for_one_address_and_one_application(desk: Desk) -> None:
    other = desk.cronofy.add_application([CALLBACK])
    theirs = {"client_id": other.client_id, "client_secret": other.client_secrets[0]}

    assert desk.exchange(desk.came_back()["code"], redirect_uri=f"{CALLBACK}/").error == (400, "invalid_grant")
    assert desk.exchange(desk.came_back()["code"], **theirs).error == (400, "invalid_grant")


def test_credentials_are_checked(desk: Desk) -> None:
    code = desk.came_back()["code"]

    assert desk.exchange(code, client_id="x").body == {"error": "invalid_client"}
    assert desk.exchange(code, client_secret="x").error == (400, "invalid_client")
    assert desk.oauth(grant_type="password").error == (400, "unsupported_grant_type")
    assert desk.exchange(code).status == 200


def test_tokens_are_asked_for_by_form_too_and_on_both_hosts(desk: Desk) -> None:
    for host in ("api.cronofy.com", "app.cronofy.com"):
        params = {
            "client_id": desk.application.client_id,
            "client_secret": desk.application.client_secrets[0],
            "grant_type": "authorization_code",
            "code": desk.came_back()["code"],
            "redirect_uri": CALLBACK,
        }
        answer = desk.send("POST", "/oauth/token", headers={**FORM, "Host": host}, body=urlencode(params).encode())

        assert answer.status == 200
    assert desk.send("GET", "/oauth/token").status == 404
    assert desk.send("POST", "/oauth/tokens").status == 404


def test_every_active_secret_will_do(desk: Desk) -> None:
    desk.application.client_secrets.append("CRN_newer")

    assert desk.exchange(desk.came_back()["code"], client_secret="CRN_newer").status == 200


# -- 2.4


def test_a_refresh_gives_a_new_access_token(desk: Desk) -> None:
    tokens = desk.exchange(desk.came_back()["code"]).body
    answer = desk.refresh(tokens["refresh_token"])

    assert answer.status == 200
    assert shapes.differences(answer.body, shapes.REFRESHED) == []
    assert answer.body["refresh_token"] == tokens["refresh_token"]
    assert answer.body["access_token"] != tokens["access_token"]
    assert desk.call("GET", "userinfo", token=answer.body["access_token"]).status == 200


def test_refresh_tokens_may_rotate(desk: Desk) -> None:
    desk.options.rotating_refresh = True
    old = desk.exchange(desk.came_back()["code"]).body["refresh_token"]
    new = desk.refresh(old).body["refresh_token"]

    assert new != old
    assert desk.refresh(old).error == (400, "invalid_grant")
    assert desk.refresh(new).status == 200


def test_an_access_token_lives_an_hour(desk: Desk, clock: ManualClock) -> None:
    clock.advance(3599)
    assert desk.call("GET", "userinfo").status == 200
    clock.advance(1)
    assert desk.call("GET", "userinfo").status == 401


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_a_strange_access_token_is_refused(desk: Desk, token: str) -> None:
    answer = desk.call("GET", "userinfo", token=token)

    assert (answer.status, answer.body) == (401, "")


def test_a_refresh_is_for_its_application(desk: Desk) -> None:
    other = desk.cronofy.add_application([CALLBACK])
    token = desk.exchange(desk.came_back()["code"]).body["refresh_token"]

    refused = desk.refresh(token, client_id=other.client_id, client_secret=other.client_secrets[0])

    assert refused.error == (400, "invalid_grant")


def test_a_revoked_authorization_is_gone(desk: Desk) -> None:
    tokens = desk.exchange(desk.came_back()["code"]).body
    answer = desk.oauth("/oauth/token/revoke", token=tokens["refresh_token"])

    assert (answer.status, answer.body) == (200, "")
    assert desk.refresh(tokens["refresh_token"]).error == (400, "invalid_grant")
    assert desk.call("GET", "userinfo", token=tokens["access_token"]).status == 401
    assert desk.exchange(desk.came_back()["code"]).body["refresh_token"] != tokens["refresh_token"]


def test_revoking_takes_an_account_too_but_the_token_wins(desk: Desk, olga: Account) -> None:
    hers = desk.cronofy.grant(desk.application, olga)

    desk.oauth("/oauth/token/revoke", token=desk.access_token, sub=olga.id)
    assert desk.call("GET", "userinfo").status == 401
    assert desk.call("GET", "userinfo", token=hers.access_token).status == 200

    desk.oauth("/oauth/token/revoke", sub=olga.id)
    assert desk.call("GET", "userinfo", token=hers.access_token).status == 401


def test_revoking_says_nothing_about_unknown_and_expired_tokens(desk: Desk, clock: ManualClock) -> None:
    refresh_token = desk.cronofy.grant(desk.application, desk.mira).refresh_token
    clock.advance(3600)

    assert desk.oauth("/oauth/token/revoke", token="nonsense").status == 200
    assert desk.oauth("/oauth/token/revoke", token=desk.access_token).status == 200
    assert desk.refresh(refresh_token).status == 200
    assert desk.oauth("/oauth/token/revoke", token=refresh_token, client_secret="x").error == (400, "invalid_client")


def test_another_application_revokes_nothing_of_ours(desk: Desk) -> None:
    other = desk.cronofy.add_application([CALLBACK])
    theirs = {"client_id": other.client_id, "client_secret": other.client_secrets[0]}

    assert desk.oauth("/oauth/token/revoke", token=desk.access_token, **theirs).status == 200
    assert desk.oauth("/oauth/token/revoke", sub=desk.mira.id, **theirs).status == 200
    assert desk.call("GET", "userinfo").status == 200


def test_a_person_takes_back_what_he_agreed_to(desk: Desk) -> None:
    code = desk.came_back()["code"]
    desk.cronofy.revoke(desk.mira)

    assert desk.call("GET", "userinfo").status == 401
    assert desk.exchange(code).error == (400, "invalid_grant")


def test_one_profile_is_revoked_and_authorized_again(desk: Desk) -> None:
    desk.invite(summary="Google's")
    desk.invite(desk.outlook, "Outlook's")

    assert desk.call("POST", f"profiles/{desk.google.id}/revoke").status == 202
    assert desk.summaries() == ["Outlook's"]
    assert desk.call("POST", f"profiles/{desk.google.id}/revoke").status == 404

    desk.came_back("mira@example.org")
    assert sorted(desk.summaries()) == ["Google's", "Outlook's"]


# -- 2.5


def visit(desk: Desk, login: str, cookies: dict[str, str], **changes: str) -> tuple[str, dict[str, str]]:
    """Agree in a browser that has cookies; return the code and the cookies that it has then."""
    address = urlsplit(desk.link(**changes))
    query = f"{address.query}&{urlencode({'login': login, 'answer': 'agree'})}"
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    answer = desk.send("GET", address.path, query, headers={"Cookie": header})
    code = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["code"]
    name, _, value = answer.headers.get("Set-Cookie", "").partition(";")[0].partition("=")
    return code, {**cookies, **({name: value} if name else {})}


def test_linking_makes_two_people_one_account(desk: Desk, olga: Account) -> None:
    code, cookies = visit(desk, "mira@example.org", {}, avoid_linking="")
    first = desk.exchange(code).body
    code, _ = visit(desk, "olga@example.org", cookies, avoid_linking="")
    second = desk.exchange(code).body
    desk.access_token = second["access_token"]

    assert second["sub"] == first["sub"] == desk.mira.id
    assert second["refresh_token"] == first["refresh_token"]
    assert second["linking_profile"]["profile_name"] == "olga@example.org"
    assert desk.summaries() == ["Olga's secret"]


def test_linking_is_avoided_on_request(desk: Desk, olga: Account) -> None:
    code, cookies = visit(desk, "mira@example.org", {}, avoid_linking="false")
    code, after = visit(desk, "olga@example.org", cookies)
    tokens = desk.exchange(code).body

    assert tokens["sub"] == olga.id
    assert after == cookies
    assert visit(desk, "olga@example.org", {})[1] == {}


def test_a_broken_cookie_is_none(desk: Desk) -> None:
    assert page(desk, desk.link(), "&login=mira%40example.org", "bad/name=;;=x; emulator_user")[0] == 200
