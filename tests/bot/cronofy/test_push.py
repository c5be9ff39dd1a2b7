"""Whose a push is, and what it tells."""

from datetime import UTC, datetime

import pytest

from bot.cronofy.push import SIGNATURE, Kind, Push, read_push, verify
from bot.emulator.cronofy import pushes
from bot.errors import MalformedBody
from tests.emulator.cronofy_desk import PUSH_URL, Desk

# As in hmac_vectors.json, which Cronofy publishes.
BODY = b'{"example":"well-known"}'
VECTORS = {
    "pDY0Oi7TJSP2hfNmZNkm5": "6r2/HjBkqymGegX0wOfifieeUXbbHwtV/LohHS+jv6c=",
    "CRN_NggYusqPGLxwjw5FHOJYOqSrTPNXy8WQf14OID": "5DxentQi5YSXODEzTVv06sRwJ3pULIz1KrYv20qxEK0=",
    "CRN_nGlYDFXwfSXgB9rvGNBJyfE454GGPtWIbNuPwr": "BmQmWVuZ70ILWjr1CAt5oC7YOolgnku4WZtlrKfx/6k=",
}
FIRST, SECOND, THIRD = VECTORS
TWO = f"{VECTORS[SECOND]},{VECTORS[THIRD]}"


# --- signatures


@pytest.mark.parametrize("secret", VECTORS)
def test_documented_signature_is_right(secret: str) -> None:
    assert verify(BODY, VECTORS[secret], [secret])


@pytest.mark.parametrize("secret", [SECOND, THIRD])
@pytest.mark.parametrize("header", [TWO, TWO.replace(",", " , "), f"x,{TWO}"])
def test_one_signature_of_the_list_is_enough(secret: str, header: str) -> None:
    assert verify(BODY, header, [secret])


def test_one_secret_of_several_is_enough() -> None:
    assert verify(BODY, VECTORS[THIRD], [FIRST, THIRD])


@pytest.mark.parametrize(
    "header",
    [
        "",
        ",",
        " ",
        VECTORS[FIRST],
        VECTORS[SECOND][:-1],
        VECTORS[SECOND].lower(),
        f"{VECTORS[SECOND]}=",
        "я",
        "\udcff",
        SECOND,
    ],
)
def test_signature_of_another_is_wrong(header: str) -> None:
    assert not verify(BODY, header, [SECOND])


def test_signature_of_another_body_is_wrong() -> None:
    assert not verify(BODY + b" ", VECTORS[SECOND], [SECOND])


def test_nothing_is_right_without_a_secret() -> None:
    assert not verify(BODY, TWO, [])


# --- contents


def test_names_of_the_header_agree_with_what_is_sent() -> None:
    assert SIGNATURE == pushes.SIGNATURE


async def test_push_that_is_sent_is_read(desk: Desk) -> None:
    desk.call("POST", "channels", {"callback_url": PUSH_URL})
    desk.invite()
    desk.cronofy.disconnect(desk.google)
    desk.cronofy.push(desk.mira, "some_later_type")
    await desk.cronofy.deliver()
    secrets = desk.application.client_secrets
    told = [read_push(body) for _, body, headers in desk.received if verify(body, headers[SIGNATURE], secrets)]

    assert [push.kind for push in told] == [Kind.VERIFICATION, Kind.CHANGE, Kind.DISCONNECTED, Kind.OTHER]
    assert {push.channel_id for push in told} == {channel.id for channel in desk.cronofy.pushes.channels}
    assert [push.changes_since for push in told] == [None, datetime(2026, 11, 23, 9, tzinfo=UTC), None, None]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("profile_initial_sync_completed", Kind.SYNCED),
        ("gdpr_requested", Kind.ERASURE),
        ("conferencing_profile_disconnected", Kind.OTHER),
        ("", Kind.OTHER),
    ],
)
def test_kind_is_read(kind: str, told: Kind) -> None:
    assert read_push(f'{{"notification": {{"type": "{kind}"}}}}'.encode()) == Push(told, "", None)


@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"[]",
        b"7",
        b'{"notification": 7, "channel": []}',
        b'{"notification": {"type": ["change"]}, "channel": {"channel_id": 7}}',
        b'{"notification": {"changes_since": "2026-11-18"}}',
        b'{"notification": {"changes_since": "0000-12-29T00:00:00Z"}}',
        b'{"notification": {"changes_since": {"time": "soon"}}}',
    ],
)
def test_strange_push_tells_nothing(body: bytes) -> None:
    assert read_push(body) == Push(Kind.OTHER, "", None)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000, b'{"a": '])
def test_push_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        read_push(body)
