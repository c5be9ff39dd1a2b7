import pytest

from bot.errors import MalformedBody
from bot.events import (
    AppInstalled,
    AppUninstalled,
    AppUpdated,
    CalendarEntryChanged,
    Credentials,
    UnknownEvent,
    application_token,
    author_credentials,
    bot_credentials,
    decode,
    event_name,
    member_id,
    parse_form,
)
from tests.samples import forms

PORTAL = "5c" * 16
SCOPE = ("imbot", "im", "calendar", "user_brief")


def test_installation_is_read_whole() -> None:
    (event,) = decode(forms.tree("app_install"))
    assert isinstance(event, AppInstalled)
    assert event == AppInstalled(
        portal=PORTAL,
        sent_at=1795432200,
        domain="wren.bitrix24.example",
        version="1",
        language="en",
        user_id=2,
        scope=SCOPE,
        client_endpoint="https://wren.bitrix24.example/rest/",
        server_endpoint="https://oauth.bitrix.info/rest/",
        status="L",
        digest=event.digest,
    )
    assert event.lane == f"{PORTAL}:app"


def test_minimal_installation_has_no_user() -> None:
    (event,) = decode(forms.tree("app_install_minimal"))
    assert isinstance(event, AppInstalled)
    assert (event.user_id, event.scope, event.version, event.language) == (None, SCOPE, "1.0.0", "ru")


@pytest.mark.parametrize(("sent", "clean"), [("1", True), ("Y", True), ("0", False), ("", False), (None, False)])
def test_uninstall_cleans_only_when_told(sent: str | None, clean: bool) -> None:  # noqa: FBT001
    (event,) = decode(forms.tree("app_uninstall", {"data[CLEAN]": sent}))
    assert isinstance(event, AppUninstalled)
    assert (event.clean, event.language) == (clean, "en")


def test_update_names_both_versions() -> None:
    (event,) = decode(forms.tree("app_update"))
    assert isinstance(event, AppUpdated)
    assert (event.version, event.previous_version) == ("2", "1")


@pytest.mark.parametrize(("name", "user_id"), [("add", 46), ("update", None), ("delete", 46)])
def test_calendar_change_names_its_entry(name: str, user_id: int | None) -> None:
    (event,) = decode(forms.tree(f"calendar_{name}"))
    assert isinstance(event, CalendarEntryChanged)
    assert (event.action, event.entry_id, event.user_id) == (name, 1452, user_id)
    assert event.lane == f"{PORTAL}:app"


def test_calendar_change_without_an_entry_is_malformed() -> None:
    with pytest.raises(MalformedBody, match=r"data\[id\]"):
        decode(forms.tree("calendar_add", {"data[id]": None}))


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("OnTaskAdd", "ONTASKADD"),
        ("", ""),
        (None, ""),
        ("on task\n", ""),
        ("ONIMBOTV2MESSAGEADDED", "ONIMBOTV2MESSAGEADDED"),
    ],
)
def test_other_events_are_unknown(sent: str | None, name: str) -> None:
    (event,) = decode(forms.tree("v2_message_private", {"event": sent}))
    assert isinstance(event, UnknownEvent)
    assert (event.name, event.portal, event.lane) == (name, PORTAL, f"{PORTAL}:app")


def test_form_of_anything_else_is_an_unknown_event() -> None:
    (event,) = decode(parse_form(b"a=1"))
    assert isinstance(event, UnknownEvent)
    assert (event.portal, event.sent_at, event.domain) == ("", 0, "")


def test_event_name_is_upper_case() -> None:
    assert event_name(parse_form(b"event=onAppInstall")) == "ONAPPINSTALL"
    assert event_name(parse_form(b"event[a]=onAppInstall")) == ""


def test_only_the_top_level_application_token_counts() -> None:
    assert application_token(forms.tree("v2_message_private")) == "7d" * 16
    for name in ("v2_message_private", "v1_message_private", "v1_command_textarea"):
        assert application_token(forms.tree(name, {"auth[application_token]": None})) is None
        assert application_token(forms.tree(name, {"auth": None})) is None


