"""What the tests of the chat page do on a machine without a browser."""

import subprocess
import sys

import pytest

from tests.browser.stage import ROOT

TEST = "tests/browser/test_page.py::test_last_text_comes_back"


@pytest.fixture
def run_without_browsers(tmp_path):
    """Run a test of the chat page where no program is found, and return its exit status and what it printed."""

    def run(**environment):
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", TEST]
        done = subprocess.run(
            command, cwd=ROOT, env={"PATH": str(tmp_path)} | environment, check=False, capture_output=True, text=True
        )
        return done.returncode, done.stdout

    return run


def test_developer_is_told_what_to_install(run_without_browsers):
    status, said = run_without_browsers()

    assert status == 0
    assert "1 skipped" in said
    assert "apt-get install chromium" in said


def test_continuous_integration_fails(run_without_browsers):
    status, said = run_without_browsers(CI="true")

    assert status == 1
    assert "1 error" in said
    assert "apt-get install chromium" in said
