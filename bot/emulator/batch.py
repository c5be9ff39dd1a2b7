"""`batch`: many calls in one request, each with its own error, later ones using results of earlier ones (contract C.5)."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from bot.emulator.answers import RestError
from bot.emulator.php import Json, Params, decode, is_yes

MOST_ITEMS = 50
_FORBIDDEN = frozenset({"batch"})
_REFERENCE = re.compile(r"\$(result|error|total|next|time)((?:\[[^\]]*\])+)")

Call: TypeAlias = Callable[[str, Params], tuple[Json, dict[str, Json]]]  # to result and time


@dataclass(slots=True)
class Batch:
    """One batch while it runs."""

    call: Call
    results: dict[str, Json] = field(default_factory=dict)
    errors: dict[str, Json] = field(default_factory=dict)
    times: dict[str, Json] = field(default_factory=dict)

    def run(self, params: Params) -> dict[str, Json]:
        """Carry out the commands; with `halt` nothing after the first failure is even mentioned."""
        halt = is_yes(params.get("halt"))
        for number, (key, line) in enumerate(_commands(params.get("cmd"))):
            self._run_one(key, line, number)
            if halt and key in self.errors:
                break
        return {
            "result": self.results,
            "result_error": self.errors,
            "result_total": {},
            "result_next": {},
            "result_time": self.times,
        }

    def _run_one(self, key: str, line: str, number: int) -> None:
        method, _, query = line.partition("#")[0].partition("?")
        try:
            _admit(method, number)
            values = {name: self._resolved(value) for name, value in decode(query).items()}
            self.results[key], self.times[key] = self.call(method, values)
        except RestError as refusal:
            self.errors[key] = refusal.body()

    def _resolved(self, value: Json) -> Json:
        if isinstance(value, Mapping):
            return {key: self._resolved(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._resolved(inner) for inner in value]
        if not isinstance(value, str):
            return value
        whole = _REFERENCE.fullmatch(value)
        return self._looked_up(whole) if whole else _REFERENCE.sub(self._as_text, value)

    def _as_text(self, found: re.Match[str]) -> str:
        """Substitute strings and numbers only; whatever else was meant stays as it was typed."""
        value = self._looked_up(found)
        usable = isinstance(value, str | int | float) and not isinstance(value, bool)
        return str(value) if usable else found.group()

    def _looked_up(self, found: re.Match[str]) -> Json:
        """Follow a path as far as it goes."""
        roots: dict[str, Params] = {"result": self.results, "error": self.errors, "time": self.times}
        node: Json = roots.get(found.group(1), {})
        for step in re.findall(r"\[([^\]]*)\]", found.group(2)):
            if isinstance(node, Mapping) and step in node:
                node = node[step]
            elif isinstance(node, list) and step.isdecimal() and int(step) < len(node):
                node = node[int(step)]
            else:
                break
        return node


def _admit(method: str, number: int) -> None:
    """Refuse what a batch does not carry out.

    Raises:
        RestError: The item is one too many, or a batch itself.
    """
    if number >= MOST_ITEMS:
        raise RestError(400, "ERROR_BATCH_LENGTH_EXCEEDED", "Max batch length exceeded")
    if method.lower() in _FORBIDDEN:
        raise RestError(405, "ERROR_BATCH_METHOD_NOT_ALLOWED", "Method is not allowed for batch usage")


def _commands(cmd: Json) -> Iterator[tuple[str, str]]:
    """Yield the commands that are texts; others are skipped without a trace."""
    if isinstance(cmd, Mapping):
        items = list(cmd.items())
    else:
        items = [(str(index), line) for index, line in enumerate(cmd)] if isinstance(cmd, list) else []
    for key, line in items:
        if isinstance(line, str):
            yield key, line
