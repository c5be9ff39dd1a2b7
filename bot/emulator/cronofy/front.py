"""Which address is answered by what: the API, and the pages in the browser (section 1)."""

from bot.emulator.answers import Response, html
from bot.emulator.cronofy.calls import Calls
from bot.emulator.cronofy.oauth_rest import OAuthRest
from bot.emulator.cronofy.options import Options
from bot.emulator.cronofy.pages import Pages, Shown
from bot.emulator.cronofy.rest import Rest
from bot.emulator.rest import Request

_RELINK = "/relink/"


class Front:
    """Routes requests by host and path."""

    def __init__(self, options: Options, calls: Calls, rest: Rest, oauth_rest: OAuthRest, pages: Pages) -> None:
        """Open the door to `rest`, `oauth_rest` and `pages`."""
        self._options = options
        self._calls = calls
        self._rest = rest
        self._oauth_rest = oauth_rest
        self._pages = pages

    def handle(self, request: Request) -> Response:
        """Answer a request; one that names no host is meant for whichever host has the address."""
        api_host, app_host = self._options.hosts
        host = request.headers.get("host")
        if request.path.startswith("/v1/") and host in {None, api_host}:
            return self._rest.handle(request)
        if request.path.startswith("/oauth/token") and request.method == "POST":
            return self._tokens(request)  # both hosts answer (section 2.3)
        if host in {None, app_host}:
            return self._page(request)
        return _not_found()

    def _tokens(self, request: Request) -> Response:
        params = request.params()
        if request.path == "/oauth/token":
            return self._calls.answer("oauth.token", request, lambda: self._oauth_rest.token(params))
        if request.path == "/oauth/token/revoke":
            return self._calls.answer("oauth.revoke", request, lambda: self._oauth_rest.revoke(params))
        return _not_found()

    def _page(self, request: Request) -> Response:
        shown = Shown(request.params(), _cookies(request))
        if request.path == "/oauth/authorize":
            return self._calls.answer("oauth.authorize", request, lambda: self._pages.authorize(shown))
        if request.path.startswith(_RELINK):
            return self._pages.relink(request.path.removeprefix(_RELINK), shown)
        return _not_found()


def _not_found() -> Response:
    return html(404, "<html><body>Not found</body></html>")


def _cookies(request: Request) -> dict[str, str]:
    pairs = (pair.strip().partition("=") for pair in request.headers.get("cookie", "").split(";"))
    return {name: value for name, _, value in pairs}
