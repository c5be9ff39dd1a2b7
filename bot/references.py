"""Which meetings a person means: in words of a message, and as the one word that calls, questions and buttons hold.

The written forms are `651`, `#2`, `#2@k3f9`, `ext:k3f9`, `next`, `title:standup`, `title?:great`, `all` and `all:today`. They are stored, so a form
that was written once stays readable.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

NUMBER = r"[1-9][0-9]{0,17}"
LAST_ROW = 9

Period: TypeAlias = Literal["", "today", "tomorrow", "week"]

_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufeff]")  # not what turns text round: \u202e ...
_SELECTOR = "\ufe0f"  # asks for the coloured picture of the sign before it
_ACCENTED = re.compile("[^\u0300-\u036f][\u0300-\u036f]+")
_ALIKE = str.maketrans({"\u0451": "\u0435", "\u2018": "'", "\u2019": "'", "\u02bc": "'"})  # Cyrillic io, apostrophes


@dataclass(frozen=True, slots=True)
class Number:
    """The meeting with this number at the portal."""

    meeting_id: int


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a list, counted from 1 to 9.

    Attributes:
        of: Key of the list whose button was pressed; "" for the one that the sender was shown last.
    """

    row: int
    of: str = ""


@dataclass(frozen=True, slots=True)
class External:
    """An event outside Bitrix24, by the name under which it was shown to one person."""

    name: str


@dataclass(frozen=True, slots=True)
class Next:
    """The meeting of the sender's that begins next."""


@dataclass(frozen=True, slots=True)
class Titled:
    """The meeting whose title holds these words.

    Attributes:
        title: Part of a title, as `normal` writes it.
        casual: Said with a word of small talk ("ok, great"), so that a match is asked about, not acted on.
    """

    title: str
    casual: bool = False


@dataclass(frozen=True, slots=True)
class All:
    """All meetings of a period, "" for those that are still to come; "week" are the next 7 days."""

    period: Period = ""


Reference: TypeAlias = Number | Row | External | Next | Titled | All


def write(reference: Reference) -> str:
    """Return the stored form, a single word except for titles of several."""
    match reference:
        case Number(meeting_id):
            return str(meeting_id)
        case Row(row, of):
            return f"#{row}@{of}" if of else f"#{row}"
        case External(name):
            return f"ext:{name}"
        case Next():
            return "next"
        case Titled(title, casual):
            return f"title{'?' if casual else ''}:{title}"
        case All(period):
            return f"all:{period}" if period else "all"


def read(word: str) -> Reference:
    """Return what `write` has written.

    Raises:
        ValueError: Nothing of ours.
    """
    kind, colon, rest = word.partition(":")
    if re.fullmatch(NUMBER, word):
        return Number(int(word))
    if row := re.fullmatch("#(?P<row>[1-9])(@(?P<of>[A-Za-z0-9_-]{1,64}))?", word):
        return Row(int(row["row"]), row["of"] or "")
    if external := re.fullmatch("ext:(?P<name>[0-9a-f]{12})", word):
        return External(external["name"])
    if word == "next":
        return Next()
    if kind in {"title", "title?"} and rest:
        return Titled(rest, casual=kind == "title?")
    for period in get_args(Period):
        if kind == "all" and rest == period and bool(colon) == bool(rest):
            return All(period)
    raise ValueError("no reference")


def normal(text: str) -> str:
    """Make one line, and equal what looks equal, except that no foreign letter becomes a Latin one."""
    return " ".join(folded(text).split())


def folded(text: str) -> str:
    """Do what `normal` does, but leave spaces and lines as they are."""
    text = _INVISIBLE.sub(" ", text.replace(_SELECTOR, ""))
    text = _ACCENTED.sub(lambda found: unicodedata.normalize("NFC", found[0]), text)
    signs = ((sign, sign.casefold()) for sign in text)
    kept = (sign if low.isascii() and not sign.isascii() else low for sign, low in signs)
    return "".join(kept).translate(_ALIKE)