@pytest.mark.parametrize(
    "body",
    [
        b"auth=x",
        b"auth[application_token]=",
        b"auth[application_token][]=x",
        b"auth[application_token][0]=x&auth[application_token][1]=y",
        b"application_token=x",
        b"auth[application_token]=a%0d%0ab",
        b"auth[application_token]=%D0%B4",
        b"auth[application_token]=a+b",
        b"auth[application_token]=" + b"x" * 2049,
    ],
)
def test_unusable_application_token_is_none(body: bytes) -> None:
    assert application_token(parse_form(body)) is None


def test_member_id_is_the_top_level_one_or_the_bots() -> None:
    assert member_id(forms.tree("v2_message_private", {"auth[member_id]": "aa" * 16})) == "aa" * 16
    for name in ("v2_message_private", "v1_message_private", "v1_command_textarea"):
        assert member_id(forms.tree(name, {"auth[member_id]": None})) == PORTAL
    assert member_id(forms.tree("app_install", {"auth[member_id]": None})) is None


def test_author_credentials_are_the_top_level_ones() -> None:
    tree = forms.tree("v2_message_private")
    pairs = forms.pairs("v2_message_private")
    assert author_credentials(tree) == Credentials(
        access_token=pairs["auth[access_token]"],
        refresh_token=pairs["auth[refresh_token]"],
        expires_at=1795435800,
        user_id=31,
        scope=SCOPE,
    )


def test_minimal_credentials_expire_after_their_time() -> None:
    found = author_credentials(forms.tree("app_install_minimal"))
    assert found is not None
    assert (found.expires_at, found.user_id, found.scope) == (1795435800, None, SCOPE)


def test_credentials_without_times_do_not_tell_when_they_expire() -> None:
    for changes in ({"auth[expires_in]": None}, {"ts": None}, {"auth[expires_in]": "soon"}):
        found = author_credentials(forms.tree("app_install_minimal", dict(changes)))
        assert found is not None
        assert found.expires_at is None


def test_join_has_no_refresh_token() -> None:
    found = author_credentials(forms.tree("v2_join_group"))
    assert found is not None
    assert found.refresh_token is None


@pytest.mark.parametrize("sent", [None, "", "a b", "a\r\nX: y", "x" * 2049])
def test_body_without_a_usable_token_has_no_author_credentials(sent: str | None) -> None:
    tree = forms.tree("v2_message_private", {"auth[access_token]": sent})
    assert author_credentials(tree) is None
    (event,) = decode(tree)
    assert isinstance(event.lane, str)
    assert getattr(event, "has_token", None) is False


@pytest.mark.parametrize(("sent", "read"), [("im,imbot", ("im", "imbot")), (" im, imbot ,", ("im", "imbot")), ("", ())])
def test_scope_splits_at_commas_and_spaces(sent: str, read: tuple[str, ...]) -> None:
    found = author_credentials(forms.tree("app_install", {"auth[scope]": sent}))
    assert found is not None
    assert found.scope == read


@pytest.mark.parametrize(
    "name",
    ["v2_message_private", "v2_command_keyboard", "v1_message_private", "v1_command_textarea", "v1_message_two_bots"],
)
def test_bot_credentials_name_the_bot_and_no_user(name: str) -> None:
    found = bot_credentials(forms.tree(name))
    assert found is not None
    bot_id, credentials = found
    assert (bot_id, credentials.user_id, credentials.expires_at) == (1207, None, 1795435800)
    assert credentials.access_token == "a7000004b7" + "01" * 30
    assert credentials.refresh_token == "b9000004b7" + "01" * 30


def test_bot_credentials_stand_beside_the_fields_in_v1() -> None:
    tree = forms.tree("v1_message_private")
    without = forms.tree("v1_message_private", {"data[BOT][1207][AUTH]": None})
    assert bot_credentials(without) == bot_credentials(tree)


@pytest.mark.parametrize("name", ["v2_bot_delete_no_user", "v1_bot_delete", "app_install", "calendar_add"])
def test_body_without_a_bots_token_has_no_bot_credentials(name: str) -> None:
    assert bot_credentials(forms.tree(name)) is None


def test_bot_without_an_id_has_no_credentials() -> None:
    assert bot_credentials(forms.tree("v2_message_private", {"data[bot][id]": "x"})) is None


def test_credentials_hide_their_tokens() -> None:
    found = author_credentials(forms.tree("app_install"))
    assert found is not None
    assert "user_id=2" in repr(found)
    for shown in (repr(found), str(found), f"{found}"):
        assert found.access_token not in shown
        assert str(found.refresh_token) not in shown
