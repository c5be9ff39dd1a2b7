"""What the administrator writes, and the one line that tells what is wrong with it."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError
from pydantic_core import PydanticUndefined

from bot.errors import SettingsError
from bot.settings import Settings, given, is_loopback, load

EXAMPLE = Path(__file__).parents[2] / ".env.example"
SECRET = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
KEY, FORMER_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
NEEDED = {
    "PUBLIC_URL": "https://bot.example.com",
    "PORTAL": "acme.bitrix24.com",
    "CLIENT_ID": "local.5f0c1d2e3a4b5c.12345678",
    "CLIENT_SECRET": SECRET,
    "SECRET_KEY": KEY,
}
# Everything that has a default: what is written, what is read.
OPTIONAL: dict[str, tuple[str, object]] = {
    "MEMBER_ID": ("1B" * 16, "1b" * 16),
    "OAUTH_SERVER": ("https://oauth.bitrix24.tech", "https://oauth.bitrix24.tech"),
    "DATABASE_URL": ("sqlite:////var/lib/statusbot/bot.db", "sqlite:////var/lib/statusbot/bot.db"),
    "HOST": ("0.0.0.0", "0.0.0.0"),
    "PORT": ("9000", 9000),
    "REPLICA": ("left", "left"),
    "RATE": ("4.5", 4.5),
    "BURST": ("249.5", 249.5),
    "BOT_API": ("v1", "v1"),
    "LANGUAGE": ("ru", "ru"),
    "MAX_EVENT_AGE": ("90.5", 90.5),
    "ALLOW_EXTRANET": ("true", True),
    "LOG_LEVEL": ("WARNING", "warning"),
    "LOG_FORMAT": ("json", "json"),
    "CRONOFY_DATA_CENTER": ("DE", "de"),
    "CRONOFY_API_URL": ("https://127.0.0.1:8098/", "https://127.0.0.1:8098"),
    "CRONOFY_APP_URL": ("https://[::1]:8098", "https://[::1]:8098"),
    "INSECURE_LOOPBACK": ("1", True),
}
DEFAULTS: dict[str, object] = {
    "MEMBER_ID": None,
    "OAUTH_SERVER": None,
    "DATABASE_URL": "sqlite:///statusbot.db",
    "HOST": "127.0.0.1",
    "PORT": 8080,
    "REPLICA": socket.gethostname(),
    "RATE": 2.0,
    "BURST": 50.0,
    "BOT_API": "auto",
    "LANGUAGE": "en",
    "MAX_EVENT_AGE": 600.0,
    "ALLOW_EXTRANET": False,
    "LOG_LEVEL": "info",
    "LOG_FORMAT": None,
    "CRONOFY_DATA_CENTER": "us",
    "CRONOFY_API_URL": None,
    "CRONOFY_APP_URL": None,
    "INSECURE_LOOPBACK": False,
}
# What makes sense together only.
CRONOFY = {"CRONOFY_CLIENT_ID": "cronofy-5f0c1d2e", "CRONOFY_CLIENT_SECRET": f"CRN_{SECRET}"}
Environment = Callable[..., Settings]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    """Load settings from an environment that holds what is needed and what the test says; None leaves out."""
    for name in os.environ:
        if name.upper().startswith("STATUSBOT_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def loaded(**changes: str | None) -> Settings:
        for name, value in (NEEDED | changes).items():
            if value is None:
                monkeypatch.delenv(f"STATUSBOT_{name}", raising=False)
            else:
                monkeypatch.setenv(f"STATUSBOT_{name}", value)
        return load()

    return loaded


def refusal(environment: Environment, **changes: str | None) -> str:
    """Return the line that a start ends with."""
    with pytest.raises(SettingsError) as caught:
        environment(**changes)
    line = str(caught.value)
    assert "\n" not in line
    assert line.endswith(".")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    return line


# --- where values come from


@pytest.mark.parametrize("name", OPTIONAL)
def test_setting_has_its_default(environment: Environment, name: str) -> None:
    assert getattr(environment(), name.lower()) == DEFAULTS[name]


@pytest.mark.parametrize("name", OPTIONAL)
def test_setting_is_read_from_the_environment(environment: Environment, name: str) -> None:
    written, read = OPTIONAL[name]
    assert getattr(environment(**{name: written}), name.lower()) == read


@pytest.mark.parametrize("name", OPTIONAL)
@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_setting_counts_as_missing(environment: Environment, name: str, blank: str) -> None:
    assert getattr(environment(**{name: blank}), name.lower()) == DEFAULTS[name]


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("missing", [None, "", " \t"])
def test_needed_setting_is_named_when_missing(environment: Environment, name: str, missing: str | None) -> None:
    expected = f"STATUSBOT_{name} is not set; .env.example tells what it is."
    assert refusal(environment, **{name: missing}) == expected


def test_every_setting_is_tried_here() -> None:
    assert {*NEEDED, *OPTIONAL, *CRONOFY} == {name.upper() for name in Settings.model_fields}


def test_settings_are_read_from_a_file(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("STATUSBOT_PORT=9001\nSTATUSBOT_REPLICA='Räuber'\nOTHER=1\n", encoding="utf-8")
    settings = environment()
    assert (settings.port, settings.replica) == (9001, "Räuber")


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_value_in_a_file_is_what_is_written(environment: Environment, tmp_path: Path, quote: str) -> None:
    secret = "a$b${HOME}c$$d${NOBODY:-e}"
    line = f"STATUSBOT_CLIENT_SECRET={quote}{secret}{quote}\n"
    (tmp_path / ".env").write_text(f"HOME=/root\n{line}", encoding="utf-8")

    chosen = environment(CLIENT_SECRET=None)

    assert chosen.client_secret.get_secret_value() == secret


def test_names_in_a_file_may_be_written_small_and_unknown_ones_do_not_matter(
    environment: Environment, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("statusbot_port=9001\nSTATUSBOT_NOTHING=1\nSTATUSBOT_BURST\n", encoding="utf-8")
    chosen = environment()

    assert (chosen.port, chosen.burst) == (9001, 50.0)


def test_environment_wins_over_the_file(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("STATUSBOT_PORT=9001\nSTATUSBOT_MEMBER_ID=abc\n")
    settings = environment(PORT="9002", MEMBER_ID="")
    assert (settings.port, settings.member_id) == (9002, None)


def test_file_that_is_no_text_is_named(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(f"STATUSBOT_CLIENT_SECRET={SECRET}\n\xff\xfe".encode("latin-1"))
    assert refusal(environment) == ".env cannot be read; it is a text file in UTF-8."


def test_spaces_around_a_value_do_not_matter(environment: Environment) -> None:
    settings = environment(PORTAL=" acme.bitrix24.com ", CLIENT_SECRET=f" {SECRET}\n")
    assert settings.portal == "acme.bitrix24.com"
    assert settings.client_secret.get_secret_value() == SECRET


def test_given_values_ignore_the_environment(environment: Environment) -> None:
    environment(PORT="9002")
    values = {name.lower(): value for name, value in NEEDED.items()}
    assert given(**values).port == DEFAULTS["PORT"]


def test_given_values_are_checked_alike() -> None:
    values = {name.lower(): value for name, value in NEEDED.items()}
    with pytest.raises(SettingsError, match="STATUSBOT_PORTAL"):
        given(**values | {"portal": "https://acme.bitrix24.com"})


def test_settings_cannot_be_changed(environment: Environment) -> None:
    with pytest.raises(ValidationError):
        environment().port = 1  # type: ignore[misc]


# --- the portal


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("acme.bitrix24.com", "acme.bitrix24.com"),
        ("ACME.Bitrix24.COM", "acme.bitrix24.com"),
        ("b24-x1.bitrix24.ru", "b24-x1.bitrix24.ru"),
        ("portal", "portal"),
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1:8099", "127.0.0.1:8099"),
        ("127.8.9.10:1", "127.8.9.10:1"),
        ("[::1]:8099", "[::1]:8099"),
    ],
)
def test_portal_is_a_host(environment: Environment, written: str, read: str) -> None:
    settings = environment(PORTAL=written)
    assert (settings.portal, settings.portal_url) == (read, f"https://{read}")


@pytest.mark.parametrize(
    "written",
    [
        "https://acme.bitrix24.com",
        "acme.bitrix24.com/",
        "acme.bitrix24.com/rest",
        "acme.bitrix24.com?x",
        "acme.bitrix24.com#x",
        "user@acme.bitrix24.com",
        "acme.bitrix24.com.",
        "-acme.bitrix24.com",
        "acme..com",
        "acme bitrix24.com",
        "acme.bitrix24.com\\@evil.com",
        "[2001:db8::1]",
        "аcme.bitrix24.com",  # the first letter is Cyrillic
        "a" * 254,
        "acme.bitrix24.com:",
        "acme.bitrix24.com:443",
        "localhost:8099",
        "127.0.0.1.evil.com:8099",
        "10.0.0.1:8099",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        "127.0.0.1:8099:1",
        "192.168.1.300",
        "300.1.1.1",
        "127.0.0.01",
        "127.1",
        "1",
        f"{'a' * 64}.com",
    ],
)
def test_portal_that_is_no_host_is_refused(environment: Environment, written: str) -> None:
    assert refusal(environment, PORTAL=written, INSECURE_LOOPBACK="true").startswith("STATUSBOT_PORTAL ")


@pytest.mark.parametrize("portal", ["127.0.0.1:8099", "127.0.0.1", "[::1]:8099", "[::1]"])
def test_loopback_portal_is_plain_only_when_permitted(environment: Environment, portal: str) -> None:
    assert environment(PORTAL=portal).portal_url == f"https://{portal}"
    assert environment(PORTAL=portal, INSECURE_LOOPBACK="true").portal_url == f"http://{portal}"


@pytest.mark.parametrize("portal", ["acme.bitrix24.com", "127.0.0.1.evil.com", "localhost"])
def test_portal_elsewhere_is_never_plain(environment: Environment, portal: str) -> None:
    assert environment(PORTAL=portal, INSECURE_LOOPBACK="true").portal_url == f"https://{portal}"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.255.255.254", "::1", "[::1]"])
def test_loopback_address_is_recognised(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1.evil.com",
        "evil.com",
        "127.0.0.1:80",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "127.0.0.01",
        "128.0.0.1",
        "0.0.0.0",
        "10.0.0.1",
        "::",
        "::2",
        "",
    ],
)
def test_other_address_is_no_loopback(host: str) -> None:
    assert not is_loopback(host)


# --- addresses


@pytest.mark.parametrize("name", ["PUBLIC_URL", "OAUTH_SERVER"])
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://bot.example.com", "https://bot.example.com"),
        ("https://bot.example.com/", "https://bot.example.com"),
        ("https://bot.example.com:8443", "https://bot.example.com:8443"),
        ("https://192.0.2.7", "https://192.0.2.7"),
        ("https://бот.example", "https://бот.example"),
    ],
)
def test_address_is_taken(environment: Environment, name: str, written: str, read: str) -> None:
    assert getattr(environment(**{name: written}), name.lower()) == read


def test_public_url_may_have_a_path(environment: Environment) -> None:
    settings = environment(PUBLIC_URL="https://example.com/bot/")
    assert settings.events_url == "https://example.com/bot/bitrix24/events"


def test_oauth_server_may_have_no_path(environment: Environment) -> None:
    assert refusal(environment, OAUTH_SERVER="https://oauth.bitrix.info/oauth").startswith("STATUSBOT_OAUTH_SERVER ")


@pytest.mark.parametrize("name", ["PUBLIC_URL", "OAUTH_SERVER"])
@pytest.mark.parametrize(
    "written",
    [
        "bot.example.com",
        "//bot.example.com",
        "ftp://bot.example.com",
        "https://",
        "https:///bot",
        "https://user@bot.example.com",
        "https://user:word@bot.example.com",
        "https://bot.example.com?x=1",
        "https://bot.example.com?",
        "https://bot.example.com#x",
        "https://bot.example.com\\@evil.com",
        "https://bot example.com",
        "https://bot.exa\tmple.com",
        "https://bot.example.com:port",
        "https://bot.example.com:65536",
        "https://[::1",
        "https://bot.example.com:",
        "https://[::1]:",
        "https://300.1.1.1",
        "https://127.0.0.01",
        "https://1.2.3",
        "https://a..b",
        "https://.",
        f"https://{'a' * 64}.com",
        "/",
    ],
)
def test_address_that_is_none_is_refused(environment: Environment, name: str, written: str) -> None:
    assert refusal(environment, **{name: written}).startswith(f"STATUSBOT_{name} ")


@pytest.mark.parametrize("name", ["PUBLIC_URL", "OAUTH_SERVER"])
@pytest.mark.parametrize("address", ["http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:8080"])
def test_plain_address_needs_loopback_and_permission(environment: Environment, name: str, address: str) -> None:
    assert "INSECURE_LOOPBACK" in refusal(environment, **{name: address})
    assert getattr(environment(**{name: address, "INSECURE_LOOPBACK": "true"}), name.lower()) == address


@pytest.mark.parametrize("name", ["PUBLIC_URL", "OAUTH_SERVER"])
@pytest.mark.parametrize(
    "address",
    ["http://localhost:8080", "http://127.0.0.1.evil.com", "http://bot.example.com", "http://10.0.0.1", "http://[::2]"],
)
def test_plain_address_elsewhere_is_refused(environment: Environment, name: str, address: str) -> None:
    line = refusal(environment, **{name: address, "INSECURE_LOOPBACK": "true"})
    assert line.startswith(f"STATUSBOT_{name} must start with https://")


@pytest.mark.parametrize("written", ["300.1.1.1", "a..b", "a" * 64])
def test_host_to_listen_on_that_is_none_is_refused(environment: Environment, written: str) -> None:
    assert refusal(environment, HOST=written).startswith("STATUSBOT_HOST ")


@pytest.mark.parametrize("written", ["1b" * 15, "1b" * 17, "1g" * 16, f"{'1b' * 16}.", "acme"])
def test_member_id_that_is_none_is_refused(environment: Environment, written: str) -> None:
    assert refusal(environment, MEMBER_ID=written) == "STATUSBOT_MEMBER_ID has 32 hexadecimal digits."


# --- the database


@pytest.mark.parametrize(
    "written",
    [
        "postgres://bot:word@db/statusbot",
        "mysql://bot:word@db/statusbot",
        "sqlite://",
        "sqlite:statusbot.db",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///%3Amemory%3A",
        "sqlite:///%00x.db",
        "sqlite:///file:x?mode=memory&uri=true",
        "statusbot.db",
    ],
)
def test_database_that_is_no_file_is_refused(environment: Environment, written: str) -> None:
    line = refusal(environment, DATABASE_URL=written)
    assert line.startswith("STATUSBOT_DATABASE_URL ")
    assert "word" not in line


def test_database_is_a_server_whose_password_is_not_shown(environment: Environment) -> None:
    url = "postgresql://bot:word@db/statusbot"
    chosen = environment(DATABASE_URL=url)

    assert chosen.database_url == url
    assert "word" not in repr(chosen)


# --- Cronofy


def test_there_is_no_cronofy_without_id_and_secret(environment: Environment) -> None:
    assert environment().cronofy is None
    assert environment(CRONOFY_CLIENT_ID="", CRONOFY_CLIENT_SECRET=" ").cronofy is None


@pytest.mark.parametrize("missing", CRONOFY)
def test_cronofy_needs_id_and_secret(environment: Environment, missing: str) -> None:
    line = refusal(environment, **CRONOFY | {missing: None})
    assert line == f"STATUSBOT_{missing} is not set; Cronofy needs both id and secret."


@pytest.mark.parametrize(
    ("center", "suffix"),
    [(None, ""), ("us", ""), ("uk", "-uk"), ("de", "-de"), ("au", "-au"), ("ca", "-ca"), ("sg", "-sg")],
)
def test_cronofy_is_where_its_data_center_is(environment: Environment, center: str | None, suffix: str) -> None:
    cronofy = environment(**CRONOFY, CRONOFY_DATA_CENTER=center).cronofy
    assert cronofy is not None
    assert (cronofy.api, cronofy.app) == (f"https://api{suffix}.cronofy.com", f"https://app{suffix}.cronofy.com")
    assert cronofy.client_id == CRONOFY["CRONOFY_CLIENT_ID"]
    assert cronofy.client_secret.get_secret_value() == CRONOFY["CRONOFY_CLIENT_SECRET"]


@pytest.mark.parametrize("url", ["https://127.0.0.1:8098", "https://[::1]"])
def test_cronofy_may_be_emulated(environment: Environment, url: str) -> None:
    cronofy = environment(**CRONOFY, CRONOFY_API_URL=url, CRONOFY_APP_URL=url, CRONOFY_DATA_CENTER="uk").cronofy
    assert cronofy is not None
    assert (cronofy.api, cronofy.app) == (url, url)


@pytest.mark.parametrize("name", ["CRONOFY_API_URL", "CRONOFY_APP_URL"])
@pytest.mark.parametrize(
    "written",
    [
        "https://api.cronofy.com",
        "https://127.0.0.1.evil.example",
        "https://localhost:8098",
        "https://127.0.0.1@evil.example",
        "https://127.0.0.1/v1",
        "http://10.0.0.1:8098",
        "127.0.0.1:8098",
    ],
)
def test_cronofy_elsewhere_is_refused(environment: Environment, name: str, written: str) -> None:
    line = refusal(environment, **CRONOFY | {name: written}, INSECURE_LOOPBACK="true")
    assert line.startswith(f"STATUSBOT_{name} ")


@pytest.mark.parametrize("name", ["CRONOFY_API_URL", "CRONOFY_APP_URL"])
def test_plain_cronofy_needs_permission(environment: Environment, name: str) -> None:
    plain = {name: "http://127.0.0.1:8098"}
    assert "INSECURE_LOOPBACK" in refusal(environment, **CRONOFY | plain)
    assert getattr(environment(**CRONOFY | plain, INSECURE_LOOPBACK="true"), name.lower()) == plain[name]


# --- figures and choices


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("RATE", "0"),
        ("RATE", "-2"),
        ("RATE", "nan"),
        ("RATE", "inf"),
        ("BURST", "0"),
        ("BURST", "nan"),
        ("MAX_EVENT_AGE", "0"),
        ("MAX_EVENT_AGE", "inf"),
        ("MAX_EVENT_AGE", "nan"),
        ("BOT_API", "v3"),
        ("ALLOW_EXTRANET", "perhaps"),
        ("INSECURE_LOOPBACK", "perhaps"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("CRONOFY_DATA_CENTER", "fr"),
    ],
)
def test_value_out_of_range_is_refused_by_name(environment: Environment, name: str, written: str) -> None:
    assert refusal(environment, **{name: written}).startswith(f"STATUSBOT_{name} ")


# --- secrets


def test_secret_keys_keep_their_order(environment: Environment) -> None:
    settings = environment(SECRET_KEY=f" {KEY} , {FORMER_KEY}")
    assert [key.get_secret_value() for key in settings.secret_key] == [KEY, FORMER_KEY]


@pytest.mark.parametrize(
    "written",
    [
        KEY[:-1],
        KEY + "=",
        f"{KEY},",
        f"{KEY},{SECRET}",
        f"{KEY};{FORMER_KEY}",
        f"*{KEY}*",
        f"{KEY[:20]} {KEY[20:]}",
        "+/" + KEY[2:],
        "ключ",
    ],
)
def test_secret_key_that_is_none_is_refused(environment: Environment, written: str) -> None:
    line = refusal(environment, SECRET_KEY=written)
    assert line.startswith("STATUSBOT_SECRET_KEY ")
    assert not any(part in line for part in (KEY[:12], FORMER_KEY[:12], SECRET[:12], "ключ"))


def test_secrets_are_never_shown(environment: Environment) -> None:
    settings = environment(SECRET_KEY=f"{KEY},{FORMER_KEY}", **CRONOFY)
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {settings.cronofy!r}"
    assert not any(secret in shown for secret in (SECRET, KEY, FORMER_KEY))


@pytest.mark.parametrize("name", [name for name in NEEDED if name not in {"SECRET_KEY", "CLIENT_SECRET"}])
def test_secrets_are_not_shown_when_another_setting_is_wrong(environment: Environment, name: str) -> None:
    line = refusal(environment, **{name: None})
    assert SECRET not in line
    assert KEY not in line


# --- .env.example


def example() -> list[tuple[str, str, str]]:
    """Return English comment, name and value of each setting in the file; between is the comment in Russian."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    assert len(lines) % 3 == 0
    parts = zip(lines[::3], lines[2::3], strict=True)
    return [(comment, *line.removeprefix("STATUSBOT_").split("=", 1)) for comment, line in parts]  # type: ignore[misc]


def test_example_names_every_setting_once() -> None:
    assert sorted(name.lower() for _, name, _ in example()) == sorted(Settings.model_fields)


def test_example_explains_every_setting() -> None:
    comments = [comment for comment, _, _ in example()]
    assert all(comment.startswith("# ") and comment.endswith(".") for comment in comments)


def test_example_shows_the_defaults() -> None:
    for _, name, value in example():
        default = Settings.model_fields[name.lower()].default
        if default is None or default is PydanticUndefined:
            assert value in {"", NEEDED.get(name)}, name
        else:
            assert float(value) == default if isinstance(default, float) else value == str(default).lower(), name


def test_example_is_complete_but_for_secrets(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    unset = dict.fromkeys(NEEDED)
    assert "STATUSBOT_CLIENT_ID is not set" in refusal(environment, **unset)
    secrets = {name: NEEDED[name] for name in ("CLIENT_ID", "CLIENT_SECRET", "SECRET_KEY")}
    assert environment(**unset | secrets).portal == NEEDED["PORTAL"]
