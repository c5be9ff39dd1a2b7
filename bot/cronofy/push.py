"""Push notifications: proven to be Cronofy's, then read; pure (section 8).

Nothing but the body is signed, neither time nor number, so that a push may come twice, or again much later: it says no more than
that something may be worth reading.
"""

import base64
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.cronofy import fields
from bot.errors import MalformedBody

SIGNATURE = "Cronofy-HMAC-SHA256"


class Kind(StrEnum):
    """What a push tells of."""

    VERIFICATION = "verification"  # wants to be answered with 200, no more
    CHANGE = "change"
    DISCONNECTED = "profile_disconnected"
    SYNCED = "profile_initial_sync_completed"
    ERASURE = "gdpr_requested"  # what is kept of the person has to go
    OTHER = ""  # what does not concern us, or what this release does not know


@dataclass(frozen=True, slots=True)
class Push:
    """A push. `changes_since` is the instant from which on a reading shows the changes; None when it does not tell."""

    kind: Kind
    channel_id: str
    changes_since: datetime | None


def verify(raw_body: bytes, header: str, client_secrets: Iterable[str]) -> bool:
    """Whether one of the signatures in `header` was made with one of our secrets, of the body as it came.

    All of them are compared, each in constant time, so that the time taken tells nothing about any.
    """
    signatures = [part.strip().encode(errors="replace") for part in header.split(",")]
    wanted = [_signature(raw_body, secret) for secret in client_secrets]
    equal = [hmac.compare_digest(one, other) for one in signatures for other in wanted]
    return any(equal)


def _signature(raw_body: bytes, secret: str) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), raw_body, "sha256"))


def read_push(raw_body: bytes) -> Push:
    """Read a push that is proven.

    Raises:
        MalformedBody: it is no JSON.
    """
    try:
        body = json.loads(raw_body)
    except (ValueError, RecursionError):
        raise MalformedBody("a push that is no JSON") from None
    notification = fields.branch(body, "notification")
    told = fields.text(notification, "type")
    since = fields.moment(notification, "changes_since")
    return Push(
        kind=next((kind for kind in Kind if kind == told), Kind.OTHER),
        channel_id=fields.text(fields.branch(body, "channel"), "channel_id"),
        changes_since=since if isinstance(since, datetime) else None,
    )
