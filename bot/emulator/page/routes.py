"""Where a browser finds the chat page. Only under loopback names, and with nothing on it that is not its own."""

from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.emulator.page.live import Live

STATIC = Path(str(files("bot.emulator.page") / "static"))
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_OWN = ("/emulator/", "/page/")


def add_page(application: web.Application, live: Live) -> None:
    """Serve the page's files, and what they want to know."""

    async def index(_: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "index.html", headers=_HEADERS)

    async def end(_: web.Application) -> None:
        live.close()

    async def harden(request: web.Request, response: web.StreamResponse) -> None:
        if request.path.startswith("/page/"):
            response.headers.update(_HEADERS)

    application.middlewares.append(_only_here)
    application.on_response_prepare.append(harden)
    application.on_shutdown.append(end)
    application.router.add_get("/", index)
    application.router.add_get("/emulator/live", live.stream)
    application.router.add_static("/page", STATIC)


@web.middleware
async def _only_here(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what a foreign site could reach by giving its own name our address."""
    if (request.path == "/" or request.path.startswith(_OWN)) and not _is_loopback(request.host):
        raise web.HTTPForbidden(text="This page is served to 127.0.0.1 and localhost only.")
    return await handler(request)


def _is_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
