"""The `auth` blocks of events: of whoever acted, and of the bot (contract E.2, F.2)."""

import hashlib
from dataclasses import dataclass

from bot.emulator.oauth import App, OAuthServer
from bot.emulator.options import EventAuth
from bot.emulator.php import Json


@dataclass(frozen=True, slots=True)
class Actor:
    """Whose hit raised an event."""

    user_id: int
    auth: EventAuth


class AuthBlocks:
    """Makes blocks with fresh tokens."""

    def __init__(self, oauth: OAuthServer) -> None:
        """Take tokens from `oauth`."""
        self._oauth = oauth
        self._options = oauth.options

    def top(self, app: App, actor: Actor, *, refresh: bool) -> dict[str, Json]:
        """Return the top-level block.

        Args:
            app: Whose event it is.
            actor: Who acted; `absent` leaves every token out, `minimal` all but what the documentation prints, `no_refresh` what
                would make the permission last.
            refresh: Whether this event carries a refresh token at all.
        """
        if actor.auth == "minimal":
            return {"domain": self._options.domain, "application_token": app.application_token}
        if actor.auth == "absent":
            return self.without_user(app)
        block = self._tokens(app, actor.user_id)
        if not refresh or actor.auth == "no_refresh":
            del block["refresh_token"]
        if actor.auth == "no_user_id":
            del block["user_id"]
        return block

    def without_user(self, app: App) -> dict[str, Json]:
        """Return the block of a hit without a user, and of `ONAPPUNINSTALL`."""
        return {
            "domain": self._options.domain,
            "server_endpoint": self._options.server_endpoint,
            "client_endpoint": self._options.client_endpoint,
            "member_id": self._options.member_id,
            "application_token": app.application_token,
        }

    def _tokens(self, app: App, user_id: int) -> dict[str, Json]:
        pair = self._oauth.issue(app, user_id)
        return {
            "access_token": pair.access_token,
            "expires": pair.expires,
            "expires_in": pair.expires_in,
            "scope": ",".join(app.scopes),
            "domain": self._options.domain,
            "server_endpoint": self._options.server_endpoint,
            "status": app.status,
            "client_endpoint": self._options.client_endpoint,
            "member_id": self._options.member_id,
            "user_id": pair.user_id,
            "refresh_token": pair.refresh_token,
            "application_token": app.application_token,
        }

    def bot(self, app: App, bot_id: int) -> dict[str, Json]:
        """Return `data[bot][auth]` of v2."""
        return self._tokens(app, bot_id)

    def bot_v1(self, app: App, bot_id: int) -> dict[str, Json]:
        """Return the fields that v1 repeats in each entry of `data[BOT]` and `data[COMMAND]`."""
        block = self._tokens(app, bot_id)
        token, user_id = block.pop("application_token"), block.pop("user_id")
        client = hashlib.md5(app.client_id.encode(), usedforsecurity=False).hexdigest()
        block |= {"user_id": user_id, "client_id": client, "application_token": token}
        return {**block, "AUTH": block}

    def install(self, app: App, *, minimal: bool) -> dict[str, Json]:
        """Return the block of `ONAPPINSTALL`; the documentation's sample has less and spells the scope with spaces."""
        block = self._tokens(app, app.installer_id)
        if minimal:
            del block["expires"], block["user_id"]
            block["scope"] = " ".join(app.scopes)
        return block
