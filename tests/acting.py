"""A command's context without a message, an account that was connected without a browser, and events in its calendars."""

from dataclasses import replace
from typing import Any

from bot.accounts import Account
from bot.acting import context_of
from bot.ahead import Ahead, read
from bot.context import Context
from bot.emulator.cronofy.accounts import Place as Whereabouts
from bot.emulator.cronofy.cronofy import DEFAULT_SCOPES, Cronofy
from bot.emulator.cronofy.events import Event, Person
from bot.grammar import Call
from bot.order import Place
from bot.tokens import TokenPair

MEMBER = "1b" * 16
MIRA = 17
# Where meeting 651 stands, as `shown` tells it.
BOTH, INSIDE, OUTSIDE = (("Weekly sync", *where) for where in ((True, True), (True, False), (False, True)))


async def link(ask: Any, outside: Cronofy, user_id: int = MIRA, login: str = "mira@example.org") -> Account:
    """Let somebody connect the account of that address."""
    (application,) = outside.directory.applications.values()
    account = next(one for one in outside.directory.accounts.values() if one.email == login)
    tokens = outside.grant(application, account)
    linked = Account(
        MEMBER,
        user_id,
        account.id,
        tokens.access_token,
        tokens.refresh_token,
        scope=" ".join(DEFAULT_SCOPES),
        zone=account.zone,
        push_key=f"push-{user_id}",
        made_at=int(ask.portal.clock.now()),
    )
    await ask.core.store.accounts.save(linked)
    return linked


async def context(
    ask: Any, user_id: int = MIRA, *, private: bool = True, alone: bool = True, language: str = "en"
) -> Context:
    """Return the context that a command of somebody would have now."""
    parts = ask.core.parts
    portal = parts.store.portal(MEMBER)
    tokens = ask.portal.oauth.issue(next(iter(ask.portal.oauth.apps.values())), user_id)
    pair = TokenPair(user_id, tokens.access_token, tokens.refresh_token, int(parts.clock()) + 3600)
    await parts.store.tokens.replace(MEMBER, pair)

    async def run(_ctx: Context, calls: object) -> Any:
        raise AssertionError(f"nobody asked for {calls}")

    ctx = context_of(
        parts,
        portal,
        await parts.store.people.find(MEMBER, user_id),
        as_user=parts.bitrix24.as_user(portal, user_id),
        event_key="event-1",
        place=Place(None, int(parts.clock())),
        dialog_id=str(user_id) if private else "chat311",
        private=private,
        outsider=False,
        language=language,
        bot_id=portal.bot_id,
        call=Call("meetings", ()),
        run=run,
        at_end=[],
    )
    return replace(ctx, alone=alone)


async def ahead_of(ask: Any, days: int = 8, *, private: bool = True) -> Ahead:
    """Read what is ahead of Mira."""
    return await read(await context(ask, private=private), days)


def shown(found: Ahead) -> list[tuple[str, bool, bool]]:
    """Title of each meeting, and whether it stands inside and outside."""
    return [(one.title, one.inside is not None, one.outside is not None) for one in found.meetings]


# --- calendars outside


def place_of(outside: Cronofy, name: str) -> Whereabouts:
    """Return one of Mira's calendars: `Mira` and `Choir` at Google, `Calendar` in Office 365; and its login."""
    return next(place for place in outside.directory.places() if place.calendar.name == name)


def add_twin(outside: Cronofy, calendar: str = "Mira", **differing: Any) -> Event:
    """Put meeting 651 into one of Mira's calendars outside, or what differs from it."""
    details = {
        "summary": "Weekly sync",
        "start": "2026-11-25T10:00:00",
        "tz": "Europe/Riga",
        "organizer": Person("juris.proba@example.org", "Juris Proba"),
    }
    return outside.add_event(place_of(outside, calendar).calendar, **{**details, **differing})
