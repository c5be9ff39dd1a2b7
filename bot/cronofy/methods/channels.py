"""Channels: where Cronofy tells of changes in an account (section 8)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.cronofy import fields
from bot.cronofy.rest import Call, segment
from bot.errors import CronofyGone, CronofyUnreadable

# What a callback address may be long, in characters.
MAX_ADDRESS = 128
_PATH = "/v1/channels"


class AsAccount(Protocol):
    """Whatever acts for an account; nothing of `oauth` itself, which closes channels."""

    async def call(self, call: Call, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; its address holds the account's push key."""

    channel_id: str
    callback_url: str = field(repr=False)


async def create(as_account: AsAccount, callback_url: str) -> Channel:
    """Open a channel for all calendars, or learn of the one that is open at that address.

    Raises:
        CronofyInvalid: the address is longer than `MAX_ADDRESS`, or not https, or there are 128 channels.
    """
    call = Call("channels.create", "POST", _PATH, body={"callback_url": callback_url}, once=True)
    channel = _channel(fields.branch(await as_account.call(call), "channel"))
    if not channel.channel_id:
        raise CronofyUnreadable("no channel in the answer", method=call.method)
    return channel


async def listing(as_account: AsAccount) -> list[Channel]:
    """Return the channels that are open; Cronofy closes one that was not answered for a day."""
    answer = await as_account.call(Call("channels.list", "GET", _PATH))
    return [channel for row in fields.rows(answer, "channels") if (channel := _channel(row)).channel_id]


async def delete(as_account: AsAccount, channel_id: str) -> None:
    """Close a channel; one that is closed already is fine too."""
    try:
        await as_account.call(Call("channels.delete", "DELETE", f"{_PATH}/{segment(channel_id)}", reads=False))
    except CronofyGone:
        return


def _channel(row: Mapping[str, Any]) -> Channel:
    return Channel(fields.text(row, "channel_id"), fields.text(row, "callback_url"))
