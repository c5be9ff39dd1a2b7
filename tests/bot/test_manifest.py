"""manifest/ is read as it is written, and refused with the file and the reason when it contradicts itself."""

from pathlib import Path

import pytest

from bot.errors import ManifestError
from bot.manifest import Argument, load

APP = """
code = "bot"
name = "Status"
last_name = ""
work_position = "Helps"
color = "AZURE"
languages = ["en", "ru"]
scopes = ["imbot", "user_brief"]
event_mode = "webhook"
button_command = "bot"
help = ["meeting"]
[layouts]
en = "abc"
ru = "фис"
[polite]
en = ["please"]
ru = ["пожалуйста"]
[joiners]
en = ["and"]
ru = ["и"]
"""
OTHERS = (
    *("language_names", "openings", "requests", "nouns", "articles", "prepositions", "next", "all"),
    *("periods.today", "periods.tomorrow", "periods.week", "negations", "clauses", "vague"),
)
MEETING = """
scopes = ["calendar"]
[commands.accept]
words = { en = ["accept", "yes"], ru = ["принять", "учтён", "учтен"] }
args = ["meeting"]
slash = true
"""
CONFIRM = """
scopes = ["im", "calendar"]
[commands.yes]
words = { en = ["yes"], ru = ["да"] }
args = []
slash = false
[commands.confirm]
words = {}
args = ["key"]
slash = false
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    others = "".join(f'[{name}]\nen = ["one"]\nru = ["раз"]\n' for name in OTHERS)
    (tmp_path / "app.toml").write_text(APP + others, encoding="utf-8")
    (tmp_path / "icon.png").touch()
    for name, capability in (("meeting", MEETING), ("confirm", CONFIRM), ("errors", "")):
        (tmp_path / name).mkdir()
        if capability:
            (tmp_path / name / "capability.toml").write_text(capability, encoding="utf-8")
        for language in ("en", "ru"):
            (tmp_path / name / f"{language}.ftl").touch()
    return tmp_path


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_load_returns_what_is_written(folder: Path) -> None:
    manifest = load(folder)

    assert manifest.app.code == "bot"
    assert manifest.app.languages == ("en", "ru")
    assert manifest.app.polite == {"en": ("please",), "ru": ("пожалуйста",)}
    assert manifest.scopes == ("calendar", "im", "imbot", "user_brief")
    assert list(manifest.capabilities) == ["confirm", "meeting"]
    assert list(manifest.commands) == ["yes", "confirm", "accept"]
    accept = manifest.commands["accept"]
    assert (accept.name, accept.capability, accept.slash) == ("accept", "meeting", True)
    assert accept.words == {"en": ("accept", "yes"), "ru": ("принять", "учтён", "учтен")}
    assert accept.args == (Argument.MEETING,)
    assert accept.casual == {}
    assert manifest.capabilities["meeting"].commands == (accept,)
    assert manifest.commands["confirm"].words == {}


def test_load_keeps_the_words_of_small_talk(folder: Path) -> None:
    change(folder / "meeting/capability.toml", "slash", 'casual = { en = ["yes"], ru = ["учтён"] }\nslash')

    assert load(folder).commands["accept"].casual == {"en": ("yes",), "ru": ("учтён",)}


def test_load_does_not_mind_what_python_leaves_behind(folder: Path) -> None:
    (folder / "__pycache__").mkdir()

    assert "__pycache__" not in load(folder).capabilities


def test_manifest_cannot_be_changed(folder: Path) -> None:
    manifest = load(folder)

    with pytest.raises(AttributeError):
        manifest.app.code = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("app.toml", 'code = "bot"', 'code = "bot"\ncolour = "RED"', "colour"),
        ("app.toml", 'code = "bot"', "", "code"),
        ("app.toml", 'code = "bot"', "code = 5", "code"),
        ("app.toml", '"webhook"', '"fetch"', "event_mode"),
        ("app.toml", '["en", "ru"]', "[]", "languages"),
        ("app.toml", '["en", "ru"]', '["en", "ru", "de"]', "polite: no words in the language de"),
        ("app.toml", 'en = ["please"]', 'fr = ["merci"]\nen = ["please"]', "does not list the language fr"),
        ("app.toml", 'code = "bot"', 'code = "bot', "line 2"),
        ("app.toml", '"and"', '"accept"', "lets messages lose the word 'accept'"),
        ("app.toml", '[vague]\nen = ["one"]', "[vague]", "vague: no words in the language en"),
        ("app.toml", "[periods.week]", "[periods.month]", "periods.month"),
        ("app.toml", '[periods.week]\nen = ["one"]', "[periods.week]", "periods.week: no words in the language en"),
        ("app.toml", 'help = ["meeting"]', 'help = ["meetings"]', "help: there is no capability meetings"),
        ("app.toml", '"abc"', '"abcd"', "layouts: all must have the same number of keys"),
        ("meeting/capability.toml", "slash = true", "slash = true\nhidden = true", "accept.hidden"),
        ("meeting/capability.toml", "slash = true", 'slash = true\nname = "x"', "unknown key name"),
        ("meeting/capability.toml", "slash = true", "slash = 1", "accept.slash"),
        ("meeting/capability.toml", "slash = true", "", "accept.slash"),
        ("meeting/capability.toml", "scopes", "scope", "unknown key scope"),
        ("meeting/capability.toml", 'scopes = ["calendar"]', "", "scopes"),
        ("meeting/capability.toml", "[commands.accept]", "[commands.Accept]", "Accept"),
        ("meeting/capability.toml", '["meeting"]', '["meetings"]', "accept.args.0"),
        ("meeting/capability.toml", '["meeting"]', '["meeting", "until?"]', "one argument at most"),
        ("meeting/capability.toml", '["meeting"]', '["key"]', "never with a key"),
        ("meeting/capability.toml", '["meeting"]', '["number"]', "never with a key or number"),
        (
            "meeting/capability.toml",
            "slash",
            'casual = { en = ["ok"], ru = ["учтён"] }\nslash',
            "'ok' is none of its words",
        ),
        ("meeting/capability.toml", "slash", 'casual = { en = ["yes"] }\nslash', "no words in the language ru"),
        ("meeting/capability.toml", 'ru = ["принять", "учтён", "учтен"]', "ru = []", "no words in the language ru"),
        ("meeting/capability.toml", ', ru = ["принять", "учтён", "учтен"]', "", "no words in the language ru"),
        ("meeting/capability.toml", "ru = [", 'de = ["ja"], ru = [', "does not list the language de"),
        ("meeting/capability.toml", '"accept", ', "", "one of its own English words"),
        ("meeting/capability.toml", '"принять"', '"Принять"', "lower case"),
        ("meeting/capability.toml", '"принять"', '"при  нять"', "single spaces"),
        ("meeting/capability.toml", '"принять"', '""', "lower case"),
        ("meeting/capability.toml", '"принять"', '"принять!"', "messages lose"),
        ("meeting/capability.toml", '"принять"', '"принять 1"', "messages lose"),
        ("meeting/capability.toml", '"принять"', '"/accept"', "messages lose"),
        ("meeting/capability.toml", '["meeting"]', '["until?"]', "'yes' (en) means yes already"),
        ("meeting/capability.toml", '["meeting"]', '["command?"]', "'yes' (en) means yes already"),
        ("meeting/capability.toml", '["meeting"]', "[]", "'yes' (en) means yes already"),
        ("confirm/capability.toml", "[commands.confirm]", "[commands.accept]", "accept exists in confirm already"),
    ],
)
def test_load_names_the_file_and_the_reason(folder: Path, file: str, old: str, new: str, reason: str) -> None:
    change(folder / file, old, new)

    with pytest.raises(ManifestError) as caught:
        load(folder)

    told = str(caught.value)
    assert reason in told
    assert "\n" not in told
    assert told.startswith(f"{folder}/")
    assert file in told or reason.endswith(("already", "'accept'"))  # two files are at odds: either may be named


@pytest.mark.parametrize("file", ["app.toml", "meeting/capability.toml", "meeting/ru.ftl", "errors/en.ftl"])
def test_load_names_a_missing_file(folder: Path, file: str) -> None:
    (folder / file).unlink()

    with pytest.raises(ManifestError, match=f"{file}: is missing"):
        load(folder)


def test_errors_have_texts_even_without_a_folder(folder: Path) -> None:
    for language in ("en", "ru"):
        (folder / "errors" / f"{language}.ftl").unlink()
    (folder / "errors").rmdir()

    with pytest.raises(ManifestError, match=r"errors/en\.ftl: is missing"):
        load(folder)


def test_a_missing_manifest_is_one_readable_line(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match=r"app\.toml: is missing"):
        load(tmp_path / "nowhere")


def test_a_file_that_is_no_text_is_named(folder: Path) -> None:
    (folder / "app.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(ManifestError, match=r"app\.toml"):
        load(folder)


@pytest.mark.parametrize(
    ("word", "clash"),
    [("учтён", True), ("учтен", True), ("yes", True), ("учту", False)],
)
def test_one_word_means_one_command_however_it_is_spelled(folder: Path, word: str, *, clash: bool) -> None:
    extra = f'[commands.note]\nwords = {{ en = ["note"], ru = ["{word}"] }}\nargs = ["meeting"]\nslash = false\n'
    change(folder / "confirm/capability.toml", "[commands.confirm]", f"{extra}[commands.confirm]")

    if clash:
        with pytest.raises(ManifestError, match="already"):
            load(folder)
    else:
        assert load(folder).commands["note"].words["ru"] == (word,)
