"""Authorizations of accounts, and the tokens that prove them, all ageing by Cronofy's clock (section 2)."""

from dataclasses import dataclass, field

from bot.emulator.clock import Clock
from bot.emulator.cronofy.accounts import Account, Application, Directory, Profile
from bot.emulator.cronofy.answers import oauth_error
from bot.emulator.cronofy.options import Options

CODE_LIFE_S = 60


@dataclass(slots=True, eq=False)
class Authorization:
    """What an application may do for an account; lasts until it is revoked."""

    application: Application
    account: Account
    scopes: tuple[str, ...]
    refresh_token: str
    revoked: bool = False

    @property
    def scope(self) -> str:
        return " ".join(self.scopes)


@dataclass(frozen=True, slots=True)
class Tokens:
    """An access token with what it stands for."""

    access_token: str
    refresh_token: str
    expires: float  # unix seconds
    authorization: Authorization


@dataclass(frozen=True, slots=True)
class _Code:
    authorization: Authorization
    profile: Profile
    redirect_uri: str
    expires: float


@dataclass(slots=True)
class OAuthServer:
    """Everything that was ever authorized."""

    clock: Clock
    options: Options
    directory: Directory
    authorizations: list[Authorization] = field(default_factory=list)
    _access: dict[str, Tokens] = field(default_factory=dict)
    _codes: dict[str, _Code] = field(default_factory=dict)

    def authorize(self, application: Application, account: Account, scopes: tuple[str, ...]) -> Authorization:
        """Let a person agree; whoever agrees again keeps his refresh token (section 2.5)."""
        granted = tuple(scope for scope in scopes if scope not in self.options.withheld_scopes)
        for known in self.authorizations:
            if (known.application, known.account, known.revoked) == (application, account, False):
                known.scopes = granted
                return known
        made = Authorization(application, account, granted, self._token("refresh"))
        self.authorizations.append(made)
        return made

    def _token(self, purpose: str) -> str:
        return self.directory.digits(purpose, 32)

    def is_open(self, account: Account) -> bool:
        """Tell whether some application may act for an account."""
        return any(known.account is account and not known.revoked for known in self.authorizations)

    def issue(self, authorization: Authorization) -> Tokens:
        """Make an access token that nobody had before; older ones live on."""
        expires = self.clock.now() + self.options.access_life_s
        tokens = Tokens(self._token("access"), authorization.refresh_token, expires, authorization)
        self._access[tokens.access_token] = tokens
        return tokens

    def code(self, authorization: Authorization, profile: Profile, redirect_uri: str) -> str:
        """Return a code that lives a minute and serves once."""
        code = self._token("code")
        self._codes[code] = _Code(authorization, profile, redirect_uri, self.clock.now() + CODE_LIFE_S)
        return code

    def exchange(self, application: Application, code: str, redirect_uri: str) -> tuple[Tokens, Profile]:
        """Give tokens for a code, and the profile through which the person came.

        Raises:
            Refusal: `invalid_grant`: wrong, used, expired, another application's, or made for another address.
        """
        known = self._codes.pop(code, None)
        if known is None or known.expires < self.clock.now() or known.redirect_uri != redirect_uri:
            raise oauth_error("invalid_grant")
        if known.authorization.application is not application or known.authorization.revoked:
            raise oauth_error("invalid_grant")
        return self.issue(known.authorization), known.profile

    def refresh(self, application: Application, refresh_token: str) -> Tokens:
        """Give another access token.

        Raises:
            Refusal: `invalid_grant`.
        """
        known = self._by_refresh_token(refresh_token)
        if known is None or known.application is not application:
            raise oauth_error("invalid_grant")
        if self.options.rotating_refresh:
            known.refresh_token = self._token("refresh")
        return self.issue(known)

    def _by_refresh_token(self, token: str) -> Authorization | None:
        live = (known for known in self.authorizations if not known.revoked)
        return next((known for known in live if known.refresh_token == token), None)

    def holder(self, access_token: str) -> Authorization | None:
        """Return what an access token stands for; nothing when it was never given, has expired, or was revoked."""
        known = self._access.get(access_token)
        if known is None or known.authorization.revoked or known.expires <= self.clock.now():
            return None
        return known.authorization

    def revoke(self, application: Application, *, token: str = "", sub: str = "") -> None:
        """End an authorization named by one of its tokens or, without one, by its account; an unknown one is none."""
        if token:
            named = [self._by_refresh_token(token) or self.holder(token)]
        else:
            named = [known for known in self.authorizations if known.account.id == sub]
        for known in named:
            if known is not None and known.application is application:
                known.revoked = True
