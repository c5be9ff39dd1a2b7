"""A third language takes data files only.

It is called German, since the portal knows that one, and made of English: every word ends with “iz”.
"""

import json
import re
import shutil
import tomllib
from pathlib import Path

import pytest
from fluent.syntax import ast, parse, serialize
from fluent.syntax.visitor import Transformer

from bot import manifest as manifests
from bot.errors import ManifestError
from bot.receiver import Receiver
from bot.service import MANIFEST, Core
from bot.texts import Texts
from bot.times import Times
from tests.conftest import Ask, ImmediateInbox, PortalTransport

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_WORDS = re.compile(r"(?P<brace>\{ |^)en = (?P<words>\[[^\]]*\])", re.MULTILINE)


def said(english: str) -> str:
    """Say it in the third language."""
    return _WORD.sub(lambda word: word[0] + "iz", english)


class _Translator(Transformer):
    def visit_TextElement(self, node: ast.TextElement) -> ast.TextElement:  # noqa: N802 - the library's name
        node.value = said(node.value)
        return node


def translate_sentences(file: Path) -> None:
    translated = _Translator().visit(parse(file.read_text(encoding="utf-8")))
    file.with_name("de.ftl").write_text(serialize(translated), encoding="utf-8")


def translate_words(file: Path) -> None:
    """Add a list of words behind each English one, in tables on one line and on lines of their own."""

    def add(found: re.Match[str]) -> str:
        words = tomllib.loads(f"words = {found['words']}")["words"]
        between = ", " if found["brace"] else "\n"
        return f"{found[0]}{between}de = {json.dumps(list(map(said, words)), ensure_ascii=False)}"

    text = file.read_text(encoding="utf-8").replace('["en", "ru"]', '["en", "ru", "de"]')
    file.write_text(_WORDS.sub(add, text), encoding="utf-8")


def translate_times(file: Path) -> None:
    english = tomllib.loads(file.read_text(encoding="utf-8"))["en"]
    lists = {name: list(map(said, words)) for name, words in english.items() if isinstance(words, list)}
    tables = {
        name: {said(word): meaning for word, meaning in table.items()}
        for name, table in english.items()
        if isinstance(table, dict)
    }
    tables["same"] = {}
    lines = ["", "[de]", *(f"{name} = {json.dumps(words, ensure_ascii=False)}" for name, words in lists.items())]
    for name, table in tables.items():
        lines += [f"[de.{name}]", *(f"{json.dumps(word)} = {json.dumps(value)}" for word, value in table.items())]
    with file.open("a", encoding="utf-8") as times:
        times.write("\n".join([*lines, ""]))


@pytest.fixture
def folder(tmp_path):
    """manifest/ with one language more."""
    folder = tmp_path / "manifest"
    shutil.copytree(MANIFEST, folder)
    for file in folder.glob("*/en.ftl"):
        translate_sentences(file)
    for file in (folder / "app.toml", *folder.glob("*/capability.toml")):
        translate_words(file)
    translate_times(folder / "times.toml")
    return folder


@pytest.fixture
async def third(portal, clock, make_settings, folder):
    """What talks to a bot of three languages."""
    inbox, settings, transport = ImmediateInbox(), make_settings(), PortalTransport(portal)
    core = Core(settings, exclusive=True, transport=transport, clock=clock.now, inbox=inbox, folder=folder)
    await core.store.load()
    inbox.serve(core)
    parts = core.parts
    receiver = Receiver(settings, core.store, inbox, core.bitrix24, core.metrics, clock.now, texts=parts.texts)
    third = Ask(portal, core, receiver, inbox)
    await third.install()
    yield third
    await core.close()


def test_sentences_and_words_are_complete(folder):
    manifest = manifests.load(folder)
    texts = Texts(folder, manifest.app.languages, "en")

    assert manifest.app.languages == ("en", "ru", "de")
    assert texts.say("de", "presence.online-done") == "Youiz areiz onlineiz."
    assert texts.keys("de") == texts.keys("en")
    assert all(texts.variables("de", key) == texts.variables("en", key) for key in texts.keys("en"))
    assert all(command.words["de"] for command in manifest.commands.values() if command.words)


@pytest.mark.parametrize("capability", ["presence", "errors"])
def test_sentences_that_are_missing_are_found_at_the_start(folder, capability):
    (folder / capability / "de.ftl").unlink()

    with pytest.raises(ManifestError):
        manifests.load(folder)


