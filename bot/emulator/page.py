"""The emulator's front page: where its API is, and what was said. Plain and inert."""

from html import escape

from bot.emulator.messenger import Message
from bot.emulator.portal import Portal

_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Portal emulator</title>
<style>body{{font:16px/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}}
li{{white-space:pre-wrap;overflow-wrap:anywhere}}</style></head>
<body><h1>Portal emulator</h1>
<p>REST: <code>{endpoint}</code><br>Its own API: <code>{control}</code>, described in <code>bot/emulator/control.py</code></p>
<h2>Conversations</h2><ol>{items}</ol></body></html>
"""


def render(portal: Portal) -> str:
    """Return the page; every text in it is somebody's, so nothing of it is markup."""
    items = "".join(_item(portal, message) for message in portal.messages if not message.deleted)
    return _FRAME.format(
        endpoint=escape(portal.options.client_endpoint),
        control=escape(f"{portal.options.origin}/emulator/"),
        items=items,
    )


def _item(portal: Portal, message: Message) -> str:
    author = portal.users.get(message.author_id)
    name = author.full_name if author else "portal"
    buttons = "".join(f" [{escape(str(item['TEXT']))}]" for item in message.keyboard if "TEXT" in item)
    return f"<li><b>{escape(name)}</b> ({escape(message.dialog_id)}): {escape(message.text)}{buttons}</li>"
