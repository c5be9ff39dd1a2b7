"""Environment to one frozen `Settings`. Nothing else reads the environment.

Names, meanings and defaults are public and fixed; every one stands in `.env.example`.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Self, TypeVar
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.errors import SettingsError

S = TypeVar("S", bound="PublicAddress")

PREFIX = "STATUSBOT_"
_HIGHEST_PORT = 65535
_LONGEST_NAME = 63  # as that of a host

# A host name or address, and a port, which only a loopback portal may have.
_HOST = re.compile(
    r"((?=.{1,253}(?::|$))[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[::1\])(:[0-9]{1,5})?"
)
_NUMBERS = re.compile(r"[0-9.]+|.*:.*")  # what can only be an address
_MEMBER_ID = re.compile(r"[0-9a-f]{32}")
# The base64 decoder behind Fernet drops foreign characters in silence; a key has none.
_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
_KEY_LENGTH = 44


@dataclass(frozen=True, slots=True)
class CronofyApp:
    """Our application at Cronofy, and the origins of its data centre: of the API, and of the pages in the browser."""

    api: str
    app: str
    client_id: str
    client_secret: SecretStr = field(repr=False)


class PublicAddress(BaseSettings):
    """The one setting that the application form needs."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    # Before the addresses, whose checks depend on it.
    insecure_loopback: bool = False
    public_url: str

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        *_others: PydanticBaseSettingsSource,
        **_named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, InitSettingsSource(settings_cls, _written())

    @model_validator(mode="before")
    @classmethod
    def _blank_is_missing(cls, values: dict[str, Any]) -> dict[str, Any]:
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    @field_validator("public_url")
    @classmethod
    def _public_url_is_safe(cls, value: str, info: ValidationInfo) -> str:
        return _safe_address(value, info, path_allowed=True)


