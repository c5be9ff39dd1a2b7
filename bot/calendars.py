"""An account at Cronofy in words: whose it is, which calendars it has, and what is wrong with any of them."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from bot.cronofy.methods.identity import Identity, Profile
from bot.replies import Link
from bot.texts import Safe

# Says a sentence in somebody's language.
Say: TypeAlias = Callable[..., Safe]

# Logins, and calendars of each, that are named; more would fill a telephone's screen.
_MOST = 6


def describe_account(say: Say, identity: Identity) -> tuple[list[Safe], tuple[Link, ...]]:
    """Return lines about an account, and a button for each login that its owner has to connect again."""
    shown = identity.profiles[:_MOST]
    lines = [say("cronofy.account", who=identity.email or identity.name)]
    lines += [line for profile in shown for line in _profile(say, identity, profile)]
    if len(identity.profiles) > _MOST:
        lines.append(say("cronofy.more-logins", count=len(identity.profiles) - _MOST))
    broken = [profile for profile in shown if not profile.connected and profile.relink_url]
    return lines, tuple(
        Link(say("cronofy.relink-button", login=profile.name), profile.relink_url) for profile in broken
    )


def _profile(say: Say, identity: Identity, profile: Profile) -> list[Safe]:
    calendars = [one.name for one in identity.calendars.values() if one.profile is profile and not one.deleted]
    lines = [
        say("cronofy.login", login=profile.name, calendars=_names(say, calendars))
        if calendars
        else say("cronofy.login-without-calendars", login=profile.name)
    ]
    if not profile.connected:
        lines.append(say("cronofy.login-disconnected", login=profile.name))
    elif profile.syncing:
        lines.append(say("cronofy.login-syncing", login=profile.name))
    return lines


def _names(say: Say, calendars: Sequence[str]) -> Safe:
    """Join names, each of which is somebody's text and made harmless by itself."""
    names = [say("cronofy.calendar", name=name) for name in calendars[:_MOST]]
    if len(calendars) > _MOST:
        names.append(say("cronofy.more-calendars", count=len(calendars) - _MOST))
    return Safe(", ".join(names))
