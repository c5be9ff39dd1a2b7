"""What interface section 4 and the rules of the durable run promise, each as a function that complains.

A complaint names the person, the event and what was expected, so that it can be followed in the logs. What a promise cannot
tell apart (an event that was stored, but whose acknowledgement died with the process) counts in favour of the bot.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from tests.chaos.record import Event, Incident, Line, Record
from tests.chaos.words import PRESENCE, RESTLESS, STEADY, TIMED, meetings_of

Promise: TypeAlias = Callable[[Record], Iterator[str]]
# What an answer is counted by: its chat, and the number in it.
_Place: TypeAlias = tuple[int, int | None]

MOST_MB = 200.0
# 10 s, and what a busy machine adds.
STOP_S = 12.0
# Who waits for the portal tries again within 30 s, and others take over within 60 s.
QUIET_S = 90.0
# What may be logged as an error while the database is away or the process hangs, and so long after it, seconds.
_NOT_STORED, _SOON_S = "request.not-stored", 5.0
# Outcomes of an event that nobody was told anything about.
_NO_ANSWER = ("unanswered", "given up", "portal forgotten")


def everything_is_carried_out(record: Record) -> Iterator[str]:
    """An event that was answered with 200 is carried out, whatever dies."""
    handled = record.handled()
    for event in record.owed:
        lines = handled.get(event.key, [])
        if not lines:
            yield f"{_name(event)} was acknowledged and never carried out"
        elif all(line.fields["outcome"] in _NO_ANSWER for line in lines):
            yield f"{_name(event)} ended as {lines[-1].fields['outcome']!r}"


def everything_is_answered(record: Record) -> Iterator[str]:
    """Each acknowledged message has an answer in the chat that it came from."""
    answers = Counter(_place_of_answers(record))
    for place, events in _by_place(record.owed).items():
        if answers[place] < len(events):
            yield f"{_where(record, place)}: {answers[place]} answers to {len(events)} messages, the last being {_name(events[-1])}"


def nothing_is_answered_twice_without_need(record: Record) -> Iterator[str]:
    """A second answer has a death, a hang or a lost answer of the portal within its event's life (rule 3)."""
    for place, (second, excused) in second_answers(record).items():
        if second > excused:
            yield f"{_where(record, place)}: {second} answers too many, {excused} of them with a reason"


def second_answers(record: Record) -> Mapping[_Place, tuple[int, int]]:
    """Return where more was answered than was asked: how many times, and for how many there is a reason.

    What was delivered without an acknowledgement may have been answered, and a press may be answered by a message of its own.
    """
    answers, handled = Counter(_place_of_answers(record)), record.handled()
    posted_unseen = Counter(
        (reply.chat_id, reply.number) for reply in record.replies if reply.is_lost and not is_notice(reply.text)
    )
    presses: Counter[_Place] = Counter((event.chat_id, None) for event in record.events if event.command is None)
    found = {}
    for place, events in _by_place(record.events).items():
        second = answers[place] - len(events) - presses[place]
        if second > 0:
            excused = sum(len(_incidents(record, event, handled)) for event in events if event.acknowledged_at)
            found[place] = second, posted_unseen[place] + excused
    return found


def last_answer_holds(record: Record) -> Iterator[str]:
    """Each steady person's answer to each meeting is what the newest acknowledged command by message id says."""
    for user_id in STEADY:
        for meeting_id in meetings_of(user_id):
            allowed = _allowed(record, user_id, meeting_id, "Q")
            found = record.answers[meeting_id, user_id]
            if found not in allowed:
                yield f"person {user_id}, meeting {meeting_id}: {found!r} instead of {' or '.join(sorted(allowed))}"


def last_presence_holds(record: Record) -> Iterator[str]:
    """Likewise each steady person's presence; what was set for a while has ended, unless its owner was told otherwise."""
    for user_id in (*STEADY, *TIMED):
        allowed = _allowed(record, user_id, PRESENCE, "online") if user_id in STEADY else {"online"}
        found = record.presences.get(user_id, "online")
        if found not in allowed and user_id not in record.warned:
            yield f"person {user_id}: presence {found!r} instead of {' or '.join(sorted(allowed))}"


