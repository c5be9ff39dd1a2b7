"""Permissions: the page that asks for one, and the addresses that turn it into tokens (section 2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from bot.accounts import Account
from bot.cronofy import fields
from bot.cronofy.rest import Call, RestClient
from bot.errors import CronofyUnreadable
from bot.settings import CronofyApp

# All that we need and nothing else, in the order in which it is asked for (section 2.2).
SCOPES = ("read_events", "change_participation_status")
# An id of Cronofy has 28 characters.
_LONGEST_SUB = 100


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code was exchanged for.

    Attributes:
        scope: What was granted, parted by spaces.
        sub: The account; it remains to be seen whose it is here.
        profile_name: The login at a provider through which the person came, other people's text.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    scope: str
    sub: str
    profile_name: str

    @property
    def missing(self) -> frozenset[str]:
        """What we need and were not granted."""
        return frozenset(SCOPES) - frozenset(self.scope.split())


def authorize_url(app: CronofyApp, redirect_uri: str, state: str) -> str:
    """Return the page that asks a person for permission and sends the browser to `redirect_uri` with `state`.

    Linking is avoided, since it would join the accounts of two people who share a browser (section 2.5).
    """
    query = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(SCOPES),
        "state": state,
        "avoid_linking": "true",
    }
    return f"{app.app}/oauth/authorize?{urlencode(query)}"


class OAuthClient:
    """Talks to `/oauth/token` of the API."""

    def __init__(self, rest: RestClient, app: CronofyApp) -> None:
        self._rest = rest
        self._app = app

    async def exchange(self, code: str, redirect_uri: str) -> Grant:
        """Return what Cronofy gives for a code, which serves once; `redirect_uri` is that of the page.

        Raises:
            GrantRefused: the code is used, expired, or was made for another address or application.
            CronofyRefusesUs: our own id or secret is not accepted.
            CronofyNotReached, CronofyBusy: the code was not taken, so it may still serve.
            CronofyAway: the code may be used up.
            CronofyUnreadable: the answer lacks a token or the account.
        """
        params = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        call = self._call("oauth.token", "/oauth/token", params, once=True)
        answer = await self._rest.call(call, None)
        profile = fields.branch(answer, "linking_profile")
        return Grant(
            access_token=_needed(answer, "access_token", call),
            refresh_token=_needed(answer, "refresh_token", call),
            scope=fields.text(answer, "scope"),
            sub=_needed(answer, "sub", call, limit=_LONGEST_SUB),
            profile_name=fields.text(profile, "profile_name"),
        )

    async def refresh(self, account: Account) -> Account:
        """Return `account` with a new access token, and with whatever else came with it (section 2.4).

        Raises:
            GrantRefused: the permission was taken back, or lost.
            CronofyRefusesUs: our own id or secret is not accepted.
            CronofyAway: no answer; the former tokens may still be good.
        """
        params = {"grant_type": "refresh_token", "refresh_token": account.refresh_token}
        call = self._call("oauth.token", "/oauth/token", params)
        answer = await self._rest.call(call, None)
        return replace(
            account,
            access_token=_needed(answer, "access_token", call),
            refresh_token=fields.text(answer, "refresh_token") or account.refresh_token,
            scope=fields.text(answer, "scope") or account.scope,
        )

    async def revoke(self, refresh_token: str) -> None:
        """Give a permission back; one that is not known any more is fine too."""
        params = {"token": refresh_token}
        await self._rest.call(self._call("oauth.revoke", "/oauth/token/revoke", params, reads=False), None)

    async def revoke_account(self, sub: str) -> None:
        """Give all back that was granted for an account of which no token is left; an unknown one is fine too."""
        await self._rest.call(self._call("oauth.revoke", "/oauth/token/revoke", {"sub": sub}, reads=False), None)

    def _call(
        self, method: str, path: str, params: Mapping[str, str], *, once: bool = False, reads: bool = True
    ) -> Call:
        us = {"client_id": self._app.client_id, "client_secret": self._app.client_secret.get_secret_value()}
        return Call(method, "POST", path, body={**us, **params}, once=once, reads=reads)


def _needed(answer: Any, name: str, call: Call, *, limit: int = fields.LONGEST) -> str:
    value = fields.text(answer, name, limit=limit + 1)
    if not value or len(value) > limit or not (value.isascii() and value.isprintable()):  # it goes into a header
        raise CronofyUnreadable(f"no {name} in the answer", method=call.method)
    return value
