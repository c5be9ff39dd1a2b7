"""Lists that people were shown: what `#2` means, for whom, and for how long; and how a list follows what was answered."""

from dataclasses import asdict, replace

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import select, text

from bot.database.together import run_all
from bot.lists import KEPT_S, Elsewhere, Listing, Lists, Remark, Row, lists
from bot.vault import Vault

PORTAL, NOW = "1b" * 16, 1_795_424_400


def row(meeting_id, state="Q"):
    starts, ends = "2026-11-24T10:00:00+02:00", "2026-11-24T11:00:00+02:00"
    return Row(
        meeting_id,
        "Layoffs",
        starts,
        ends,
        all_day=False,
        state=state,
        series=False,
        exception=False,
        place="Attic",
    )


NAME, OTHER_NAME = "0123456789ab", "ba9876543210"


def outside_row(answer="needs_action", **differing):
    return replace(row(0, "outside"), elsewhere=replace(Elsewhere(NAME, "Mira", answer), **differing))


def listing(*rows, user_id=17, page=1):
    return Listing("", PORTAL, user_id, str(user_id), "en", "agenda.heading-week", "", "Europe/Riga", rows, page, NOW)


@pytest.fixture
def kept(store):
    return store.lists


async def test_list_is_found_as_it_was_shown(kept):
    shown = await kept.keep(listing(row(651), row(700)), "one", "one meetings")

    assert shown == replace(listing(row(651), row(700)), key=shown.key)
    assert await kept.find(PORTAL, shown.shown_as, NOW) == shown
    assert await kept.last(PORTAL, 17, "17", NOW, unless_by="now") == shown


async def test_pages_hold_nine_rows(kept):
    whole = listing(*(row(number) for number in range(700, 719)))

    assert whole.pages == 3
    assert [one.meeting_id for one in whole.on_page] == list(range(700, 709))
    assert [one.meeting_id for one in replace(whole, page=3).on_page] == [718]
    assert listing(*(row(number) for number in range(9))).pages == 1


async def test_button_finds_the_page_that_it_stands_below(kept):
    shown = await kept.keep(listing(*(row(number) for number in range(700, 712))), "one", "one meetings")
    await kept.rewrite(replace(shown, page=2), NOW)

    assert (await kept.find(PORTAL, shown.shown_as, NOW)).page == 1
    assert (await kept.find(PORTAL, f"{shown.key}-2", NOW)).page == 2
    assert (await kept.last(PORTAL, 17, "17", NOW, unless_by="now")).page == 2


@pytest.mark.parametrize("page", ["", "-", "-0", "-3", "-02", "-1-1", "-x", "-\u0661"])
async def test_page_that_was_never_shown_finds_nothing(kept, page):
    shown = await kept.keep(listing(*(row(number) for number in range(700, 712))), "one", "one meetings")

    assert await kept.find(PORTAL, shown.key + page, NOW) is None


def test_answered_meeting_changes_in_all_its_rows():
    series = listing(row(651), row(700), row(651))

    assert [one.state for one in series.answered("651", "Y").rows] == ["Y", "Q", "Y"]


def test_answered_row_is_counted_on_its_page():
    second = listing(*(row(number) for number in range(700, 712)), page=2)

    assert [one.meeting_id for one in second.answered("710", "N").rows if one.state == "N"] == [710]


async def test_same_command_keeps_its_key(kept):
    first = await kept.keep(listing(row(651)), "one", "one meetings")
    again = await kept.keep(listing(row(651), row(700)), "one", "one meetings")
    other = await kept.keep(listing(row(651)), "two", "two meetings")

    assert first.key == again.key != other.key
    assert len((await kept.find(PORTAL, first.shown_as, NOW)).rows) == 2


async def test_last_list_is_the_person_s_newest(kept):
    await kept.keep(listing(row(651)), "one", "one meetings")
    newest = await kept.keep(listing(row(700)), "two", "two meetings")
    await kept.keep(listing(row(701), user_id=42), "three", "three meetings")

    assert await kept.last(PORTAL, 17, "17", NOW, unless_by="now") == newest
    assert await kept.last(PORTAL, 23, "23", NOW, unless_by="now") is None
    assert await kept.last("another", 17, "17", NOW, unless_by="now") is None


async def test_list_of_another_portal_is_not_found(kept):
    shown = await kept.keep(listing(row(651)), "one", "one meetings")

    assert await kept.find("another", shown.shown_as, NOW) is None


async def test_list_is_found_for_a_day(kept):
    shown = await kept.keep(listing(row(651)), "one", "one meetings")

    assert await kept.find(PORTAL, shown.shown_as, NOW + KEPT_S) == shown
    assert await kept.find(PORTAL, shown.shown_as, NOW + KEPT_S + 1) is None
    assert await kept.last(PORTAL, 17, "17", NOW + KEPT_S + 1, unless_by="now") is None


