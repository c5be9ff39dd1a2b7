"""What is kept of other people's text, and of what can be undone: it is read back as it was, and opens for nobody else."""

from types import SimpleNamespace
from typing import get_args

from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.changes import Undoing, _calls, _stored
from bot.lists import Elsewhere, Listing, Lists, Remark, Row, State
from bot.vault import Vault
from tests.fuzz import drawn
from tests.fuzz.bounds import bounded

LISTS = Lists(None, Vault([SecretStr(Fernet.generate_key().decode())]))  # sealing and opening need no database
NUMBERS = st.integers(0, 10**18)
STATES = st.sampled_from(get_args(State))
OUTSIDE = st.builds(Elsewhere, drawn.HALVES, drawn.HALVES, drawn.HALVES, drawn.HALVES)
ROWS = st.builds(
    Row,
    meeting_id=NUMBERS,
    title=drawn.HALVES,
    place=drawn.HALVES,
    clash=drawn.HALVES,
    state=STATES,
    elsewhere=st.none() | OUTSIDE,
)
LISTINGS = st.builds(
    Listing,
    user_id=NUMBERS,
    dialog_id=drawn.HALVES,
    rows=st.lists(ROWS, max_size=3).map(tuple),
    remarks=st.lists(st.builds(Remark, drawn.HALVES, drawn.HALVES), max_size=2).map(tuple),
)
CALLS = st.builds(Undoing, drawn.HALVES, st.lists(drawn.HALVES, max_size=4).map(tuple), st.booleans(), st.booleans())


@bounded(80)
@given(LISTINGS)
def test_list_opens_as_it_was_sealed(listing):
    assert LISTS._opened(SimpleNamespace(**LISTS._row(listing))) == listing


@bounded(40)
@given(LISTINGS, st.sampled_from(("portal", "user_id", "key")))
def test_list_that_was_moved_opens_for_nobody(listing, moved):
    row = LISTS._row(listing)
    other = row[moved] + 1 if moved == "user_id" else f"{row[moved]}x"

    assert LISTS._opened(SimpleNamespace(**{**row, moved: other})) is None


@bounded(100)
@given(st.lists(CALLS, max_size=3))
def test_changes_are_read_as_they_were_written(calls):
    assert _calls(_stored(calls)) == tuple(calls)
