"""What the tests of the database do on a machine without PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEST = "tests/bot/test_people.py::test_nothing_is_known_of_a_stranger"


@pytest.fixture
def run_without_postgres(tmp_path):
    """Run a test on both engines where no program is found; return its exit status and what it printed."""

    def run(**environment):
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", TEST]
        known = {name: value for name, value in os.environ.items() if name != "CI"}
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=known | {"POSTGRES_PROGRAMS": str(tmp_path)} | environment,
            check=False,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout

    return run


def test_developer_is_told_what_to_install(run_without_postgres):
    status, said = run_without_postgres()

    assert status == 0
    assert "1 passed, 1 skipped" in said
    assert "apt-get install postgresql" in said


def test_continuous_integration_fails(run_without_postgres):
    status, said = run_without_postgres(CI="true")

    assert status == 1
    assert "1 error" in said
    assert "apt-get install postgresql" in said
