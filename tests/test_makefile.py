"""What make installs when, whatever an install before left behind, and from which locks. An invented Python downloads nothing."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.process import PATIENCE_S

ROOT = Path(__file__).parents[1]
SOURCES = ("pyproject.toml", "requirements.lock", "requirements-dev.lock")
RUNTIME = ["requirements.lock", "."]  # the lock, and the bot itself
TOOLS = ["requirements-dev.lock"]
ALONE = [".venv/alone", *RUNTIME]  # what the bot runs on, once more and by itself

# Writes down what it was called with. Its .venv is a copy of itself, and so is what `pip install -e .` would bring. It breaks in
# the way of $HOW when called with what ends in $BREAK.
PYTHON = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$*" in
  *"${BREAK:-never}") eval "$HOW" ;;
  "-m venv --clear "*) rm -rf "$4" && mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
  *" -e .") cp "$0" .venv/bin/statusbot ;;
esac
"""
OLD_PYTHON = f"""#!{sys.executable}
import sys
sys.version_info = (3, 9, 18)
exec(sys.argv[2])
"""


@dataclass(frozen=True, slots=True)
class Made:
    """One run of make: its exit status, the last word of each call of Python and of the bot, and what was printed."""

    status: int
    calls: list[str]
    said: str


@dataclass
class Clone:
    folder: Path
    calls: Path

    def make(self, target, python=None, **environment):
        """Run make as a user would, without what the make that runs these tests hands down."""
        self.calls.write_text("", encoding="utf-8")
        done = subprocess.run(
            ["make", target, f"PYTHON={python or self.calls.with_name('python')}"],
            cwd=self.folder, env={"PATH": os.environ["PATH"], "CALLS": str(self.calls)} | environment,
            check=False, capture_output=True, text=True, timeout=PATIENCE_S,
        )  # fmt: skip
        lines = self.calls.read_text(encoding="utf-8").splitlines()
        calls = [line.split()[-1] for line in lines if not line.startswith("-c ")]
        return Made(done.returncode, calls, done.stdout + done.stderr)

    def program(self, name, text):
        file = self.calls.with_name(name)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755)
        return file


@pytest.fixture
def clone(tmp_path):
    """A fresh clone in a folder with a blank in its name."""
    folder = tmp_path / "the clone"
    folder.mkdir()
    shutil.copy(ROOT / "Makefile", folder)
    for name in SOURCES:
        (folder / name).touch()
        os.utime(folder / name, (1000, 1000))
    clone = Clone(folder, tmp_path / "calls")
    clone.program("python", PYTHON)
    return clone


def locked(name):
    """Return what a lock tells of each package: versions, on which systems, and hashes."""
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip())
    packages = map(project_of, entries)
    return {package: {entry for entry in entries if entry.startswith(f"{package}==")} for package in packages}


