"""Every promise complains when it is broken, and is silent about what may happen."""

import pytest

from bot.emulator.portal import Portal
from tests.chaos.plan import Options, Plan
from tests.chaos.promises import PROMISES, broken
from tests.chaos.record import Change, Event, Incident, Line, Notice, Posted, Record, Reply, Witness, read_log
from tests.chaos.words import GROUP, PEOPLE, PRESENCE, RESTLESS, Command, meetings_of

CHAT, MEETING = 2044, 10100


def handled(event, at, *, outcome="done", replica=0):
    return Line(replica, at, "event.handled", {"event_key": event.key, "outcome": outcome}, "")


def accept(number, wants="Y", *, status=200, at=None, stale=False):
    """An answer of person 101, acknowledged at once."""
    at = number if at is None else at
    event = Event(
        f"p:message:905:{number}",
        101,
        CHAT,
        number,
        Command(user_id=101, text="accept 10100", number=MEETING, subject=MEETING, wants=wants),
    )
    event.posts.append(Posted(at, 0, status, at + 0.1))
    event.stale = stale
    return event


@pytest.fixture
def record():
    """Person 101 has accepted and then declined, and was answered."""
    events = [accept(1), accept(2, "N")]
    record = Record(Plan(Options(1, 10, "sqlite", 1), ()), events)
    record.lines = [handled(event, event.number + 0.5) for event in events]
    record.answers = {(meeting_id, user_id): "Q" for user_id in PEOPLE for meeting_id in meetings_of(user_id)}
    record.answers[MEETING, 101] = "N"
    record.changes = [Change(101, MEETING, "Y"), Change(101, MEETING, "N")]
    record.notices = [Notice(MEETING, 101, "accepted"), Notice(MEETING, 101, "declined")]
    record.replies = [
        Reply(CHAT, "You are going: meeting 10100 “Talk”."),
        Reply(CHAT, "You are not going: meeting 10100."),
    ]
    record.quiet_s, record.stops, record.resident_mb = 1.0, [(0, 1.0)], [90.0]
    record.secrets = {"a-secret"}
    return record


def complaints(record):
    return set(broken(record))


def test_good_run_keeps_all_promises(record):
    assert complaints(record) == set()


def test_names_of_promises_differ():
    assert len({promise.__name__ for promise in PROMISES}) == len(PROMISES)


# --- carried out and answered


def test_event_that_was_never_carried_out_is_told(record):
    record.lines.pop()

    assert complaints(record) == {"everything is carried out"}


def test_event_that_was_given_up_is_told(record):
    record.lines[-1] = handled(record.events[-1], 2.5, outcome="given up")

    assert complaints(record) == {"everything is carried out"}


def test_missing_answer_is_told(record):
    record.replies.pop()

    assert complaints(record) == {"everything is answered"}


def test_answer_in_another_chat_does_not_count(record):
    record.replies[-1] = Reply(GROUP, record.replies[-1].text)

    assert "everything is answered" in complaints(record)


def test_event_without_acknowledgement_is_owed_nothing(record):
    record.events.append(accept(3, status=503))

    assert complaints(record) == set()


def test_second_answer_without_a_reason_is_told(record):
    record.replies.append(record.replies[-1])

    assert complaints(record) == {"nothing is answered twice without need"}


def test_second_answer_is_no_wonder_after_a_death(record):
    record.replies.append(record.replies[-1])
    record.incidents = [Incident("kill", 0, 2.2, 2.4)]

    assert complaints(record) == set()


def test_death_after_the_end_of_an_event_is_no_reason(record):
    record.replies.append(record.replies[-1])
    record.incidents = [Incident("kill", 0, 3.0, 4.0)]

    assert complaints(record) == {"nothing is answered twice without need"}


def test_second_answer_is_no_wonder_after_a_lost_one(record):
    record.replies.append(Reply(CHAT, record.replies[-1].text, is_lost=True))

    assert complaints(record) == set()


def test_words_that_ask_for_patience_are_no_answer(record):
    record.replies[-1] = Reply(CHAT, "Bitrix24 is slow at the moment. I am still working on it: 10100")

    assert complaints(record) == {"everything is answered"}


# --- what holds in the end


def test_older_answer_that_won_is_told(record):
    record.answers[MEETING, 101] = "Y"

    assert complaints(record) == {"last answer holds"}


def test_newer_answer_that_may_have_been_stored_may_hold(record):
    record.events.append(accept(3, status=0))
    record.answers[MEETING, 101] = "Y"

    assert complaints(record) == set()


