"""What calls and stored questions hold for a meeting stays readable, and titles are compared as people see them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.references import All, External, Next, Number, Reference, Row, Titled, normal, read, write

FORMS = [
    (Number(651), "651"),
    (Number(5), "5"),
    (Row(2), "#2"),
    (Row(2, of="k3f9"), "#2@k3f9"),
    (External("0123456789ab"), "ext:0123456789ab"),
    (Next(), "next"),
    (Titled("standup"), "title:standup"),
    (Titled("next"), "title:next"),
    (Titled("1:1 bob", casual=True), "title?:1:1 bob"),
    (All(), "all"),
    (All("today"), "all:today"),
    (All("tomorrow"), "all:tomorrow"),
    (All("week"), "all:week"),
]


@pytest.mark.parametrize(("reference", "word"), FORMS)
def test_write_and_read_are_inverse(reference: Reference, word: str) -> None:
    assert write(reference) == word
    assert read(word) == reference


@given(title=st.text(min_size=1), casual=st.booleans())
def test_every_title_can_be_read_again(title: str, *, casual: bool) -> None:
    titled = Titled(title, casual=casual)

    assert read(write(titled)) == titled


@pytest.mark.parametrize(
    "word",
    [
        *("", "0", "0651", "-5", "٦٥١", "1234567890123456789", "651 ", "#0", "#10", "#", "#2@", "#2@[b]", "#@k3f9"),
        *(
            "ext:",
            "ext",
            "ext:0123456789a",
            "ext:0123456789abc",
            "ext:0123456789AB",
            "ext:0123456789ag",
            "EXT:0123456789ab",
        ),
        *("ext:0123456789ab ", "ext:0123456789ab\n", "ext:\u0660123456789ab", "ext:[b]0123456789"),
        *("Next", "title:", "title", "title?:", "all:", "all:month", "all:today:", "everything", "standup"),
    ],
)
def test_read_refuses_what_was_never_written(word: str) -> None:
    with pytest.raises(ValueError, match="no reference"):
        read(word)


@given(st.text())
def test_read_raises_nothing_but_value_errors(word: str) -> None:
    try:
        reference = read(word)
    except ValueError:
        return
    assert write(reference) == word


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("  Weekly\u00a0 SYNC\n", "weekly sync"),
        ("Планёрка", "планерка"),
        ("Планё\u0440ка", "планерка"),
        ("Плане\u0308рка", "планерка"),
        ("стендапи\u0306", "стендапй"),
        ("Ivan\u2019s party", "ivan's party"),
        ("team\u200bwork", "team work"),
        ("✔\ufe0f done", "✔ done"),
        ("STRASSE", "strasse"),
    ],
)
def test_normal_makes_equal_what_looks_equal(text: str, same: str) -> None:
    assert normal(text) == same
    assert normal(same) == same


@pytest.mark.parametrize("text", ["\u212aelvin", "\u017ftatus", "ａccept"])
def test_normal_makes_no_foreign_letter_a_latin_one(text: str) -> None:
    assert not normal(text).isascii()
