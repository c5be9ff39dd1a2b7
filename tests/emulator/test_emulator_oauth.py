"""Applications, codes, tokens (contract A.1, A.3, B)."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.emulator import faults
from bot.emulator.clock import ManualClock
from bot.emulator.portal import Portal
from tests.emulator import shapes
from tests.emulator.desk import HANDLER_URL, Desk


def code_for(desk: Desk, user_id: int = 17) -> str:
    return parse_qs(urlsplit(desk.portal.authorize(desk.app, user_id, "st-1")).query)["code"][0]


def pair_for(desk: Desk, user_id: int = 17) -> dict[str, str]:
    body: dict[str, str] = desk.oauth(grant_type="authorization_code", code=code_for(desk, user_id)).body
    return body


def refresh(desk: Desk, token: str) -> tuple[int, dict[str, str]]:
    answer = desk.oauth(grant_type="refresh_token", refresh_token=token)
    return answer.status, answer.body


def test_credentials_look_as_usual_and_are_new_each_time(portal: Portal) -> None:
    first, second = (portal.create_app("https://b.example.org/h", "https://b.example.org/i") for _ in range(2))

    assert re.fullmatch(r"local\.[0-9a-f]{14}\.\d{8}", first.client_id)
    assert re.fullmatch(r"[0-9a-f]{32}", first.application_token)
    assert first.client_id != second.client_id
    assert first.client_secret != second.client_secret
    assert first.application_token != second.application_token


def test_tokens_are_laid_out_as_seen(desk: Desk, clock: ManualClock) -> None:
    token, other = desk.token(17), desk.token(17)

    assert re.fullmatch(r"[0-9a-f]{70}", token)
    assert int.from_bytes(bytes.fromhex(token[:8]), "little") == clock.now() + 3600
    assert int(token[24:32], 16) == 17
    assert token != other


# -- B.1


def test_authorize_redirects_to_the_handler_of_the_form(desk: Desk) -> None:
    url = desk.portal.authorize(desk.app, 17, "st-1")
    query = {key: value[0] for key, value in parse_qs(urlsplit(url).query).items()}

    assert url.startswith(HANDLER_URL + "?")
    assert query.pop("code")
    assert query == {
        "state": "st-1",
        "domain": "acme.bitrix24.example",
        "member_id": "1b" * 16,
        "scope": "im,imbot,calendar,user_brief",
        "server_domain": "oauth.bitrix.info",
    }


def test_the_page_asks_who_it_is(desk: Desk) -> None:
    query = f"client_id={desk.app.client_id}&state=s%26t&redirect_uri=https://evil.example.org/"

    page = desk.send("/oauth/authorize/", query, method="GET")
    by_query = desk.send("/oauth/authorize/", query + "&login=17", method="GET")
    by_cookie = desk.send("/oauth/authorize/", query, method="GET", headers={"Cookie": "emulator_user=17"})

    assert page.status == 200
    assert "Mira Testova" in page.body
    assert [by_query.status, by_cookie.status] == [302, 302]
    assert by_query.headers["Location"].startswith(HANDLER_URL + "?code=")
    assert "state=s%26t" in by_query.headers["Location"]


@pytest.mark.parametrize(("user", "client"), [(999, ""), (42, ""), (17, "local.x")])
def test_a_refusal_is_a_page_not_a_redirect(desk: Desk, user: int, client: str) -> None:
    desk.app.allowed_users = {1, 17}
    query = f"client_id={client or desk.app.client_id}&state=s&login={user}"

    answer = desk.send("/oauth/authorize/", query, method="GET")

    assert answer.status == 403
    assert "Location" not in answer.headers


# -- B.2


def test_a_code_gives_a_pair(desk: Desk) -> None:
    body = pair_for(desk)

    assert set(body) == shapes.TOKENS
    assert body["domain"] == "oauth.bitrix.info"
    assert body["client_endpoint"] == "https://acme.bitrix24.example/rest/"
    assert desk.send("/rest/profile", f"auth={body['access_token']}", method="GET").result["ID"] == "17"


def test_a_code_serves_once(desk: Desk) -> None:
    code = code_for(desk)
    desk.oauth(grant_type="authorization_code", code=code)

    assert desk.oauth(grant_type="authorization_code", code=code).error == (400, "invalid_grant")


def test_a_code_lives_thirty_seconds(desk: Desk, clock: ManualClock) -> None:
    code, late = code_for(desk), code_for(desk)

    clock.advance(30)
    assert desk.oauth(grant_type="authorization_code", code=code).status == 200
    clock.advance(1)
    assert desk.oauth(grant_type="authorization_code", code=late).error == (400, "invalid_grant")


def test_the_owner_in_answers_is_a_switch(desk: Desk) -> None:
    extras = {"expires", "user_id"}
    assert not extras & set(pair_for(desk))
    _, body = refresh(desk, pair_for(desk)["refresh_token"])
    assert extras <= set(body)

    desk.portal.options.oauth_extras = "always"
    assert extras <= set(pair_for(desk))

    desk.portal.options.oauth_extras = "never"
    assert not extras & set(refresh(desk, pair_for(desk)["refresh_token"])[1])


# -- B.3, B.4


def test_a_refresh_rotates(desk: Desk) -> None:
    old = pair_for(desk)
    status, new = refresh(desk, old["refresh_token"])

    assert status == 200
    assert new["refresh_token"] != old["refresh_token"]
    assert refresh(desk, old["refresh_token"]) == (400, {"error": "invalid_grant"})
    assert refresh(desk, new["refresh_token"])[0] == 200


def test_an_old_refresh_token_may_survive(desk: Desk) -> None:
    desk.portal.options.old_refresh_survives = True
    old = pair_for(desk)["refresh_token"]

    assert [refresh(desk, old)[0] for _ in range(2)] == [200, 200]


def test_lifetimes_follow_the_clock(desk: Desk, clock: ManualClock) -> None:
    pair = pair_for(desk)
    clock.advance(3600)
    expired = desk.send("/rest/profile", f"auth={pair['access_token']}", method="GET")
    clock.advance(30 * 24 * 3600 - 3600 - 1)

    assert expired.error == (401, "expired_token")
    status, new = refresh(desk, pair["refresh_token"])
    assert status == 200
    clock.advance(30 * 24 * 3600)
    assert refresh(desk, new["refresh_token"])[1] == {"error": "invalid_grant"}


def test_revoked_tokens_are_worthless(desk: Desk) -> None:
    pair, other = pair_for(desk), pair_for(desk, 23)
    desk.portal.revoke(17)

    assert refresh(desk, pair["refresh_token"])[0] == 400
    assert desk.send("/rest/profile", f"auth={pair['access_token']}", method="GET").error == (401, "invalid_token")
    assert refresh(desk, other["refresh_token"])[0] == 200


# -- B.6


def test_errors_of_the_token_address(desk: Desk) -> None:
    token = pair_for(desk)["refresh_token"]

    def error(**query: str) -> tuple[int, str]:
        return desk.oauth(**query).error

    assert error(grant_type="refresh_token") == (400, "invalid_request")
    assert error(grant_type="") == (400, "invalid_request")
    assert error(grant_type="password") == (400, "invalid_request")
    assert error(grant_type="refresh_token", refresh_token=token, client_id="local.x") == (200, "wrong_client")
    assert error(grant_type="refresh_token", refresh_token=token, client_secret="x") == (400, "invalid_client")
    assert error(grant_type="refresh_token", refresh_token="x") == (400, "invalid_grant")
    desk.portal.uninstall(desk.app)
    assert error(grant_type="refresh_token", refresh_token=token) == (401, "NOT_INSTALLED")


def test_another_applications_code_is_refused(desk: Desk) -> None:
    other = desk.portal.create_app("https://b.example.org/h", "https://b.example.org/i")
    desk.portal.install(other)
    code = parse_qs(urlsplit(desk.portal.authorize(other, 17, "s")).query)["code"][0]

    assert desk.oauth(grant_type="authorization_code", code=code).error == (400, "invalid_grant")


def test_requests_are_counted(desk: Desk) -> None:
    pair = pair_for(desk)
    refresh(desk, pair["refresh_token"])
    refresh(desk, pair["refresh_token"])

    assert [(item.grant_type, item.user_id, item.error) for item in desk.portal.oauth.requests] == [
        ("authorization_code", 17, None),
        ("refresh_token", 17, None),
        ("refresh_token", None, "invalid_grant"),
    ]


def test_faults_reach_the_authorization_server(desk: Desk) -> None:
    desk.portal.faults.add("oauth.token", faults.error("PAYMENT_REQUIRED"))
    desk.portal.faults.add("oauth.token", faults.error("invalid_scope", status=403, text="Invalid scope"))
    desk.portal.faults.add("oauth.token", faults.html_page())

    assert refresh(desk, "x") == (401, {"error": "PAYMENT_REQUIRED", "error_description": "Payment required"})
    assert refresh(desk, "x")[0] == 403
    assert refresh(desk, "x")[0] == 502
    assert refresh(desk, "x") == (400, {"error": "invalid_grant"})


# -- A.3


def test_app_info_of_the_authorization_server(desk: Desk) -> None:
    host = {"Host": "oauth.bitrix.info"}
    answer = desk.send("/rest/app.info", f"auth={desk.token(17)}", method="GET", headers=host)

    assert answer.result["client_id"] == desk.app.client_id
    assert answer.result["user_id"] == 17
    assert answer.result["install"]["member_id"] == "1b" * 16
    assert desk.send("/rest/app.info", "auth=x", method="GET", headers=host).error == (401, "invalid_token")
    assert desk.send("/rest/profile", "auth=x", method="GET", headers=host).status == 404


def test_the_portal_has_no_token_address_of_its_own(desk: Desk) -> None:
    assert desk.send("/oauth/token/", "grant_type=refresh_token", method="GET").status == 404


def test_a_renamed_portal_answers_from_its_old_address(desk: Desk) -> None:
    desk.portal.rename("new.bitrix24.example")
    old = {"Host": "acme.bitrix24.example"}

    answer = desk.send("/rest/profile", "auth=x", headers=old)

    assert answer.status == 302
    assert answer.headers["Location"] == "https://new.bitrix24.example/rest/profile?auth=x"
    assert desk.call("profile").status == 200
    assert desk.portal.options.client_endpoint == "https://new.bitrix24.example/rest/"
