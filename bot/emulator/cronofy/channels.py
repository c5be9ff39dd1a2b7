"""Channels over REST: create, list, delete (section 8)."""

from urllib.parse import urlsplit

from bot.emulator.answers import Response
from bot.emulator.cronofy.accounts import Directory
from bot.emulator.cronofy.answers import Refusal, invalid, json_answer, required
from bot.emulator.cronofy.oauth import Authorization
from bot.emulator.cronofy.options import Options
from bot.emulator.cronofy.pushes import Channel, Pushes
from bot.emulator.php import Json, Params, mapping, to_text

LONGEST_URL = 128
MOST_CHANNELS = 128


class Channels:
    """Lets applications ask to be told of changes."""

    def __init__(self, options: Options, directory: Directory, pushes: Pushes) -> None:
        """Open channels of `pushes`."""
        self._options = options
        self._directory = directory
        self._pushes = pushes

    def create(self, caller: Authorization, params: Params) -> Response:
        """Open a channel, or show the one that an identical request opened.

        Raises:
            Refusal: 403 for an application without pushes, or 422.
        """
        if not caller.application.push_allowed:
            raise Refusal(403)
        url, filters = self._callback_url(params), mapping(params.get("filters"))
        for channel in self._own(caller):
            if (channel.callback_url, channel.filters) == (url, filters):
                return json_answer(200, {"channel": channel.described()})
        if len(self._pushes.of(caller.account)) >= MOST_CHANNELS:
            raise invalid("base", "too_many_channels")
        channel = Channel(f"chn_{self._directory.digits('channel')}", caller, url, filters)
        self._pushes.open(channel)
        return json_answer(200, {"channel": channel.described()})

    def _callback_url(self, params: Params) -> str:
        """Return the address; plain HTTP will do for an emulator that itself is reached so."""
        url = to_text(params.get("callback_url"))
        if not url:
            raise required("callback_url")
        if len(url) > LONGEST_URL or urlsplit(url).scheme not in {"https", urlsplit(self._options.api_origin).scheme}:
            raise invalid("callback_url", "invalid")
        return url

    def _own(self, caller: Authorization) -> list[Channel]:
        return [channel for channel in self._pushes.of(caller.account) if channel.authorization is caller]

    def list(self, caller: Authorization) -> Response:
        described: list[Json] = [channel.described() for channel in self._own(caller)]
        return json_answer(200, {"channels": described})

    def delete(self, caller: Authorization, channel_id: str) -> Response:
        """Close a channel.

        Raises:
            Refusal: 404.
        """
        for channel in self._own(caller):
            if channel.id == channel_id:
                channel.closed = True
                return Response(202)
        raise Refusal(404)
