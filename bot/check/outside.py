"""What can be asked without a token: our public address, the portal, the authorization server."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx

from bot.bitrix24.answers import read_answer
from bot.bitrix24.authorization import SERVERS
from bot.check.report import REMEDIES, RIGHT_PORTAL, Report, in_words, sent_on, why_silent
from bot.errors import ApplicationGone, BitrixError, RateLimited, Unavailable
from bot.settings import CronofyApp, Settings

_REDIRECTS = range(300, 400)
_OK, _WRONG_TYPE, _SERVER_FAULT = 200, 415, 500

# Nobody has this refresh token: a server that complains of it has accepted the application's id and secret.
_NOBODYS_TOKEN = "0" * 70
_ACCEPTED = frozenset({"invalid_grant", "bad_verification_code", "no_auth_found"})
_NOT_ACCEPTED = frozenset({"wrong_client", "invalid_client"})


class NoAnswer(Exception):
    """Nobody answered; the message says why."""


async def _ask(report: Report, http: httpx.AsyncClient, method: str, url: str, **options: Any) -> httpx.Response:
    """Send one request; what the client allows for each step of it is the limit for all of it.

    Raises:
        NoAnswer: within that limit.
    """
    limit_s = http.timeout.read
    try:
        with report.asking(url):
            async with asyncio.timeout(limit_s):
                return await http.request(method, url, follow_redirects=False, **options)
    except (httpx.TimeoutException, TimeoutError):
        raise NoAnswer(f"no answer in {limit_s:g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NoAnswer(why_silent(error)) from None


# --- our own address


async def public_address(report: Report, http: httpx.AsyncClient, chosen: Settings) -> None:
    """Look whether the public address leads to this bot, seen from this machine."""
    url = chosen.public_url
    if "." not in (urlsplit(url).hostname or "").strip("."):
        report.problem(f"STATUSBOT_PUBLIC_URL {url}: the portal takes no host without a dot; it needs a public name")
        return
    try:
        live = await _ask(report, http, "GET", f"{url}/health/live")
        if (reason := _not_alive(live)) is None:
            # Without a content type: refused before anything is read, in a way that a mere web server does not.
            events = await _ask(report, http, "POST", chosen.events_url, content=b"")
            reason = None if events.status_code == _WRONG_TYPE else _something_else(events, "/bitrix24/events")
    except NoAnswer as error:
        reason = f"is not reachable from this machine ({error}): start `statusbot serve` and lead the name and its port to it"
    if reason is None:
        report.ok(f"public address leads to this bot ({url})")
    else:
        report.problem(f"STATUSBOT_PUBLIC_URL {url} {reason}")


def _not_alive(live: httpx.Response) -> str | None:
    if live.status_code in _REDIRECTS:
        return "answers with a redirect, which the portal does not follow: put the final address in"
    if live.status_code >= _SERVER_FAULT:
        return f"is answered by a proxy with status {live.status_code}: start `statusbot serve` and lead the proxy to its port"
    if live.status_code != _OK or live.text.strip() != "alive":
        return _something_else(live, "/health/live")
    return None


def _something_else(answer: httpx.Response, path: str) -> str:
    return (
        f"answers {path} like something else than this bot (status {answer.status_code}): "
        "lead this address, with all paths and methods below it, to the port of `statusbot serve`"
    )


# --- the portal


async def portal(report: Report, http: httpx.AsyncClient, chosen: Settings) -> bool:
    """Look whether the portal speaks REST with us at all."""
    wrong = f"STATUSBOT_PORTAL {chosen.portal}"
    try:
        answer = await _ask(report, http, "POST", f"{chosen.portal_url}/rest/server.time", json={})
        if answer.status_code in _REDIRECTS:
            report.problem(f"{wrong} {sent_on(_host(answer))}")
            return False
        read_answer(answer.status_code, answer.content, "server.time")
    except NoAnswer as error:
        report.problem(f"{wrong} does not answer ({error}): {RIGHT_PORTAL}")
        return False
    except BitrixError as error:
        if isinstance(error, Unavailable) and not isinstance(error, RateLimited) and not error.code:
            report.problem(f"{wrong} does not speak REST ({error}): {RIGHT_PORTAL}")
            return False
        if isinstance(error, RateLimited | Unavailable | ApplicationGone) or error.code == "access_denied":
            report.problem(in_words(error))
            return False
    report.ok(f"portal answers ({chosen.portal})")  # that we are nobody, as it should
    return True


def _host(answer: httpx.Response) -> str:
    try:
        return httpx.URL(answer.headers.get("location", "")).netloc.decode() or "another address"
    except (httpx.InvalidURL, UnicodeDecodeError):
        return "another address"


# --- the authorization server


async def client(report: Report, http: httpx.AsyncClient, chosen: Settings, stored: str | None) -> None:
    """Look whether the authorization server accepts our id and secret; no token of anybody is touched.

    Args:
        report: Where findings go.
        http: Means to ask.
        chosen: The settings.
        stored: The server that the installation uses; ours only go where the settings or our own list allow.
    """
    asked = [chosen.oauth_server] if chosen.oauth_server else list(SERVERS)
    if stored in asked:
        asked = [stored]
    findings = []
    for server in asked:
        code, finding = await _ask_about_us(report, http, server, chosen)
        if code in _ACCEPTED or (code == "not_installed" and stored is None):
            report.ok(f"authorization server accepts the client id and secret ({server})")
            return
        findings.append((code in _NOT_ACCEPTED, finding))
    report.problem(max(findings)[1])


async def _ask_about_us(report: Report, http: httpx.AsyncClient, server: str, chosen: Settings) -> tuple[str, str]:
    """Return the error code of a server, and what it means for us."""
    query = {
        "grant_type": "refresh_token",
        "client_id": chosen.client_id,
        "client_secret": chosen.client_secret.get_secret_value(),
        "refresh_token": _NOBODYS_TOKEN,
    }
    try:
        answer = (await _ask(report, http, "GET", f"{server}/oauth/token/", params=query)).json()
        code = str(answer["error"]).lower()
    except NoAnswer as error:
        return (
            "",
            f"authorization server {server} does not answer ({error}): check STATUSBOT_OAUTH_SERVER and the network",
        )
    except (ValueError, RecursionError, KeyError, TypeError):
        return "", f"{server} answers unlike an authorization server: check STATUSBOT_OAUTH_SERVER and the network"
    return code, _refusal(code)


def _refusal(code: str) -> str:
    if code == "wrong_client":
        return "STATUSBOT_CLIENT_ID is unknown to the authorization server (wrong_client): copy it from the form again"
    if code == "invalid_client":
        return (
            "STATUSBOT_CLIENT_ID or STATUSBOT_CLIENT_SECRET is wrong (invalid_client): "
            "copy both from the form of the application again"
        )
    if code == "not_installed":
        return REMEDIES["application_not_found"]
    return REMEDIES.get(code, f"the authorization server refuses us ({code[:40]}): check again a little later")


# --- Cronofy


async def cronofy(report: Report, http: httpx.AsyncClient, app: CronofyApp) -> None:
    """Look whether Cronofy accepts our id and secret; no token of anybody is touched (contract of Cronofy, 2.4)."""
    body = {
        "grant_type": "refresh_token",
        "client_id": app.client_id,
        "client_secret": app.client_secret.get_secret_value(),
        "refresh_token": _NOBODYS_TOKEN,
    }
    try:
        answer = (await _ask(report, http, "POST", f"{app.api}/oauth/token", json=body)).json()
        code = str(answer["error"])
    except NoAnswer as error:
        report.problem(f"Cronofy ({app.api}) does not answer ({error}): check the network")
        return
    except (ValueError, RecursionError, KeyError, TypeError):
        code = ""
    if code == "invalid_grant":  # of the token, so we are known
        report.ok(f"Cronofy accepts the client id and secret ({app.api})")
    elif code == "invalid_client":
        report.problem(
            "STATUSBOT_CRONOFY_CLIENT_ID or STATUSBOT_CRONOFY_CLIENT_SECRET is wrong, or the application belongs to another data centre "
            f"than {app.api}: copy both from the application at Cronofy, and look at STATUSBOT_CRONOFY_DATA_CENTER"
        )
    else:
        report.problem(f"{app.api} answers unlike Cronofy: check the network, or try again a little later")
