"""What the answers of the portal mean: meetings, presence, the application, the bot."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from bot.bitrix24.methods import app, calendar, im, imbot
from bot.bitrix24.methods.calendar import Answer, Invitation
from bot.bitrix24.methods.im import Presence
from bot.bitrix24.rest import BatchAnswer, Command
from bot.errors import BitrixError, NotPermitted, RateLimited, Unavailable

COMPLAINT = BitrixError(method="x", code="")  # of the calendar: no code, text in the portal's language
DETAILS: dict[str, Any] = {
    "ID": "652",
    "PARENT_ID": "651",
    "DELETED": "N",
    "NAME": "Weekly sync",
    "IS_MEETING": True,
    "MEETING_HOST": "23",
    "ATTENDEE_LIST": [{"id": 23, "entryId": "651", "status": "H"}, {"id": 17, "entryId": "652", "status": "Q"}],
    "DATE_FROM_FORMATTED": "Wed Nov 25 2026 10:00:00",
    "TZ_FROM": "Europe/Riga",
    "DT_SKIP_TIME": "N",
    "RRULE": "",
    "RECURRENCE_ID": None,
}


def wall(text: str) -> datetime:
    """A wall clock without a zone."""
    return datetime.fromisoformat(text)


class Told:
    """A person to whom the portal answers this."""

    def __init__(self, results: Mapping[str, Any], errors: Mapping[str, BitrixError] | None = None) -> None:
        self.user_id = 17
        self.asked: dict[str, str] = {}
        self._answer = BatchAnswer(results, errors or {})

    async def batch(self, commands: Mapping[str, Command], *_step: object, **_how: object) -> BatchAnswer:
        self.asked = {key: str(command) for key, command in commands.items()}
        return self._answer

    async def call(self, method: str, *_params: object) -> Any:
        return self._answer.results[method]


async def seen(status: object = "Q", *, outsider: bool = False, **changes: Any) -> Invitation | None:
    """Return what 17 sees of a meeting that the portal describes like this."""
    told = Told({"meeting": {**DETAILS, **changes}, "answer": status})
    return await calendar.invitation(told, 652, outsider=outsider)  # type: ignore[arg-type]


# --- meetings


async def test_meeting_is_read_whole():
    assert await seen() == Invitation(
        meeting_id=652,
        parent_id=651,
        answer=Answer.OPEN,
        title="Weekly sync",
        starts=wall("2026-11-25T10:00"),
        zone="Europe/Riga",
    )


async def test_one_request_reads_both():
    told = Told({"meeting": DETAILS, "answer": "Q"})
    await calendar.invitation(told, 652)  # type: ignore[arg-type]

    assert told.asked == {
        "meeting": "calendar.event.getbyid?id=652",
        "answer": "calendar.meeting.status.get?eventId=652",
    }


@pytest.mark.parametrize(
    ("formatted", "starts"),
    [
        ("Wed Nov 25 2026 10:00:00", wall("2026-11-25T10:00")),
        ("Wed Nov 25 2026 9:05:00", wall("2026-11-25T09:05")),
        ("Sun Feb 1 2026 00:00", wall("2026-02-01T00:00")),
        (" Tue Dec 31 2030 23:59:59 ", wall("2030-12-31T23:59")),
        ("Thu Feb 29 2024 10:00:00", wall("2024-02-29T10:00")),
        ("Wed Nov 25 2026", wall("2026-11-25T00:00")),
        ("", None),
        ("Thu Feb 30 2026 10:00:00", None),
        ("Wed Nov 25 2026 25:00:00", None),
        ("Mi Nov 25 2026 10:00:00", None),
        ("Wed Nvb 25 2026 10:00:00", None),
        ("25.11.2026 10:00:00", None),
        ("11/25/2026 10:00:00 am", None),
        ("Wed Nov 25 0000 10:00:00", None),
    ],
)
async def test_time_is_read_without_the_portal_s_language(formatted, starts):
    invited = await seen(DATE_FROM_FORMATTED=formatted)

    assert invited is not None
    assert invited.starts == starts


@pytest.mark.parametrize(
    ("changes", "all_day"),
    [
        ({}, False),
        ({"DT_SKIP_TIME": "Y"}, True),
        ({"DATE_FROM_FORMATTED": "Wed Nov 25 2026"}, True),
    ],
)
async def test_all_day_meeting_has_no_time(changes, all_day):
    invited = await seen(**changes)

    assert invited is not None
    assert invited.all_day is all_day


@pytest.mark.parametrize(
    ("changes", "series", "exception"),
    [
        ({}, False, False),
        ({"RRULE": "FREQ=DAILY"}, True, False),
        ({"RRULE": {"FREQ": "WEEKLY"}}, True, False),
        ({"RRULE": []}, False, False),
        ({"RECURRENCE_ID": "600"}, False, True),
        ({"RECURRENCE_ID": "0"}, False, False),
    ],
)
async def test_series_and_its_exceptions_are_told_apart(changes, series, exception):
    invited = await seen(**changes)

    assert invited is not None
    assert (invited.series, invited.exception) == (series, exception)


@pytest.mark.parametrize(
    "changes",
    [
        {"IS_ACCESSIBLE_TO_USER": False},
        {"DELETED": "Y"},
        {"IS_MEETING": False},
        {"IS_MEETING": None},
        {"ATTENDEE_LIST": [{"id": 23, "entryId": "651", "status": "H"}]},
        {"ATTENDEE_LIST": []},
        {"ATTENDEE_LIST": [None, "17", {"id": None}, {}]},
        {"ATTENDEE_LIST": {"0": {"id": 42, "status": "Y"}}},
    ],
)
async def test_who_is_not_invited_sees_nothing(changes):
    assert await seen("Y", **changes) is None


@pytest.mark.parametrize("status", [None, False, "", "X", "y", 1, [], {}])
async def test_unknown_answer_is_no_invitation(status):
    assert await seen(status) is None


@pytest.mark.parametrize(
    "listed",
    [
        [{"id": 17, "entryId": "652", "status": "Q"}],
        [{"id": "17", "entryId": "652", "status": "Q"}],
        {"1": {"id": 17, "entryId": "652", "status": "Q"}},
    ],
)
async def test_list_of_attendees_is_read_in_every_shape(listed):
    invited = await seen("Y", ATTENDEE_LIST=listed)

    assert invited is not None
    assert invited.answer is Answer.OPEN  # the list is fresh, the row may be a removed one


@pytest.mark.parametrize("listed", [None, "", False])
async def test_without_a_list_the_answer_is_all_there_is(listed):
    invited = await seen("N", ATTENDEE_LIST=listed)

    assert invited is not None
    assert invited.answer is Answer.NO


async def test_host_is_never_answered_for_whatever_the_list_says():
    invited = await seen("H", ATTENDEE_LIST=[{"id": 17, "entryId": "652", "status": "Q"}])

    assert invited is not None
    assert invited.answer is Answer.HOST


async def test_host_is_known_whatever_the_row_says():
    invited = await seen("Y", MEETING_HOST="17")

    assert invited is not None
    assert invited.answer is Answer.HOST


@pytest.mark.parametrize(("parent", "known"), [("651", 651), ("", 652), (None, 652), ("x", 652)])
async def test_meeting_without_a_parent_is_its_own(parent, known):
    invited = await seen(PARENT_ID=parent)

    assert invited is not None
    assert invited.parent_id == known


@pytest.mark.parametrize("details", [None, False, "", []])
async def test_meeting_that_is_not_shown_is_none(details):
    assert await calendar.invitation(Told({"meeting": details, "answer": "Y"}), 652) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("failed", [["answer"], ["meeting"], ["answer", "meeting"]])
async def test_complaints_of_the_calendar_mean_no_such_meeting(failed):
    results = {key: "Y" for key in ("answer", "meeting") if key not in failed}
    told = Told(results, dict.fromkeys(failed, COMPLAINT))

    assert await calendar.invitation(told, 652) is None  # type: ignore[arg-type]


async def test_outsider_gets_no_details_but_an_invitation():
    told = Told({"answer": "Q"}, {"meeting": COMPLAINT})
    invited = await calendar.invitation(told, 652, outsider=True)  # type: ignore[arg-type]

    assert invited == Invitation(652, 652, Answer.OPEN)
    gone = Told({}, {"answer": COMPLAINT, "meeting": COMPLAINT})
    assert await calendar.invitation(gone, 652, outsider=True) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [NotPermitted, RateLimited, Unavailable])
@pytest.mark.parametrize("item", ["answer", "meeting"])
async def test_other_errors_are_not_mistaken_for_a_missing_meeting(kind, item):
    results = {key: value for key, value in {"meeting": DETAILS, "answer": "Q"}.items() if key != item}

    with pytest.raises(kind):
        await calendar.invitation(Told(results, {item: kind(code="some_code")}), 652)  # type: ignore[arg-type]


async def test_item_that_was_left_out_is_no_missing_meeting():
    with pytest.raises(Unavailable):
        await calendar.invitation(Told({"meeting": DETAILS}), 652)  # type: ignore[arg-type]


INVITED = Invitation(652, 651, Answer.OPEN)


@pytest.mark.parametrize(
    ("read", "answer"), [("Y", Answer.YES), ("N", Answer.NO), (None, None), ("X", None), (True, None)]
)
async def test_answer_is_what_is_read_back(read, answer):
    told = Told({"set": True, "answer": read})

    assert await calendar.answer(told, INVITED, Answer.YES) is answer  # type: ignore[arg-type]
    assert told.asked["set"] == "calendar.meeting.status.set?eventId=652&status=Y"


async def test_answer_that_cannot_be_read_back_is_none():
    assert await calendar.answer(Told({"set": True}, {"answer": COMPLAINT}), INVITED, Answer.YES) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("results", "errors", "kind"),
    [
        ({}, {"set": COMPLAINT}, BitrixError),
        ({}, {"set": NotPermitted(code="access_denied")}, NotPermitted),
        ({"set": True}, {"answer": NotPermitted(code="access_denied")}, NotPermitted),
        ({"set": True}, {}, Unavailable),
        ({}, {}, Unavailable),
    ],
)
async def test_answer_that_failed_raises(results, errors, kind):
    with pytest.raises(kind):
        await calendar.answer(Told(results, errors), INVITED, Answer.YES)  # type: ignore[arg-type]


# --- presence


@pytest.mark.parametrize(
    ("value", "presence"),
    [
        ("online", Presence.ONLINE),
        ("dnd", Presence.DND),
        ("away", Presence.AWAY),
        ("break", Presence.BREAK),
        (False, Presence.ONLINE),
        (None, Presence.ONLINE),
        ("DND", None),
        ("", None),
        (True, None),
    ],
)
async def test_presence_is_read(value, presence):
    assert await im.user_status_get(Told({"im.user.status.get": value})) is presence  # type: ignore[arg-type]
    changed = Told({"before": value, "set": True, "after": value})
    assert await im.change_user_status(changed, Presence.DND) == im.Changed(presence, presence)  # type: ignore[arg-type]


async def test_presence_is_written_in_small_letters():
    told = Told({"before": False, "set": True, "after": "dnd"})
    await im.change_user_status(told, Presence.DND)  # type: ignore[arg-type]

    assert told.asked["set"] == "im.user.status.set?STATUS=dnd"
    assert list(told.asked) == ["before", "set", "after"]


@pytest.mark.parametrize("failed", ["before", "set", "after"])
async def test_presence_that_failed_raises(failed):
    results = {key: "dnd" for key in ("before", "set", "after") if key != failed}

    with pytest.raises(NotPermitted):
        await im.change_user_status(Told(results, {failed: NotPermitted()}), Presence.DND)  # type: ignore[arg-type]


# --- the application


class Calls:
    """A caller whose every call ends like this; it remembers them."""

    def __init__(self, outcome: Any) -> None:
        self.outcome = outcome
        self.calls: list[tuple[str, Mapping[str, Any]]] = []

    async def call(self, method: str, params: Mapping[str, Any], /) -> Any:
        self.calls.append((method, params))
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.mark.parametrize(
    ("result", "owner"),
    [
        ({"ID": "17"}, 17),
        ({"ID": 17}, 17),
        ([], None),
        ({}, None),
        ({"ID": ""}, None),
        ({"ID": "-1"}, None),
        (None, None),
    ],
)
async def test_profile_tells_whose_token_it_is(result, owner):
    assert await app.profile_id(Calls(result)) == owner


@pytest.mark.parametrize(
    ("result", "code"), [({"CODE": "local.1"}, "local.1"), ({"CODE": None}, ""), ([], ""), (None, "")]
)
async def test_application_tells_its_code(result, code):
    assert await app.app_code(Calls(result)) == code


async def test_subscriptions_are_listed_without_their_case():
    rows = [{"event": "onappuninstall", "handler": "https://b.example/e"}, "nonsense"]

    assert await app.event_get(Calls(rows)) == [app.Binding("ONAPPUNINSTALL", "https://b.example/e")]
    assert await app.event_get(Calls([])) == []
    assert await app.event_get(Calls({})) == []


async def test_second_binding_is_fine_and_other_refusals_are_not():
    binding = app.Binding("ONAPPUNINSTALL", "https://b.example/e")
    await app.event_bind(Calls(BitrixError(code="error_core")), binding)

    with pytest.raises(BitrixError):
        await app.event_bind(Calls(BitrixError(code="error_event_not_found")), binding)


# --- the bot


def test_message_of_v2_is_plain_without_preview():
    message = imbot.message_send(905, "v2", "17", "Hello")

    fields = {"message": "Hello", "urlPreview": False}
    assert message == Command("imbot.v2.Chat.Message.send", {"botId": 905, "dialogId": "17", "fields": fields})


@pytest.mark.parametrize("api", ["v2", "v1"])
def test_buttons_are_in_upper_case_and_name_the_bot(api):
    buttons = [
        imbot.Button("Yes", "statusbot", "confirm k", primary=True),
        imbot.Button("No", "statusbot", "dismiss k"),
    ]
    params: Any = imbot.message_send(905, api, "chat311", "Sure?", buttons).params
    keyboard = params["fields"]["keyboard"] if api == "v2" else params["KEYBOARD"]

    assert keyboard["BOT_ID"] == 905
    assert [button["COMMAND_PARAMS"] for button in keyboard["BUTTONS"]] == ["confirm k", "dismiss k"]
    assert all(key.isupper() for button in keyboard["BUTTONS"] for key in button)
    assert {button["BOT_ID"] for button in keyboard["BUTTONS"]} == {905}


@pytest.mark.parametrize("result", [None, [], {}, {"bot": []}, {"bot": {"id": None}}, {"bot": {"id": "x"}}])
async def test_registration_without_a_bot_may_be_tried_again(result):
    profile = imbot.BotProfile("statusbot", "Status", "Bot", "", "AZURE")

    with pytest.raises(Unavailable):
        await imbot.bot_register(Calls(result), profile, "https://b.example/e")
    with pytest.raises(Unavailable):
        await imbot.register_v1(Calls(result), profile, "https://b.example/e")
    with pytest.raises(Unavailable):
        await imbot.command_list(Calls(result), 905)


async def test_commands_are_listed():
    row = {"id": 78, "command": "/accept", "title": None, "hidden": "N", "extranetSupport": "Y"}

    assert await imbot.command_list(Calls({"commands": [row]}), 905) == [
        imbot.ListedCommand(78, "accept", "", hidden=False, extranet=True)
    ]
