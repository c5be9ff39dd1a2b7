"""Events of the application and of calendars (contract A.2, A.4, G.7)."""

from bot.events.auth import MAX_TOKEN, split_scope
from bot.events.fields import body_digest, branch, flag, number, required, text
from bot.events.form import Tree
from bot.events.frame import acting_user, origin
from bot.events.model import (
    AppInstalled,
    AppUninstalled,
    AppUpdated,
    CalendarAction,
    CalendarEntryChanged,
)


def installed(tree: Tree, portal: str) -> tuple[AppInstalled]:
    data, auth = branch(tree, "data"), branch(tree, "auth")
    return (
        AppInstalled(
            **origin(tree, portal),
            version=text(data, "VERSION"),
            language=text(data, "LANGUAGE_ID"),
            user_id=acting_user(tree),
            scope=split_scope(text(auth, "scope", limit=MAX_TOKEN)),
            client_endpoint=text(auth, "client_endpoint"),
            server_endpoint=text(auth, "server_endpoint"),
            status=text(auth, "status"),
            digest=body_digest(tree, with_auth=True),
        ),
    )


def uninstalled(tree: Tree, portal: str) -> tuple[AppUninstalled]:
    data = branch(tree, "data")
    return (
        AppUninstalled(
            **origin(tree, portal),
            clean=flag(data, "CLEAN"),
            language=text(data, "LANGUAGE_ID"),
            digest=body_digest(tree, with_auth=True),
        ),
    )


def updated(tree: Tree, portal: str) -> tuple[AppUpdated]:
    data = branch(tree, "data")
    return (
        AppUpdated(
            **origin(tree, portal),
            version=text(data, "VERSION"),
            previous_version=text(data, "PREVIOUS_VERSION"),
            digest=body_digest(tree, with_auth=True),
        ),
    )


def entry_added(tree: Tree, portal: str) -> tuple[CalendarEntryChanged]:
    return (_entry(tree, portal, "add"),)


def entry_updated(tree: Tree, portal: str) -> tuple[CalendarEntryChanged]:
    return (_entry(tree, portal, "update"),)


def entry_deleted(tree: Tree, portal: str) -> tuple[CalendarEntryChanged]:
    return (_entry(tree, portal, "delete"),)


def _entry(tree: Tree, portal: str, action: CalendarAction) -> CalendarEntryChanged:
    entry_id = required(number(branch(tree, "data"), "id", "ID"), "data[id]")
    return CalendarEntryChanged(**origin(tree, portal), action=action, entry_id=entry_id, user_id=acting_user(tree))