async def test_what_others_wrote_is_encrypted(kept, database):
    remarks = (Remark("cronofy.login-syncing", "mira@example.org"),)
    shown = listing(row(651), replace(outside_row(), clash="Board"))
    await kept.keep(replace(shown, remarks=remarks), "one", "one meetings")
    stored = str(await database.read(lambda c: c.execute(text("SELECT * FROM lists")).one()))

    assert not [told for told in ("Layoffs", "Attic", "Mira", NAME, "Board", "mira@example.org") if told in stored]


async def test_row_that_was_moved_to_another_person_is_not_believed(kept, database):
    shown = await kept.keep(listing(row(651)), "one", "one meetings")
    await database.write(lambda c: c.execute(text("UPDATE lists SET user_id = 42")))

    assert await kept.find(PORTAL, shown.shown_as, NOW) is None
    assert await kept.last(PORTAL, 42, "42", NOW, unless_by="now") is None


async def test_content_of_another_list_is_not_believed(kept, database, secret_key):
    shown = await kept.keep(listing(row(651)), "one", "one meetings")
    other = await kept.keep(listing(row(700)), "two", "two meetings")
    content = await database.read(lambda c: c.execute(select(lists.c.content).where(lists.c.key == other.key)).scalar())
    assert Vault([secret_key]).open(content)["key"] == other.key

    await database.write(lambda c: c.execute(lists.update().values(content=content)))
    assert await kept.find(PORTAL, shown.shown_as, NOW) is None
    assert await kept.find(PORTAL, other.shown_as, NOW) == other


async def test_last_list_is_that_of_its_dialog(kept):
    private = await kept.keep(listing(row(651)), "one", "one meetings")
    group = await kept.keep(replace(listing(row(700)), dialog_id="chat311"), "two", "two meetings")

    assert await kept.last(PORTAL, 17, "17", NOW, unless_by="now") == private
    assert await kept.last(PORTAL, 17, "chat311", NOW, unless_by="now") == group


async def test_list_is_shown_at_the_page_to_which_it_was_turned(kept):
    shown = await kept.keep(listing(*(row(number) for number in range(700, 712))), "one", "one meetings")
    turned = replace(shown, page=2, made_at=NOW + 9)
    await kept.rewrite(turned, NOW + 9)

    assert await kept.shown(PORTAL, shown.shown_as, NOW + 9) == turned
    assert await kept.shown("another", shown.shown_as, NOW + 9) is None
    assert await kept.shown(PORTAL, shown.shown_as, NOW + 10 + KEPT_S) is None


@pytest.fixture
async def four(kept):
    """Two lists of Mira's, one of another person's, and one of Mira's in another dialog; all of the same meeting."""
    shown = [
        listing(row(651), row(700)),
        listing(row(651)),
        listing(row(651), user_id=42),
        replace(listing(row(651)), dialog_id="chat311"),
    ]
    return [await kept.keep(one, str(number), f"{number} meetings") for number, one in enumerate(shown)]


async def states(kept, shown):
    found = [await kept.shown(PORTAL, one.shown_as, NOW) for one in shown]
    return [tuple(row.state for row in one.rows) if one else None for one in found]


async def test_answer_is_noted_in_all_lists_of_a_person_in_one_dialog(kept, database, four):
    await database.write(kept.noting(PORTAL, 17, "17", "651", "Y", NOW))

    assert await states(kept, four) == [("Y", "Q"), ("Y",), ("Q",), ("Q",)]
    assert [one.made_at for one in [await kept.shown(PORTAL, one.shown_as, NOW) for one in four]] == [NOW] * 4


async def test_answer_is_noted_for_a_day(kept, database, four):
    await database.write(kept.noting(PORTAL, 17, "17", "651", "Y", NOW + KEPT_S + 1))

    assert await states(kept, four) == [("Q", "Q"), ("Q",), ("Q",), ("Q",)]


async def test_several_answers_at_once_are_noted_in_their_order(kept, database, four):
    notes = [("651", "Y"), ("700", "N"), ("651", "N")]
    works = [kept.noting(PORTAL, 17, "17", reference, state, NOW) for reference, state in notes]
    await database.write(lambda c: run_all(c, works))

    assert (await states(kept, four))[:2] == [("N", "N"), ("N",)]


OTHER_KEY = SecretStr(Fernet.generate_key().decode())


def of_another_key(listing, secret_key):
    return Vault([OTHER_KEY]).close({})


def of_another_release(listing, secret_key):
    names = ("portal", "user_id", "key")
    return Vault([secret_key]).close({name: getattr(listing, name) for name in names} | {"lines": []})


def of_a_newer_release(listing, secret_key):
    content = asdict(listing)
    return Vault([secret_key]).close(content | {"rows": [{}], "remarks": ["a remark"]})


@pytest.mark.parametrize("written", [of_another_key, of_another_release, of_a_newer_release])
async def test_list_that_nobody_can_read_keeps_nothing_from_being_noted(kept, database, four, secret_key, written):
    foreign = written(four[0], secret_key)
    lost = lists.update().where(lists.c.key == four[0].key).values(content=foreign)
    await database.write(lambda c: c.execute(lost))
    await database.write(kept.noting(PORTAL, 17, "17", "651", "Y", NOW))

    assert await states(kept, four[1:]) == [("Y",), ("Q",), ("Q",)]