def _allowed(record: Record, user_id: int, subject: int | str, initial: str) -> set[str]:
    """Return what may hold: the newest acknowledged command, and newer ones of which nobody knows whether they were stored."""
    about = [
        event
        for event in record.events
        if event.command and event.user_id == user_id and event.command.subject == subject and not event.stale
    ]
    newest = max((event for event in about if event.acknowledged_at), key=lambda event: event.number, default=None)
    certain = newest.command.wants if newest and newest.command else initial
    newer = (event for event in about if newest is None or event.number > newest.number)
    return {certain or initial, *(event.command.wants or "" for event in newer if event.command)}


def only_who_asked_changed_anything(record: Record) -> Iterator[str]:
    """A change is made with the token of somebody who has asked for it."""
    asked = {
        (event.user_id, event.command.subject, event.command.wants)
        for event in record.events
        if event.command and not event.stale
    }
    for change in record.changes:
        if change.subject != PRESENCE and change.subject not in meetings_of(change.user_id):
            yield f"person {change.user_id} answered meeting {change.subject}, which is another one's"
        elif change.user_id in STEADY and (change.user_id, change.subject, change.status) not in asked:
            yield f"person {change.user_id} never asked for {change.status} of {change.subject}"
        elif change.user_id not in (*STEADY, *TIMED, *RESTLESS):
            yield f"{change.user_id}, who wrote nothing, changed {change.subject} to {change.status}"


def no_answer_is_set_twice(record: Record) -> Iterator[str]:
    """A meeting that already has the wanted answer gets no `set`, so no organiser hears of a change twice (rule 3)."""
    answers: dict[tuple[int, int | str], str] = {}
    for change in record.changes:
        if change.subject == PRESENCE:
            continue
        subject = change.user_id, change.subject
        if answers.get(subject, "Q") == change.status:
            yield f"person {change.user_id}, meeting {change.subject}: {change.status} was set when it was so already"
        answers[subject] = change.status


def hosts_hear_of_each_change_once(record: Record) -> Iterator[str]:
    """What hosts are told of a steady person alternates: nobody accepts or declines twice in a row."""
    told: dict[tuple[int, int], list[str]] = {}
    for notice in record.notices:
        if notice.user_id in STEADY:
            told.setdefault((notice.meeting_id, notice.user_id), []).append(notice.kind)
    for (meeting_id, user_id), kinds in told.items():
        if any(one == other for one, other in itertools.pairwise(kinds)):
            yield f"the host of {meeting_id} was told of person {user_id}: {', '.join(kinds)}"


def messages_of_one_person_keep_their_order(record: Record) -> Iterator[str]:
    """What was acknowledged before a later message came is done before that one."""
    handled = record.handled()
    lanes: dict[int, list[Event]] = {}
    for event in sorted(record.owed, key=lambda event: event.number):
        if event.command is not None:
            lanes.setdefault(event.user_id, []).append(event)
    for events in lanes.values():
        for earlier, later in itertools.pairwise(events):
            if (earlier.acknowledged_at or 0.0) >= later.posted_at:
                continue
            before, after = (_trusted(record, event, handled) for event in (earlier, later))
            if before and after and before[-1].at > after[0].at:
                yield f"{_name(earlier)} was finished after {_name(later)} was"


def _trusted(record: Record, event: Event, handled: Mapping[str, list[Line]]) -> list[Line]:
    """Leave out what a process wrote down that had hung meanwhile: the event was not its own any more."""
    return [
        line
        for line in handled.get(event.key, [])
        if not any(
            incident.kind == "freeze" and incident.replica == line.replica and incident.began_at <= line.at
            for incident in _incidents(record, event, handled)
        )
    ]


def everything_ends_in_time(record: Record) -> Iterator[str]:
    """Once nothing goes wrong any more, everything is done soon, and nothing is left pending."""
    if record.quiet_s is None:
        yield f"not quiet after {QUIET_S:.0f} s; pending: {', '.join(map(str, record.pending))}"


def stops_are_orderly(record: Record) -> Iterator[str]:
    """SIGTERM ends with status 0 within 10 s."""
    for status, seconds in record.stops:
        if status != 0 or seconds > STOP_S:
            yield f"SIGTERM ended with status {status} after {seconds:.1f} s"


