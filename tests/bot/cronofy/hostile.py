"""A Cronofy that means no good, and what has to hold of whatever is read of it."""

import json
from collections.abc import Callable
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from bot.cronofy.fields import LONGEST
from bot.cronofy.methods import events
from bot.cronofy.methods.external import ExternalEvent, Obstacle
from bot.cronofy.oauth import Cronofy
from bot.metrics import Metrics
from bot.settings import CronofyApp
from bot.store import Store

RIGA = ZoneInfo("Europe/Riga")
MONDAY = datetime(2026, 11, 23, 11, tzinfo=RIGA)
WEEK = MONDAY + timedelta(days=7)


class Hostile:
    """A Cronofy that says what the test wants, and keeps what it was sent."""

    def __init__(self, app: CronofyApp, store: Store, portal: str, user_id: int) -> None:
        self.requests: list[httpx.Request] = []
        self.answer: Callable[[], httpx.Response] = lambda: httpx.Response(200, json={})
        self.cronofy = Cronofy(httpx.MockTransport(self._take), app, store.accounts, Metrics())
        self.as_person = self.cronofy.as_account(portal, user_id)

    def _take(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer()

    def says(self, body: Any) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answer = lambda: httpx.Response(200, content=content)

    async def read(self) -> list[ExternalEvent]:
        return await events.read(self.as_person, {}, MONDAY, WEEK, RIGA)


def check_sound(value: object) -> None:
    """Whatever was read of an answer can be stored, compared and asked."""
    if isinstance(value, str):
        value.encode()
        assert len(value) <= LONGEST
    elif isinstance(value, datetime):
        assert value.tzinfo is UTC
    elif isinstance(value, tuple | frozenset):
        for item in value:
            check_sound(item)
    elif isinstance(value, dict):
        assert all(key == calendar.calendar_id != "" for key, calendar in value.items())
        check_sound(tuple(value.values()))
    elif is_dataclass(value):
        check_sound(tuple(getattr(value, field.name) for field in fields_of(value)))
    else:
        assert value is None or isinstance(value, bool | date), value
    if isinstance(value, ExternalEvent):
        assert value.all_day is not isinstance(value.ends, datetime)
        assert isinstance(value.declining_removes, bool)
        assert isinstance(value.obstacle(MONDAY), Obstacle | None)
