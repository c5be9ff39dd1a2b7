"""What an answer of the grammar says besides the calls, slash commands, buttons, and the step to a handler's arguments."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import pytest

from bot.errors import ManifestError
from bot.grammar import Call, Grammar, Unclear, Understood, bind, check_signature
from bot.references import Number, Reference, Row, Titled

Table = Mapping[str, tuple[str, ...]]


def table(en: str, ru: str) -> Table:
    return {"en": tuple(en.split()), "ru": tuple(ru.split())}


@dataclass(frozen=True)
class Wording:
    languages: tuple[str, ...] = ("en", "ru")
    language_names: Table = field(default_factory=lambda: table("english", "русский"))
    layouts: Mapping[str, str] = field(default_factory=lambda: {"en": "abc", "ru": "фис"})
    polite: Table = field(default_factory=lambda: table("please", "пожалуйста"))
    openings: Table = field(default_factory=lambda: table("hi", "привет"))
    requests: Table = field(default_factory=lambda: table("would", "можешь"))
    nouns: Table = field(default_factory=lambda: table("meeting", "встречу"))
    articles: Table = field(default_factory=lambda: table("the", "эту"))
    prepositions: Table = field(default_factory=lambda: table("to", "на"))
    joiners: Table = field(default_factory=lambda: table("and", "и"))
    next: Table = field(default_factory=lambda: table("next", "следующую"))
    all: Table = field(default_factory=lambda: table("all", "все"))
    periods: Mapping[Literal["today", "tomorrow", "week"], Table] = field(
        default_factory=lambda: {"today": table("today", "сегодня")}
    )
    negations: Table = field(default_factory=lambda: table("not", "не"))
    clauses: Table = field(default_factory=lambda: table("while", "пока"))
    vague: Table = field(default_factory=lambda: table("it one", "ее его"))


@dataclass(frozen=True)
class Spoken:
    name: str
    words: Table
    args: tuple[str, ...] = ()
    slash: bool = False
    casual: Table = field(default_factory=dict)
    inner: bool = False


@dataclass(frozen=True)
class Vocabulary:
    app: Wording
    commands: Mapping[str, Spoken]


COMMANDS = [
    Spoken(
        "accept",
        {"en": ("accept", "+"), "ru": ("принять", "не против", "+")},
        ("meeting",),
        slash=True,
        casual={"en": ("+",), "ru": ("+",)},
    ),
    Spoken("online", {"en": ("online",), "ru": ("вернулся",)}),
    Spoken("away", {"en": ("away",), "ru": ("отошёл", "отошел")}, ("until?",), slash=True),
    Spoken("help", {"en": ("help",), "ru": ("справка",)}, ("command?",)),
    Spoken("language", {"en": ("language",), "ru": ("язык",)}, ("language",)),
    Spoken("confirm", {}, ("key",)),
    Spoken("page", {}, ("key", "number")),
    Spoken("pick", {}, ("meeting", "key")),
    Spoken("restore", {}, ("key",), inner=True),
]


@pytest.fixture
def grammar() -> Grammar:
    return Grammar(Vocabulary(Wording(), {command.name: command for command in COMMANDS}))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("+ 651", None),
        ("+ 651, пожалуйста", "ru"),
        ("+ 651 and 652", "en"),
        ("+ встречу 651", "ru"),
        ("accept 651 и 652", None),
        ("accept 651\nпринять 652", None),
        ("accept 651\n+ 652", "en"),
        ("+ 651x", "en"),
        ("+ 651ж", "ru"),
        ("принять foo", "ru"),
        ("принять the plan and more", "ru"),
        ("+ foo", None),
        ("+ 651x, и", "ru"),
        ("Xylophone quiz", "en"),
        ("Что ты умеешь", "ru"),
        ("привет hello", None),
        ("grüße", "en"),
        ("γειά", None),
        ("12 :)", None),
        ("/foo", None),
        ("/foo привет", "ru"),
        ("привет " * 400, "ru"),
    ],
)
def test_language_is_that_of_the_words_or_of_the_letters(grammar: Grammar, text: str, language: str | None) -> None:
    assert grammar.split(text).language == language


def test_unclear_names_the_command_and_the_word_that_was_recognised(grammar: Grammar) -> None:
    assert grammar.split("Accept to it") == Unclear("number", "en", "accept", "accept")
    assert grammar.split("НЕ ПРОТИВ") == Unclear("which", "ru", "accept", "не против")
    assert grammar.split("отошел, на час") == Unclear("extra", "ru", "away", "отошёл")
    assert grammar.split("language klingon") == Unclear("language", "en", "language", "language")
    assert grammar.split("+ it") == Unclear("unknown", "en")
    assert grammar.split("+651") == Unclear("number", None, "accept", "+")


def test_unclear_never_holds_text_of_the_sender(grammar: Grammar) -> None:
    assert grammar.split("[send=accept 651]x[/send]") == Unclear("unknown", "en")
    assert grammar.split("/[url]") == Unclear("unknown-slash")


def test_one_unclear_line_makes_the_whole_message_unclear(grammar: Grammar) -> None:
    assert grammar.split("away\naccept\nhello") == Unclear("lines", "en", "accept", "accept")
    assert grammar.split("accept\nhello") == Unclear("which", "en", "accept", "accept")


def test_an_optional_argument_may_be_absent(grammar: Grammar) -> None:
    assert grammar.split("away") == Understood((Call("away"),), "en")
    assert grammar.split("away till 5") == Understood((Call("away", ("till 5",)),), "en")
    assert grammar.split("help") == Understood((Call("help"),), "en")
    assert grammar.split("help отошел") == Understood((Call("help", ("away",)),), "en")


@pytest.mark.parametrize(
    ("name", "params", "answer"),
    [
        ("accept", "651", Understood((Call("accept", ("651",)),))),
        ("/accept", "  651 ", Understood((Call("accept", ("651",)),))),
        ("accept", "651, 652", Understood((Call("accept", ("651",)), Call("accept", ("652",))))),
        ("accept", "651 и 652", Understood((Call("accept", ("651",)), Call("accept", ("652",))), "ru")),
        ("accept", "встречу №651, пожалуйста!", Understood((Call("accept", ("651",)),), "ru")),
        ("away", "", Understood((Call("away"),))),
        ("accept", "", Unclear("which", None, "accept", "accept")),
        ("accept", "эту", Unclear("which", "ru", "accept", "accept")),
        ("accept", "ее", Unclear("number", "ru", "accept", "accept")),
        ("accept", "план", Understood((Call("accept", ("title:план",)),))),
        ("accept", "651\n652", Unclear("separate", None, "accept", "accept")),
        ("accept", "-5", Unclear("number", None, "accept", "accept")),
        ("accept", "#5", Understood((Call("accept", ("#5",)),))),
        ("away", "1h", Understood((Call("away", ("1h",)),))),
        ("away", "?", Unclear("extra", None, "away", "away")),
        ("online", "", Unclear("unknown-slash")),
        ("confirm", "k3f9", Unclear("unknown-slash", "en")),
        (
            "Accept",
            "651",
            Unclear("unknown-slash", suggestion=(Call("accept", ("651",)),), suggested="/accept 651"),
        ),
        ("", "651", Unclear("unknown-slash")),
        ("//accept", "651", Unclear("unknown-slash")),
    ],
)
def test_slash_command(grammar: Grammar, name: str, params: str, answer: Understood | Unclear) -> None:
    assert grammar.slash(name, params) == answer


@pytest.mark.parametrize(
    ("params", "call"),
    [
        ("confirm k3f9", Call("confirm", ("k3f9",))),
        (" confirm  k3f9 ", Call("confirm", ("k3f9",))),
        ("accept 651", Call("accept", ("651",))),
        ("pick 651 A_z-9", Call("pick", ("651", "A_z-9"))),
        ("away", Call("away")),
        ("away 30m", Call("away", ("30m",))),
        ("away day-end", Call("away", ("day-end",))),
        ("page k3f9 12", Call("page", ("k3f9", "12"))),
        ("language ru", Call("language", ("ru",))),
        ("help accept", Call("help", ("accept",))),
        ("help", Call("help")),
    ],
)
def test_button(grammar: Grammar, params: str, call: Call) -> None:
    assert grammar.button(params) == Understood((call,))


@pytest.mark.parametrize(
    "params",
    [
        "",
        " ",
        "confirm",
        "confirm k3f9 x",
        "restore k3f9",
        "confirm [b]",
        "confirm " + "k" * 65,
        "accept",
        "accept 0",
        "accept 651x",
        "accept ٦",
        "accept 651, 652",
        "Accept 651",
        "+ 651",
        "online now",
        "away Now",
        "away 30 m",
        "away " + "1" * 17,
        "page k3f9",
        "page k3f9 0",
        "page k3f9 100",
        "language",
        "language english",
        "language de",
        "help me",
        "accept #2",
        "accept next",
        "pick k3 651",
        "unknown 651",
        "confirm\u200b k3f9",
        "confirm k" + " " * 2_000,
    ],
)
def test_button_of_another_time_or_hand(grammar: Grammar, params: str) -> None:
    assert grammar.button(params) == Unclear("stale-button")


async def takes_meeting(ctx: object, meeting: Reference) -> None: ...
async def takes_text_or_none(ctx: object, until: str | None) -> None: ...
async def takes_number(ctx: object, page: int) -> None: ...
async def takes_key(ctx: object, key: str) -> None: ...
async def takes_nothing(ctx: object) -> None: ...
async def takes_both(ctx: object, meeting: Reference, key: str) -> None: ...
async def takes_later(ctx: "object", meeting: "Reference") -> None: ...
async def takes_unknown(ctx: "Missing", meeting_id: int) -> None: ...  # noqa: F821


@pytest.mark.parametrize(
    ("handler", "words", "bound"),
    [
        (takes_meeting, ("651",), {"meeting": Number(651)}),
        (takes_meeting, ("#2",), {"meeting": Row(2)}),
        (takes_meeting, ("title?:all: hands",), {"meeting": Titled("all: hands", casual=True)}),
        (takes_later, ("651",), {"meeting": Number(651)}),
        (takes_text_or_none, ("for 45m",), {"until": "for 45m"}),
        (takes_text_or_none, (), {"until": None}),
        (takes_number, ("12",), {"page": 12}),
        (takes_key, ("651",), {"key": "651"}),
        (takes_nothing, (), {}),
        (takes_both, ("651", "k3"), {"meeting": Number(651), "key": "k3"}),
    ],
)
def test_bind_gives_names_and_types(handler: object, words: tuple[str, ...], bound: dict[str, object]) -> None:
    assert bind(handler, Call("x", words)) == bound


@pytest.mark.parametrize(
    ("handler", "words"),
    [(takes_meeting, ()), (takes_nothing, ("651",)), (takes_number, ("1", "2")), (takes_unknown, ("1",))],
)
def test_bind_refuses_what_does_not_fit(handler: object, words: tuple[str, ...]) -> None:
    with pytest.raises(ManifestError):
        bind(handler, Call("x", words))


@pytest.mark.parametrize(
    ("args", "handler"),
    [
        (("meeting",), takes_meeting),
        (("meeting",), takes_later),
        (("until?",), takes_text_or_none),
        (("command?",), takes_text_or_none),
        (("language",), takes_key),
        (("key",), takes_key),
        (("number",), takes_number),
        ((), takes_nothing),
        (("meeting", "key"), takes_both),
    ],
)
def test_check_signature_accepts_what_the_manifest_says(args: tuple[str, ...], handler: object) -> None:
    check_signature(Spoken("x", {}, args), handler)


@pytest.mark.parametrize(
    ("args", "handler"),
    [
        (("meeting",), takes_key),
        (("meeting",), takes_number),
        (("meeting",), takes_nothing),
        (("until?",), takes_key),
        (("language",), takes_text_or_none),
        (("key",), takes_number),
        (("number",), takes_meeting),
        ((), takes_number),
        (("meeting",), takes_unknown),
    ],
)
def test_check_signature_refuses_anything_else(args: tuple[str, ...], handler: object) -> None:
    with pytest.raises(ManifestError):
        check_signature(Spoken("x", {}, args), handler)


def test_check_signature_names_the_command_and_both_sides() -> None:
    with pytest.raises(ManifestError, match=r"command x: the manifest says \(meeting\), the handler takes \(str\)"):
        check_signature(Spoken("x", {}, ("meeting",)), takes_key)