@pytest.mark.parametrize("file", ["presence/capability.toml", "app.toml"])
def test_words_that_are_missing_are_found_at_the_start(folder, file):
    path = folder / file
    path.write_text(re.sub(r"(, |\n)de = \[[^\]]*\]", "", path.read_text(encoding="utf-8"), count=1), encoding="utf-8")

    with pytest.raises(ManifestError):
        manifests.load(folder)


def test_times_that_are_missing_are_found_at_the_start(folder):
    file = folder / "times.toml"
    file.write_text(file.read_text(encoding="utf-8").replace("[de]", "[fr]"), encoding="utf-8")

    with pytest.raises(ManifestError):
        Times.load(folder, ("en", "ru", "de"))


DIALOGUE = [
    ("acceptiz 651", "You are going: meeting 651"),
    ("Couldiz youiz declineiz 651, pleaseiz?", "You are not going: meeting 651"),
    ("undoiz", "You are going: meeting 651"),
    ("statusiz 651", "You have accepted: meeting 651"),
    ("dndiz untiliz myiz nextiz meetingiz endsiz", "Do not disturb is on until"),
    ("dndiz foriz 45miz", "Do not disturb is on until"),
    ("awayiz untiliz 15:00", "Your status is “away” until"),
    ("lunchiz untiliz tomorrowiz 9:00", "Your status is “break” until"),
    ("awayiz foriz aniz houriz andiz aiz halfiz", "Your status is “away” until"),
    ("statusiz", "Your status is “away” until"),
    ("onlineiz", "You are online."),
    ("dndiz 45", "I am not sure until when you mean"),
    ("dndiz untiliz 9:00", "That time has passed already"),
    ("acceptiz notiz 651", "I am not sure"),
    ("connectiz", "Press the button and let me act for you"),
    ("disconnectiz", "I have forgotten your permission"),
]


async def test_words_are_carried_out_and_answered_in_their_language(third, portal):
    for words, english in DIALOGUE:
        assert (await third(words)).text.startswith(said(english)), words

    assert portal.meetings[651][17] == "Y"
    assert portal.presence == {17: "online"}


async def test_lists_and_their_buttons_speak_it(third, portal):
    listed = await third("invitationsiz")
    accept = next(button for button in listed.buttons if said("Accept") in button)
    pressed = await third.press(17, listed.message, accept)

    assert "Weekly sync" in listed.text
    assert portal.meetings[651][17] == "Y"
    assert any(said("Undo") in button for button in pressed.buttons)


async def test_presence_ends_by_itself(third, portal):
    portal.presence[17] = "away"
    await third("dndiz foriz 2 hoursiz")
    await third.wait(2 * 3600)

    assert portal.presence == {17: "away"}


async def test_choice_is_remembered_and_wins(third):
    chosen = await third("languageiz de")

    assert chosen.text.startswith("Iiz williz speakiz")
    for words in ("online", "онлайн", "/online"):
        assert (await third(words)).text == "Youiz areiz onlineiz."
    assert (await third("language english")).text == "I will speak English with you from now on."


async def test_chosen_language_serves_all_that_is_said(third):
    await third("language de")

    assert said("accept") in (await third("help")).text
    assert (await third("mumble mumble")).text.startswith(said("I am not sure what you want"))
    assert (await third("help dnd")).text.startswith(f"“{said('dnd')}”")
    plain = await third("dnd")
    assert plain.buttons == list(map(said, ["30 min", "1 hour", "Until my day ends"]))
    pressed = await third.press(17, plain.message, said("1 hour"))
    assert pressed.text.startswith(said("Do not disturb is on until"))


async def test_portal_in_that_language_is_greeted_and_gets_titles(third, portal):
    portal.options.language = "de"
    portal.add_user(50, "Lena")
    before = len(portal.messages)
    portal.open_chat(50)
    greeting = await third.answer(before)

    assert greeting.text.startswith(said("Hello! I answer meeting invitations"))
    assert said("My meetings") in greeting.buttons
    assert {said("Do not disturb")} <= {command.titles.get("de") for command in portal.bots.commands.values()}


async def test_two_other_languages_stay_as_they_were(third):
    assert (await third("online")).text == "You are online."
    assert (await third("онлайн")).text == "Вы в сети."
