"""Replicas are brought to the next release one after the other, and for a while two releases work side by side.

The next release is made here from this one: its schema has grown, and the events that it stores have a version of their own.
"""

import asyncio
import itertools
import shutil
from pathlib import Path

import httpx
import pytest

from tests.flows.conftest import answers, hold_back, install, post, until

ROOT = Path(__file__).parents[2]
MIGRATION = '''"""What the next release needs."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("novelties", sa.Column("key", sa.String, primary_key=True))
    op.add_column("events", sa.Column("novelty", sa.Text))
    op.add_column("tokens", sa.Column("novelty", sa.Text, server_default="none", nullable=False))
'''


@pytest.fixture
def next_release(tmp_path):
    """The folder of the next release's code."""
    folder = tmp_path / "next"
    for name in ("bot", "handlers", "manifest"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    versions = folder / "bot" / "migrations" / "versions"
    head = max(path.name.split("_")[0] for path in versions.glob("*.py"))
    (versions / "9999_novelties.py").write_text(MIGRATION.format(head=head), encoding="utf-8")
    replace(folder / "bot" / "events" / "stored.py", "VERSION = 1\n", "VERSION = 2\n")
    replace(folder / "bot" / "events" / "stored.py", "if version != VERSION:", "if version not in {1, VERSION}:")
    return folder


def replace(file, former, new):
    text = file.read_text(encoding="utf-8")
    assert former in text
    file.write_text(text.replace(former, new), encoding="utf-8")


async def test_two_releases_work_side_by_side(make_replica, company, next_release, server_url):
    """Events of both reach both; those that the former release cannot read are left to the next one."""
    former, following = make_replica("former", server_url), make_replica("following", server_url)
    following.program = next_release
    await former.start()
    await install(company, former)
    await following.start()
    people = range(101, 121)
    held = [hold_back(company, user_id, words) for words in ("dnd", "away", "online") for user_id in people]
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        posts = (
            post(http, replica, body)
            for replica, (_, body) in zip(itertools.cycle((former, following)), held, strict=False)
        )
        assert all(await asyncio.gather(*posts))
        first = [said for said, _ in held[: len(people)]]
        await until(lambda: all(len(answers(company, said)) == 3 for said in first))
        assert await former.stop() == 0
        assert all(
            await asyncio.gather(*(post(http, following, hold_back(company, user_id, "dnd")[1]) for user_id in people))
        )
        await until(lambda: all(len(answers(company, said)) == 4 for said in first))

    assert {company.presence[user_id] for user_id in people} == {"dnd"}
    assert "event.parked" not in former.log + following.log


async def test_former_release_does_not_start_over_the_schema_of_the_next_one(
    make_replica, company, next_release, server_url
):
    following, former = make_replica("following", server_url), make_replica("former", server_url)
    following.program = next_release
    await following.start()
    with pytest.raises(RuntimeError, match="written by a newer version of this program: install that one"):
        await former.start()

    assert following.ended is None
