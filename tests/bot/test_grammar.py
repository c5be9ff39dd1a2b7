"""What messages mean: everything that is understood, and everything that must not be."""

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.grammar import MOST, Grammar, Unclear, Understood
from bot.manifest import load
from bot.references import Number, Row, Titled, normal, read

MANIFEST = Path(__file__).parents[2] / "manifest"
LANGUAGES = ("en", "ru")


@pytest.fixture(scope="module")
def grammar(tmp_path_factory: pytest.TempPathFactory) -> Grammar:
    """The real words; sentences have no part in it."""
    folder = tmp_path_factory.mktemp("manifest")
    shutil.copytree(MANIFEST, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.ftl"))
    for entry in (*folder.iterdir(), folder / "errors"):
        if entry.suffix != ".toml":
            entry.mkdir(exist_ok=True)
            for language in LANGUAGES:
                (entry / f"{language}.ftl").touch()
    return Grammar(load(folder))


def written(answer: Understood | Unclear) -> str:
    """Write calls as `accept 651, status`, and anything unclear as its reason in brackets."""
    if isinstance(answer, Unclear):
        return f"({answer.reason})"
    return ", ".join(" ".join((call.name, *call.words)) for call in answer.calls)


WORDS = [
    ("accept 651", "accept 651", "en"),
    ("yes 651", "accept 651", "en"),
    ("going 651", "accept 651", "en"),
    ("ok 651", "accept 651", "en"),
    ("+ 651", "accept 651", None),
    ("принять 651", "accept 651", "ru"),
    ("принимаю 651", "accept 651", "ru"),
    ("да 651", "accept 651", "ru"),
    ("иду 651", "accept 651", "ru"),
    ("пойду 651", "accept 651", "ru"),
    ("буду 651", "accept 651", "ru"),
    ("decline 651", "decline 651", "en"),
    ("no 651", "decline 651", "en"),
    ("reject 651", "decline 651", "en"),
    ("- 651", "decline 651", None),
    ("отклонить 651", "decline 651", "ru"),
    ("нет 651", "decline 651", "ru"),
    ("не пойду 651", "decline 651", "ru"),
    ("не буду 651", "decline 651", "ru"),
    ("reset 651", "reset 651", "en"),
    ("undecided 651", "reset 651", "en"),
    ("clear 651", "reset 651", "en"),
    ("сбросить 651", "reset 651", "ru"),
    ("не решил 651", "reset 651", "ru"),
    ("maybe 651", "maybe 651", "en"),
    ("tentative 651", "maybe 651", "en"),
    ("возможно 651", "maybe 651", "ru"),
    ("может быть 651", "maybe 651", "ru"),
    ("под вопросом 651", "maybe 651", "ru"),
    ("status 651", "meeting-status 651", "en"),
    ("статус 651", "meeting-status 651", "ru"),
    ("status", "status", "en"),
    ("статус", "status", "ru"),
    ("online", "online", "en"),
    ("available", "online", "en"),
    ("back", "online", "en"),
    ("онлайн", "online", "ru"),
    ("в сети", "online", "ru"),
    ("вернулся", "online", "ru"),
    ("на месте", "online", "ru"),
    ("dnd", "dnd", "en"),
    ("do not disturb", "dnd", "en"),
    ("busy", "dnd", "en"),
    ("не беспокоить", "dnd", "ru"),
    ("занят", "dnd", "ru"),
    ("занята", "dnd", "ru"),
    ("away", "away", "en"),
    ("отошёл", "away", "ru"),
    ("отошел", "away", "ru"),
    ("отошла", "away", "ru"),
    ("отсутствую", "away", "ru"),
    ("break", "break", "en"),
    ("brb", "break", "en"),
    ("lunch", "break", "en"),
    ("перерыв", "break", "ru"),
    ("обед", "break", "ru"),
    ("yes", "yes", "en"),
    ("да", "yes", "ru"),
    ("no", "no", "en"),
    ("нет", "no", "ru"),
    ("help", "help", "en"),
    ("помощь", "help", "ru"),
    ("справка", "help", "ru"),
    ("?", "help", None),
]

FORMS = [
    ("ACCEPT 651", "accept 651"),
    ("Accept 651", "accept 651"),
    ("ПРИНЯТЬ 651", "accept 651"),
    ("ОТОШЁЛ", "away"),
    ("отоше\u0308л", "away"),  # two code points for one letter, as some keyboards send it
    ("отсутствую\u200b", "away"),
    ("  accept 651  ", "accept 651"),
    ("accept\t651", "accept 651"),
    ("accept   651", "accept 651"),
    ("accept\u00a0651", "accept 651"),
    ("accept\u202f651", "accept 651"),
    ("\ufeffaccept 651", "accept 651"),
    ("accept\u200b 651", "accept 651"),
    ("\naccept 651\n", "accept 651"),
    ("\r\n\r\naccept 651\r\n", "accept 651"),
    (", accept 651", "accept 651"),
    (": accept 651", "accept 651"),
    (",accept 651", "accept 651"),
    (" , dnd", "dnd"),
    ("accept 651.", "accept 651"),
    ("accept 651!", "accept 651"),
    ("accept 651!!!", "accept 651"),
    ("accept 651...", "accept 651"),
    ("accept 651 !", "accept 651"),
    ("accept 651 . !", "accept 651"),
    ("dnd.", "dnd"),
    ("no.", "no"),
    ("Да!", "yes"),
    ("? !", "help"),
    ("please accept 651", "accept 651"),
    ("Please, accept 651.", "accept 651"),
    ("please , accept 651", "accept 651"),
    ("accept 651 please", "accept 651"),
    ("accept 651, please!", "accept 651"),
    ("accept 651! please", "accept 651"),
    ("accept please 651", "accept 651"),
    ("accept, please, 651", "accept 651"),
    ("accept, please 651", "accept 651"),
    ("please please accept 651", "accept 651"),
    ("пожалуйста, отклонить 651", "decline 651"),
    ("отклонить, пожалуйста, 651", "decline 651"),
    ("не беспокоить, пожалуйста", "dnd"),
    ("yes please", "yes"),
    ("yes, please", "yes"),
    ("status please", "status"),
    ("help, please!", "help"),
    ("accept meeting 651", "accept 651"),
    ("decline event 651", "decline 651"),
    ("принять встречу 651", "accept 651"),
    ("отклонить событие 651", "decline 651"),
    ("принять встречу № 651", "accept 651"),
    ("принять №651", "accept 651"),
    ("принять №5", "accept 5"),
    ("принять № 5", "accept 5"),
    ("accept #651", "accept 651"),
    ("accept # 651", "accept 651"),
    ("accept #10", "accept 10"),
    ("accept meeting #651", "accept 651"),
    ("accept, please, meeting 651", "accept 651"),
    ("accept 5", "accept 5"),
    ("accept 123456789012345678", "accept 123456789012345678"),
    ("accept 651, 652", "accept 651, accept 652"),
    ("accept 651,652", "accept 651, accept 652"),
    ("accept 651 ,652", "accept 651, accept 652"),
    ("accept 651;652", "accept 651, accept 652"),
    ("accept 651; 652", "accept 651, accept 652"),
    ("accept 651 and 652", "accept 651, accept 652"),
    ("accept 651, 652 and 653", "accept 651, accept 652, accept 653"),
    ("accept 651, 652, and 653.", "accept 651, accept 652, accept 653"),
    ("принять 651, 652 и 653", "accept 651, accept 652, accept 653"),
    ("не пойду 651 и 652", "decline 651, decline 652"),
    ("accept meeting 651 and event #652", "accept 651, accept 652"),
    ("принять №651, №652", "accept 651, accept 652"),
    ("accept 652, 651", "accept 652, accept 651"),
    ("accept 651, 652, 651", "accept 651, accept 652"),
    ("accept 1, 651", "accept 1, accept 651"),
    ("accept 1651,652", "accept 1651, accept 652"),
    ("status 651 and 652", "meeting-status 651, meeting-status 652"),
    ("- 651, 652", "decline 651, decline 652"),
    ("yes 651; 652", "accept 651, accept 652"),
    ("accept 651\ndecline 652", "accept 651, decline 652"),
    ("accept 651\n\n  \ndnd", "accept 651, dnd"),
    ("Accept 651.\r\nPlease, decline 652!", "accept 651, decline 652"),
    ("accept 651\u2028decline 652", "accept 651, decline 652"),
    ("accept 651\ndecline 651\naccept 651", "accept 651, decline 651, accept 651"),
    ("принять 651\nобед", "accept 651, break"),
    ("accept 651\naccept", "accept 651, accept-which"),
    ("accept 651\nhello", "accept 651"),
    ("hello\naccept 651\nthanks!", "accept 651"),
    ("can you accept 651", "accept 651"),
    ("could you please accept 651?", "accept 651"),
    ("could you accept 651, please?", "accept 651"),
    ("Hi bot, could you accept 651? Thanks!", "accept 651"),
    ("не могли бы вы принять 651?", "accept 651"),
    ("хочу отклонить 651", "decline 651"),
    ("прошу не беспокоить", "dnd"),
    ("accept the meeting 651", "accept 651"),
    ("принять мою встречу 651", "accept 651"),
]

REFERENCES = [
    ("accept #5", "accept #5"),
    ("accept # 5", "accept #5"),
    ("accept #1, #2", "accept #1, accept #2"),
    ("accept 651, #2 and #652", "accept 651, accept #2, accept 652"),
    ("принять встречу #9", "accept #9"),
    ("status #1", "meeting-status #1"),
    ("yes #5", "accept #5"),
    ("accept next", "accept next"),
    ("accept the next one", "accept next"),
    ("decline my next meeting.", "decline next"),
    ("принять следующую", "accept next"),
    ("не пойду на следующую встречу", "decline next"),
    ("accept all", "accept all"),
    ("accept everything tomorrow", "accept all:tomorrow"),
    ("decline all meetings for today", "decline all:today"),
    ("отклонить все на завтра", "decline all:tomorrow"),
    ("принять всё на неделе", "accept all:week"),
    ("accept DCLI", "accept title:dcli"),
    ("accept Weekly sync", "accept title:weekly sync"),
    ("accept the meeting Weekly sync, please", "accept title:weekly sync"),
    ("accept all hands", "accept title:all hands"),
    ("accept project status", "accept title:project status"),
    ("accept status meeting", "accept title:status meeting"),
    ("accept Ivan's party", "accept title:ivan's party"),
    ("accept Ivan’s party", "accept title:ivan's party"),
    ('accept "Weekly, sync: [part 2]"', "accept title:weekly, sync: [part 2]"),
    ("accept “1:1 Bob”", "accept title:1:1 bob"),
    ("принять «Нет времени на тесты»", "accept title:нет времени на тесты"),
    ("принять встречу по плану", "accept title:плану"),
    ("принять планёрку", "accept title:планерку"),
    ("ok great", "accept title?:great"),
    ("иду на планёрку", "accept title?:планерку"),
    ("no problem", "decline title?:problem"),
    ("maybe lunch with Bob", "maybe title?:lunch with bob"),
]

ARGUMENTS = [
    ("accept", "accept-which"),
    ("please accept!", "accept-which"),
    ("отклони", "decline-which"),
    ("dnd 1h", "dnd 1h"),
    ("dnd for 45m, please.", "dnd for 45m"),
    ("busy until tomorrow 9:00", "dnd until tomorrow 9:00"),
    ("обед 45 минут", "break 45 минут"),
    ("отошёл на 1,5 часа", "away на 1,5 часа"),
    ("away until 25.11. 10:00", "away until 25.11. 10:00"),
    ("could you dnd 1h?", "dnd 1h"),
    ("help accept", "help accept"),
    ("help going", "help accept"),
    ("help do not disturb", "help dnd"),
    ("help status", "help status"),
    ("help /undo", "help undo"),
    ("справка принять", "help accept"),
    ("справка ?", "help help"),
    ("language en", "language en"),
    ("language English", "language en"),
    ("язык русский", "language ru"),
    ("connect cronofy", "connect-cronofy"),
    ("отключить Cronofy", "disconnect-cronofy"),
    ("meetings", "meetings"),
    ("неделя", "meetings"),
    ("today!", "today"),
    ("приглашения", "invitations"),
    ("undo", "undo"),
    ("верни", "undo"),
]

TRAPS = [
    ("", "empty"),
    ("   ", "empty"),
    ("\n \t\n", "empty"),
    ("\u200b\u00a0", "empty"),
    ("!", "unknown"),
    ("please", "unknown"),
    ("hello", "unknown"),
    ("привет", "unknown"),
    ("651", "unknown"),
    ("#651", "unknown"),
    ("651 accept", "unknown"),
    ("651 or 652", "unknown"),
    ("should I accept 651?", "unknown"),
    ("did I accept 651?", "unknown"),
    ("don't accept 651", "unknown"),
    ("do not accept 651", "unknown"),
    ("dont accept 651", "unknown"),
    ("never accept 651", "unknown"),
    ("not going 651", "unknown"),
    ("I accept 651", "unknown"),
    ("не принимать 651", "unknown"),
    ("не принимаю 651", "unknown"),
    ("не иду 651", "unknown"),
    ("я пойду 651", "unknown"),
    ("принимать ли 651?", "unknown"),
    ("стоит ли принять 651?", "unknown"),
    ('"accept 651"', "unknown"),
    ("«принять 651»", "unknown"),
    ("'accept 651'", "unknown"),
    (">> accept 651", "unknown"),
    ("> accept 651", "unknown"),
    ("accept651", "unknown"),
    ("accepted 651", "unknown"),
    ("accept: 651", "unknown"),
    ("accept? 651", "unknown"),
    ("No. 651", "unknown"),
    ("ассерt 651", "unknown"),  # Cyrillic letters among Latin ones
    ("асcept 651", "unknown"),
    ("да\u0301 651", "unknown"),
    ("d\u043dd", "unknown"),
    ("dnd\u043e", "unknown"),
    ("o\u212a 651", "unknown"),  # the sign of the kelvin
    ("\u017ftatus", "unknown"),  # the long s
    ("acc\u200bept 651", "unknown"),
    ("\u202eaccept 651", "unknown"),
    ("ａｃｃｅｐｔ 651", "unknown"),
    ("➕ 651", "unknown"),
    ("— 651", "unknown"),
    ("-- 651", "unknown"),
    ("[b]accept 651[/b]", "unknown"),
    ("[send=accept 651]accept[/send]", "unknown"),
    ("[USER=17]Mira[/USER], accept 651", "unknown"),
    ("help?", "unknown"),
    ("??", "unknown"),
    ("do not", "unknown"),
    ("не", "unknown"),
    (",, accept 651", "unknown"),
    ("please /accept 651", "unknown"),
    ("/accept 651", "unknown-slash"),
    ("/foo", "unknown-slash"),
    ("  /dnd", "unknown-slash"),
    (", /dnd", "unknown-slash"),
    ("/", "unknown-slash"),
    ("accept meeting", "which"),
    ("принять встречу, пожалуйста", "which"),
    ("+", "which"),
    ("-", "which"),
    ("ok", "which"),
    ("going", "which"),
    ("не пойду", "which"),
    ("может быть", "which"),
    ("reset", "which"),
    ("-651", "number"),
    ("+651", "number"),
    ("+7 999 123-45-67", "number"),
    ("accept -5", "number"),
    ("accept - 5", "number"),
    ("accept +5", "number"),
    ("accept 0", "number"),
    ("accept 007", "number"),
    ("accept 0651", "number"),
    ("accept №0", "number"),
    ("accept #0", "number"),
    ("accept #01", "number"),
    ("accept ##5", "number"),
    ("accept #", "number"),
    ("accept 651x", "number"),
    ("accept x651", "number"),
    ("accept 1e3", "number"),
    ("accept 0x28b", "number"),
    ("accept 6.51", "number"),
    ("accept 1.651", "number"),
    ("accept 1'651", "number"),
    ("accept 1_000", "number"),
    ("accept 651?", "number"),
    ("accept 651 ?", "number"),
    ("accept 651…", "number"),
    ("accept 1234567890123456789", "number"),
    ("accept ６５１", "number"),
    ("accept ٦٥١", "number"),
    ("accept ६५१", "number"),
    ("accept ⁶⁵¹", "number"),
    ("accept ⑤", "number"),
    ("accept Ⅴ", "number"),
    ("accept six", "number"),
    ("accept l5", "number"),
    ("accept 65\u0417", "number"),  # a Cyrillic letter like a three
    ("accept \u202e156", "number"),
    ("accept 651-653", "number"),
    ("accept 651 - 653", "number"),
    ("accept 651..653", "number"),
    ("accept 651/652", "number"),
    ("accept 651&652", "number"),
    ("accept 651+652", "number"),
    ("accept 651 or 652", "number"),
    ("принять 651 или 652", "number"),
    ("accept 651, not 652", "number"),
    ("accept 651 but decline 652", "number"),
    ("accept 651 and decline 652", "number"),
    ("accept 651, decline 652", "number"),
    ("accept it", "number"),
    ("accept meeting meeting 651", "number"),
    ("accept 651 tomorrow", "number"),
    ("accept for 651", "number"),
    ("accept (651)", "number"),
    ('accept "651"', "number"),
    ("accept [b]651[/b]", "number"),
    ("accept, 651", "number"),
    ("accept ,651", "number"),
    ("accept 651,", "number"),
    ("accept 651,,652", "number"),
    ("accept 651 and", "number"),
    ("accept and 651", "number"),
    ("accept 651 and and 652", "number"),
    ("accept 651, 652x", "number"),
    ("accept 651, 0", "number"),
    ("no, accept 651", "number"),
    ("yes no 651", "number"),
    ("да нет 651", "number"),
    ("yes, I think so", "unknown"),
    ("да, наверное", "unknown"),
    ("maybe later", "unknown"),
    ("yes 5", "row"),
    ("да 5", "row"),
    ("+ 651, 5", "row"),
    ("language", "language"),
    ("language klingon", "language"),
    ("язык и речь", "language"),
    ("не буду принимать 651", "number"),
    ("не пойду на 651", "number"),
    ("going to decline 651", "number"),
    ("status of 651", "number"),
    ("status?", "unknown"),
    ("accept 651 #2", "separate"),
    ("accept 651 652", "separate"),
    ("accept 1 651", "separate"),
    ("accept 651\u00a0652", "separate"),
    ("accept 65\u200b1", "separate"),
    ("accept 651, 652 653", "separate"),
    ("принять 12 345", "separate"),
    ("accept 1,651", "separate"),
    ("accept 12,345", "separate"),
    ("accept 1,651,652", "separate"),
    ("accept 651, please, 652", "number"),
    ("away, dnd", "extra"),
    ("break #1", "extra"),
    ("help me", "extra"),
    ("? 651", "extra"),
    ("undo 651", "extra-meeting"),
    ("отменить встречу", "extra-meeting"),
    ("отменить встречу 651", "extra-meeting"),
    ("undo next meeting", "extra-meeting"),
    ("undo standup", "extra"),
    ("undo everything", "extra"),
    ("meetings 651, 652", "extra-meeting"),
    ("занят?", "unknown"),
    ("do not disturb, accept 651", "extra"),
    ("accept 651\n/decline 652", "lines"),
    ("accept 651\n652", "lines"),
    ("accept 651\n!", "lines"),
    ("hello\nworld", "unknown"),
    ("hello\nthanks", "unknown"),
    ("accept 651\nworld", "lines"),
    ("going\nworld", "which"),
    ("accept 651,\n652", "number"),
]


@pytest.mark.parametrize(("text", "calls", "language"), WORDS)
def test_every_word_means_its_command_and_tells_its_language(
    grammar: Grammar, text: str, calls: str, language: str | None
) -> None:
    answer = grammar.split(text)

    assert (written(answer), answer.language) == (calls, language)


@pytest.mark.parametrize(("text", "calls"), REFERENCES)
def test_meetings_are_meant_by_number_row_order_or_title(grammar: Grammar, text: str, calls: str) -> None:
    assert written(grammar.split(text)) == calls


@pytest.mark.parametrize(("text", "calls"), ARGUMENTS)
def test_other_arguments_follow_their_command(grammar: Grammar, text: str, calls: str) -> None:
    assert written(grammar.split(text)) == calls


@pytest.mark.parametrize(("text", "calls"), FORMS)
def test_what_does_not_matter_changes_nothing(grammar: Grammar, text: str, calls: str) -> None:
    assert written(grammar.split(text)) == calls


@pytest.mark.parametrize(("text", "reason"), TRAPS)
def test_what_is_not_certain_is_asked(grammar: Grammar, text: str, reason: str) -> None:
    assert written(grammar.split(text)) == f"({reason})"


@pytest.mark.parametrize(
    ("name", "params", "meant"),
    [
        ("/status", "", "status"),
        ("/status", "651", "meeting-status 651"),
        ("/accept", "651 and 652", "accept 651, accept 652"),
        ("/break", "", "break"),
        ("/break", "30m", "break 30m"),
        ("/accept", "#2", "accept #2"),
        ("/accept", "", "accept-which"),
        ("/undo", "5", "(extra-meeting)"),
        ("/maybe", "651", "(unknown-slash)"),
        ("/yes", "651", "(unknown-slash)"),
        ("/meeting-status", "651", "(unknown-slash)"),
        ("/statusbot", "accept 651", "(unknown-slash)"),
    ],
)
def test_slash_commands_mean_what_their_words_mean(grammar: Grammar, name: str, params: str, meant: str) -> None:
    answer = grammar.slash(name, params)

    assert written(answer) == meant
    assert not isinstance(answer, Understood) or answer.language in {None, "en"}


def test_traps_are_at_least_a_third() -> None:
    everything = WORDS + FORMS + REFERENCES + ARGUMENTS + TRAPS

    assert len(everything) >= 200
    assert len(TRAPS) * 3 >= len(everything)


def test_twenty_calls_are_the_most(grammar: Grammar) -> None:
    numbers = [str(number) for number in range(651, 672)]

    assert len(grammar.split("accept " + ", ".join(numbers[:20])).calls) == MOST
    assert written(grammar.split("accept " + ", ".join(numbers))) == "(too-many)"
    assert written(grammar.split("\n".join(f"accept {number}" for number in numbers))) == "(too-many)"
    assert len(grammar.split("accept " + ", ".join(["651"] * 21)).calls) == 1


@pytest.mark.parametrize("filling", ["a", "please ", "! ", "1, ", "#", "meeting ", "accept 1\n", "\u0301", "1 and "])
def test_a_long_text_is_not_looked_at(grammar: Grammar, filling: str) -> None:
    text = ("accept " + filling * 2_000)[:2_001]

    assert written(grammar.split(text)) == "(long)"
    assert grammar.slash("accept", text).reason == "long"
    grammar.split(text[:2_000])


WORD = st.sampled_from(
    "accept acept decline status dnd yes да принять не пойду please meeting all today next standup «план» help hi "
    "could you language onlin never".split()
)
TAKING = {"accept", "decline", "reset", "maybe", "meeting-status"}
SIGN = st.sampled_from([*"0123456789 \n,;#№.!?+-/٦５é\u200b\u00a0\u202e", "651", "652", "and", "и", "встречу"])
NEARLY = st.lists(WORD | SIGN)


@given(st.text() | NEARLY.map("".join) | NEARLY.map(" ".join))
def test_calls_hold_only_what_the_text_holds(grammar: Grammar, text: str) -> None:
    answer = grammar.split(text)

    assert isinstance(answer, Understood | Unclear)
    if isinstance(answer, Understood):
        figures = {*re.findall("[0-9]+", text)}
        meant = [read(word) for call in answer.calls if call.name in TAKING for word in call.words]
        assert all(str(one.meeting_id) in figures for one in meant if isinstance(one, Number))
        assert all(str(one.row) in figures for one in meant if isinstance(one, Row))
        assert all(one.title in normal(text) for one in meant if isinstance(one, Titled))
        assert 1 <= len(answer.calls) <= MOST


@given(NEARLY.map(" ".join))
def test_suggestions_are_made_for_unclear_texts_and_understood_themselves(grammar: Grammar, text: str) -> None:
    answer = grammar.split(text)

    if isinstance(answer, Unclear) and answer.suggestion and not answer.suggested.startswith("/"):
        assert grammar.split(answer.suggested).calls == answer.suggestion


@given(st.text(), st.text())
def test_slash_commands_and_buttons_never_raise(grammar: Grammar, name: str, params: str) -> None:
    assert isinstance(grammar.slash(name, params), Unclear)
    assert isinstance(grammar.button(f"{name} {params}"), Unclear)
    grammar.slash("accept", params)
    grammar.button(f"confirm {params}")
