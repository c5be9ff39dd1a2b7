"""statusbot: a Bitrix24 chat bot that sets meeting answers and presence with the sender's own rights.

The path of a message:

1. `receiver` reads the webhook, `events` makes it a typed event and proves where it comes from.
2. `inbox` keeps it; only then the portal gets its 200, since it never sends an event again.
3. `dispatch` takes the events of each person one by one: who may speak, what is meant (`grammar`), which handler.
4. The handler in `handlers/` reads, changes what has to change, reads again, and returns a `Reply`.
5. `dispatch` sends the reply as the bot, and the inbox marks the event done.

Handlers need only what is exported here, and the typed methods of `bot.bitrix24.methods`. It is imported when the first of it is
asked for: that takes most of a second, in which the command line has to answer Ctrl-C.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.face import *  # noqa: F403
else:

    def __getattr__(name: str) -> Any:
        # Of a module of ours Python has to hear that it is no name, and then imports it.
        if find_spec(f"{__name__}.{name}"):
            raise AttributeError(name)
        return getattr(import_module("bot.face"), name)
