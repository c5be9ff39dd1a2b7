"""What is made up to be sent: bodies that are nearly a portal's, texts that are nearly a message, JSON that is nearly Cronofy's."""

import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from bot.events.decoding import DECODERS
from bot.grammar.words import phrases
from tests.fuzz.checks import MANIFEST, NEGATIONS
from tests.samples import forms

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)
HALVES = st.text(
    alphabet=st.characters() | st.sampled_from("\ud83d\udc4d"), max_size=30
)  # with halves of characters, as JSON may hold them

# --- bodies

_NUMBERS = "0 1 -1 1.5 1e3 007 \u0661 \u00b2 999999999999999999 9999999999999999999".split()
_WORDS = "Y N y true null None array [ ] [USER=1207] [USER=1207]x[/USER] chat5 chat-1 @all \u202e \u0130 \U0001f44d x\0y".split()
_BLANKS = ("", " ", "\0", "\r\n", "x" * 300)
_NAMES = sorted({name for sample in forms.NAMES for name in forms.pairs(sample)})
brackets = st.lists(
    st.sampled_from("a b 0 1 [ ] [] [a] [0] [a][b][0][][c] %5B %5D % = & + é \0".split(" ")), max_size=40
).map("".join)
_VALUE = st.sampled_from((*_NUMBERS, *_WORDS, *_BLANKS)) | ANY_TEXT
_EVENT_NAMES = st.sampled_from((*DECODERS, "ONTASKADD", ""))


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """A sample with names dropped, doubled, moved below others, and values replaced; perhaps under the name of another event."""
    sample = forms.pairs(draw(st.sampled_from(forms.NAMES)))
    replaced = draw(st.dictionaries(st.sampled_from(sorted(sample)), st.none() | _VALUE, max_size=8))
    pairs = [pair for pair in {**sample, **replaced}.items() if pair[1] is not None]
    if draw(st.booleans()):
        pairs.append(("event", draw(_EVENT_NAMES)))
    for _ in range(draw(st.integers(0, 4))):
        name = draw(st.sampled_from(sorted(sample)) | st.sampled_from(_NAMES))
        name += draw(st.just("") | st.sampled_from(("[]", "[0]", "[id]")) | brackets)
        pairs.insert(draw(st.integers(0, len(pairs))), (name, draw(_VALUE)))
    return forms.encode(pairs)


# --- words

COMMANDS: dict[str, str] = {
    phrase: name
    for name, command in MANIFEST.commands.items()
    if not command.inner
    for phrase in phrases(command.words)
}
REFERENCES = (
    "",
    "651",
    "#2",
    "№ 700",
    "next",
    "следующую",
    "all",
    "все",
    "weekly sync",
    "планерка",
    "651, 652 and 653",
)
TIMES = ("30m", "for 2 hours", "until 17:00", "на 45 минут", "до завтра 9:00")
_REST = (
    "please",
    "пожалуйста",
    "meeting",
    "встречу",
    "and",
    "и",
    ",",
    ".",
    "!",
    "?",
    "«x y»",
    "\n",
    "\u200b",
    "\ufe0f",
    "\u0308",
    "-",
    "/",
)
_PIECES = st.sampled_from((*COMMANDS, *sorted(NEGATIONS), *REFERENCES, *TIMES, *_REST)) | st.text(max_size=3)

messages = (
    st.lists(_PIECES, max_size=8).map(" ".join) | st.lists(_PIECES, max_size=5).map("".join) | st.text(max_size=80)
)


@st.composite
def rewritten(draw: st.DrawFn) -> tuple[str, str]:
    """A message of one line, and the same in other letters, with other spaces and with signs that nobody sees."""
    words = [word for word in draw(messages).split() if word]
    other = [draw(st.sampled_from((str, str.upper, str.lower, str.title, str.casefold)))(word) for word in words]
    gaps = st.sampled_from((" ", "  ", "\t", "\u00a0", "\u200b", " \u2060 ", "\ufe0f "))
    return " ".join(words), draw(gaps) + "".join(word + draw(gaps) for word in other)


# --- JSON

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | HALVES
anything = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HALVES, inner, max_size=3), max_leaves=8
)
_DATES = (
    "2026-11-25",
    "2026-11-25T10:00:00Z",
    "2026-11-25T10:00:00+02:00",
    "2026-11-25T10:00:00",
    "0001-01-01T00:00:00+14:00",
)
_MOMENTS = st.sampled_from(
    (*_DATES, "9999-12-31T23:59:59-14:00", "10000-01-01", "2026-W48-3", "T", "20261125T100000Z", "")
)


def nearly(names: Sequence[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object with some of the names, each with a value that fits or with anything at all."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, values | anything))


moments = _MOMENTS | nearly(("time", "tzid"), _MOMENTS | st.just("Europe/Riga"))
_PEOPLE = nearly(("email", "display_name", "status"), HALVES)
cronofy_events = st.builds(
    lambda ids, times, rest: ids | times | rest,
    st.fixed_dictionaries({"calendar_id": st.just("cal_1"), "event_uid": st.just("evt_external_1")})
    | anything.map(lambda _: {}),
    nearly(("start", "end"), moments),
    nearly(("summary", "participation_status", "options", "organizer", "location"), HALVES)
    | nearly(("attendees",), st.lists(_PEOPLE, max_size=3))
    | nearly(("deleted", "event_private", "recurring", "status"), st.booleans()),
)
pushes = nearly(
    ("notification", "channel"),
    nearly(("type", "changes_since"), moments | st.sampled_from(("change", "verification", "gdpr_requested")))
    | nearly(("channel_id",), HALVES),
).map(lambda push: json.dumps(push).encode())
