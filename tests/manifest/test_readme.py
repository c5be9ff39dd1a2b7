"""README.md and README.ru.md tell what exists, and both tell the same."""

import re
import shlex
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase

import pytest

from bot.channels import longest_public_url
from bot.check import Report, examine
from bot.commandline import cli
from bot.grammar import Grammar, Understood
from bot.manifest import load
from bot.metrics import Metrics
from tests.bot.test_check import World
from tests.manifest.readme import FILES, ROOT, mark, parts
from tests.process import PATIENCE_S

READMES = {language: file.read_text(encoding="utf-8") for language, file in FILES.items()}
EXAMPLES = {
    "en": ("Talking to it", "Calendars outside Bitrix24"),
    "ru": ("Как с ним говорить", "Календари вне Битрикс24"),
}
CODE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r" *# .*$", re.MULTILINE)
FENCED = re.compile(r"^```\w*\n.*?^```$", re.DOTALL | re.MULTILINE)
# A conversation, behind the command that holds it.
SAMPLE = re.compile(r"`\.venv/bin/statusbot (demo --say [^`]*)`[^`]*```\n(.*?)\n```", re.DOTALL)
# As the bot writes days in English and in Russian, and the demo what it changed. Near midnight an hour gains its day.
DAY = r"\w+, (?:\w+ \d+(?:, \d{4})?|\d+ \w+\.?(?: \d{4}\sг\.)?)"
MOMENT = re.compile(rf"(?:{DAY}, |\d{{4}}-\d\d-\d\d )?\d\d:\d\d")
# What has no password, and so stays on this machine.
INWARD = {"/health/ready", "/metrics"}
# What differs from one installation to another.
OWN = re.compile(r"https?://[\w.:-]+|\([\w./-]+\)|\d+")

in_both = pytest.mark.parametrize("language", READMES)


def let_through_by_caddy(readme, path):
    (patterns,) = re.findall(r"@bot path (.+)", readme)
    return any(fnmatchcase(path, pattern) for pattern in patterns.split())


def let_through_by_nginx(readme, path):
    locations = re.findall(r"location (= )?(\S+) +\{ proxy_pass", readme)
    return any(path == place if exactly else path.startswith(place) for exactly, place in locations)


@pytest.fixture
async def routes(make_ask, outside):
    """Every path that the bot answers, with Cronofy set up."""
    app = (await make_ask(cronofy=outside)).receiver.app()
    return {resource.canonical for resource in app.router.resources()}


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
    """Whatever stands in backticks where people are told what to write, but for what belongs into a terminal."""
    told = FENCED.sub("", READMES[language])
    sections = [re.search(rf"^## {title}\n(.*?)^## ", told, re.DOTALL | re.MULTILINE) for title in EXAMPLES[language]]
    grammar = Grammar(load(ROOT / "manifest"))

    for section in sections:
        assert section is not None
        for example in re.findall("`([^`]+)`", section[1]):
            assert example.startswith(".venv/") or isinstance(grammar.split(example), Understood), example


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
def test_links_within_lead_to_headings(language):
    """A heading is addressed by its words, as GitHub does it."""
    titles = re.findall("^#+ (.*)", FENCED.sub("", READMES[language]), re.MULTILINE)
    addresses = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    linked = set(re.findall(r"\]\(#([^)]+)\)", READMES[language]))

    assert linked
    assert linked <= addresses


@in_both
@pytest.mark.parametrize("number", range(2))
def test_sample_conversation_is_what_the_demo_says(number, language):
    """But for dates, times, and what `…` leaves out."""
    command, told = SAMPLE.findall(READMES[language])[number]
    run = subprocess.run(
        [sys.executable, "-m", "bot", *shlex.split(command)], cwd=ROOT, check=True, capture_output=True, encoding="utf-8", timeout=PATIENCE_S,
    )  # fmt: skip
    wanted = re.escape(MOMENT.sub("TIME", told)).replace("…", ".*")

    assert re.fullmatch(wanted, MOMENT.sub("TIME", run.stdout.strip())), run.stdout


@in_both
def test_metrics_are_those_of_the_process(language):
    told = {
        (name.removesuffix("_total"), tuple(filter(None, labels.split(","))))
        for name, labels in re.findall(r"`(statusbot_\w+)(?:\{([\w,]+)\})?`", READMES[language])
    }
    metrics = Metrics().registry._collector_to_names

    assert told == {(metric._name, metric._labelnames) for metric in metrics}


@in_both
def test_routes_that_are_named_exist(routes, language):
    named = set(re.findall(r"`(/(?:bitrix24|cronofy|health|metrics)[\w/]*)`", READMES[language]))

    assert named
    assert named < routes


@in_both
@pytest.mark.parametrize("lets_through", [let_through_by_caddy, let_through_by_nginx])
def test_web_server_lets_through_what_others_need_and_nothing_else(routes, lets_through, language):
    asked = routes | {"/", "/bitrix24x", "/cronofyx", "/health", "/health/live/x"}

    assert {path for path in asked if lets_through(READMES[language], path)} == routes - INWARD


@in_both
def test_longest_public_url_is_that_of_the_channels(make_settings, language):
    longest = longest_public_url(make_settings(public_url=f"https://{'b' * 45}.{'b' * 45}.example.com"))

    assert longest is not None
    assert re.search(rf"`STATUSBOT_PUBLIC_URL`[^.|]*\b{longest}\b", READMES[language])


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
