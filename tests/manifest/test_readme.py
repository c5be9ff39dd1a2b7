"""README.md and README.ru.md tell what exists, and both tell the same."""

import re
import shlex
import shutil
import subprocess
import sys

import pytest

from bot.__main__ import cli
from bot.check import Report, examine
from bot.grammar import Grammar, Understood
from bot.manifest import load
from bot.metrics import Metrics
from tests.bot.test_check import World
from tests.manifest.readme import FILES, ROOT, mark, parts
from tests.process import PATIENCE_S

READMES = {language: file.read_text(encoding="utf-8") for language, file in FILES.items()}
EXAMPLES = {"en": "Talking to it", "ru": "Как с ним говорить"}
CODE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r" *# .*$", re.MULTILINE)
# What differs from one installation to another.
OWN = re.compile(r"https?://[\w.:-]+|\([\w./-]+\)|\d+")

in_both = pytest.mark.parametrize("language", READMES)


# --- what is made from other files


@in_both
@pytest.mark.parametrize("name", parts("en"))
def test_made_part_is_current(name, language):
    found, wanted = mark(name).search(READMES[language]), parts(language)[name]

    assert found is not None
    assert found[2] == wanted, (
        f"`.venv/bin/python -m tests.manifest.readme` puts this into the {language} README:\n{wanted}"
    )


# --- what is said exists


@in_both
def test_every_example_is_understood(language):
    section = re.search(rf"^## {EXAMPLES[language]}\n(.*?)^## ", READMES[language], re.DOTALL | re.MULTILINE)
    grammar = Grammar(load(ROOT / "manifest"))

    assert section is not None
    for example in re.findall("`([^`]+)`", section[1]):
        assert isinstance(grammar.split(example), Understood), example


@in_both
@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_of_the_command_line_is_mentioned(name, language):
    assert re.search(rf"\bstatusbot {name}\b", READMES[language])


@in_both
@pytest.mark.parametrize(
    "target", re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
)
def test_every_target_of_make_is_mentioned(target, language):
    assert re.search(rf"\bmake {target}\b", READMES[language])


@in_both
def test_pictures_and_linked_files_exist(language):
    named = re.findall(r'(?:\]\(|src="|srcset=")((?!https?:)[^)"#]+)', READMES[language])

    ending = {"en": ".png", "ru": ".ru.png"}[language]
    assert {f"docs/page-light{ending}", f"docs/page-dark{ending}"} < set(named)
    assert [path for path in named if not (ROOT / path).exists()] == []


@in_both
def test_sample_conversation_is_what_the_demo_says(language):
    """But for dates, times, and what `…` leaves out."""
    told = re.search(r"`\.venv/bin/statusbot (demo --say [^`]*)`[^`]*```\n(.*?)\n```", READMES[language], re.DOTALL)
    assert told is not None
    run = subprocess.run(
        [sys.executable, "-m", "bot", *shlex.split(told[1])], cwd=ROOT, check=True, capture_output=True, encoding="utf-8", timeout=PATIENCE_S,
    )  # fmt: skip
    moment = re.compile(r", \w+, [^:(]*\d\d:\d\d|\d\d:\d\d")
    wanted = re.escape(moment.sub("TIME", told[2])).replace("…", ".*")

    assert re.fullmatch(wanted, moment.sub("TIME", run.stdout.strip())), run.stdout


@in_both
def test_metrics_are_those_of_the_process(language):
    told = {
        (name.removesuffix("_total"), tuple(filter(None, labels.split(","))))
        for name, labels in re.findall(r"`(statusbot_\w+)(?:\{([\w,]+)\})?`", READMES[language])
    }
    metrics = [value for value in vars(Metrics()).values() if hasattr(value, "_labelnames")]

    assert told == {(metric._name, metric._labelnames) for metric in metrics}


@in_both
async def test_routes_that_are_named_exist(ask, language):
    routes = {resource.canonical for resource in ask.receiver.app().router.resources()}
    named = set(re.findall(r"`(/(?:bitrix24|health|metrics)[\w/]*)`", READMES[language]))

    assert named
    assert named < routes


@in_both
async def test_check_prints_what_is_promised(ask, portal, make_settings, clock, language):
    lines: list[str] = []
    await examine(Report(lines.append), make_settings(), transport=World(portal), clock=clock.now)
    promised = re.search(r"<!-- check -->\n```\n(.*?)```\n<!-- /check -->", READMES[language], re.DOTALL)

    assert promised is not None
    assert [OWN.sub("…", line) for line in promised[1].splitlines()] == [OWN.sub("…", line) for line in lines]


def test_new_command_does_what_is_promised(tmp_path):
    """Somebody follows the README in a copy of the source."""
    copied = shutil.ignore_patterns(".*", "__pycache__", "docs")
    shutil.copytree(ROOT, tmp_path, ignore=copied, dirs_exist_ok=True)
    files = re.findall(r"^```\w+\n# (\w+/[\w./]+)[^\n]*\n(.*?)^```$", READMES["en"], re.DOTALL | re.MULTILINE)
    for path, content in files:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content, encoding="utf-8")
    (sentences,) = tmp_path.glob("manifest/clock/en.ftl")
    shutil.copy(sentences, sentences.with_name("ru.ftl"))
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/handlers/test_clock.py"]
    done = subprocess.run(run, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=PATIENCE_S)

    assert len(files) == 4
    assert done.returncode == 0, done.stdout


# --- both say the same


def test_headings_of_both_have_the_same_levels():
    english, russian = (re.findall("^(#+) ", CODE.sub("", text), re.MULTILINE) for text in READMES.values())

    assert english == russian


def test_code_in_both_is_the_same_but_for_comments():
    english, russian = (
        [(kind, COMMENT.sub("", code)) for kind, code in CODE.findall(text)] for text in READMES.values()
    )

    assert english == russian
