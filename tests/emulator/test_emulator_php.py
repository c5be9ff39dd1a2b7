import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.emulator.answers import dump
from bot.emulator.php import array, decode, encode, form, is_empty, to_int


def test_encode_brackets_and_scalars() -> None:
    value = {"a": {"b": [True, False, 3]}, "empty": [], "none": None, "map": {}}

    assert encode(value) == [("a[b][0]", "1"), ("a[b][1]", "0"), ("a[b][2]", "3")]


def test_encode_blank_nulls() -> None:
    assert encode({"a": {"b": None}}, nulls="blank") == [("a[b]", "")]


def test_decode_last_key_wins_and_lists_form() -> None:
    assert decode("a=1&a=2&b[]=x&b[]=y&c[k][0]=z&d[1]=q") == {
        "a": "2",
        "b": ["x", "y"],
        "c": {"k": ["z"]},
        "d": {"1": "q"},
    }


def test_decode_survives_odd_names() -> None:
    assert decode("a[b=1&c.d=2&e=&f") == {"a_b": "1", "c_d": "2", "e": "", "f": ""}


def test_decode_a_scalar_that_becomes_a_map() -> None:
    assert decode("a=1&a[b]=2") == {"a": {"b": "2"}}


_TREES = st.recursive(
    st.text(min_size=1, max_size=5),
    lambda inner: (
        st.dictionaries(st.text("abcXYZ", min_size=1, max_size=4), inner, min_size=1, max_size=3)
        | st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abcXYZ", min_size=1, max_size=4), _TREES, min_size=1, max_size=3))
def test_a_form_comes_back(tree: dict[str, object]) -> None:
    assert decode(form(tree).decode()) == tree  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [None, "", "0", 0, 0.0, False, [], {}])
def test_is_empty_of_nothing(value: object) -> None:
    assert is_empty(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["0.0", " ", "a", 1, True, ["0"], {"a": None}])
def test_is_empty_of_something(value: object) -> None:
    assert not is_empty(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("651x", 651),
        ("x651", 0),
        ("1e3", 1000),
        (" 7", 7),
        ("-5", -5),
        ("2.9", 2),
        (2.9, 2),
        (True, 1),
        (None, 0),
        ([], 0),
        ([1], 1),
        ("9" * 30, 2**63 - 1),
    ],
)
def test_to_int(value: object, number: int) -> None:
    assert to_int(value) == number  # type: ignore[arg-type]


def test_array_turns_maps_into_lists() -> None:
    value = {"empty": {}, "list": {"0": "a", "1": "b"}, "map": {"1": "a"}, "kept": {"a": {}}}

    assert array(value) == {"empty": [], "list": ["a", "b"], "map": {"1": "a"}, "kept": {"a": []}}


def test_dump_escapes_as_the_portal_does() -> None:
    assert dump({"a": "</b> & 'c' \"d\" \\"}) == rb'{"a":"\u003C\/b\u003E \u0026 \u0027c\u0027 \u0022d\u0022 \\"}'
