"""What comes from others: pinned, with hashes, from no address of ours, and under licences that let it be used and passed on.

Known weaknesses are looked up with `pip-audit -r requirements.lock`, which asks a database in the network, so not here.
"""

import re
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock", "tests/fuzz/requirements.lock")
PINNED = re.compile(
    r"(?P<name>[a-z0-9]+(?:[-.][a-z0-9]+)*)==(?P<version>[0-9][a-z0-9.+]*)(?: ; (?P<marker>(?:(?! --hash).)+))?"
)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")

# As SPDX writes them, and as others do who do not. Of those that ask for their own source to stay open (MPL, LGPL) nothing is
# changed here, and everybody can exchange it.
ALLOWED = {
    *(
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "CNRI-Python",
        "LGPL-3.0-only",
        "MIT",
        "MIT-0",
        "MIT-CMU",
    ),
    *("MPL-2.0", "PSF-2.0", "Zlib"),
    *("Apache Software License", "BSD License", "MIT License", "Mozilla Public License 2.0 (MPL 2.0)"),
    *("Python Software Foundation License", "3-Clause BSD License"),
}
# Of packages whose metadata tell nothing: where the licence itself stands, and how it begins.
UNTOLD = {"axe-playwright-python": ("licenses/LICENSE", "MIT License")}


def requirements(lock):
    """Return the entries of a lock, each on one line."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return text.replace("\\\n", " ").splitlines()


def packages():
    """Return the names of everything that is locked, and whether it is for every system."""
    found = {}
    for lock in LOCKS[:2]:
        for entry in requirements(lock):
            pinned = PINNED.match(entry)
            found[pinned["name"]] = found.get(pinned["name"], False) or pinned["marker"] is None
    return found


def installed(name):
    try:
        return metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None


def licences(package):
    """Return the names of the licences that a package is under, from the most exact place that tells any."""
    told = package.metadata
    if expression := told.get("License-Expression"):
        return set(re.split(r" (?:AND|OR) ", expression.strip("()")))
    classifiers = [name.split(" :: ")[-1] for name in told.get_all("Classifier", []) if name.startswith("License ::")]
    if classifiers:
        return set(classifiers)
    return {(told.get("License") or "").strip()}


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_pins_versions_and_files_and_names_no_address(lock):
    entries = requirements(lock)
    options = [HASH.sub("", entry[PINNED.match(entry).end() :]).strip() for entry in entries if PINNED.match(entry)]

    assert entries
    assert [entry for entry in entries if not PINNED.match(entry)] == []
    assert [entry for entry in entries if not HASH.search(entry)] == []
    assert [option for option in options if option] == []


def test_no_other_file_names_an_address_to_install_from():
    files = [
        "Makefile",
        "Dockerfile",
        "pyproject.toml",
        ".ci/run",
        "README.md",
        "README.ru.md",
        "deploy/statusbot.service",
    ]
    addressed = re.compile(r"--(?:extra-)?index-url|index-url *=|--find-links +https?:|git\+https?:| @ https?:")

    assert [name for name in files if addressed.search((ROOT / name).read_text(encoding="utf-8"))] == []


def test_everything_locked_is_here_to_be_looked_at():
    assert [name for name, everywhere in packages().items() if everywhere and installed(name) is None] == []


def test_every_licence_is_an_allowed_one():
    found = {name: licences(package) for name in packages() if name not in UNTOLD and (package := installed(name))}

    assert {name: names for name, names in found.items() if not names <= ALLOWED} == {}


@pytest.mark.parametrize("name", sorted(UNTOLD))
def test_licence_that_metadata_do_not_tell_stands_in_its_file(name):
    place, beginning = UNTOLD[name]
    package = installed(name)

    assert licences(package) == {""}
    assert beginning in package.read_text(place)[:200]
