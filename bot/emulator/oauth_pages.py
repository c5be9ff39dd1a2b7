"""The authorization server over HTTP: the page in the user's browser, the token endpoint, its own `app.info` (contract B)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from urllib.parse import urlencode, urlsplit

from bot.emulator.answers import Response, RestError, answer, html, redirect
from bot.emulator.oauth import App, OAuthServer, TokenPair, TokenRequest
from bot.emulator.people import User
from bot.emulator.php import Json, Params, to_int, to_text

_GRANTS = {"authorization_code": "code", "refresh_token": "refresh_token"}


class OAuthPages:
    """Turns queries into answers; the state is the server's."""

    def __init__(self, server: OAuthServer, users: Mapping[int, User]) -> None:
        """Serve what `server` knows to the people in `users`."""
        self._server = server
        self._users = users

    def redirect_url(self, client_id: str, state: str, user_id: int) -> str:
        """Return where a person's browser goes after he agreed: the handler path of the form and nowhere else.

        Raises:
            PermissionError: The portal shows a page of its own instead; no redirect carries an error (contract B.1).
        """
        app = self._server.apps.get(client_id)
        if app is None or app.deleted or not app.installed:
            raise PermissionError("Application not found")
        user = self._users.get(user_id)
        if user is None or not user.active or not app.admits(user_id):
            raise PermissionError("The application is not available to you")
        options = self._server.options
        query = {
            "code": self._server.authorize(app, user_id),
            "state": state,
            "domain": options.domain,
            "member_id": options.member_id,
            "scope": ",".join(app.scopes),
            "server_domain": options.oauth_host,
        }
        return app.handler_url + ("&" if urlsplit(app.handler_url).query else "?") + urlencode(query)

    def authorize(self, query: Params, cookies: Mapping[str, str]) -> Response:
        """Answer the authorize page: a list of people to log in as, then the redirect.

        The browser's session is a cookie `emulator_user` or a query parameter `login`, both a user id.
        """
        client_id, state = to_text(query.get("client_id")), to_text(query.get("state"))
        login = to_text(query.get("login")) or cookies.get("emulator_user", "")
        if not login:
            return html(200, self._login_page(client_id, state))
        try:
            return redirect(self.redirect_url(client_id, state, to_int(login)))
        except PermissionError as refusal:
            return html(403, f"<!doctype html><title>Bitrix24</title><p>{escape(str(refusal))}</p>")

    def _login_page(self, client_id: str, state: str) -> str:
        people = (user for user in self._users.values() if user.active and not user.bot)
        links = "".join(
            f'<li><a href="?{escape(urlencode({"client_id": client_id, "state": state, "login": user.id}))}">'
            f"{escape(user.full_name)}</a></li>"
            for user in people
        )
        return f"<!doctype html><title>Bitrix24</title><h1>Who are you?</h1><ul>{links}</ul>"

    def token(self, query: Params) -> Response:
        """Answer `/oauth/token/`; an unknown client is told so with status 200 (contract B.6)."""
        grant = to_text(query.get("grant_type"))
        try:
            pair = self._granted(grant, query)
        except RestError as refusal:
            self._note(grant, None, refusal.code)
            return answer(refusal.status, refusal.short_body())
        self._note(grant, pair.user_id, None)
        return answer(200, self._described(pair, full=self._has_extras(grant)))

    def _has_extras(self, grant: str) -> bool:
        extras = self._server.options.oauth_extras
        return extras == "always" or (extras == "documented" and grant == "refresh_token")

    def _note(self, grant: str, user_id: int | None, error: str | None) -> None:
        self._server.requests.append(TokenRequest(grant, user_id, error, self._server.clock.now()))

    def _granted(self, grant: str, query: Params) -> TokenPair:
        for name in ("grant_type", "client_id", "client_secret", _GRANTS.get(grant, "grant_type")):
            if not to_text(query.get(name)):
                raise RestError(400, "invalid_request", f'No "{name}" parameter found')
        if grant not in _GRANTS:
            raise RestError(400, "invalid_request", "Unknown grant type")
        app = self._client(query)
        if grant == "refresh_token":
            return self._server.refresh(app, to_text(query.get("refresh_token")))
        return self._server.exchange(app, to_text(query.get("code")))

    def _client(self, query: Params) -> App:
        app = self._server.apps.get(to_text(query.get("client_id")))
        if app is None:
            raise RestError(200, "wrong_client")
        if app.client_secret != to_text(query.get("client_secret")):
            raise RestError(400, "invalid_client", "Invalid client")
        if not app.installed:
            raise RestError(401, "NOT_INSTALLED", "Application not installed")
        return app

    def _described(self, pair: TokenPair, *, full: bool) -> dict[str, Json]:
        options = self._server.options
        described: dict[str, Json] = {
            "access_token": pair.access_token,
            "client_endpoint": options.client_endpoint,
            "domain": options.oauth_host,
            "expires_in": pair.expires_in,
            "member_id": options.member_id,
            "refresh_token": pair.refresh_token,
            "scope": ",".join(pair.app.scopes),
            "server_endpoint": options.server_endpoint,
            "status": pair.app.status,
        }
        return described | ({"expires": pair.expires, "user_id": pair.user_id} if full else {})

    def app_info(self, query: Params) -> Response:
        """Answer the authorization server's own `GET /rest/app.info?auth=` (contract A.3)."""
        try:
            pair = self._server.check(to_text(query.get("auth")))
        except RestError as refusal:
            return answer(refusal.status, refusal.body())
        options, app = self._server.options, pair.app
        scope = ",".join(app.scopes)
        install: dict[str, Json] = {
            "installed": app.installed,
            "version": str(app.version),
            "status": app.status,
            "scope": scope,
            "domain": options.domain,
            "uri": f"{options.origin}/",
            "client_endpoint": options.client_endpoint,
            "member_id": options.member_id,
            "member_type": "bitrix24",
        }
        result: dict[str, Json] = {
            "client_id": app.client_id,
            "scope": scope,
            "expires": datetime.fromtimestamp(pair.expires, UTC).isoformat(),
            "install": install,
            "user_id": pair.user_id,
        }
        return answer(200, {"result": result})
