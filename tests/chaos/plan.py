"""What is going to happen, drawn from a seed: words, how they are delivered, and what goes wrong."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

from bot.emulator import faults
from tests.chaos.words import RESTLESS, Command, Words

Engine: TypeAlias = Literal["sqlite", "postgresql"]
Kind: TypeAlias = Literal["kill", "stop", "freeze", "gone", "database", "portal", "outage", "leap"]

# Messages and presses per second, all people together.
_PER_SECOND = 7.0
# The portal's clock may run ahead by so much in all, seconds; tokens live for an hour of it.
_LEAP_S, _MOST_LEAPS = 3_700.0, 2
# Commands may be as old as that; one that is made older is `stale`.
MAX_EVENT_AGE_S = 4 * 3600
STALE_S = 8 * 3600
# Longer than the others wait before they take a silent replica's work over, and shorter than that.
_LONG_FREEZE_S, _SHORT_FREEZE_S = (36.0, 44.0), (0.3, 4.0)
# Between two troubles, seconds; a process needs some of that to start again.
_GAP_S = (1.0, 6.0)
# Before the end nothing new goes wrong for so long, as a share of the time.
_CALM = 0.15


@dataclass(frozen=True, slots=True)
class Options:
    seed: int
    seconds: float
    database: Engine
    replicas: int


@dataclass(frozen=True, slots=True)
class Post:
    """One delivery: how long after the event, seconds, and to which replica; who `insists` waits for one that is down."""

    after_s: float
    replica: int
    insists: bool


@dataclass(frozen=True, slots=True)
class Say:
    """Somebody writes; `stale`: the event says that it happened long ago."""

    at_s: float
    command: Command
    posts: tuple[Post, ...]
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody presses a button of the bot's last message to them: the one at `choice`, counted around."""

    at_s: float
    user_id: int
    choice: int
    posts: tuple[Post, ...]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something goes wrong.

    Attributes:
        replica: To which that happens, if to one.
        for_s: How long.
        spared_s: For so long afterwards nothing else happens to that replica.
        detail: Of `portal`: a name in `FAULTS`; of `database`: how it is stopped.
        count: Of `portal`: how many calls.
    """

    at_s: float
    kind: Kind
    replica: int = 0
    for_s: float = 0.0
    spared_s: float = 0.0
    detail: str = ""
    count: int = 0


Step: TypeAlias = Say | Press | Trouble


@dataclass(frozen=True, slots=True)
class Plan:
    options: Options
    steps: tuple[Step, ...]


SET, SEND = "calendar.meeting.status.set", "imbot.v2.Chat.Message.send"
# All of them pass, so that whatever was taken in can be carried out in the end.
FAULTS: Mapping[str, tuple[str, Callable[[], faults.Fault]]] = {
    "busy": ("*", lambda: faults.error("QUERY_LIMIT_EXCEEDED")),
    "unavailable": ("*", lambda: faults.html_page(503)),
    "cut off": ("*", faults.cut),
    "answer lost": ("batch", faults.lost),
    "answer to a reply lost": (SEND, faults.lost),
    "slow": ("*", lambda: faults.slow(1.5)),
    "too slow": ("batch", lambda: faults.slow(11.0)),
    "change refused": (SET, lambda: faults.error("INTERNAL_SERVER_ERROR")),
    "change carried out, then lost": (SET, faults.lost),
    "presence refused": ("im.user.status.set", lambda: faults.error("INTERNAL_SERVER_ERROR")),
    "reply refused": (SEND, lambda: faults.error("INTERNAL_SERVER_ERROR")),
    "method blocked": ("calendar.meeting.status.get", lambda: faults.error("OPERATION_TIME_LIMIT")),
    "token server away": ("oauth.token", lambda: faults.html_page(503)),
}


def draw(options: Options) -> Plan:
    """Return what `options` lead to, always the same."""
    chance = Random(f"{options.seed} {options.database} {options.replicas}")
    steps = [*_talk(chance, options), *_troubles(chance, options)]
    return Plan(options, tuple(sorted(steps, key=lambda step: step.at_s)))


# --- what people write


def _talk(chance: Random, options: Options) -> Iterator[Say | Press]:
    words, at_s = Words(chance), 0.0
    while (at_s := at_s + chance.expovariate(_PER_SECOND)) < options.seconds:
        if chance.random() < 0.05:
            yield Press(at_s, chance.choice(RESTLESS), chance.randrange(100), _posts(chance, options))
            continue
        command = words.next()
        # Now and then somebody writes several things in one go, and those may overtake each other.
        row = chance.randint(3, 6) if chance.random() < 0.08 else 1
        for number in range(row):
            said = command if number == 0 else words.of(command.user_id)
            yield Say(at_s + 0.01 * number, said, _posts(chance, options), stale=chance.random() < 0.03)


def _posts(chance: Random, options: Options) -> tuple[Post, ...]:
    """Return how often, when and where an event is delivered: mostly once and at once."""
    drawn = chance.random()
    if drawn < 0.7:
        waits = [0.0]
    elif drawn < 0.85:  # twice or more often
        waits = [chance.uniform(0.0, 3.0) for _ in range(chance.randint(2, 3))]
    else:  # late, perhaps after what was written later
        waits = [chance.uniform(0.2, 8.0)]
    return tuple(Post(wait, chance.randrange(options.replicas), chance.random() < 0.7) for wait in waits)


# --- what goes wrong


def _troubles(chance: Random, options: Options) -> Iterator[Trouble]:
    weights: dict[Kind, int] = {"kill": 6, "stop": 3, "freeze": 3, "portal": 9, "outage": 1, "leap": 1}
    if options.database == "postgresql":
        weights["database"] = 2
    at_s, leaps, end_s = chance.uniform(0.5, 2.0), 0, options.seconds * (1 - _CALM)
    while at_s < end_s:
        (kind,) = chance.choices(tuple(weights), weights=tuple(weights.values()))
        leaps += kind == "leap"
        if leaps == _MOST_LEAPS:
            weights["leap"] = 0
        yield _trouble(chance, options, kind, at_s)
        at_s += chance.uniform(*_GAP_S)
    if options.replicas > 1 and options.seconds > _LONG_FREEZE_S[0]:
        yield from _long_troubles(chance, options)


def _trouble(chance: Random, options: Options, kind: Kind, at_s: float) -> Trouble:
    replica, spared_s = chance.randrange(options.replicas), chance.choice((0.0, chance.uniform(*_GAP_S)))
    match kind:
        case "kill":
            down_s = chance.choice((0.0, 0.0, chance.uniform(0.2, 3.0)))
            return Trouble(at_s, kind, replica, for_s=down_s, spared_s=spared_s)
        case "freeze":
            return Trouble(at_s, kind, replica, for_s=chance.uniform(*_SHORT_FREEZE_S))
        case "database":
            return Trouble(at_s, kind, for_s=chance.uniform(0.0, 3.0), detail=chance.choice(("fast", "immediate")))
        case "portal":
            return Trouble(at_s, kind, detail=chance.choice(tuple(FAULTS)), count=chance.choice((1, 1, 3, 10)))
        case "outage":
            return Trouble(at_s, kind, for_s=chance.uniform(1.0, 4.0))
        case "leap":
            return Trouble(at_s, kind, for_s=_LEAP_S)
        case _:
            return Trouble(at_s, kind, replica, spared_s=spared_s)


def _long_troubles(chance: Random, options: Options) -> Iterator[Trouble]:
    """One of several replicas hangs for so long that others take its work over; another one dies for good."""
    frozen, gone = chance.sample(range(options.replicas), 2)
    at_s = chance.uniform(0.1, 0.4) * options.seconds
    yield Trouble(at_s, "freeze", frozen, for_s=chance.uniform(*_LONG_FREEZE_S))
    if chance.random() < 0.5:
        yield Trouble(chance.uniform(0.5, 0.8) * options.seconds, "gone", gone)
