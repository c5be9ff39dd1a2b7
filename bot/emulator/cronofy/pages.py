"""What the browser sees: who are you, do you agree, connect again (sections 2.1, 2.5, 3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode, urlsplit

from bot.emulator.answers import Response, html, redirect
from bot.emulator.cronofy.accounts import Account, Directory, Profile
from bot.emulator.cronofy.oauth import OAuthServer
from bot.emulator.php import Params, to_text

LOGIN_COOKIE = "emulator_user"
LINK_COOKIE = "cronofy_account"
SCOPES = frozenset(
    """
    create_calendar read_events create_event delete_event read_free_busy change_participation_status
    read_only read_write write_only free_busy free_busy_write read_account list_calendars
    """.split()
)


@dataclass(frozen=True, slots=True)
class Shown:
    """Who is at the page, and how he got there."""

    query: Params
    cookies: Mapping[str, str]

    def text(self, name: str) -> str:
        return to_text(self.query.get(name))

    def link(self, **more: str) -> str:
        """Return a link to this page with more said, for an attribute."""
        known = {name: to_text(value) for name, value in self.query.items()}
        return escape("?" + urlencode({**known, **more}))


class Pages:
    """Turns visits into pages and redirects; the state is the server's."""

    def __init__(self, oauth: OAuthServer, directory: Directory) -> None:
        """Let the people of `directory` authorize applications at `oauth`."""
        self._oauth = oauth
        self._directory = directory

    def authorize(self, shown: Shown) -> Response:
        """Answer the authorize page.

        The browser's session is a cookie `emulator_user` or a query parameter `login`: a profile's name or id. The query
        parameter `answer`, `agree` or `refuse`, is the button that was pressed.
        """
        application = self._directory.applications.get(shown.text("client_id"))
        if application is None:
            return _page(400, "<p>There is no such application.</p>")
        if not application.admits(shown.text("redirect_uri")):
            return _page(400, "<p>The application may not send you to that address.</p>")
        if mistake := _mistake(shown):
            return _back(shown, {"error": mistake})
        profile = self._directory.login(shown.text("login") or shown.cookies.get(LOGIN_COOKIE, ""))
        if profile is None:
            return _page(200, self._who(shown))
        if shown.text("answer") == "agree":
            return self._agreed(shown, profile)
        if shown.text("answer") == "refuse":
            return _back(shown, {"error": "access_denied"})
        return _page(200, _consent(shown, profile))

    def _agreed(self, shown: Shown, profile: Profile) -> Response:
        """Send the browser back with a code; unless linking is avoided, the cookie decides whose account this becomes."""
        avoided = shown.text("avoid_linking").lower() == "true"
        account = self._directory.owner(profile) if avoided else self._linked(shown, profile)
        application = self._directory.applications[shown.text("client_id")]
        authorization = self._oauth.authorize(application, account, tuple(shown.text("scope").split()))
        profile.connected, profile.revoked = True, False
        back = _back(shown, {"code": self._oauth.code(authorization, profile, shown.text("redirect_uri"))})
        if avoided:
            return back
        cookie = f"{LINK_COOKIE}={account.id}; Path=/; Max-Age=31536000; HttpOnly"
        return Response(back.status, back.body, {**back.headers, "Set-Cookie": cookie})

    def _linked(self, shown: Shown, profile: Profile) -> Account:
        own = self._directory.owner(profile)
        known = self._directory.accounts.get(shown.cookies.get(LINK_COOKIE, ""))
        if known is None or known is own:
            return own
        self._directory.link(profile, known)
        return known

    def _who(self, shown: Shown) -> str:
        wanted = shown.text("provider_name")
        items = "".join(
            f'<li><a href="{shown.link(login=profile.id)}">{escape(f"{account.name}, {profile.name}")}</a></li>'
            for account in self._directory.accounts.values()
            for profile in account.profiles
            if wanted in {"", profile.provider}
        )
        return f'<h1>Who are you?</h1><ul class="choices">{items}</ul>'

    def relink(self, profile_id: str, shown: Shown) -> Response:
        """Answer the page that connects a profile again."""
        profile = self._directory.login(profile_id)
        if profile is None:
            return _page(404, "<p>Not found</p>")
        if shown.text("answer") == "agree":
            profile.connected = True
            return _page(200, f"<p>{escape(profile.name)} is connected.</p>")
        return _page(200, f'<p><a href="{shown.link(answer="agree")}">Connect {escape(profile.name)} again</a></p>')


def _mistake(shown: Shown) -> str:
    if shown.text("response_type") != "code":
        return "unsupported_response_type"
    scopes = set(shown.text("scope").split())
    return "" if scopes and scopes <= SCOPES else "invalid_scope"


def _back(shown: Shown, said: Mapping[str, str]) -> Response:
    """Redirect, with the state as it came if there was one (section 2.1)."""
    address = shown.text("redirect_uri")
    state = {"state": shown.text("state")} if "state" in shown.query else {}
    return redirect(address + ("&" if urlsplit(address).query else "?") + urlencode({**said, **state}))


def _consent(shown: Shown, profile: Profile) -> str:
    scopes = "".join(f"<li>{escape(scope)}</li>" for scope in shown.text("scope").split())
    links = "".join(
        f'<li><a href="{shown.link(login=profile.id, answer=answer)}">{text}</a></li>'
        for answer, text in (("agree", "Agree"), ("refuse", "Refuse"))
    )
    asked = f"<p>An application asks for:</p><ul>{scopes}</ul>"
    return f'<h1>{escape(profile.name)}</h1>{asked}<ul class="choices">{links}</ul>'


def _page(status: int, body: str) -> Response:
    return html(status, f'{_HEAD}<p class="what">Cronofy, emulated on this machine</p>{body}')


_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cronofy</title>
<style>
:root { color-scheme: light dark; }
body { max-inline-size: 32rem; margin: 12vh auto 2rem; padding: 0 1.2rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; }
.what { opacity: 0.75; }
.choices { padding: 0; list-style: none; }
.choices a { display: block; margin-block: 0.6rem; padding: 0.7rem 1rem; border: 1px solid; border-radius: 0.7rem; }
</style>
"""
