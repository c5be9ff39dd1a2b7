"""Connections to a server: all lead where the address says, within bounds, and the log tells when one stays away."""

import pytest
from sqlalchemy import Connection, text
from structlog.testing import capture_logs

from bot.database import Database
from bot.database.absence import Absence
from bot.database.connections import beside
from bot.emulator.clock import ManualClock

WHERE = "SELECT current_user || ' ' || current_database() || ' ' || current_schema()"


async def test_all_connections_lead_to_the_same_place(odd_url: str) -> None:
    def where(connection: Connection) -> str:
        return str(connection.scalar(text(WHERE)))

    database = Database(odd_url, exclusive=True, replica="one")
    places = {await database.write(where), await database.read(where), await database.scan(where)}
    async with await beside(odd_url, "one listening") as connection:
        (place,) = await (await connection.execute(WHERE)).fetchone() or ("",)
    await database.close()

    assert places == {place}


async def test_what_the_address_sets_stays_beside_our_bounds(server_url: str) -> None:
    async with await beside(f"{server_url}?options=-cwork_mem%3D5MB", "one listening") as connection:
        names = ("work_mem", "statement_timeout", "tcp_keepalives_idle", "application_name")
        rows = [await (await connection.execute(f"SHOW {name}".encode())).fetchone() for name in names]

    assert rows == [("5MB",), ("8s",), ("5",), ("statusbot one listening",)]


# --- what the log says


@pytest.fixture
def absence(clock: ManualClock) -> Absence:
    return Absence("sharing", "nothing is asked", clock.now)


def test_connection_that_stays_away_is_told_once_and_so_is_its_return(absence: Absence, clock: ManualClock) -> None:
    with capture_logs() as lines:
        for _ in range(4):
            assert absence.goes_on(ConnectionRefusedError("nobody\nlistens")) == "nobody listens"
            clock.advance(6)
        for _ in range(2):
            absence.ends()

    assert lines == [
        {"event": "sharing.away", "log_level": "warning", "reason": "nobody listens", "effect": "nothing is asked"},
        {"event": "sharing.back", "log_level": "info", "away_s": 24},
    ]


def test_connection_that_is_back_soon_is_not_told(absence: Absence, clock: ManualClock) -> None:
    with capture_logs() as lines:
        for _ in range(3):
            absence.goes_on(TimeoutError())
            clock.advance(9)
            absence.ends()

    assert lines == []


def test_reason_without_words_is_named_by_its_kind(absence: Absence) -> None:
    assert absence.goes_on(TimeoutError()) == "TimeoutError"
