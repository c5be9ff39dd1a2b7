"""What is read of an account and of what it has connected."""

from dataclasses import replace

import pytest

from bot.cronofy.methods import identity
from bot.cronofy.methods.identity import Calendar, Identity, Profile, read_identity
from bot.cronofy.oauth import AsAccount
from bot.errors import CronofyUnreadable
from tests.emulator.cronofy_desk import SCOPE, Desk


async def test_account_is_told_with_its_calendars(mira: Identity, desk: Desk) -> None:
    google = Profile(desk.google.id, "mira@example.org", "gsuite", connected=True, syncing=False, relink_url="")

    assert (mira.sub, mira.email, mira.name) == (desk.mira.id, "mira@example.org", "Mira Testova")
    assert (mira.zone, mira.scopes) == ("Europe/Riga", frozenset(SCOPE.split()))
    assert mira.profiles == (
        google,
        replace(google, profile_id=desk.office.id, name="mira@office.example", service="office365"),
    )
    assert mira.calendars.keys() == {desk.calendar.id, desk.outlook.id}
    assert mira.calendars[desk.calendar.id] == Calendar(
        desk.calendar.id, "Mira", readonly=False, deleted=False, primary=True, profile=google
    )


async def test_disconnected_profile_tells_where_to_connect_it(as_mira: AsAccount, desk: Desk) -> None:
    desk.cronofy.disconnect(desk.google)
    google, office = (await identity.userinfo(as_mira)).profiles

    assert (google.connected, google.relink_url) == (False, f"https://app.cronofy.com/relink/{desk.google.id}")
    assert (office.connected, office.relink_url) == (True, "")


async def test_profile_that_is_being_read_says_so(as_mira: AsAccount, desk: Desk) -> None:
    desk.google.initial_sync_required = True

    assert [profile.syncing for profile in (await identity.userinfo(as_mira)).profiles] == [True, False]


@pytest.mark.parametrize(
    ("service", "removes"),
    [
        ("google", False),
        ("gsuite", False),
        ("icloud", False),
        ("cronofy", False),
        ("office365", True),
        ("exchange", True),
        ("outlook_com", True),
        ("some_later_service", True),
        ("", True),
    ],
)
def test_declining_is_risky_unless_it_is_known_not_to_be(service: str, *, removes: bool) -> None:
    profile = Profile("pro_1", "mira@example.org", service, connected=True, syncing=False, relink_url="")

    assert profile.declining_removes is removes


@pytest.mark.parametrize("data", [None, [], {}, {"profiles": None}, {"profiles": [None, 7, {}]}, {"authorization": []}])
def test_account_is_read_whatever_is_missing(data: object) -> None:
    read = read_identity({"sub": "acc_1", "cronofy.data": data})

    assert (read.sub, read.email, read.zone, read.scopes) == ("acc_1", "", "", frozenset())
    assert not any(profile.connected for profile in read.profiles)


@pytest.mark.parametrize(
    ("scope", "lacks"),
    [
        ("read_events change_participation_status", False),
        ("change_participation_status create_event read_events", False),
        ("read_events", True),
        ("read_only", True),
        ("", False),  # it was not told, which proves nothing
    ],
)
def test_narrower_permission_lacks_rights(scope: str, *, lacks: bool) -> None:
    read = read_identity({"sub": "acc_1", "cronofy.data": {"authorization": {"scope": scope}}})

    assert read.lacks_rights is lacks


@pytest.mark.parametrize("answer", [None, [], {}, {"sub": None}, {"sub": ""}])
def test_answer_without_account_is_unreadable(answer: object) -> None:
    with pytest.raises(CronofyUnreadable):
        read_identity(answer)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://[", "relink", "data:text/html,x", 7])
def test_relink_address_that_is_none_is_dropped(address: object) -> None:
    (profile,) = read_identity({"sub": "a", "cronofy.data": {"profiles": [{"profile_relink_url": address}]}}).profiles

    assert profile.relink_url == ""
