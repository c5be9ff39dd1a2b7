"""SECURITY.md: what it says of the code, the code has."""

import ast
import re
from pathlib import Path

import pytest

from bot.cronofy.authorization import SCOPES
from bot.manifest import load
from bot.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"`((?:bot|handlers|deploy|tests)/[\w/.]*)`", TEXT)))
NAMES = sorted(
    {
        (name, path)
        for names, path in re.findall(r"((?:`\w+` and )?`\w+`) in\s+`(bot/[\w/]+\.py)`", TEXT)
        for name in re.findall(r"\w+", names.replace(" and ", " "))
    }
)


def defined(path):
    """Return what a module defines or imports, and what its classes define."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    made = {
        node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return made | {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}


@pytest.mark.parametrize("path", PATHS)
def test_file_that_is_named_exists(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("name", "path"), NAMES)
def test_name_stands_in_the_module_that_is_named(name, path):
    assert name in defined(path)


def test_settings_that_are_named_exist():
    named = {name.removeprefix(PREFIX).lower() for name in re.findall(r"STATUSBOT_\w+", TEXT)}

    assert named
    assert named <= Settings.model_fields.keys()


def test_permissions_that_are_named_are_those_that_are_asked_for():
    named, outside = re.search(r"(?P<inside>`calendar`[^:]*), and at Cronofy (?P<outside>[^.]*)\.", TEXT).groups()

    assert re.findall(r"`(\w+)`", named) == sorted(load(ROOT / "manifest").scopes)
    assert set(re.findall(r"`(\w+)`", outside)) == set(SCOPES)


def test_something_is_named_in_each_part():
    """A statement that nothing backs is a promise."""
    parts = re.split(r"^##+ ", TEXT, flags=re.MULTILINE)[1:]
    attacks = parts[[part.splitlines()[0] for part in parts].index("What an attacker gets") + 1 :]
    bare = [
        part.splitlines()[0]
        for part in attacks
        if part.startswith("With") and not re.search(r"`bot/|rotate-keys|TLS", part)
    ]

    assert len(NAMES) > 20
    assert bare == []


def test_links_lead_somewhere():
    assert all((ROOT / link).exists() for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT))
