"""The bot and an invented portal in one process, over real loopback HTTP, with a fresh database and no settings.

`running` puts the portal, Cronofy and the bot together, `talk` is a conversation in the terminal with what it `changes`, `alone` is what
runs until somebody ends it.
"""

from bot.demo.alone import emulate, show
from bot.demo.talk import converse

__all__ = ["converse", "emulate", "show"]
