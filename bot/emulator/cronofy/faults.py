"""Trouble on demand, in Cronofy's words (section 6); `cut`, `lost`, `slow`, `html_page` and `raw` are the portal's.

    cronofy.faults.add("participation_status", faults.too_many(retry_after_s=3), count=2)

Calls are meant by name: `oauth.authorize`, `oauth.token`, `oauth.revoke`, `userinfo`, `profiles`, `profiles.revoke`, `calendars`,
`events`, `events.page`, `participation_status`, `channels.create`, `channels.list`, `channels.delete`.
"""

from bot.emulator.answers import Response
from bot.emulator.cronofy.answers import Refusal, invalid, oauth_error
from bot.emulator.faults import Fault


def refused(status: int) -> Fault:
    """Answer with a status and nothing else: 401, 402, 403, 404, 410, 423, 5xx."""
    return _instead(Refusal(status))


def unprocessable(param: str, key: str) -> Fault:
    """Answer 422 with a key such as `must_be_external_event_uid`."""
    return _instead(invalid(param, key))


def oauth(code: str = "invalid_grant") -> Fault:
    """Answer 400 as the token endpoint does."""
    return _instead(oauth_error(code))


def too_many(retry_after_s: int | None = None) -> Fault:
    """Answer 429; the contract knows no Retry-After, so it comes on request only."""
    return Fault(response=Response(429, headers={} if retry_after_s is None else {"Retry-After": str(retry_after_s)}))


def _instead(refusal: Refusal) -> Fault:
    return Fault(response=refusal.response())
