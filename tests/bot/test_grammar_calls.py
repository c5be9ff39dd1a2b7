"""What an answer of the grammar says besides the calls, slash commands, buttons, and the step to a handler's arguments."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from bot.errors import ManifestError
from bot.grammar import Call, Grammar, Unclear, Understood, bind, check_signature


@dataclass(frozen=True)
class Fillers:
    polite: Mapping[str, tuple[str, ...]]
    nouns: Mapping[str, tuple[str, ...]]
    joiners: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Spoken:
    name: str
    words: Mapping[str, tuple[str, ...]]
    args: tuple[str, ...] = ()
    slash: bool = False


@dataclass(frozen=True)
class Vocabulary:
    app: Fillers
    commands: Mapping[str, Spoken]


COMMANDS = [
    Spoken("accept", {"en": ("accept", "+"), "ru": ("принять", "не против", "+")}, ("meeting",), slash=True),
    Spoken("away", {"en": ("away",), "ru": ("отошёл", "отошел")}, slash=True),
    Spoken("agenda", {"en": ("agenda",), "ru": ("повестка",)}, ("meeting?",)),
    Spoken("confirm", {}, ("key",)),
    Spoken("pick", {}, ("meeting", "key")),
]


@pytest.fixture
def grammar() -> Grammar:
    fillers = Fillers(
        polite={"en": ("please",), "ru": ("пожалуйста",)},
        nouns={"en": ("meeting",), "ru": ("встречу",)},
        joiners={"en": ("and",), "ru": ("и",)},
    )
    return Grammar(Vocabulary(fillers, {command.name: command for command in COMMANDS}))


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
        ("+ foo", "en"),
        ("+ что-то", "ru"),
        ("принять foo", "ru"),
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
    assert grammar.split("Accept that one") == Unclear("number", "en", "accept", "accept")
    assert grammar.split("НЕ ПРОТИВ") == Unclear("which", "ru", "accept", "не против")
    assert grammar.split("отошел на час") == Unclear("extra", "ru", "away", "отошёл")
    assert grammar.split("+651") == Unclear("number", None, "accept", "+")


def test_unclear_never_holds_text_of_the_sender(grammar: Grammar) -> None:
    assert grammar.split("[send=accept 651]x[/send]") == Unclear("unknown", "en")
    assert grammar.split("/[url]") == Unclear("unknown-slash")


def test_one_unclear_line_makes_the_whole_message_unclear(grammar: Grammar) -> None:
    assert grammar.split("away\naccept\nhello") == Unclear("lines", "en", "accept", "accept")
    assert grammar.split("accept\nhello") == Unclear("which", "en", "accept", "accept")


def test_an_optional_number_may_be_absent(grammar: Grammar) -> None:
    assert grammar.split("agenda") == Understood((Call("agenda"),), "en")
    assert grammar.split("agenda 5 and 6") == Understood((Call("agenda", ("5",)), Call("agenda", ("6",))), "en")
    assert grammar.split("agenda meeting") == Unclear("which", "en", "agenda", "agenda")


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
        ("accept", "эту", Unclear("number", "ru", "accept", "accept")),
        ("accept", "651\n652", Unclear("separate", None, "accept", "accept")),
        ("accept", "-5", Unclear("number", None, "accept", "accept")),
        ("accept", "#5", Unclear("row", None, "accept", "accept")),
        ("away", "1h", Unclear("extra", "en", "away", "away")),
        ("agenda", "", Unclear("unknown-slash")),
        ("confirm", "k3f9", Unclear("unknown-slash", "en")),
        ("Accept", "651", Unclear("unknown-slash")),
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
        ("agenda", Call("agenda")),
        ("agenda 5", Call("agenda", ("5",))),
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
        "confirm [b]",
        "confirm " + "k" * 65,
        "accept",
        "accept 0",
        "accept 651x",
        "accept ٦",
        "accept 651, 652",
        "Accept 651",
        "+ 651",
        "away now",
        "agenda 5 6",
        "pick k3 651",
        "unknown 651",
        "confirm\u200b k3f9",
        "confirm k" + " " * 2_000,
    ],
)
def test_button_of_another_time_or_hand(grammar: Grammar, params: str) -> None:
    assert grammar.button(params) == Unclear("stale-button")


async def takes_number(ctx: object, meeting_id: int) -> None: ...
async def takes_number_or_none(ctx: object, row: int | None) -> None: ...
async def takes_key(ctx: object, key: str) -> None: ...
async def takes_nothing(ctx: object) -> None: ...
async def takes_both(ctx: object, meeting_id: int, key: str) -> None: ...
async def takes_later(ctx: "object", meeting_id: "int") -> None: ...
async def takes_unknown(ctx: "Missing", meeting_id: int) -> None: ...  # noqa: F821


@pytest.mark.parametrize(
    ("handler", "words", "bound"),
    [
        (takes_number, ("651",), {"meeting_id": 651}),
        (takes_later, ("651",), {"meeting_id": 651}),
        (takes_number_or_none, ("651",), {"row": 651}),
        (takes_number_or_none, (), {"row": None}),
        (takes_key, ("651",), {"key": "651"}),
        (takes_nothing, (), {}),
        (takes_both, ("651", "k3"), {"meeting_id": 651, "key": "k3"}),
    ],
)
def test_bind_gives_names_and_types(handler: object, words: tuple[str, ...], bound: dict[str, object]) -> None:
    assert bind(handler, Call("x", words)) == bound


@pytest.mark.parametrize(
    ("handler", "words"),
    [(takes_number, ()), (takes_nothing, ("651",)), (takes_number, ("1", "2")), (takes_unknown, ("1",))],
)
def test_bind_refuses_what_does_not_fit(handler: object, words: tuple[str, ...]) -> None:
    with pytest.raises(ManifestError):
        bind(handler, Call("x", words))


@pytest.mark.parametrize(
    ("args", "handler"),
    [
        (("meeting",), takes_number),
        (("meeting?",), takes_number_or_none),
        (("key",), takes_key),
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
        (("meeting",), takes_nothing),
        (("meeting",), takes_number_or_none),
        (("meeting?",), takes_number),
        (("key",), takes_number),
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
