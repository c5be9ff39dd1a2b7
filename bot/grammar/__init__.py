"""Texts, slash commands and buttons to calls of commands, and calls to the arguments of handlers; pure.

`Grammar(manifest).split(text)` tells what a message certainly means, or why it means nothing;
`bind(handler, call)` gives a handler's parameters their values.
"""

from bot.grammar.binding import bind, check_signature
from bot.grammar.meetings import MOST
from bot.grammar.model import Call, Reason, Unclear, Understood
from bot.grammar.sentences import LONGEST, Grammar

__all__ = ["LONGEST", "MOST", "Call", "Grammar", "Reason", "Unclear", "Understood", "bind", "check_signature"]
