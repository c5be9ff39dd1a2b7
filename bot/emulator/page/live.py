"""Tells open pages what has changed, by server-sent events.

A connection begins with everything there is (`reset`), then gets only the keys of `view` that changed or went. Each message brings the
portal's time, so that a page can show a clock.
"""

import asyncio
import json

from aiohttp import web

from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.page.view import View, view
from bot.emulator.php import Json
from bot.emulator.portal import Portal

# What only time changes is seen by looking; and a page that hears nothing takes the portal for stopped.
_HEARTBEAT_S = 15.0


class Live:
    """The pages that are open on a portal."""

    def __init__(self, portal: Portal, cronofy: Cronofy | None, *, shared_clock: bool) -> None:
        """Watch `portal`.

        Args:
            portal: What the pages show.
            cronofy: The calendars outside, where there are any.
            shared_clock: The bot follows the portal's clock, however far that is moved.
        """
        self._portal = portal
        self._cronofy = cronofy
        self._shared_clock = shared_clock
        self._windows: set[asyncio.Event] = set()
        self._view: View | None = None  # since the last change
        self._closed = False

    def changed(self) -> None:
        """Let every page look again."""
        self._view = None
        for window in self._windows:
            window.set()

    def close(self) -> None:
        """End all connections."""
        self._closed = True
        self.changed()

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Answer a page that wants to know, until it goes away."""
        headers = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        window = asyncio.Event()
        self._windows.add(window)
        self.changed()
        try:
            await self._tell(response, window)
        except ConnectionResetError:
            pass  # the page was closed
        finally:
            self._windows.remove(window)
            self.changed()
        return response

    async def _tell(self, response: web.StreamResponse, window: asyncio.Event) -> None:
        known: View | None = None
        while True:
            try:
                await asyncio.wait_for(window.wait(), _HEARTBEAT_S)
            except TimeoutError:
                self._view = None
            if self._closed:
                return
            window.clear()
            current = self._look()
            message = {"now": self._portal.clock.now(), **_difference(known, current)}
            await response.write(b"data: " + json.dumps(message, ensure_ascii=False).encode() + b"\n\n")
            known = current

    def _look(self) -> View:
        """Return what all pages may see now, looking once for all of them."""
        if self._view is None:
            windows = len(self._windows)
            self._view = view(self._portal, self._cronofy, shared_clock=self._shared_clock, windows=windows)
        return self._view


def _difference(known: View | None, current: View) -> dict[str, Json]:
    """Return what a page that knows `known` has to be told; one that knows nothing forgets what it had before."""
    if known is None:
        return {"reset": True, "set": current, "gone": []}
    changed = {key: value for key, value in current.items() if key not in known or known[key] != value}
    return {"set": changed, "gone": [key for key in known if key not in current]}
