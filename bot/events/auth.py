"""Who sent a body, and with which tokens. Tokens live here and in the store, never in an event."""

import re
from dataclasses import dataclass, field

from bot.events.fields import branch, decimal, entries, number, text
from bot.events.form import Tree

MAX_TOKEN = 2048  # characters; the observed ones have 70
VISIBLE = re.compile(r"[!-~]+")
SEPARATORS = re.compile(r"[ ,]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A token pair as it arrived. Its `repr` shows no token.

    Attributes:
        expires_at: Unix seconds; None when the body does not say.
        user_id: Whose token it claims to be; None when the body does not say, or cannot be trusted to.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_at: int | None
    user_id: int | None
    scope: tuple[str, ...]


def event_name(tree: Tree) -> str:
    """Return the name in upper case, "" when there is none."""
    name = text(tree, "event")
    return name.upper() if VISIBLE.fullmatch(name) else ""


def member_id(tree: Tree) -> str | None:
    """Return which portal the body claims to come from.

    The documented v2 sample has none in its top-level block, only in the bot's (contract E.2). Neither proves
    anything: the application token stored for that portal does.
    """
    name = text(branch(tree, "auth"), "member_id")
    if name:
        return name
    blocks = (text(auth, "member_id") for _, block in _bot_blocks(tree) for auth in _auth_blocks(block))
    return next(filter(None, blocks), None)


def application_token(tree: Tree) -> str | None:
    """Return the proof of origin; only the top-level one is any (contract A.3)."""
    return _token(branch(tree, "auth"), "application_token")


def author_credentials(tree: Tree) -> Credentials | None:
    """Return the tokens of the user whose action raised the event, if it brought some."""
    auth = branch(tree, "auth")
    return _credentials(tree, auth, user_id=number(auth, "user_id") or None)


def has_token(tree: Tree) -> bool:
    """Whether `author_credentials` returns any."""
    return _token(branch(tree, "auth"), "access_token") is not None


def bot_credentials(tree: Tree) -> tuple[int, Credentials] | None:
    """Return the bot's id and tokens, of the first bot that has some.

    Their `user_id` is None: what the block says there differs between sources (contract J.16).
    """
    for bot_id, block in _bot_blocks(tree):
        for auth in _auth_blocks(block):
            found = _credentials(tree, auth, user_id=None)
            if bot_id and found:
                return bot_id, found
    return None


def split_scope(scope: str) -> tuple[str, ...]:
    """Split at commas and at spaces: both are seen (contract A.2)."""
    return tuple(filter(None, SEPARATORS.split(scope)))


def _bot_blocks(tree: Tree) -> list[tuple[int | None, Tree]]:
    """Return what v2 says of its one bot, or v1 of each bot and of the bot of each command."""
    data = branch(tree, "data")
    if "bot" in data:
        bot = branch(data, "bot")
        return [(number(bot, "id"), bot)]
    bots = [(number(block, "BOT_ID") or decimal(key), block) for key, block in entries(data, "BOT")]
    return bots + [(number(block, "BOT_ID"), block) for _, block in entries(data, "COMMAND")]


def _auth_blocks(block: Tree) -> tuple[Tree, ...]:
    return branch(block, "auth"), branch(block, "AUTH"), block


def _credentials(tree: Tree, auth: Tree, *, user_id: int | None) -> Credentials | None:
    access_token = _token(auth, "access_token")
    if access_token is None:
        return None
    return Credentials(
        access_token=access_token,
        refresh_token=_token(auth, "refresh_token"),
        expires_at=_expires_at(tree, auth),
        user_id=user_id,
        scope=split_scope(text(auth, "scope", limit=MAX_TOKEN)),
    )


def _expires_at(tree: Tree, auth: Tree) -> int | None:
    expires_at = number(auth, "expires")
    if expires_at:
        return expires_at
    sent_at, lasts = number(tree, "ts"), number(auth, "expires_in")
    return sent_at + lasts if sent_at and lasts else None


def _token(auth: Tree, name: str) -> str | None:
    """Return a token that can be put into a request as it is: visible ASCII."""
    value = auth.get(name)
    usable = isinstance(value, str) and len(value) <= MAX_TOKEN and VISIBLE.fullmatch(value)
    return str(value) if usable else None
