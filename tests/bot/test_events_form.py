import string
from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import MalformedBody
from bot.events import parse_form
from bot.events.form import MAX_BYTES, MAX_DEPTH, MAX_PAIRS
from tests.samples import forms


@pytest.mark.parametrize(
    ("body", "tree"),
    [
        (b"a=1", {"a": "1"}),
        (b"a[b][c]=1", {"a": {"b": {"c": "1"}}}),
        (b"a%5Bb%5D%5bc%5d=1", {"a": {"b": {"c": "1"}}}),
        (b"a[]=1&a[]=2", {"a": ["1", "2"]}),
        (b"a[0]=x&a[1]=y", {"a": ["x", "y"]}),
        (b"a[1]=y&a[0]=x", {"a": ["x", "y"]}),
        (b"a[1]=y&a[2]=z", {"a": {"1": "y", "2": "z"}}),
        (b"a[0]=x&a[k]=y", {"a": {"0": "x", "k": "y"}}),
        (b"a[1]=x&a[k]=y", {"a": {"1": "x", "k": "y"}}),
        (b"a[00]=x", {"a": {"00": "x"}}),
        (b"a[5]=x&a[]=y", {"a": {"5": "x", "6": "y"}}),
        (b"a[]=x&a[7]=y&a[]=z", {"a": {"0": "x", "7": "y", "8": "z"}}),
        (b"a[][b]=1&a[][b]=2", {"a": [{"b": "1"}, {"b": "2"}]}),
        (b"a[9999999999999999999]=x&a[]=y", {"a": {"9999999999999999999": "x", "0": "y"}}),
        (b"0=x&1=y", {"0": "x", "1": "y"}),
    ],
)
def test_brackets_unfold_as_in_php(body: bytes, tree: Any) -> None:
    assert parse_form(body) == tree


@pytest.mark.parametrize(
    ("body", "tree"),
    [
        (b"a=1&a=2", {"a": "2"}),
        (b"a[b]=1&a[b]=2", {"a": {"b": "2"}}),
        (b"a=1&a[b]=2", {"a": {"b": "2"}}),
        (b"a[b]=1&a=2", {"a": "2"}),
        (b"a[b][c]=1&a[b]=2", {"a": {"b": "2"}}),
        (b"a[0]=1&a[0][b]=2", {"a": [{"b": "2"}]}),
    ],
)
def test_last_one_wins(body: bytes, tree: Any) -> None:
    assert parse_form(body) == tree


@pytest.mark.parametrize(
    ("body", "tree"),
    [
        (b"a[b=1", {"a_b": "1"}),
        (b"a[b]c=1", {"a": {"b": "1"}}),
        (b"a[b]c[d]=1", {"a": {"b": "1"}}),
        (b"a[b][c=1", {"a": {"b": "1"}}),
        (b"a[b[c]=1", {"a": {"b[c": "1"}}),
        (b"a]=1", {"a]": "1"}),
        (b"=1&b=2", {"b": "2"}),
        (b"b=2&[a]=1", {"b": "2"}),
        (b"&&a=1&&", {"a": "1"}),
        (b"a&b=1", {"a": "", "b": "1"}),
        (b"a=b=c", {"a": "b=c"}),
    ],
)
def test_odd_names_read_as_in_php(body: bytes, tree: Any) -> None:
    assert parse_form(body) == tree


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b"1+2%2B3", "1 2+3"),
        (b"%D0%B4%D0%B0", "да"),
        ("да".encode(), "да"),
        (b"50%", "50%"),
        (b"%zz%4", "%zz%4"),
        (b"%255B%5b%5D", "%5B[]"),
        (b"%%5B41", "%[41"),
        (b"%4%5B1", "%4[1"),
        (b"a%26b%3Dc%3Bd;e", "a&b=c;d;e"),
        (b"%00", "\0"),
        (b"%0D%0A", "\r\n"),
    ],
)
def test_values_are_decoded_once(sent: bytes, read: str) -> None:
    assert parse_form(b"a=" + sent) == {"a": read}


def test_empty_values_are_kept() -> None:
    assert parse_form(b"a=&b[c]=") == {"a": "", "b": {"c": ""}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"accept 651",
        b"null",
        b'{"event": "ONAPPINSTALL"}',
        b'\r\n {"auth": {"client_endpoint": "https://a.example/?b=c"}}',
        b'[{"a": "b=c"}]',
        b"=",
        b"=1&=2",
        b"[a]=1",
        b"&&&",
    ],
)
def test_what_is_no_form_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        parse_form(body)