def test_answer_that_came_too_late_may_not_hold(record):
    late = accept(3, stale=True)
    record.events.append(late)
    record.lines.append(handled(late, 3.5))
    record.replies.append(Reply(CHAT, "Your message reached me too late."))
    assert complaints(record) == set()

    record.answers[MEETING, 101] = "Y"
    assert complaints(record) == {"last answer holds"}


@pytest.mark.parametrize("user_id", [101, 121])
def test_presence_that_nobody_wanted_is_told(record, user_id):
    record.presences[user_id] = "dnd"

    assert complaints(record) == {"last presence holds"}


def test_presence_is_no_wonder_after_a_warning(record):
    record.presences[121], record.warned = "dnd", {121}

    assert complaints(record) == set()


# --- changes


@pytest.mark.parametrize(
    "change",
    [
        Change(102, MEETING, "Y"),
        Change(1, PRESENCE, "dnd"),
        Change(101, MEETING + 1, "Y"),
        Change(101, PRESENCE, "dnd"),
    ],
    ids=["another's meeting", "somebody who wrote nothing", "another meeting", "not asked for"],
)
def test_change_that_its_owner_did_not_ask_for_is_told(record, change):
    record.changes.append(change)

    assert complaints(record) == {"only who asked changed anything"}


def test_answer_that_is_set_again_is_told(record):
    record.changes.append(record.changes[-1])

    assert complaints(record) == {"no answer is set twice"}


def test_answer_that_is_set_to_what_it_was_at_first_is_told(record):
    record.changes.append(Change(RESTLESS[0], meetings_of(RESTLESS[0])[0], "Q"))

    assert complaints(record) == {"no answer is set twice"}


def test_notice_that_is_doubled_is_told(record):
    record.notices.append(record.notices[-1])

    assert complaints(record) == {"hosts hear of each change once"}


def test_earlier_message_that_is_finished_later_is_told(record):
    record.lines[0] = handled(record.events[0], 9.0)

    assert complaints(record) == {"messages of one person keep their order"}


def test_late_word_of_a_process_that_hung_is_no_wonder(record):
    record.lines.append(handled(record.events[0], 9.0, replica=1))
    record.incidents = [Incident("freeze", 1, 1.2, 8.9)]

    assert complaints(record) == set()


# --- processes


def test_run_that_never_ends_is_told(record):
    record.quiet_s = None

    assert complaints(record) == {"everything ends in time"}


@pytest.mark.parametrize("stop", [(1, 1.0), (0, 13.0)])
def test_end_that_is_not_orderly_is_told(record, stop):
    record.stops.append(stop)

    assert complaints(record) == {"stops are orderly"}


@pytest.mark.parametrize(
    "log",
    [
        '{"event": "event.parked", "level": "error", "timestamp": "2026-11-22T00:00:00Z"}',
        '{"event": "command.broken", "level": "error", "timestamp": "2026-11-22T00:00:00Z"}',
        "Traceback (most recent call last):",
    ],
)
def test_fault_in_a_log_is_told(record, log):
    record.lines.extend(read_log(0, log))

    assert complaints(record) == {"nothing unexpected happens"}


@pytest.mark.parametrize(
    "words", ["request.not-stored", "tokens.not-renewed: bot.errors.StorageAway: the server is away"]
)
def test_error_without_a_database_is_no_wonder(record, words):
    log = f'{{"event": "{words}", "level": "error", "timestamp": "1970-01-01T00:00:07Z"}}'
    record.lines.extend(read_log(0, log))
    assert complaints(record) == {"nothing unexpected happens"}

    record.incidents = [Incident("database", None, 6.0, 8.0)]
    assert complaints(record) == set()


def test_secret_in_a_log_is_told(record):
    record.lines.extend(read_log(0, '{"event": "x", "timestamp": "2026-11-22T00:00:00Z", "url": "auth=a-secret"}'))

    assert complaints(record) == {"logs hold no secret"}


def test_memory_that_grew_is_told(record):
    record.resident_mb = [90.0, 400.0]

    assert complaints(record) == {"memory stays small"}


def test_log_that_a_kill_cut_short_can_be_read():
    lines = list(read_log(0, '{"event": "one", "timestamp": "2026-11-22T00:00:01Z"}\n{"event": "tw'))

    assert [line.event for line in lines] == ["one", ""]
    assert lines[0].at == 1795305601.0


def test_witness_leaves_answers_as_they_are():
    portal = Portal()
    witness = Witness(portal)

    assert portal.handle("GET", "/nowhere").status == 404
    assert witness.lost == set()
