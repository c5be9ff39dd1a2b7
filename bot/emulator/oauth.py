"""The authorization server: applications, codes and token pairs, all ageing by the portal's clock (contract B)."""

import hashlib
import struct
from dataclasses import dataclass, field

from bot.emulator.answers import RestError, system_error
from bot.emulator.clock import Clock
from bot.emulator.options import Options

ACCESS_LIFE_S = 3600
REFRESH_LIFE_S = 30 * 24 * 3600
CODE_LIFE_S = 30
FIRST_APP_ID = 49
PORTAL_MARK = 0x0A1B


@dataclass(slots=True, eq=False)
class App:
    """A local application, as its form was saved."""

    id: int
    client_id: str
    client_secret: str
    handler_url: str
    install_url: str
    scopes: tuple[str, ...]
    application_token: str
    with_ui: bool = False  # stays uninstalled until the browser finishes the installation
    installed: bool = False
    deleted: bool = False
    status: str = "L"
    version: int = 1
    installer_id: int = 1
    allowed_users: set[int] | None = None  # None: everybody may use it

    def admits(self, user_id: int) -> bool:
        return self.allowed_users is None or user_id in self.allowed_users


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What one person has with one application."""

    access_token: str
    refresh_token: str
    expires: int  # unix seconds
    refresh_expires: int  # unix seconds
    user_id: int
    app: App

    @property
    def expires_in(self) -> int:
        return ACCESS_LIFE_S


@dataclass(frozen=True, slots=True)
class _Code:
    app: App
    user_id: int
    expires: float


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """One call of `/oauth/token/`, for tests that count them; holds no secret."""

    grant_type: str
    user_id: int | None
    error: str | None
    at: float


@dataclass(slots=True)
class OAuthServer:
    """Everything the authorization server remembers about this portal."""

    clock: Clock
    options: Options
    apps: dict[str, App] = field(default_factory=dict)  # by client_id, deleted ones too
    requests: list[TokenRequest] = field(default_factory=list)
    _access: dict[str, TokenPair] = field(default_factory=dict)
    _refresh: dict[str, TokenPair] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict)
    _serial: int = 0

    def add_app(self, *, handler_url: str, install_url: str, scopes: tuple[str, ...], with_ui: bool) -> App:
        """Save the form of a local application; its credentials are new each time (contract A.1)."""
        number = FIRST_APP_ID + len(self.apps)
        digits = self._digest("client", number)
        client_id = f"local.{digits[:14]}.{int(digits[14:24], 16) % 10**8:08d}"
        client_secret = self._digest("secret", number)[:50]
        token = hashlib.md5(f"{self.options.member_id}|{client_id}|{client_secret}".encode(), usedforsecurity=False)
        app = App(
            number, client_id, client_secret, handler_url, install_url, scopes, token.hexdigest(), with_ui=with_ui
        )
        self.apps[client_id] = app
        return app

    def _digest(self, purpose: str, number: int) -> str:
        return hashlib.sha256(f"{self.options.member_id}|{purpose}|{number}".encode()).hexdigest()

    def issue(self, app: App, user_id: int) -> TokenPair:
        """Make a pair that nobody had before."""
        self._serial += 1
        now = int(self.clock.now())
        expires, refresh_expires = now + ACCESS_LIFE_S, now + REFRESH_LIFE_S
        pair = TokenPair(
            self._token(expires, app, user_id, "access"),
            self._token(refresh_expires, app, user_id, "refresh"),
            expires,
            refresh_expires,
            user_id,
            app,
        )
        self._access[pair.access_token] = pair
        self._refresh[pair.refresh_token] = pair
        return pair

    def _token(self, expires: int, app: App, user_id: int, purpose: str) -> str:
        """Lay a token out as seen (contract K.2): expiry, portal, application, user, then what makes it unique."""
        head = struct.pack("<I", expires).hex() + f"{PORTAL_MARK:08x}{app.id:08x}{user_id:08x}"
        return head + self._digest(purpose, self._serial)[:38]

    def authorize(self, app: App, user_id: int) -> str:
        """Return a code that lives 30 s and serves once."""
        self._serial += 1
        code = self._digest("code", self._serial)[:32]
        self._codes[code] = _Code(app, user_id, self.clock.now() + CODE_LIFE_S)
        return code

    def exchange(self, app: App, code: str) -> TokenPair:
        """Give a pair for a code.

        Raises:
            RestError: `invalid_grant`: wrong, used, expired, or another application's.
        """
        known = self._codes.pop(code, None)
        if known is None or known.app is not app or self.clock.now() > known.expires:
            raise invalid_grant()
        return self.issue(app, known.user_id)

    def refresh(self, app: App, refresh_token: str) -> TokenPair:
        """Give a new pair for a refresh token; whether the old one lives on is a switch (contract J.2).

        Raises:
            RestError: `invalid_grant`.
        """
        pair = self._refresh.get(refresh_token)
        if pair is None or pair.app is not app or self.clock.now() >= pair.refresh_expires:
            raise invalid_grant()
        if not self.options.old_refresh_survives:
            del self._refresh[refresh_token]
        return self.issue(app, pair.user_id)

    def check(self, access_token: str) -> TokenPair:
        """Return the pair of an access token that is still good.

        Raises:
            RestError: `invalid_token`, `expired_token` or `APPLICATION_NOT_FOUND` of contract C.3.
        """
        statuses = self.options.error_statuses
        pair = self._access.get(access_token)
        if pair is None:
            raise system_error("invalid_token", statuses)
        if pair.app.deleted:
            raise system_error("APPLICATION_NOT_FOUND", statuses)
        if self.clock.now() >= pair.expires:
            raise system_error("expired_token", statuses)
        return pair

    def owner(self, access_token: str) -> int | None:
        """Return whose token it is or was."""
        pair = self._access.get(access_token)
        return pair.user_id if pair else None

    def revoke(self, user_id: int, app: App | None = None) -> None:
        """Forget every token of a person, with one application or with all."""
        for tokens in (self._access, self._refresh):
            for token in [key for key, pair in tokens.items() if pair.user_id == user_id and app in {None, pair.app}]:
                del tokens[token]

    def delete_app(self, app: App) -> None:
        """Delete an application for good (contract A.1)."""
        app.deleted = True
        app.installed = False


def invalid_grant() -> RestError:
    return RestError(400, "invalid_grant")
