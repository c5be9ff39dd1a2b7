"""An application's side of Cronofy, as small as can be: Mira has connected Google and Office 365, and it asks for her."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from bot.emulator.clock import ManualClock
from bot.emulator.cronofy.accounts import Account, Application, Calendar, Profile
from bot.emulator.cronofy.cronofy import Cronofy
from bot.emulator.cronofy.events import Event, Person
from bot.emulator.cronofy.options import Options
from tests.emulator.desk import JSON, Answer

CALLBACK = "https://bot.example.org/cronofy"
PUSH_URL = "https://bot.example.org/cronofy/events"
SCOPE = "read_events change_participation_status"
JURIS = Person("juris@example.net", "Juris Paraugs")


@dataclass
class Desk:
    """One application, with an access token of Mira's."""

    cronofy: Cronofy
    application: Application
    mira: Account
    google: Profile
    office: Profile
    calendar: Calendar  # Google's
    outlook: Calendar
    access_token: str
    received: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)
    status: int = 200  # of the answer to a push

    @classmethod
    def connected(cls, clock: ManualClock, **options: Any) -> "Desk":
        cronofy = Cronofy(clock, **options)
        application = cronofy.add_application([CALLBACK])
        mira = cronofy.add_account("Mira Testova", "mira@example.org", zone="Europe/Riga")
        google = cronofy.add_profile(mira, "mira@example.org")
        office = cronofy.add_profile(mira, "mira@office.example", provider="exchange", service="office365")
        calendar = cronofy.add_calendar(google, "Mira", primary=True)
        outlook = cronofy.add_calendar(office, "Calendar", primary=True)
        token = cronofy.grant(application, mira).access_token
        desk = cls(cronofy, application, mira, google, office, calendar, outlook, token)
        cronofy.post = desk.post
        return desk

    @property
    def options(self) -> Options:
        return self.cronofy.options

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.received.append((url, body, headers))
        return self.status

    async def pushed(self) -> list[dict[str, Any]]:
        """Deliver what is due and return all that came so far."""
        await self.cronofy.deliver()
        return [json.loads(body) for _, body, _ in self.received]

    def invite(self, calendar: Calendar | None = None, summary: str = "Supplier call", **fields: Any) -> Event:
        """Put an invitation into Google's calendar, or another."""
        wanted = {"start": "2026-11-24T11:00:00", "tz": "Europe/Riga", "minutes": 45, "organizer": JURIS, **fields}
        return self.cronofy.add_event(calendar or self.calendar, summary, **wanted)

    def send(
        self,
        method: str,
        path: str,
        query: str = "",
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        answer = self.cronofy.handle(method, path, query, headers, body)
        text = answer.body.decode()
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return Answer(answer.status, json.loads(text) if is_json else text, answer.headers)

    def call(self, method: str, path: str, params: Any = None, *, query: str = "", token: str | None = None) -> Answer:
        """Make a call of the API, with Mira's token unless another is given."""
        headers = {"Authorization": f"Bearer {self.access_token if token is None else token}", **JSON}
        body = b"" if params is None else json.dumps(params).encode()
        return self.send(method, f"/v1/{path}", query, headers=headers, body=body)

    def read(self, *calendar_ids: str, **query: str) -> Answer:
        """Read events; `from_` stands for `from`."""
        params = [("tzid", "Europe/Riga"), *((name.rstrip("_"), value) for name, value in query.items())]
        return self.call(
            "GET", "events", query=urlencode([*params, *(("calendar_ids[]", key) for key in calendar_ids)])
        )

    def summaries(self, *calendar_ids: str, **query: str) -> list[str]:
        answer = self.read(*calendar_ids, **query)
        assert answer.status == 200, answer.body
        return [event["summary"] for event in answer.body["events"]]

    def answer(
        self, event: Event, params: Any = "accepted", *, calendar: Calendar | None = None, uid: str = ""
    ) -> Answer:
        """Answer an invitation of Google's calendar, or another's."""
        calendar_id = quote((calendar or self.calendar).id, safe="")
        path = f"calendars/{calendar_id}/events/{quote(uid or event.uid, safe='')}/participation_status"
        return self.call("POST", path, {"status": params} if isinstance(params, str) else params)

    def link(self, **changes: str) -> str:
        """Return the address that this application sends a browser to; an empty change leaves a parameter out."""
        query = {
            "response_type": "code",
            "client_id": self.application.client_id,
            "redirect_uri": CALLBACK,
            "scope": SCOPE,
            "state": "st-1",
            "avoid_linking": "true",
            **changes,
        }
        known = {name: value for name, value in query.items() if value}
        return f"{self.options.app_origin}/oauth/authorize?{urlencode(known)}"

    def came_back(self, login: str = "mira@example.org", *, answer: str = "agree", **changes: str) -> dict[str, str]:
        """Let a person answer the page, and return what the application is told."""
        return dict(parse_qsl(urlsplit(self.cronofy.authorize(self.link(**changes), login, answer=answer)).query))

    def oauth(self, path: str = "/oauth/token", **params: str) -> Answer:
        """Ask a token address, with this application's credentials unless others are given."""
        known = {"client_id": self.application.client_id, "client_secret": self.application.client_secrets[0]}
        return self.send("POST", path, headers=JSON, body=json.dumps({**known, **params}).encode())

    def exchange(self, code: str, **changes: str) -> Answer:
        return self.oauth(**{"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **changes})

    def refresh(self, refresh_token: str, **changes: str) -> Answer:
        return self.oauth(grant_type="refresh_token", refresh_token=refresh_token, **changes)