@pytest.mark.parametrize("body", [b"a=\xff", b"\xc3(=1", b"a=%FF", b"%ff=1", b"a=%ED%A0%80", b"a=%C3&b=1"])
def test_invalid_utf8_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody, match="UTF-8"):
        parse_form(body)


def test_size_is_bounded() -> None:
    assert parse_form(b"a=" + b"x" * (MAX_BYTES - 2))
    with pytest.raises(MalformedBody, match="bytes"):
        parse_form(b"a=" + b"x" * (MAX_BYTES - 1))


def test_number_of_pairs_is_bounded() -> None:
    assert len(parse_form(b"&".join(b"k%d=v" % index for index in range(MAX_PAIRS)))) == MAX_PAIRS
    with pytest.raises(MalformedBody, match="pairs"):
        parse_form(b"&".join([b"a=1"] * (MAX_PAIRS + 1)))


def test_depth_is_bounded() -> None:
    tree: Any = parse_form(b"a" + b"[b]" * (MAX_DEPTH - 1) + b"=1")
    for _ in range(MAX_DEPTH):
        (tree,) = tree.values()
    assert tree == "1"
    with pytest.raises(MalformedBody, match="deeper"):
        parse_form(b"a" + b"[b]" * MAX_DEPTH + b"=1")


@pytest.mark.parametrize("part", ["[", "[[", "]", "%5B", "%", "%41", "+", "[a"])
def test_huge_name_is_one_name(part: str) -> None:
    assert len(parse_form(b"a" + part.encode() * (200_000 // len(part)) + b"=1")) == 1


@pytest.mark.parametrize("part", ["[]", "[a]", "][", "%5B%5D", "[[]"])
def test_huge_path_is_refused(part: str) -> None:
    with pytest.raises(MalformedBody, match="deeper"):
        parse_form(b"a" + part.encode() * (200_000 // len(part)) + b"=1")


def test_many_appends_stay_in_order() -> None:
    assert parse_form(b"&".join(b"a[]=%d" % index for index in range(MAX_PAIRS))) == {
        "a": [str(index) for index in range(MAX_PAIRS)]
    }


def test_error_never_echoes_the_body() -> None:
    for body in (b"secret", b"secret=%FF", b"secret" + b"[secret]" * 20 + b"=1", b"&secret=1" * 3000):
        with pytest.raises(MalformedBody) as caught:
            parse_form(body)
        assert "secret" not in str(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


@settings(deadline=None, derandomize=True)
@given(st.binary(max_size=400) | st.text(alphabet="ab01[]%=&+5BDd \0é", max_size=120).map(str.encode))
def test_any_bytes_give_a_tree_or_are_malformed(body: bytes) -> None:
    try:
        tree = parse_form(body)
    except MalformedBody:
        return
    assert tree
    assert all(isinstance(name, str) for name in tree)


words = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="[]"), min_size=1, max_size=12)
leaves = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)
nodes = st.recursive(
    leaves,
    lambda children: (
        st.lists(children, min_size=1, max_size=4)
        | st.dictionaries(words.filter(lambda word: not word.isdigit()), children, min_size=1, max_size=4)
    ),
    max_leaves=30,
)


def depth(node: Any) -> int:
    if isinstance(node, str):
        return 0
    return 1 + max(map(depth, node.values() if isinstance(node, dict) else node))


@settings(deadline=None, derandomize=True)
@given(st.dictionaries(words, nodes, min_size=1, max_size=5).filter(lambda tree: depth(tree) <= MAX_DEPTH))
def test_php_encoding_is_undone(tree: dict[str, Any]) -> None:
    assert parse_form(forms.encode(forms.php_pairs(tree))) == tree


@settings(deadline=None, derandomize=True)
@given(st.dictionaries(words, nodes, min_size=1, max_size=5).filter(lambda tree: depth(tree) <= MAX_DEPTH))
def test_least_encoding_is_undone_too(tree: dict[str, Any]) -> None:
    pairs = [(quote(name, safe="[]"), quote(value, safe="[]=")) for name, value in forms.php_pairs(tree)]
    assert parse_form("&".join(f"{name}={value}" for name, value in pairs).encode()) == tree


@settings(deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.text(string.ascii_letters, min_size=1), leaves), min_size=1))
def test_flat_forms_read_as_by_the_standard_library(pairs: list[tuple[str, str]]) -> None:
    body = forms.encode(pairs)
    assert parse_form(body) == dict(parse_qsl(body.decode(), keep_blank_values=True))


@pytest.mark.parametrize("name", forms.NAMES)
def test_samples_unfold_and_fold_again(name: str) -> None:
    assert dict(forms.php_pairs(forms.tree(name))) == forms.pairs(name)
