"""What a run came to, in lines: what was done when, counts, each promise, and how to do it again."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.plan import Press, Say, Trouble
from tests.chaos.promises import PROMISES, second_answers
from tests.chaos.record import Record

_MOST_COMPLAINTS, _MOST_TRACES = 20, 3
_PERSON = re.compile(r"person (\d+)")


def schedule(record: Record) -> Iterator[str]:
    """Tell the plan, and when its troubles really came."""
    yield "planned:"
    for step in record.plan.steps:
        yield f"  {step.at_s:7.2f} s  {_shown(step)}"
    yield "done:"
    for at_s, what in record.done:
        yield f"  {at_s:7.2f} s  {what}"


def _shown(step: Say | Press | Trouble) -> str:
    if isinstance(step, Trouble):
        more = f" {step.detail}" if step.detail else ""
        return f"{step.kind}{more}, replica {step.replica}, for {step.for_s:.1f} s, {step.count} times"
    posts = ", ".join(f"+{post.after_s:.2f} s to {post.replica}" for post in step.posts)
    if isinstance(step, Press):
        return f"person {step.user_id} presses; delivered {posts}"
    where = " in the group" if step.command.in_group else ""
    return f"person {step.command.user_id} writes{where} {step.command.text!r}{' (stale)' if step.stale else ''}; delivered {posts}"


def traces(record: Record, complaints: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Tell what happened to the first people that somebody complains about, with the times of this machine."""
    text = "\n".join(line for found in complaints.values() for line in found)
    people = dict.fromkeys(int(number) for number in _PERSON.findall(text))
    for user_id in list(people)[:_MOST_TRACES]:
        yield f"person {user_id}:"
        for at, what in sorted(_trace(record, user_id)):
            yield f"  {at - record.began_at:7.2f} s  {what}"


def _trace(record: Record, user_id: int) -> Iterator[tuple[float, str]]:
    for event in record.events:
        if event.user_id == user_id:
            said = event.command.text if event.command else "a press"
            for post in event.posts:
                took = f"{post.status} after {post.answered_at - post.at:.2f} s" if post.status else "no answer"
                yield post.at, f"delivers {event.number} {said!r} to {post.replica}: {took}"
    for line in record.lines:
        if line.fields.get("user_id") == user_id:
            yield line.at, f"replica {line.replica} logs {line.text[:400]}"
    for change in record.changes:
        if change.user_id == user_id:
            yield change.at, f"portal: {change.subject} becomes {change.status}"
    chats = {event.chat_id for event in record.events if event.user_id == user_id}
    for reply in record.replies:
        if reply.chat_id in chats:
            yield reply.at, f"bot{' (not told so)' if reply.is_lost else ''}: {reply.text[:200]!r}"


def summary(record: Record, complaints: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Tell counts and promises."""
    options = record.plan.options
    yield ""
    yield from (f"{count:7}  {what}" for what, count in _counts(record).items())
    quiet = "never quiet" if record.quiet_s is None else f"quiet {record.quiet_s:.1f} s after the last trouble"
    yield f"{quiet}; {', '.join(f'{mb:.0f}' for mb in record.resident_mb)} MB\n"
    for promise in PROMISES:
        name = promise.__name__.replace("_", " ")
        yield f"{'BROKEN' if name in complaints else 'kept':7}  {name}"
        found = complaints.get(name, ())
        yield from (f"           {line}" for line in found[:_MOST_COMPLAINTS])
        if len(found) > _MOST_COMPLAINTS:
            yield f"           and {len(found) - _MOST_COMPLAINTS} more"
    yield ""
    yield (
        f"again: python -m tests.chaos --seed {options.seed} --seconds {options.seconds:g}"
        f" --database {options.database} --replicas {options.replicas}"
    )


def _counts(record: Record) -> dict[str, int]:
    kinds = Counter(incident.kind for incident in record.incidents)
    posts = [post for event in record.events for post in event.posts]
    again = sum(len(lines) - 1 for lines in record.handled().values())
    return {
        "messages and presses": len(record.events),
        "deliveries": len(posts),
        "events acknowledged": len(record.owed),
        "events that nobody acknowledged": len(record.events) - len(record.owed),
        **{f"times {kind}": count for kind, count in sorted(kinds.items())},
        "starts that were refused": record.refused_starts,
        "answers of the bot": len(record.replies),
        "second answers, each with a reason": sum(second for second, _ in second_answers(record).values()),
        "events handled again": again,
        "changes at the portal": len(record.changes),
        "notices to organisers": len(record.notices),
    }
