"""`make fuzz`: what leads deeper into the code is tried again, changed a little (libFuzzer by way of atheris), a while per subject.

It needs `tests/fuzz/requirements.lock`, which `make test` does without. What breaks a check is printed, and kept in a file.
"""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

import click

SAMPLES = Path(__file__).parents[1] / "samples"
LONGEST_INPUT = 4096  # bytes; more is slower and leads nowhere else
LONGEST_RUN_S = 10  # of one input, which should take a millisecond


def _bodies() -> Iterable[bytes]:
    from tests.samples import forms  # noqa: PLC0415 - not before its imports are counted

    return map(forms.body, forms.NAMES)


def _messages() -> Iterable[bytes]:
    languages = tomllib.loads((SAMPLES / "messages.toml").read_text(encoding="utf-8")).values()
    return (text.encode() for kinds in languages for texts in kinds.values() for text in texts)


def _ends() -> Iterable[bytes]:
    tables = tomllib.loads((SAMPLES / "everyday_times.toml").read_text(encoding="utf-8"))
    return (text.encode() for table in tables.values() if isinstance(table, dict) for text in table)


# What is fuzzed: the check of `checks`, whether it takes text, and what to begin with.
SUBJECTS: dict[str, tuple[str, bool, Callable[[], Iterable[bytes]]]] = {
    "form": ("form", False, _bodies),
    "events": ("body", False, _bodies),
    "grammar": ("sentence", True, _messages),
    "times": ("moment", True, _ends),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.fuzz", description="Fuzzes what reads what anybody may send."
    )
    parser.add_argument("--seconds", type=int, default=60, help="for each subject")
    parser.add_argument("--subject", choices=SUBJECTS, help="only this one, in this process")
    options = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        sys.exit("There is no atheris here: pip install --require-hashes -r tests/fuzz/requirements.lock")
    if options.subject:
        _fuzz(options.subject, options.seconds)
    failed = [name for name in SUBJECTS if _apart(name, options.seconds)]
    if failed:
        sys.exit(f"Something was found: {', '.join(failed)}.")
    click.echo("Nothing was found.")


def _apart(subject: str, seconds: int) -> int:
    """Return the status of a process that fuzzes one subject: libFuzzer ends the process it runs in."""
    click.echo(f"{subject}, {seconds} s")
    command = [sys.executable, "-m", "tests.fuzz", "--subject", subject, "--seconds", str(seconds)]
    return subprocess.run(command, check=False).returncode


def _fuzz(subject: str, seconds: int) -> None:
    import atheris  # noqa: PLC0415 - an extra

    name, takes_text, seeds = SUBJECTS[subject]
    with atheris.instrument_imports(include=["bot"]):
        from tests.fuzz import checks  # noqa: PLC0415 - its imports are counted
    check = getattr(checks, name)
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{subject}-"))
    (folder / "corpus").mkdir()
    for number, seed in enumerate(seeds()):
        (folder / "corpus" / str(number)).write_bytes(seed)

    def run(data: bytes) -> None:
        check(data.decode(errors="replace") if takes_text else data)

    bounds = [f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}", f"-timeout={LONGEST_RUN_S}"]
    atheris.Setup(
        [subject, *bounds, "-print_final_stats=1", f"-artifact_prefix={folder}/", str(folder / "corpus")], run
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
