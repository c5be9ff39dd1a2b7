"""What people set their presence to (contract H)."""

from bot.emulator.answers import RestError
from bot.emulator.methods import Caller, Method, upper_keys
from bot.emulator.php import Json, Params

STATUSES = frozenset({"online", "dnd", "away", "break"})


class Presence(dict[int, str]):
    """Presence by user id; somebody who never set one is absent from it."""

    def choose(self, user_id: int, status: str) -> None:
        """Set a presence by hand, as its owner does in the messenger.

        Raises:
            ValueError: There is no such presence.
        """
        if status not in STATUSES:
            raise ValueError(f"no such presence: {status!r}")
        self[user_id] = status

    def seen(self, user_id: int) -> str:  # noqa: ARG002 - the same for everybody
        """Return what colleagues see of a person: the new messenger shows everybody as online (contract H)."""
        return "online"

    def methods(self) -> list[Method]:
        return [Method("im.user.status.get", "im", self._get), Method("im.user.status.set", "im", self._set)]

    def _get(self, caller: Caller, _: Params) -> Json:
        return self.get(caller.user.id, False)

    def _set(self, caller: Caller, params: Params) -> Json:
        """The key may have any case, the value may not: the portal compares it as it came."""
        status = upper_keys(params).get("STATUS")
        if not isinstance(status, str) or status not in STATUSES:
            raise RestError(400, "STATUS_ERROR", "Status is not available")
        self[caller.user.id] = status
        return True