def nothing_unexpected_happens(record: Record) -> Iterator[str]:
    """No process ends by itself, no event is given up, no command breaks, and nothing shows a traceback."""
    yield from record.unexpected
    for line in record.lines:
        is_error = line.fields.get("level") in {"error", "critical"} or "Traceback" in line.text
        if is_error and not _could_not_store(record, line):
            yield f"log of replica {line.replica}: {line.text[:2000]}"


def _could_not_store(record: Record, line: Line) -> bool:
    is_about_it = line.event == _NOT_STORED or "bot.errors.StorageAway" in line.text
    return is_about_it and any(
        (incident.kind == "database" or (incident.kind == "freeze" and incident.replica == line.replica))
        and incident.began_at <= line.at <= incident.ended_at + _SOON_S
        for incident in record.incidents
    )


def logs_hold_no_secret(record: Record) -> Iterator[str]:
    """No token, code, key or password is in a log."""
    for replica in sorted({line.replica for line in record.lines}):
        log = "\n".join(line.text for line in record.lines if line.replica == replica)
        if found := sum(secret in log for secret in record.secrets):
            yield f"{found} secrets in the log of replica {replica}"


def memory_stays_small(record: Record) -> Iterator[str]:
    """No replica has grown beyond what many events need."""
    for replica, resident_mb in enumerate(record.resident_mb):
        if resident_mb > MOST_MB:
            yield f"replica {replica} holds {resident_mb:.0f} MB"


PROMISES: tuple[Promise, ...] = (
    everything_is_carried_out,
    everything_is_answered,
    nothing_is_answered_twice_without_need,
    last_answer_holds,
    last_presence_holds,
    only_who_asked_changed_anything,
    no_answer_is_set_twice,
    hosts_hear_of_each_change_once,
    messages_of_one_person_keep_their_order,
    everything_ends_in_time,
    stops_are_orderly,
    nothing_unexpected_happens,
    logs_hold_no_secret,
    memory_stays_small,
)


def broken(record: Record) -> dict[str, list[str]]:
    """Return the complaints of each promise that was not kept, by its name."""
    complaints = {promise.__name__.replace("_", " "): list(promise(record)) for promise in PROMISES}
    return {name: found for name, found in complaints.items() if found}


# --- what an event was answered with, and what happened while it lived


def is_notice(text: str) -> bool:
    """Whether a message only asks for patience; the answer is another one if that one's id was lost."""
    return text.startswith(("Bitrix24 is slow at the moment.", "Битрикс24 сейчас отвечает медленно."))


def _place_of_answers(record: Record) -> Iterator[_Place]:
    restless = _restless_chats(record)
    for reply in record.replies:
        if not is_notice(reply.text):
            yield reply.chat_id, None if reply.chat_id in restless else reply.number


def _restless_chats(record: Record) -> set[int]:
    """Return the chats whose answers may name any meeting, so that they can only be counted."""
    return {event.chat_id for event in record.events if event.user_id in RESTLESS}


def _by_place(events: list[Event]) -> dict[_Place, list[Event]]:
    """Sort messages by where their answer stands; presses are answered by rewriting as well, so they are left out."""
    found: dict[_Place, list[Event]] = {}
    for event in events:
        if event.command is not None:
            # What came too late is answered without a word about what it was.
            number = None if event.stale else event.command.number
            found.setdefault((event.chat_id, number), []).append(event)
    return found


def _incidents(record: Record, event: Event, handled: Mapping[str, list[Line]]) -> list[Incident]:
    """Return what went wrong between the first delivery of an event and the last that was heard of it."""
    lines = handled.get(event.key)
    until = lines[-1].at if lines else float("inf")
    return [one for one in record.incidents if one.began_at <= until and one.ended_at >= event.posted_at]


def _name(event: Event) -> str:
    said = repr(event.command.text) if event.command else "a press"
    return f"{said} of person {event.user_id} ({event.key})"


def _where(record: Record, place: _Place) -> str:
    chat_id, number = place
    people = dict.fromkeys(f"person {event.user_id}" for event in record.events if event.chat_id == chat_id)
    what = "other answers" if number is None else f"answers with {number}"
    return f"chat {chat_id} of {', '.join(people)}, {what}"
