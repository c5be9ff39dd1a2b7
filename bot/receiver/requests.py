"""A request read, and what came of it answered; nothing of a body or of a query reaches the log."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from typing import TypeAlias

import structlog
from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from bot import tracing
from bot.errors import ForeignEvent, MalformedBody, SettingsError, StorageError, Unavailable

log = structlog.get_logger()

MAX_BODY = 256 * 1024  # bytes
_RETRY_AFTER = {"Retry-After": "30"}

Taking: TypeAlias = Callable[[web.Request], Awaitable[None]]


def answering(take: Taking) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Wrap `take` with the documented answers."""

    async def answer(request: web.Request) -> web.Response:
        try:
            await take(request)
        except MalformedBody as error:
            return _refusal(request, 400, str(error) or "not an event")
        except ForeignEvent as error:
            return _refusal(request, 403, str(error) or "not from this portal")
        except (StorageError, SettingsError, Unavailable, TimeoutError) as error:
            log.error("request.not-stored", path=request.path, reason=str(error) or type(error).__name__)
            return web.Response(status=503, text="not stored, try again later\n", headers=_RETRY_AFTER)
        return web.Response(text="ok\n")

    return answer


async def read_body(request: web.Request, limit_s: float) -> bytes:
    """Return the body, which may have `MAX_BODY` bytes and take `limit_s` seconds."""
    if request.content_length is not None and request.content_length > MAX_BODY:
        raise web.HTTPRequestEntityTooLarge(MAX_BODY, request.content_length)
    try:
        if request.content.is_eof():  # it came together with its head, as most do
            return await request.read()
        async with asyncio.timeout(limit_s):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="the body came too slowly\n") from None
    except (web.RequestPayloadError, ConnectionError):
        raise MalformedBody("the body is cut or wrongly encoded") from None


def traced(paths: Collection[str], clock: Callable[[], float]) -> Middleware:
    """Return what makes an id for each request to `paths`; the others (health, figures, scanners) lead to nothing."""

    @web.middleware
    async def trace(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in paths:
            return await handler(request)
        with tracing.receiving(request.path, clock()):
            return await handler(request)

    return trace


@web.middleware
async def log_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Leave a line for what is refused before it is read. Unknown paths are the noise of scanners."""
    try:
        return await handler(request)
    except web.HTTPError as error:
        if error.status != web.HTTPNotFound.status_code:
            log.warning("request.refused", path=request.path, status=error.status, reason=error.reason)
        raise


def quiet_malformed() -> None:
    """Have what is no HTTP told as any other request that is refused: aiohttp would quote its line, and so its query."""
    logging.getLogger("aiohttp.server").addFilter(_tell_malformed)


def _tell_malformed(record: logging.LogRecord) -> bool:
    """Log what aiohttp could not read in our own words; return whether it was something else, for aiohttp to tell."""
    error = record.exc_info[1] if record.exc_info else None
    if not isinstance(error, HttpProcessingError):
        return True
    log.warning("request.refused", status=error.code, reason=type(error).__name__)
    return False


def _refusal(request: web.Request, status: int, reason: str) -> web.Response:
    log.warning("request.refused", path=request.path, status=status, reason=reason)
    return web.Response(status=status, text=f"{reason}\n")
