"""Answers over HTTP: JSON, refusals, and the body of a 422 (section 6)."""

import json

from bot.emulator.answers import JSON_TYPE, Response
from bot.emulator.php import Json


class Refusal(Exception):
    """A refusal with its HTTP status; most have no body, as none is documented."""

    def __init__(self, status: int, body: Json = None) -> None:
        """Answer with `body`, or with nothing but the status."""
        super().__init__(status, body)
        self.status = status
        self.body = body

    def response(self) -> Response:
        return Response(self.status) if self.body is None else json_answer(self.status, self.body)


def json_answer(status: int, value: Json) -> Response:
    return Response(status, json.dumps(value, ensure_ascii=False).encode(), {"Content-Type": JSON_TYPE})


def invalid(param: str, key: str, description: str = "is invalid") -> Refusal:
    """Refuse a parameter with 422 and a key such as `required`."""
    return Refusal(422, {"errors": {param: [{"key": f"errors.{key}", "description": description}]}})


def required(param: str) -> Refusal:
    return invalid(param, "required", "required")


def oauth_error(code: str) -> Refusal:
    return Refusal(400, {"error": code})
