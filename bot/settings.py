"""Environment to one frozen `Settings`. Nothing else reads the environment.

Names, meanings and defaults are public and fixed; every one stands in `.env.example`.
"""

import ipaddress
import re
import socket
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import SettingsError

PREFIX = "STATUSBOT_"
_HIGHEST_PORT = 65535

# A host name or address, and a port, which only a loopback portal may have.
_HOST = re.compile(
    r"((?=.{1,253}(?::|$))[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[::1\])(:[0-9]{1,5})?"
)
# The base64 decoder behind Fernet drops foreign characters in silence; a key has none.
_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")


class Settings(BaseSettings):
    """What the administrator decides. Secrets are never shown, whatever prints this."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
        allow_inf_nan=False,
    )

    public_url: str
    portal: str
    member_id: str | None = None
    client_id: str
    client_secret: SecretStr
    oauth_server: str | None = None
    secret_key: Annotated[tuple[SecretStr, ...], NoDecode]
    database_url: str = "sqlite:///statusbot.db"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=_HIGHEST_PORT)
    replica: str = Field(default_factory=socket.gethostname)
    rate: float = Field(default=2.0, gt=0, le=1000)
    burst: float = Field(default=50.0, ge=1, le=100_000)
    bot_api: Literal["auto", "v2", "v1"] = "auto"
    language: str = "en"
    max_event_age: float = Field(default=600.0, gt=0)
    allow_extranet: bool = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] | None = None
    insecure_loopback: bool = False

    @model_validator(mode="before")
    @classmethod
    def _blank_is_missing(cls, values: dict[str, Any]) -> dict[str, Any]:
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    @field_validator("secret_key", mode="before")
    @classmethod
    def _keys(cls, value: Any) -> Any:
        keys = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        if not all(isinstance(key, str) and _KEY.fullmatch(key) for key in keys):
            raise ValueError("needs 44 characters of url-safe base64, a key as `statusbot check --new-key` prints one")
        return tuple(keys)

    @field_validator("portal")
    @classmethod
    def _portal_is_a_host(cls, value: str) -> str:
        value = value.lower()
        if not _HOST.fullmatch(value):
            raise ValueError("is a host such as acme.bitrix24.com, without scheme and path")
        host, port = _host_and_port(value)
        if port is not None and not (is_loopback(host) and 0 < port <= _HIGHEST_PORT):
            raise ValueError("has a port, which only a loopback portal may have, from 1 to 65535")
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _level_in_any_case(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _database_is_a_file(cls, value: str) -> str:
        if not value.startswith("sqlite:///"):
            raise ValueError("must start with sqlite:/// in this version")
        # Without a name SQLite keeps everything in memory, and parameters could ask for the same.
        if value.removeprefix("sqlite:///") in {"", ":memory:"} or "?" in value:
            raise ValueError("names a file, such as sqlite:///statusbot.db")
        return value

    @field_validator("public_url", "oauth_server")
    @classmethod
    def _no_slash_at_the_end(cls, value: str | None) -> str | None:
        return None if value is None else value.rstrip("/")

    @model_validator(mode="after")
    def _only_safe_addresses(self) -> "Settings":
        for name, address in (("PUBLIC_URL", self.public_url), ("OAUTH_SERVER", self.oauth_server)):
            if address is not None:
                _check_origin(
                    name, address, insecure_loopback=self.insecure_loopback, path_allowed=name == "PUBLIC_URL"
                )
        return self

    @property
    def portal_url(self) -> str:
        """Origin of the pinned portal. Plain HTTP only where `INSECURE_LOOPBACK` permits it."""
        host, _ = _host_and_port(self.portal)
        scheme = "http" if self.insecure_loopback and is_loopback(host) else "https"
        return f"{scheme}://{self.portal}"

    @property
    def events_url(self) -> str:
        return f"{self.public_url}/bitrix24/events"


def is_loopback(host: str) -> bool:
    """Whether `host` is a literal address in 127.0.0.0/8 or ::1; names never are."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _host_and_port(portal: str) -> tuple[str, int | None]:
    host, _, port = portal.rpartition(":") if portal[-1] != "]" and ":" in portal else (portal, "", "")
    return host, int(port) if port else None


def _check_origin(name: str, address: str, *, insecure_loopback: bool, path_allowed: bool) -> None:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise ValueError(f"{PREFIX}{name} is no address") from None
    # The parser drops tabs and empty queries in silence, so the text itself is looked at.
    strange = re.search(r"[\s?#\\]", address)
    if not host or strange or parts.username is not None or (parts.path and not path_allowed):
        raise ValueError(f"{PREFIX}{name} is an address such as https://bot.example.com")
    if parts.scheme == "https" or (parts.scheme == "http" and insecure_loopback and is_loopback(host)):
        return
    raise ValueError(
        f"{PREFIX}{name} must start with https:// (http:// only on a loopback address, with {PREFIX}INSECURE_LOOPBACK=true)"
    )


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
        raise SettingsError(_in_words(error.errors(include_url=False, include_input=False)[0])) from None


def load() -> Settings:
    """Read the environment and `.env`.

    Raises:
        SettingsError: one readable line for the first setting that is missing or wrong.
    """
    try:
        return Settings()  # type: ignore[call-arg]  # the values come from the environment
    except (OSError, UnicodeDecodeError):
        raise SettingsError(".env cannot be read; it is a text file in UTF-8.") from None
    except ValidationError as error:
        raise SettingsError(_in_words(error.errors(include_url=False, include_input=False)[0])) from None


def _in_words(error: ErrorDetails) -> str:
    where = f"{PREFIX}{str(error['loc'][0]).upper()}" if error["loc"] else ""
    if error["type"] == "missing":
        return f"{where} is not set; .env.example tells what it is."
    reason = error["msg"].removeprefix("Value error, ")
    return f"{where} {reason}.".strip().replace("..", ".")
