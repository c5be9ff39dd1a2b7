"""Who is told of which event, and under which address."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.emulator.oauth import App

FIRST_HANDLER_ID = 41


@dataclass(frozen=True, slots=True)
class Subscription:
    """A row of the portal's handler table."""

    id: int  # event_handler_id
    app: App
    event: str  # capitals
    url: str
    bot_id: int | None = None  # of a bot's own events
    user_id: int = 0  # whose authorization the event carries; 0: of whoever acts


@dataclass(slots=True)
class Subscriptions:
    """All rows; an id is never given twice."""

    rows: list[Subscription] = field(default_factory=list)
    _next: int = FIRST_HANDLER_ID

    def bind(self, app: App, event: str, url: str, *, bot_id: int | None = None, user_id: int = 0) -> Subscription:
        row = Subscription(self._next, app, event, url, bot_id, user_id)
        self._next += 1
        self.rows.append(row)
        return row

    def find(self, app: App, event: str, url: str | None = None) -> list[Subscription]:
        """Return an application's own rows for an event, leaving out those of its bots."""
        return [
            row
            for row in self.rows
            if row.app is app and row.event == event and row.bot_id is None and url in {None, row.url}
        ]

    def of_event(self, event: str) -> list[Subscription]:
        return [row for row in self.rows if row.event == event]

    def of_bot(self, bot_id: int, event: str) -> list[Subscription]:
        return [row for row in self.rows if row.bot_id == bot_id and row.event == event]

    def unbind(self, rows: list[Subscription]) -> int:
        """Remove rows and return how many there were."""
        self.rows = [row for row in self.rows if row not in rows]
        return len(rows)

    def drop_bot(self, bot_id: int, *, kept: str | None = None) -> None:
        """Remove a bot's rows, but for those of the event `kept`."""
        self.rows = [row for row in self.rows if row.bot_id != bot_id or row.event == kept]

    def drop_app(self, app: App) -> None:
        self.rows = [row for row in self.rows if row.app is not app]


def callback_error(url: str) -> str | None:
    """Return the code with which the portal refuses an address: it wants http(s) and a host with a dot (contract A.1)."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"}:
        return "ERROR_UNSUPPORTED_PROTOCOL"
    return None if "." in (parts.hostname or "").strip(".") else "ERROR_WRONG_HANDLER_URL"