async def test_list_that_no_key_opens_is_none(kept, database):
    shown = await kept.keep(listing(row(651)), "one", "one meetings")
    stranger = Lists(database, Vault([OTHER_KEY]))

    assert await stranger.find(PORTAL, shown.shown_as, NOW) is None
    assert await stranger.last(PORTAL, 17, "17", NOW, unless_by="two") is None


async def test_all_lists_of_a_person_are_forgotten(kept, four):
    await kept.forget_all_of(PORTAL, 17)

    assert await states(kept, four) == [None, None, ("Q",), None]


async def test_list_of_the_message_itself_is_not_the_last_one(kept):
    before = await kept.keep(listing(row(651)), "one", "one meetings")
    await kept.keep(listing(row(700)), "two", "two meetings")

    assert await kept.last(PORTAL, 17, "17", NOW, unless_by="two") == before


async def test_list_that_was_not_shown_is_forgotten(kept):
    before = await kept.keep(listing(row(651)), "one", "one meetings")
    dropped = await kept.keep(listing(row(700)), "two", "two meetings")
    await kept.forget(PORTAL, "two")

    assert await kept.find(PORTAL, dropped.shown_as, NOW) is None
    assert await kept.last(PORTAL, 17, "17", NOW, unless_by="now") == before


# --- what stands outside Bitrix24


@pytest.mark.parametrize(
    ("listed", "references"),
    [
        (row(651), ("651",)),
        (row(651, "N"), ("651",)),
        *((row(651, state), ()) for state in ("H", "own", "busy", "gone")),
        (outside_row(), (f"ext:{NAME}",)),
        (outside_row("sent-accepted"), (f"ext:{NAME}",)),
        (outside_row("unknown"), (f"ext:{NAME}",)),
        (outside_row(barred="read-only"), ()),
        (outside_row("own"), ()),
        (outside_row("gone"), ()),
        (replace(row(651), elsewhere=outside_row().elsewhere), ("651", f"ext:{NAME}")),
        (replace(row(651, "H"), elsewhere=outside_row().elsewhere), (f"ext:{NAME}",)),
        (replace(row(651), elsewhere=outside_row(barred="cancelled").elsewhere), ("651",)),
    ],
)
def test_row_names_what_can_be_answered_of_it(listed, references):
    assert listed.references == references


def test_answer_outside_changes_that_part_only():
    both = replace(row(651), elsewhere=outside_row().elsewhere)
    other = outside_row(name=OTHER_NAME)
    answered = listing(both, outside_row(), other).answered(f"ext:{NAME}", "sent-accepted")

    assert [(one.state, one.elsewhere.answer) for one in answered.rows] == [
        ("Q", "sent-accepted"),
        ("outside", "sent-accepted"),
        ("outside", "needs_action"),
    ]
    assert [one.state for one in answered.answered("651", "Y").rows] == ["Y", "outside", "outside"]


@pytest.mark.parametrize("reference", ["0", "700", f"ext:{OTHER_NAME}", NAME, "#1", ""])
def test_answer_to_something_else_changes_nothing(reference):
    shown = listing(row(651), outside_row(), row(0, "own"))

    assert shown.answered(reference, "Y") == shown


async def test_list_with_events_outside_is_found_as_it_was_shown(kept):
    rows = (outside_row(barred="managed"), replace(row(651), elsewhere=outside_row().elsewhere, clash="Board"))
    remarks = (Remark("cronofy.away"), Remark("cronofy.login-syncing", "mira@example.org"))
    shown = await kept.keep(replace(listing(*rows), remarks=remarks), "one", "one meetings")

    found = await kept.find(PORTAL, shown.shown_as, NOW)
    assert (found.rows, found.remarks) == (rows, remarks)


# --- other releases


@pytest.fixture
def rewrite(kept, database, secret_key):
    """Return what changes the content of a list as another release would have written it."""

    async def change(shown, work):
        content = asdict(shown)
        work(content)
        sealed = Vault([secret_key]).close(content)
        await database.write(lambda c: c.execute(lists.update().values(content=sealed)))
        return await kept.find(PORTAL, shown.shown_as, NOW)

    return change


async def test_list_of_an_older_release_can_be_read(kept, rewrite):
    def as_before(content):
        del content["remarks"]
        for one in content["rows"]:
            del one["elsewhere"], one["clash"]

    shown = await kept.keep(listing(row(651)), "one", "one meetings")

    assert await rewrite(shown, as_before) == shown


@pytest.mark.parametrize("part", ["list", "row", "elsewhere", "remark"])
async def test_what_a_newer_release_keeps_besides_is_ignored(kept, rewrite, part):
    rows = (replace(row(651), elsewhere=outside_row().elsewhere),)
    shown = await kept.keep(replace(listing(*rows), remarks=(Remark("cronofy.away"),)), "one", "one meetings")

    def as_later(content):
        (first,), (remark,) = content["rows"], content["remarks"]
        {"list": content, "row": first, "elsewhere": first["elsewhere"], "remark": remark}[part]["later"] = 1

    assert await rewrite(shown, as_later) == shown
