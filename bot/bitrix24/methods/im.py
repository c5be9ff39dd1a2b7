"""Presence: `im.user.status.*` (contract H)."""

from dataclasses import dataclass
from enum import StrEnum

from bot.bitrix24.methods.person import WorkingDay, working_day, working_day_commands
from bot.bitrix24.oauth import AsUser
from bot.bitrix24.rest import Command


class Presence(StrEnum):
    """Presence as the portal writes it; the value is case-sensitive."""

    ONLINE = "online"
    DND = "dnd"
    AWAY = "away"
    BREAK = "break"


async def user_status_get(as_user: AsUser) -> Presence | None:
    """Return the person's presence; one that was never set counts as online. None for one that we do not know."""
    return _presence(await as_user.call("im.user.status.get"))


@dataclass(frozen=True, slots=True)
class Changed:
    """What a presence was and is; None for one that we do not know.

    Attributes:
        day: The person's zone, if it was asked for and told.
    """

    before: Presence | None
    after: Presence | None
    day: WorkingDay | None = None


async def change_user_status(as_user: AsUser, wanted: Presence, *, with_day: bool = False) -> Changed:
    """Set the person's presence and read it back; with the person's zone, if that is wanted too. One request."""
    day = working_day_commands() if with_day else {}
    answers = await as_user.batch(
        {
            "before": Command("im.user.status.get", {}),
            "set": Command("im.user.status.set", {"STATUS": wanted.value}),
            "after": Command("im.user.status.get", {}),
            **day,
        },
        halt=True,
        spare=day.keys(),
    )
    before, _, after = answers["before"], answers["set"], answers["after"]
    return Changed(_presence(before), _presence(after), working_day(answers) if with_day else None)


def _presence(value: object) -> Presence | None:
    if value is False or value is None:
        return Presence.ONLINE
    return next((presence for presence in Presence if presence == value), None)
