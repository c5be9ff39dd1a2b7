"""Whose an account at Cronofy is, and what is kept of it."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import text

from bot.accounts import Account, Accounts
from bot.database import Database
from bot.errors import AccountTaken
from bot.store import Store
from bot.vault import Sealed, Vault

PORTAL, OTHER = "1b" * 16, "2c" * 16
MIRA, JURIS = 17, 23
SUB = "acc_66f0c1a2b3d4e5f601234567"
ACCOUNT = Account(
    PORTAL,
    MIRA,
    SUB,
    "access-a",
    "refresh-a",
    scope="read_events change_participation_status",
    zone="Europe/Riga",
    push_key="push-17",
    made_at=100,
)
JURIS_ACCOUNT = replace(ACCOUNT, user_id=JURIS, sub="acc_2", push_key="push-23")


@pytest.fixture
def accounts(store: Store) -> Accounts:
    return store.accounts


async def test_account_is_found_by_person_account_and_push_key(accounts: Accounts) -> None:
    await accounts.save(ACCOUNT)
    await accounts.save(JURIS_ACCOUNT)

    assert await accounts.find(PORTAL, MIRA) == ACCOUNT
    assert await accounts.of_sub(PORTAL, SUB) == ACCOUNT
    assert await accounts.by_push_key("push-17") == ACCOUNT
    assert await accounts.find(PORTAL, JURIS) == JURIS_ACCOUNT


async def test_nothing_is_found_for_others(accounts: Accounts) -> None:
    await accounts.save(ACCOUNT)

    assert await accounts.find(PORTAL, JURIS) is None
    assert await accounts.find(OTHER, MIRA) is None
    assert await accounts.of_sub(OTHER, SUB) is None
    assert await accounts.of_sub(PORTAL, "acc_2") is None
    assert await accounts.by_push_key("push-1") is None


async def test_accounts_of_a_portal_are_listed_by_person(accounts: Accounts) -> None:
    elsewhere = replace(ACCOUNT, portal=OTHER, push_key="push-2c")
    for account in (JURIS_ACCOUNT, ACCOUNT, elsewhere):
        await accounts.save(account)

    assert await accounts.of_portal(PORTAL) == [ACCOUNT, JURIS_ACCOUNT]
    assert await accounts.of_portal("3d" * 16) == []


async def test_account_that_no_key_opens_is_broken_and_hides_no_other(accounts: Accounts, database: Database) -> None:
    await accounts.save(ACCOUNT)
    stranger = Accounts(database, Vault([SecretStr(Fernet.generate_key().decode())]))
    await stranger.save(JURIS_ACCOUNT)
    lost = replace(ACCOUNT, access_token="", refresh_token="", state="broken")

    assert await stranger.find(PORTAL, MIRA) == await stranger.of_sub(PORTAL, SUB) == lost
    assert await stranger.by_push_key("push-17") == lost
    assert await stranger.of_portal(PORTAL) == [lost, JURIS_ACCOUNT]
    assert await stranger.sub_of(PORTAL, MIRA) == SUB


async def test_account_works_again_when_its_key_is_back(accounts: Accounts, database: Database) -> None:
    await accounts.save(ACCOUNT)
    stranger = Accounts(database, Vault([SecretStr(Fernet.generate_key().decode())]))
    lost = await stranger.find(PORTAL, MIRA)

    assert lost is not None
    assert not await stranger.renew(ACCOUNT, JURIS_ACCOUNT)
    assert await accounts.find(PORTAL, MIRA) == ACCOUNT


async def test_account_that_no_key_opens_is_forgotten_or_connected_anew(accounts: Accounts, database: Database) -> None:
    await accounts.save(ACCOUNT)
    stranger = Accounts(database, Vault([SecretStr(Fernet.generate_key().decode())]))
    await stranger.save(ACCOUNT)
    assert await stranger.find(PORTAL, MIRA) == ACCOUNT

    lost = await accounts.find(PORTAL, MIRA)
    assert lost is not None
    await accounts.forget(lost)
    assert await stranger.find(PORTAL, MIRA) is None


async def test_account_of_another_person_is_not_saved(accounts: Accounts) -> None:
    await accounts.save(ACCOUNT)
    await accounts.save(JURIS_ACCOUNT)
    with pytest.raises(AccountTaken):
        await accounts.save(replace(JURIS_ACCOUNT, sub=SUB))

    assert await accounts.find(PORTAL, MIRA) == ACCOUNT
    assert await accounts.find(PORTAL, JURIS) == JURIS_ACCOUNT


async def test_taken_account_undoes_the_whole_transaction(accounts: Accounts, database: Database) -> None:
    await accounts.save(ACCOUNT)
    save, take = accounts.saving(JURIS_ACCOUNT), accounts.saving(replace(JURIS_ACCOUNT, user_id=42, sub=SUB))
    with pytest.raises(AccountTaken):
        await database.write(lambda c: (save(c), take(c)))

    assert await accounts.find(PORTAL, JURIS) is None


async def test_same_account_may_be_connected_at_two_portals(accounts: Accounts) -> None:
    elsewhere = replace(ACCOUNT, portal=OTHER, push_key="push-x")
    await accounts.save(ACCOUNT)
    await accounts.save(elsewhere)

    assert await accounts.find(OTHER, MIRA) == elsewhere


async def test_account_that_is_connected_again_works_again(accounts: Accounts) -> None:
    await accounts.save(ACCOUNT)
    await accounts.break_(ACCOUNT)
    again = replace(ACCOUNT, access_token="access-b", made_at=200)
    await accounts.save(again)

    assert await accounts.find(PORTAL, MIRA) == again


async def test_person_has_one_account_at_most(accounts: Accounts) -> None:
    other = replace(ACCOUNT, sub="acc_9", push_key="push-9")
    await accounts.save(ACCOUNT)
    await accounts.save(other)

    assert await accounts.find(PORTAL, MIRA) == other
    assert await accounts.of_sub(PORTAL, SUB) is None
    assert await accounts.by_push_key("push-17") is None


# --- what becomes of an account


async def test_renewed_tokens_replace_the_former_ones_alone(accounts: Accounts) -> None:
    await accounts.save(replace(ACCOUNT, channel_id="chn_1"))
    renewed = replace(ACCOUNT, access_token="access-b", refresh_token="refresh-b", scope="read_events", zone="Etc/UTC")

    assert await accounts.renew(ACCOUNT, renewed)
    assert await accounts.find(PORTAL, MIRA) == replace(renewed, channel_id="chn_1", zone="Europe/Riga")


async def test_broken_account_says_so(accounts: Accounts) -> None:
    await accounts.save(ACCOUNT)
    await accounts.save(JURIS_ACCOUNT)

    assert await accounts.break_(ACCOUNT)
    assert await accounts.find(PORTAL, MIRA) == replace(ACCOUNT, state="broken")
    assert await accounts.find(PORTAL, JURIS) == JURIS_ACCOUNT


@pytest.mark.parametrize(
    "meanwhile",
    [replace(ACCOUNT, access_token="access-b"), replace(ACCOUNT, sub="acc_9", push_key="push-9"), None],
    ids=["renewed", "another", "forgotten"],
)
async def test_account_that_was_replaced_meanwhile_is_left_alone(accounts: Accounts, meanwhile: Account | None) -> None:
    await accounts.save(ACCOUNT)
    if meanwhile is None:
        await accounts.forget(ACCOUNT)
    else:
        await accounts.save(meanwhile)

    assert not await accounts.break_(ACCOUNT)
    assert not await accounts.renew(ACCOUNT, replace(ACCOUNT, access_token="access-c"))
    assert await accounts.find(PORTAL, MIRA) == meanwhile


@pytest.mark.parametrize("channel_id", ["chn_1", None])
async def test_channel_is_remembered(accounts: Accounts, channel_id: str | None) -> None:
    await accounts.save(replace(ACCOUNT, channel_id="chn_0"))
    await accounts.listen(ACCOUNT, channel_id)

    assert await accounts.find(PORTAL, MIRA) == replace(ACCOUNT, channel_id=channel_id)


async def test_forgotten_account_is_gone_alone(accounts: Accounts) -> None:
    await accounts.save(replace(ACCOUNT, access_token="access-b"))  # its tokens may have changed
    await accounts.save(JURIS_ACCOUNT)
    await accounts.forget(ACCOUNT)

    assert await accounts.find(PORTAL, MIRA) is None
    assert await accounts.find(PORTAL, JURIS) == JURIS_ACCOUNT


async def test_account_that_was_connected_instead_is_not_forgotten(accounts: Accounts) -> None:
    other = replace(ACCOUNT, sub="acc_9", push_key="push-9")
    await accounts.save(other)
    await accounts.forget(ACCOUNT)

    assert await accounts.find(PORTAL, MIRA) == other


async def test_forgotten_portal_leaves_nothing(store: Store, accounts: Accounts) -> None:
    elsewhere = replace(ACCOUNT, portal=OTHER, push_key="push-x")
    await accounts.save(ACCOUNT)
    await accounts.save(elsewhere)
    await store.forget_portal(PORTAL)

    assert await accounts.find(PORTAL, MIRA) is None
    assert await accounts.find(OTHER, MIRA) == elsewhere


async def test_forgotten_permission_of_bitrix24_leaves_the_account(store: Store, accounts: Accounts) -> None:
    await accounts.save(ACCOUNT)
    await store.forget_person(PORTAL, MIRA)

    assert await accounts.find(PORTAL, MIRA) == ACCOUNT


# --- encryption


@pytest.mark.parametrize(
    "move",
    [
        "UPDATE accounts SET user_id = 23",
        f"UPDATE accounts SET portal = '{OTHER}'",
        "UPDATE accounts SET sub = 'acc_9'",
    ],
)
async def test_moved_account_opens_for_nobody(accounts: Accounts, database: Database, move: str) -> None:
    await accounts.save(ACCOUNT)
    await database.write(lambda c: c.execute(text(move)))

    for portal in (PORTAL, OTHER):
        assert [await accounts.find(portal, user_id) for user_id in (MIRA, JURIS)] == [None, None]
    assert await accounts.by_push_key("push-17") is None


async def test_secret_of_another_kind_is_no_account(store: Store, accounts: Accounts, secret_key: SecretStr) -> None:
    await accounts.save(ACCOUNT)
    pair = Vault([secret_key]).close({"portal": PORTAL, "user_id": MIRA, "proven": True, "access_token": "a"})
    await store.database.write(lambda c: c.execute(text("UPDATE accounts SET tokens = :pair"), {"pair": pair}))

    assert await accounts.find(PORTAL, MIRA) is None


async def test_keys_are_rotated(store: Store, secret_key: SecretStr) -> None:
    await store.accounts.save(ACCOUNT)
    new_key = SecretStr(Fernet.generate_key().decode())
    both = Store(store.database, Vault([new_key, secret_key]))

    assert await both.rotation.run() == Sealed(former=1)
    assert await Store(store.database, Vault([new_key])).accounts.find(PORTAL, MIRA) == ACCOUNT


@pytest.mark.parametrize("database_url", ["embedded_url"], indirect=True)
async def test_tokens_are_in_no_file(accounts: Accounts, database: Database, tmp_path: Path) -> None:
    await accounts.save(ACCOUNT)
    await accounts.renew(ACCOUNT, replace(ACCOUNT, access_token="access-b"))
    await database.close()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert SUB.encode() in content
    assert b"access-" not in content
    assert b"refresh-" not in content


def test_repr_shows_no_secret() -> None:
    assert not any(secret in repr(ACCOUNT) for secret in ("access-a", "refresh-a", "push-17"))
