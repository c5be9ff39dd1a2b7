"""The token addresses: JSON or a form in, tokens out (sections 2.3, 2.4)."""

from bot.emulator.answers import Response
from bot.emulator.cronofy.accounts import Application, Directory
from bot.emulator.cronofy.answers import json_answer, oauth_error
from bot.emulator.cronofy.oauth import OAuthServer, Tokens
from bot.emulator.php import Json, Params, to_text


class OAuthRest:
    """Answers applications that prove who they are."""

    def __init__(self, oauth: OAuthServer, directory: Directory) -> None:
        """Hand out tokens of `oauth` to the applications of `directory`."""
        self._oauth = oauth
        self._directory = directory

    def token(self, params: Params) -> Response:
        """Answer `/oauth/token`.

        Raises:
            Refusal: `invalid_client`, `invalid_grant`, `unsupported_grant_type`.
        """
        application, grant = self._client(params), to_text(params.get("grant_type"))
        if grant == "authorization_code":
            return _private(self._exchanged(application, params))
        if grant == "refresh_token":
            return _private(self._described(self._oauth.refresh(application, to_text(params.get("refresh_token")))))
        raise oauth_error("unsupported_grant_type")

    def _client(self, params: Params) -> Application:
        application = self._directory.applications.get(to_text(params.get("client_id")))
        if application is None or to_text(params.get("client_secret")) not in application.client_secrets:
            raise oauth_error("invalid_client")
        return application

    def _exchanged(self, application: Application, params: Params) -> dict[str, Json]:
        code, redirect_uri = to_text(params.get("code")), to_text(params.get("redirect_uri"))
        tokens, profile = self._oauth.exchange(application, code, redirect_uri)
        account_id = tokens.authorization.account.id
        linking_profile = {
            "provider_name": profile.provider,
            "provider_service": profile.service,
            "profile_id": profile.id,
            "profile_name": profile.name,
        }
        return {
            **self._described(tokens),
            "account_id": account_id,
            "sub": account_id,
            "linking_profile": linking_profile,
        }

    def _described(self, tokens: Tokens) -> dict[str, Json]:
        return {
            "token_type": "bearer",
            "access_token": tokens.access_token,
            "expires_in": self._oauth.options.access_life_s,
            "refresh_token": tokens.refresh_token,
            "scope": tokens.authorization.scope,
        }

    def revoke(self, params: Params) -> Response:
        """Answer `/oauth/token/revoke`: 200 and nothing, also for what is not known.

        Raises:
            Refusal: `invalid_client`.
        """
        application = self._client(params)
        self._oauth.revoke(application, token=to_text(params.get("token")), sub=to_text(params.get("sub")))
        return Response(200)


def _private(body: dict[str, Json]) -> Response:
    answered = json_answer(200, body)
    return Response(answered.status, answered.body, {**answered.headers, "Cache-Control": "no-store"})
