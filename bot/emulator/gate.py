"""Which address is answered by what: the portal, its former address, the authorization server."""

from http.cookies import CookieError, SimpleCookie

from bot.emulator.answers import Response, answer, html, redirect
from bot.emulator.faults import Faults
from bot.emulator.oauth_pages import OAuthPages
from bot.emulator.options import Options
from bot.emulator.rest import Request, Rest


class Gate:
    """Routes requests by host and path, and applies the faults of the authorization server."""

    def __init__(self, options: Options, rest: Rest, pages: OAuthPages, faults: Faults) -> None:
        """Open the door to `rest` and `pages`."""
        self._options = options
        self._rest = rest
        self._pages = pages
        self._faults = faults
        self._former: set[str] = set()

    def rename(self, domain: str) -> None:
        self._former.add(self._options.domain)
        self._former.discard(domain)
        self._options.domain = domain

    def serves(self, host: str) -> bool:
        """Tell whether a host is the portal, one of its former addresses, or the authorization server."""
        return host in {self._options.domain, self._options.oauth_host, *self._former}

    def handle(self, request: Request) -> Response:
        """Answer a request; one that names no host is meant for the portal."""
        host = request.headers.get("host", self._options.domain)
        if host in self._former:
            query = f"?{request.query}" if request.query else ""
            return redirect(f"{self._options.origin}{request.path}{query}")
        if host == self._options.oauth_host and host != self._options.domain:
            return self._authorization_server(request)
        if request.path.startswith("/rest/"):
            return self._rest.handle(request)
        if request.path.rstrip("/") == "/oauth/authorize":
            return self._oauth("oauth.authorize", request)
        if host == self._options.oauth_host:
            return self._authorization_server(request)
        return html(404, "<html><body>Not found</body></html>")

    def _authorization_server(self, request: Request) -> Response:
        path = request.path.rstrip("/").removesuffix(".json")
        if path == "/oauth/token":
            return self._oauth("oauth.token", request)
        if path == "/rest/app.info":
            return self._oauth("oauth.app.info", request)
        return html(404, "<html><body>Not found</body></html>")

    def _oauth(self, name: str, request: Request) -> Response:
        fault = self._faults.take(name)
        if fault is None:
            return self._page(name, request)
        if fault.code is not None:
            refusal = fault.as_error(self._options.error_statuses)
            return answer(refusal.status, refusal.short_body())
        response = fault.response or self._page(name, request)
        return Response(response.status, response.body, response.headers, fault.delay_s, response.cut or fault.lost)

    def _page(self, name: str, request: Request) -> Response:
        params = request.params()
        if name == "oauth.token":
            return self._pages.token(params)
        if name == "oauth.app.info":
            return self._pages.app_info(params)
        return self._pages.authorize(params, _cookies(request))


def _cookies(request: Request) -> dict[str, str]:
    try:
        jar = SimpleCookie(request.headers.get("cookie", ""))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}