class Settings(PublicAddress):
    """What the administrator decides. Secrets are never shown, whatever prints this."""

    portal: str
    member_id: str | None = None
    client_id: str
    client_secret: SecretStr
    oauth_server: str | None = None
    secret_key: Annotated[tuple[SecretStr, ...], NoDecode]
    database_url: str = Field(default="sqlite:///statusbot.db", repr=False)  # may hold a password
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=_HIGHEST_PORT)
    replica: str = Field(default_factory=socket.gethostname, max_length=_LONGEST_NAME)
    rate: float = Field(default=2.0, gt=0, le=1000)
    burst: float = Field(default=50.0, ge=1, le=100_000)
    bot_api: Literal["auto", "v2", "v1"] = "auto"
    language: str = "en"
    max_event_age: float = Field(default=600.0, gt=0)
    allow_extranet: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] | None = None
    cronofy_client_id: str | None = None
    cronofy_client_secret: SecretStr | None = None
    cronofy_data_center: Literal["us", "uk", "de", "au", "ca", "sg"] = "us"
    cronofy_api_url: str | None = None
    cronofy_app_url: str | None = None

    @field_validator("secret_key", mode="before")
    @classmethod
    def _keys(cls, value: Any) -> Any:
        keys = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        if not all(isinstance(key, str) and _KEY.fullmatch(key) for key in keys):
            short = all(isinstance(key, str) and len(key) < _KEY_LENGTH for key in keys)
            raise ValueError(
                f"{'is too short: it ' if short else ''}needs 44 characters of url-safe base64, a key as `statusbot check --new-key` prints one"
            )
        return tuple(keys)

    @field_validator("portal")
    @classmethod
    def _portal_is_a_host(cls, value: str) -> str:
        value = value.lower()
        host, port = _host_and_port(value) if _HOST.fullmatch(value) else ("", None)
        if not _can_be_looked_up(host):
            raise ValueError("is a host such as acme.bitrix24.com, without scheme and path")
        if port is not None and not (is_loopback(host) and 0 < port <= _HIGHEST_PORT):
            raise ValueError("has a port, which only a loopback portal may have, from 1 to 65535")
        return value

    @field_validator("member_id")
    @classmethod
    def _member_id_is_one(cls, value: str | None) -> str | None:
        if value is None or _MEMBER_ID.fullmatch(value.lower()):
            return value and value.lower()
        raise ValueError("has 32 hexadecimal digits")

    @field_validator("host")
    @classmethod
    def _host_is_one(cls, value: str) -> str:
        if not _can_be_looked_up(value):
            raise ValueError("is an address of this machine, such as 127.0.0.1")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _level_in_any_case(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _database_is_a_file_or_a_server(cls, value: str) -> str:
        if value.startswith("postgresql://"):
            return value
        if not value.startswith("sqlite:///"):
            raise ValueError("starts with sqlite:/// (a file) or with postgresql:// (a server)")
        name = unquote(value.removeprefix("sqlite:///"))
        # Without a name SQLite keeps everything in memory, and parameters could ask for the same.
        if name in {"", ":memory:"} or "\0" in name or "?" in value:
            raise ValueError("names a file, such as sqlite:///statusbot.db")
        return value

    @field_validator("oauth_server")
    @classmethod
    def _oauth_server_is_safe(cls, value: str | None, info: ValidationInfo) -> str | None:
        return None if value is None else _safe_address(value, info, path_allowed=False)

    @field_validator("cronofy_data_center", mode="before")
    @classmethod
    def _data_center_in_any_case(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("cronofy_api_url", "cronofy_app_url")
    @classmethod
    def _cronofy_is_emulated_here_only(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        address = _safe_address(value, info, path_allowed=False)
        if not is_loopback(urlsplit(address).hostname or ""):
            raise ValueError(
                "is for an emulator on a loopback address; CRONOFY_DATA_CENTER chooses among the real ones"
            )
        return address

    @model_validator(mode="after")
    def _cronofy_has_id_and_secret(self) -> Self:
        given = {"ID": self.cronofy_client_id, "SECRET": self.cronofy_client_secret}
        missing = [name for name, value in given.items() if value is None]
        if len(missing) == 1:
            raise ValueError(f"{PREFIX}CRONOFY_CLIENT_{missing[0]} is not set; Cronofy needs both id and secret")
        return self

    @property
    def cronofy(self) -> CronofyApp | None:
        """Our application at Cronofy; None without one."""
        if self.cronofy_client_id is None or self.cronofy_client_secret is None:
            return None
        center = "" if self.cronofy_data_center == "us" else f"-{self.cronofy_data_center}"
        return CronofyApp(
            api=self.cronofy_api_url or f"https://api{center}.cronofy.com",
            app=self.cronofy_app_url or f"https://app{center}.cronofy.com",
            client_id=self.cronofy_client_id,
            client_secret=self.cronofy_client_secret,
        )

    @property
    def portal_url(self) -> str:
        """Origin of the pinned portal. Plain HTTP only where `INSECURE_LOOPBACK` permits it."""
        host, _ = _host_and_port(self.portal)
        scheme = "http" if self.insecure_loopback and is_loopback(host) else "https"
        return f"{scheme}://{self.portal}"

    def admits(self, member_id: str) -> bool:
        """Whether the second pin, if there is one, is that of this portal."""
        return self.member_id in (None, member_id)

    @property
    def events_url(self) -> str:
        return f"{self.public_url}/bitrix24/events"

    @property
    def cronofy_url(self) -> str:
        """Where Cronofy sends the browser of a person who has agreed."""
        return f"{self.public_url}/cronofy"


def is_loopback(host: str) -> bool:
    """Whether `host` is a literal address in 127.0.0.0/8 or ::1; names never are."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _can_be_looked_up(host: str) -> bool:
    """Whether it is an address, or a name that fits the rules of names; the system's own look-up fails badly on others."""
    try:
        if _NUMBERS.fullmatch(host):
            ipaddress.ip_address(host.strip("[]"))
        return bool(host.encode("idna"))
    except ValueError:
        return False


def _host_and_port(portal: str) -> tuple[str, int | None]:
    host, _, port = portal.rpartition(":") if portal[-1] != "]" and ":" in portal else (portal, "", "")
    return host, int(port) if port else None


def _safe_address(value: str, info: ValidationInfo, *, path_allowed: bool) -> str:
    """Return an address without the slash at its end; secrets go there, so in clear only within this machine."""
    address = value.rstrip("/")
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise ValueError("is no address") from None
    # The parser drops tabs and empty queries in silence, so the text itself is looked at.
    strange = re.search(r"[\s?#\\]", address)
    halved = parts.netloc.endswith(":")  # a port is announced, and missing
    if (
        not _can_be_looked_up(host)
        or strange
        or halved
        or parts.username is not None
        or (parts.path and not path_allowed)
    ):
        raise ValueError("is an address such as https://bot.example.com")
    insecure = info.data.get("insecure_loopback", False) and is_loopback(host)
    if parts.scheme == "https" or (parts.scheme == "http" and insecure):
        return address
    raise ValueError(
        f"must start with https:// (http:// only on a loopback address, with {PREFIX}INSECURE_LOOPBACK=true)"
    )


def _written() -> dict[str, Any]:
    """Return what `.env` says, to the letter: pydantic's own reader takes `${...}` for a variable, which a password may hold."""
    lines = dotenv_values(".env", encoding="utf-8", interpolate=False)
    prefix = PREFIX.lower()
    names = [name for name in lines if name.lower().startswith(prefix)]
    return {name.lower().removeprefix(prefix): lines[name] for name in names if lines[name] is not None}


class _Given(Settings):
    """Settings that are not read from anywhere."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - named by pydantic
        init_settings: PydanticBaseSettingsSource,
        *_others: PydanticBaseSettingsSource,
        **_named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def given(**values: Any) -> Settings:
    """Return settings from `values` alone, whatever the environment holds: for the demo and for tests.

    Raises:
        SettingsError: as `load`.
    """
    try:
        return _Given(**values)
    except ValidationError as error:
        raise SettingsError(_lines(error)[0]) from None


def load() -> Settings:
    """Read the environment and `.env`.

    Raises:
        SettingsError: one readable line for the first setting that is missing or wrong.
    """
    return _complete(_read(Settings))


def load_public_url() -> str:
    """Read that one setting alone: before the application form is saved, there are no others.

    Raises:
        SettingsError: as `load`.
    """
    return _complete(_read(PublicAddress)).public_url


def problems() -> list[str]:
    """Return a readable line for each setting that is missing or wrong."""
    found = _read(Settings)
    return found if isinstance(found, list) else []


def _read(kind: type[S]) -> S | list[str]:
    try:
        return kind()  # type: ignore[call-arg]  # the values come from the environment
    except (OSError, UnicodeDecodeError):
        return [".env cannot be read; it is a text file in UTF-8."]
    except ValidationError as error:
        return _lines(error)


def _complete(found: S | list[str]) -> S:
    if isinstance(found, list):
        more = f" {len(found) - 1} more to mend: `statusbot check` lists them." if len(found) > 1 else ""
        raise SettingsError(found[0] + more) from None
    return found


def _lines(error: ValidationError) -> list[str]:
    return [_in_words(problem) for problem in error.errors(include_url=False, include_input=False)]


def _in_words(error: ErrorDetails) -> str:
    where = f"{PREFIX}{str(error['loc'][0]).upper()}" if error["loc"] else ""
    if error["type"] == "missing":
        return f"{where} is not set; .env.example tells what it is."
    reason = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{where} {reason}.".strip().replace("..", ".")
