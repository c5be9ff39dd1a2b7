"""From a form tree to typed events: which decoder reads which name."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bot.events import app, v1, v2
from bot.events.auth import event_name
from bot.events.fields import body_digest
from bot.events.form import Tree
from bot.events.frame import origin
from bot.events.model import Event, UnknownEvent

DECODERS: Mapping[str, Callable[[Tree, str], tuple[Event, ...]]] = MappingProxyType(
    {
        "ONIMBOTV2MESSAGEADD": v2.message_added,
        "ONIMBOTV2MESSAGEUPDATE": v2.message_updated,
        "ONIMBOTV2MESSAGEDELETE": v2.message_deleted,
        "ONIMBOTV2COMMANDADD": v2.command_added,
        "ONIMBOTV2JOINCHAT": v2.chat_joined,
        "ONIMBOTV2CONTEXTGET": v2.context_requested,
        "ONIMBOTV2REACTIONCHANGE": v2.reaction_changed,
        "ONIMBOTV2DELETE": v2.bot_removed,
        "ONIMBOTMESSAGEADD": v1.message_added,
        "ONIMBOTMESSAGEUPDATE": v1.message_updated,
        "ONIMBOTMESSAGEDELETE": v1.message_deleted,
        "ONIMCOMMANDADD": v1.command_added,
        "ONIMBOTJOINCHAT": v1.chat_joined,
        "ONIMBOTCONTEXTGET": v1.context_requested,
        "ONIMBOTDELETE": v1.bot_removed,
        "ONAPPINSTALL": app.installed,
        "ONAPPUNINSTALL": app.uninstalled,
        "ONAPPUPDATE": app.updated,
        "ONCALENDARENTRYADD": app.entry_added,
        "ONCALENDARENTRYUPDATE": app.entry_updated,
        "ONCALENDARENTRYDELETE": app.entry_deleted,
    }
)


def decode(tree: Tree, *, portal: str = "") -> tuple[Event, ...]:
    """Return the events of one body: one, or in v1 one for each bot or command that it holds.

    Args:
        tree: What `parse_form` returned.
        portal: Whose application token the body carries. It stands in where the body names no `member_id`, so that
            events with full and with minimal `auth` share keys and lanes.

    Raises:
        MalformedBody: An id that such an event must have is missing or no number. Names the field, echoes no value.
    """
    name = event_name(tree)
    decoder = DECODERS.get(name)
    if decoder:
        return decoder(tree, portal)
    return (UnknownEvent(**origin(tree, portal), name=name, digest=body_digest(tree, with_auth=False)),)
