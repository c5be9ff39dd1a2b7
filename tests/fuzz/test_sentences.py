"""Other people's text in every sentence of the bot: it stands there, and starts nothing."""

import unicodedata
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.texts import Texts, inert
from tests.fuzz import checks
from tests.fuzz.bounds import bounded

TEXTS = Texts(checks.FOLDER, checks.MANIFEST.app.languages)
SENTENCES = [(language, key) for language in checks.MANIFEST.app.languages for key in sorted(TEXTS.keys(language))]
TIMES = dict.fromkeys(("start", "end", "now"), datetime(2026, 11, 25, 10, tzinfo=UTC))
HOSTILE = st.lists(
    st.sampled_from(
        "[b]|[/b]|[url=https://x.example]|[/url]|[send=accept 651]|[put=/accept]|[USER=1]|[CALL]|[|]|://|www.|https|&#91;|&amp;|&lbrack;|"
        "&|#|;|>>|----|\n|\r|\u2028|\u202e|\u200b|\u0301|\ufe0f|:|//|{ $title }|{|}|[send|=1]|a|.|x".split("|")
    )
    | st.text(max_size=3),
    max_size=10,
).map("".join)
SIGNS = ("[", "]", "://", "\n", "\r")


@bounded(300)
@given(HOSTILE)
def test_inert_text_starts_nothing_and_stays_as_it_is(text):
    shown = inert(text)

    assert not any(sign in shown for sign in SIGNS)
    assert not {unicodedata.category(sign) for sign in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert inert(shown) == shown


@bounded(400)
@given(st.sampled_from(SENTENCES), HOSTILE)
def test_sentence_starts_no_more_with_hostile_text_than_with_harmless(sentence, text):
    language, key = sentence
    names = TEXTS.variables(language, key)
    hostile, harmless = (
        TEXTS.say(language, key, **(dict.fromkeys(names, value) | TIMES)) for value in (text, "harmless")
    )

    assert [hostile.count(sign) for sign in SIGNS] == [harmless.count(sign) for sign in SIGNS]
