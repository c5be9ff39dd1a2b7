"""What must hold of anything that is sent, each as a function of the bytes or the text.

Both kinds of fuzzing call them: the properties, with what `drawn` makes up, and the guided one, with what leads deeper into the code.
"""

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot import events, references
from bot.errors import MalformedBody, StorageError
from bot.events.form import MAX_BYTES, MAX_DEPTH, MAX_PAIRS
from bot.grammar import MOST, Grammar, Unclear, Understood
from bot.grammar.words import phrases
from bot.manifest import load
from bot.references import Number, Row, Titled, normal
from bot.times import Times, TimeUnclear
from tests.samples import forms

FOLDER = Path(__file__).parents[2] / "manifest"
MANIFEST = load(FOLDER)
GRAMMAR = Grammar(MANIFEST)
TIMES = Times.load(FOLDER, MANIFEST.app.languages)
NEGATIONS = frozenset(phrases(MANIFEST.app.negations))

LONGEST_KEY = 300  # characters that fit a log line and every index
KEY = re.compile(r"[!-~]+")
RIGA = ZoneInfo("Europe/Riga")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)

_POLITENESS = sorted(
    (*phrases(MANIFEST.app.polite), *phrases(MANIFEST.app.openings), *phrases(MANIFEST.app.requests)),
    key=len,
    reverse=True,
)
_CLAUSES = frozenset(phrases(MANIFEST.app.clauses))
_QUOTES = frozenset("«»“”„\"'")
# Commands that are said with a negation, and the one that explains others.
_NEGATED = {
    command.name
    for command in MANIFEST.commands.values()
    if any(NEGATIONS.intersection(phrase.split()) for phrase in phrases(command.words))
} | {"help"}


# --- bodies


def form(body: bytes) -> events.Tree | None:
    """Check that a body is malformed, or a bounded tree that its own encoding gives again."""
    try:
        tree = events.parse_form(body)
    except MalformedBody as error:
        assert error.__suppress_context__ or error.__context__ is None, "an error that could show the body"
        return None
    pairs = list(forms.php_pairs(tree))
    again = forms.encode(pairs)
    assert 1 <= len(pairs) <= MAX_PAIRS
    assert _depth(tree) <= MAX_DEPTH
    if len(again) <= MAX_BYTES and not any(
        "[" in name for name in tree
    ):  # PHP mends one such bracket of a name at a time
        assert events.parse_form(again) == tree
    return tree


def _depth(node: Any) -> int:
    """Return how many names lead to the deepest value."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return max((1 + _depth(child) for child in children), default=0)


def body(sent: bytes) -> tuple[events.Event, ...]:
    """Check what a body means: malformed, or events that are stored without tokens and read back as they were."""
    tree = form(sent)
    if tree is None:
        return ()
    credentials = [events.author_credentials(tree), *(pair[1] for pair in (events.bot_credentials(tree),) if pair)]
    for token in (events.application_token(tree), *(one.access_token for one in credentials if one)):
        assert token is None or KEY.fullmatch(token)
    try:
        decoded = events.decode(tree, portal="5c5c")
    except MalformedBody as error:
        assert not re.search("[0-9]{3}", str(error)), "an error that may echo an id"
        return ()
    assert decoded == events.decode(events.parse_form(sent), portal="5c5c")
    assert decoded
    for event in decoded:
        _event(event)
    return decoded


def _event(event: events.Event) -> None:
    text = events.dump(event)
    again = events.load(text)
    assert again == event
    assert type(again) is type(event)
    assert (again.key, again.lane) == (event.key, event.lane)
    assert KEY.fullmatch(event.key)
    assert KEY.fullmatch(event.lane)
    assert len(event.key) <= LONGEST_KEY
    assert "\\u0000" not in text, "PostgreSQL stores no NUL"


def stored(text: str) -> None:
    """Check that what waits in the inbox is an event, or refused with the one error that its readers expect."""
    try:
        event = events.load(text)
    except StorageError:
        return
    assert events.load(events.dump(event)) == event


# --- words


def sentence(text: str) -> None:
    """Check that a message means something certain or nothing, always the same, and nothing that it does not say."""
    answer = GRAMMAR.split(text)
    assert answer == GRAMMAR.split(text)
    if isinstance(answer, Understood):
        _understood(text, answer)
    elif answer.suggestion:
        _suggested(answer)


def _understood(text: str, answer: Understood) -> None:
    assert 1 <= len(answer.calls) <= MOST
    figures, words = {*re.findall("[0-9]+", text)}, normal(normal(text))
    for call in answer.calls:
        command = MANIFEST.commands[call.name]
        assert not command.inner
        if command.args != ("meeting",):
            continue
        match references.read(call.words[0]):
            case Number(meeting_id):
                assert str(meeting_id) in figures
            case Row(row, of):
                assert str(row) in figures
                assert not of
            case Titled(title):
                assert title in words
    if turns_round(text):
        assert {call.name for call in answer.calls} <= _NEGATED


def turns_round(text: str) -> bool:
    """Whether a negation stands in a text of one line, apart from politeness, titles in quotes, and clauses that tell an end."""
    words = normal(normal(text))
    if (
        len(text.strip().splitlines()) > 1
        or _QUOTES.intersection(words)
        or _CLAUSES.intersection(re.split(r"\W+", words))
    ):
        return False
    words = re.sub(r"[,;.!?]+", " ", words)
    for phrase in _POLITENESS:
        words = f" {words} ".replace(f" {phrase} ", " ")
    return not NEGATIONS.isdisjoint(words.split())


def _suggested(answer: Unclear) -> None:
    name, _, params = answer.suggested.partition(" ")
    meant = GRAMMAR.slash(name, params) if name.startswith("/") else GRAMMAR.split(answer.suggested)
    assert isinstance(meant, Understood)
    assert meant.calls == answer.suggestion


def button(params: str) -> None:
    """Check that what comes in the place of a button of ours is one, or stale."""
    answer = GRAMMAR.button(params)
    if isinstance(answer, Unclear):
        assert answer.reason == "stale-button"
        return
    (call,) = answer.calls
    command = MANIFEST.commands[call.name]
    assert not command.inner
    assert len(call.words) <= len(command.args)
    if "meeting" in command.args:
        assert isinstance(references.read(call.words[command.args.index("meeting")]), Number | Row)


def moment(text: str, *, now: datetime = NOW, zone: ZoneInfo = RIGA) -> None:
    """Check that an end in words is between a second and a week ahead, or unclear."""
    said = normal(text)
    try:
        expression = TIMES.read(said)
    except TimeUnclear:
        return
    assert expression == TIMES.read(said)
    assert len({expression, TIMES.read(f" {said} ".strip())}) == 1
    try:
        end = expression.ends(now=now, zone=zone, day_end=time(18))
    except TimeUnclear:
        return
    assert timedelta(seconds=1) <= end - now <= timedelta(days=7)
    if expression.clock:
        wall = end.astimezone(zone)
        assert timedelta(hours=wall.hour, minutes=wall.minute) in {_of_a_day(at) for at in expression.clock}


def _of_a_day(at: timedelta) -> timedelta:
    return at % timedelta(days=1)