def project_of(requirement):
    """Return the name of a requirement as locks write it."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


# --- what is installed when


def test_demo_of_a_fresh_clone_installs_what_the_bot_runs_on_only(clone):
    assert clone.make("demo").calls == [".venv", *RUNTIME, "demo"]


@pytest.mark.parametrize(
    ("target", "called"),
    [("test", ["pytest"]), ("bench", [*ALONE, "tests.benchmarks"]), ("chaos", ["sqlite"])],
)
def test_developers_targets_of_a_fresh_clone_install_their_tools_too(clone, target, called):
    assert clone.make(target).calls == [".venv", *RUNTIME, *TOOLS, *called]


def test_what_is_measured_alone_is_installed_once(clone):
    clone.make("bench")

    assert clone.make("bench").calls == ["tests.benchmarks"]


def test_what_is_measured_alone_is_installed_as_a_whole_after_a_failure(clone):
    clone.make("test")

    failed = clone.make("bench", BREAK="-r requirements.lock", HOW="exit 1")

    assert (failed.status, failed.calls) == (2, ALONE[:2])
    assert "Not everything could be installed" in failed.said
    assert clone.make("bench").calls == [*ALONE, "tests.benchmarks"]


def test_tools_are_added_to_what_demo_installed(clone):
    clone.make("demo")

    assert clone.make("test").calls == [*TOOLS, "pytest"]


def test_nothing_is_installed_twice(clone):
    clone.make("test")

    assert clone.make("demo").calls == ["demo"]
    assert clone.make("test").calls == ["pytest"]
    assert clone.make("install").calls == []


@pytest.mark.parametrize(
    ("name", "installed"),
    [
        ("requirements.lock", RUNTIME + TOOLS),
        ("pyproject.toml", RUNTIME + TOOLS),
        ("requirements-dev.lock", TOOLS),
    ],
)
def test_changed_source_is_installed_over_what_is_there(clone, name, installed):
    clone.make("test")
    for stamp in ("installed", "installed-dev"):
        os.utime(clone.folder / ".venv" / stamp, (2000, 2000))
    os.utime(clone.folder / name, (3000, 3000))

    assert clone.make("test").calls == [*installed, "pytest"]
    assert clone.make("test").calls == ["pytest"]


def test_only_files_with_the_hashes_of_the_lock_are_installed(clone):
    clone.make("test")
    calls = clone.calls.read_text(encoding="utf-8").splitlines()
    installs = [call for call in calls if " install " in call]

    assert len(installs) == 3
    assert all("--require-hashes" in call or "--no-deps --no-build-isolation" in call for call in installs)


# --- what was left half-finished


@pytest.mark.parametrize(
    ("step", "how"),
    [*((step, "exit 1") for step in RUNTIME), *((step, "kill -9 $$") for step in RUNTIME + TOOLS)],
)
def test_install_that_was_cut_short_begins_anew(clone, step, how):
    cut = clone.make("test", BREAK=f" {step}", HOW=how)

    assert cut.status != 0
    assert cut.calls[-1] == step
    assert clone.make("demo").calls == [".venv", *RUNTIME, "demo"]


def test_refused_tools_leave_the_demo_as_it_was(clone):
    clone.make("demo")
    refused = clone.make("test", BREAK=" requirements-dev.lock", HOW="exit 1")

    assert refused.status != 0
    assert "is there a network" in refused.said
    assert clone.make("demo").calls == ["demo"]
    assert clone.make("test").calls == [*TOOLS, "pytest"]


def test_refused_change_is_tried_again_over_what_is_there(clone):
    clone.make("demo")
    os.utime(clone.folder / ".venv" / "installed", (2000, 2000))
    os.utime(clone.folder / "requirements.lock", (3000, 3000))
    clone.make("demo", BREAK=" requirements.lock", HOW="exit 1")

    assert clone.make("demo").calls == [*RUNTIME, "demo"]


def test_install_over_another_that_was_cut_short_begins_anew(clone):
    clone.make("test")
    os.utime(clone.folder / ".venv" / "installed", (500, 500))
    clone.make("demo", BREAK=" requirements.lock", HOW="kill -9 $$")

    assert clone.make("test").calls == [".venv", *RUNTIME, *TOOLS, "pytest"]


def test_moved_folder_begins_anew(clone):
    clone.make("demo")
    moved = Clone(clone.folder.rename(clone.folder.with_name("moved")), clone.calls)

    assert moved.make("demo").calls == [".venv", *RUNTIME, "demo"]


def test_folder_without_its_python_begins_anew(clone):
    clone.make("demo")
    python = clone.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")

    assert clone.make("demo").calls == [".venv", *RUNTIME, "demo"]


def test_folder_whose_python_lacks_pip_begins_anew(clone):
    clone.make("demo")

    assert clone.make("demo", BREAK="-c import pip", HOW="exit 1").calls == [".venv", *RUNTIME, "demo"]


# --- what a machine may lack


def test_old_python_is_refused_in_a_sentence(clone):
    made = clone.make("demo", python=clone.program("python3.9", OLD_PYTHON))

    assert made.status != 0
    assert "statusbot needs Python 3.11 or newer; name one with: make PYTHON=" in made.said
    assert "Traceback" not in made.said
    assert not (clone.folder / ".venv").exists()


def test_missing_python_is_told_in_a_sentence(clone):
    made = clone.make("demo", python="python3.99")

    assert made.status != 0
    assert "There is no python3.99 here. statusbot needs Python 3.11 or newer" in made.said


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ("import ensurepip, venv", "apt install python3-venv"),
        ("-m venv --clear .venv", "No .venv could be made in "),
        ("-r requirements.lock", "Not everything could be installed"),
        ("-r requirements-dev.lock", "Not everything could be installed"),
    ],
    ids=["no ensurepip", "no place", "no network", "no network for the tools"],
)
def test_what_fails_is_told_in_a_sentence(clone, step, sentence):
    made = clone.make("test", BREAK=step, HOW="exit 1")

    assert made.status != 0
    assert sentence in made.said
    assert "pytest" not in made.calls


# --- the locks


def test_developers_lock_is_the_other_one_and_more():
    """Otherwise moving between `make demo` and `make test` would exchange packages."""
    runtime, developers = locked("requirements.lock"), locked("requirements-dev.lock")

    assert runtime.items() <= developers.items()
    assert len(runtime) < len(developers)


def test_locks_name_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    runtime = {project_of(name) for name in [*project["project"]["dependencies"], *project["build-system"]["requires"]]}
    tools = {project_of(name) for name in groups["dev"] if isinstance(name, str)}

    assert runtime <= locked("requirements.lock").keys()
    assert tools <= locked("requirements-dev.lock").keys()
    assert tools.isdisjoint(locked("requirements.lock"))
    assert groups["build"] == project["build-system"]["requires"]


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_file_in_a_lock_has_its_hash(name):
    assert all("--hash=sha256:" in entry for entries in locked(name).values() for entry in entries)
