"""Keyboards: which buttons survive and what is made of them (contract D.5)."""

import json
from collections.abc import Mapping

from bot.emulator.php import Json, is_empty, mapping, sequence, to_int, to_text

LONGEST_KEYBOARD = 60_000  # characters of JSON, by the source
_ACTIONS = frozenset({"PUT", "SEND", "COPY", "CALL", "DIALOG"})
_DECORATION = ("BG_COLOR", "TEXT_COLOR", "OFF_BG_COLOR", "OFF_TEXT_COLOR", "BG_COLOR_TOKEN", "WIDTH")
_NEWLINE: dict[str, Json] = {"TYPE": "NEWLINE"}


class BadKeyboardError(Exception):
    """No button is left, or the value is no keyboard at all."""


class KeyboardTooLargeError(BadKeyboardError):
    """More characters than the portal stores."""


def build(value: Json, bot_id: int | None) -> list[dict[str, Json]]:
    """Return the buttons that the portal keeps, as it keeps them. Bad ones vanish without a word.

    Args:
        value: A list of buttons, a map with `BUTTONS`, or JSON of either.
        bot_id: Fills in a missing `BOT_ID`, which sending does; None when an update must bring its own.

    Raises:
        BadKeyboardError: Nothing is left.
        KeyboardTooLargeError: Too many characters.
    """
    value = _parsed(value)
    root = mapping(value)
    owner = to_int(root.get("BOT_ID")) or bot_id or 0
    given = sequence(root.get("BUTTONS")) if root else sequence(value)
    buttons = [button for item in given if isinstance(item, Mapping) and (button := _button(item, owner))]
    if all(button == _NEWLINE for button in buttons):
        raise BadKeyboardError
    if len(json.dumps(buttons)) >= LONGEST_KEYBOARD:
        raise KeyboardTooLargeError
    return buttons


def _parsed(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    try:
        parsed: Json = json.loads(value)
    except ValueError:
        raise BadKeyboardError from None
    return parsed


def _button(item: Mapping[str, Json], owner: int) -> dict[str, Json] | None:
    if item.get("TYPE") == "NEWLINE":
        return dict(_NEWLINE)
    text = item.get("TEXT")
    action = _action(item, to_int(item.get("BOT_ID")) or owner)
    if not isinstance(text, str) or not text.strip() or action is None:
        return None
    return {
        **({"BOT_ID": to_int(item.get("BOT_ID")) or owner} if "COMMAND" in action else {}),
        "TYPE": "BUTTON",
        **action,
        "TEXT": text,
        "VOTE": "N",
        "BLOCK": "Y" if item.get("BLOCK") == "Y" and "COMMAND" in action else "N",
        "WAIT": "N",
        "CONTEXT": item["CONTEXT"] if item.get("CONTEXT") in {"MOBILE", "DESKTOP"} else "ALL",
        "DISABLED": "Y" if item.get("DISABLED") == "Y" else "N",
        "DISPLAY": "LINE" if item.get("DISPLAY") == "LINE" else "BLOCK",
        **{key: item[key] for key in _DECORATION if not is_empty(item.get(key))},
    }


def _action(item: Mapping[str, Json], bot_id: int) -> dict[str, Json] | None:
    """Return what pressing does: the first action that is named, if it is one."""
    if not is_empty(item.get("LINK")):
        link = to_text(item["LINK"])
        return {"LINK": link} if link.startswith(("http://", "https://", "/")) else None
    if to_int(item.get("APP_ID")):
        return {"APP_ID": to_int(item["APP_ID"]), "APP_PARAMS": to_text(item.get("APP_PARAMS"))}
    if not is_empty(item.get("ACTION")):
        if item["ACTION"] not in _ACTIONS or is_empty(item.get("ACTION_VALUE")):
            return None
        return {"ACTION": item["ACTION"], "ACTION_VALUE": to_text(item["ACTION_VALUE"])}
    command = to_text(item.get("COMMAND")).removeprefix("/")
    if not command or bot_id <= 0:
        return None
    return {"COMMAND": command, "COMMAND_PARAMS": to_text(item.get("COMMAND_PARAMS"))}
