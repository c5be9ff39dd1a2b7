"""Values of a wrong kind, in every place of whatever Cronofy sends: read as far as they make sense, or refused by name."""

import copy
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from bot import errors
from bot.accounts import Account
from bot.cronofy.methods import events, identity
from bot.cronofy.methods.external import read_event
from bot.cronofy.methods.identity import read_identity
from bot.cronofy.push import read_push
from tests.bot.cronofy.hostile import MONDAY, RIGA, WEEK, Hostile, check_sound
from tests.emulator.cronofy_desk import Desk

JUNK: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    10**40,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "x",
    "true",
    "\ud800",
    "\x00\u202e",
    "a" * 3000,
    "9999-12-31T23:59:59-23:59",
    [],
    {},
    [[]],
    [{}],
    [None, 7, "x"],
    {"": None},
    {"time": 7},
    {"email": {"email": "a"}},
]
# What the quota lets through without waiting.
CALLS_AT_ONCE = 20
Path = tuple[str | int, ...]


def places(node: Any, path: Path = ()) -> Iterator[Path]:
    """Return where every value of a body stands, the whole of it too."""
    yield path
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield from places(value, (*path, key))


def with_junk(body: Any, path: Path, junk: Any) -> Any:
    """Return a body that has something else in one place."""
    if not path:
        return junk
    changed = copy.copy(body)
    changed[path[0]] = with_junk(body[path[0]], path[1:], junk)
    return changed


def without(body: Any, path: Path) -> Any:
    changed = copy.deepcopy(body)
    node = changed
    for key in path[:-1]:
        node = node[key]
    del node[path[-1]]
    return changed


@pytest.fixture
def page(desk: Desk) -> Any:
    """A page of events that has all fields, as it comes."""
    desk.invite()
    desk.invite(desk.outlook, start="2026-11-26", tz="", days=2)
    desk.cronofy.add_series(desk.calendar, "Stand-up", start="2026-11-24T09:15:00", tz="Europe/Riga", every_days=1)
    return desk.read().body


@pytest.fixture
def account(desk: Desk) -> Any:
    desk.cronofy.disconnect(desk.office)
    return desk.call("GET", "userinfo").body


def test_any_value_in_any_place_of_an_event_is_borne(page: Any, account: Any) -> None:
    calendars = read_identity(account).calendars
    event = page["events"][0]
    for path in places(event):
        for junk in JUNK:
            changed = with_junk(event, path, junk)
            check_sound(read_event(changed, calendars))


def test_any_value_in_any_place_of_an_account_is_borne(account: Any) -> None:
    for path in places(account):
        for junk in JUNK:
            with suppress(errors.CronofyUnreadable):
                check_sound(read_identity(with_junk(account, path, junk)))


def test_any_place_may_be_missing(page: Any, account: Any) -> None:
    event = page["events"][0]
    for path in [path for path in places(event) if path]:
        check_sound(read_event(without(event, path), {}))
    for path in [path for path in places(account) if path]:
        with suppress(errors.CronofyUnreadable):
            check_sound(read_identity(without(account, path)))


def spoilt(body: Any, chance: random.Random) -> Any:
    """Return a body with junk in up to six places."""
    for _ in range(chance.randint(1, 6)):
        path = chance.choice(list(places(body)))
        leaves_out = bool(path) and chance.random() < 0.3
        body = without(body, path) if leaves_out else with_junk(body, path, chance.choice(JUNK))
    return body


@pytest.mark.parametrize("seed", range(16))
async def test_spoilt_pages_are_read_or_refused(hostile: Hostile, page: Any, account: Any, seed: int) -> None:
    chance = random.Random(seed)
    calendars = read_identity(account).calendars
    for _ in range(CALLS_AT_ONCE // 2):
        hostile.says(spoilt(page, chance))
        with suppress(errors.CronofyUnreadable):
            found = await events.read(hostile.as_person, calendars, MONDAY, WEEK, RIGA)
            check_sound(tuple(found))
        hostile.says(spoilt(account, chance))
        with suppress(errors.CronofyUnreadable):
            check_sound(await identity.userinfo(hostile.as_person))


GRANT = {
    "access_token": "access-1",
    "refresh_token": "refresh-1",
    "scope": "read_events change_participation_status",
    "sub": "acc_1",
    "linking_profile": {"profile_name": "mira@example.org"},
}


@pytest.mark.parametrize("junk", JUNK, ids=lambda junk: ascii(junk)[:20])
async def test_any_value_in_any_place_of_a_grant_is_borne(hostile: Hostile, linked: Account, junk: object) -> None:
    for path in places(GRANT):
        hostile.says(with_junk(GRANT, path, junk))
        with suppress(errors.CronofyUnreadable):
            grant = await hostile.cronofy.oauth.exchange("code-1", "https://bot.example.org/cronofy")
            check_sound(grant)
            assert f"{grant.access_token}{grant.refresh_token}".isascii()
        with suppress(errors.CronofyUnreadable):
            renewed = await hostile.cronofy.oauth.refresh(linked)
            check_sound((renewed.access_token, renewed.refresh_token, renewed.scope))


PUSH = {
    "notification": {"type": "change", "changes_since": "2026-11-24T09:00:00Z"},
    "channel": {"channel_id": "chn_1", "callback_url": "https://bot.example.org/", "filters": {"calendar_ids": ["a"]}},
}


def test_any_value_in_any_place_of_a_push_is_borne() -> None:
    for path in places(PUSH):
        for junk in JUNK:
            check_sound(read_push(json.dumps(with_junk(PUSH, path, junk)).encode()))
