"""Presence: `im.user.status.*` (contract H)."""

from enum import StrEnum

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


async def change_user_status(as_user: AsUser, wanted: Presence) -> tuple[Presence | None, Presence | None]:
    """Set the person's presence; return what it was before and what the portal has now. One request."""
    answers = await as_user.batch(
        {
            "before": Command("im.user.status.get", {}),
            "set": Command("im.user.status.set", {"STATUS": wanted.value}),
            "after": Command("im.user.status.get", {}),
        },
        halt=True,
    )
    before, _, after = answers["before"], answers["set"], answers["after"]
    return _presence(before), _presence(after)


def _presence(value: object) -> Presence | None:
    if value is False or value is None:
        return Presence.ONLINE
    return next((presence for presence in Presence if presence == value), None)
