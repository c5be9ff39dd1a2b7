"""The way of a reply into the chat: as a new message, or instead of one that it outdates, with buttons that are kept.

It outdates the message that asked for patience, and often the one whose button was pressed.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from bot import events
from bot.admission import Spoken, is_typed
from bot.bitrix24.methods import imbot
from bot.context import QUESTION
from bot.cronofy.authorization import authorize_url
from bot.errors import CronofyNotSetUp, Unavailable
from bot.followups import FollowUp, Part
from bot.inbox import Delivery, Entry
from bot.manifest import Manifest
from bot.order import Place
from bot.parts import Parts
from bot.replies import Button, Reply
from bot.speech import Address, Speech
from bot.states import Purpose
from bot.store import Portal
from bot.tokens import Pairs

# What the button says that asks for a permission.
_CONNECTS: Mapping[Purpose, str] = {"bitrix24": "connect.button", "cronofy": "cronofy.button"}


def place_of(event: Spoken) -> Place:
    return Place(event.message_id if is_typed(event) else None, event.sent_at)


def keyboard(rows: Sequence[Sequence[Button]], manifest: Manifest, language: str) -> list[imbot.AnyButton]:
    """Return rows of buttons as the portal takes them; a press is answered in the language of its message."""
    buttons: list[imbot.AnyButton] = []
    for row in rows:
        if buttons:
            buttons.append(imbot.RowBreak())
        buttons.extend(_wired(button, manifest, language) for button in row)
    return buttons


def _wired(button: Button, manifest: Manifest, language: str) -> imbot.Button:
    does = button.does
    return imbot.Button(
        button.label,
        manifest.app.button_command,
        " ".join((does.name, *does.words, f"@{language}")),
        primary=button.primary,
        disabled=button.disabled,
        once=False,
    )


def part_of(reply: Reply) -> Part:
    """Return what is kept of a reply so that its message can be rewritten."""
    follows = reply.follows
    return Part(
        text=reply.text,
        short=reply.short or "",
        asks=(follows.asks.name, *follows.asks.words) if follows else (),
        after_s=follows.after_s if follows else 0.0,
        adds=follows.adds or "" if follows else "",
        is_whole=follows is not None and follows.is_whole,
    )


async def follow(parts: Parts, follow_up: FollowUp, *, attempt: int) -> None:
    """Look again at a message of ours when the first of its parts may be known better."""
    now = parts.clock()
    due_at = now + min(part.after_s for part in follow_up.parts if part.asks)
    due = events.FollowUpDue(
        portal=follow_up.portal,
        sent_at=int(due_at),
        domain="",
        user_id=follow_up.user_id,
        answers=follow_up.key,
        attempt=attempt,
    )
    entry = Entry(due.key, due.lane, events.dump(due), sent_at=due.sent_at)
    await parts.inbox.put_at(due_at, entry, also=[parts.store.follow_ups.keeping(follow_up, now)])


class Answering:
    """Answers one event.

    Args:
        parts: What to work with.
        event: What is answered.
        portal: Where it was written.
        delivery: How the inbox handed it out.
        known: What is known of pairs, as for `Bitrix24.as_bot`.
    """

    def __init__(self, parts: Parts, event: Spoken, portal: Portal, delivery: Delivery, known: Pairs) -> None:
        self._parts = parts
        self._event = event
        self._portal = portal
        self._key = delivery.entry.key
        self._starts = delivery.starts
        self._at_end = delivery.at_end
        to = Address(event.bot_id, event.user.id, event.api, event.answer_to)
        self._speech = Speech(parts, portal, to, known)
        self._notice: int | None = None  # our message that says to wait
        self._notice_tried = False

    async def send(self, reply: Reply, language: str) -> bool:
        """Send `reply`, with what its buttons say in `language`; False when the portal refuses for good."""
        text, buttons = reply.text, await self._buttons(reply, language)
        outdated = await self._find_notice()
        if outdated is None and reply.in_place:
            outdated = self._pressed()
            if outdated is not None:
                follow_ups, now = self._parts.store.follow_ups, self._parts.clock()
                await follow_ups.detach(self._portal.member_id, self._event.user.id, outdated, now)
        if outdated is None:
            message_id = await self._speech.post(text, buttons)
        else:
            message_id = await self._speech.rewrite(outdated, text, buttons)
        if message_id is not None:
            await self._follow_up(reply, message_id, language)
        return message_id is not None

    async def _follow_up(self, reply: Reply, message_id: int, language: str) -> None:
        """See to it that a message that is not the last word is rewritten."""
        event = self._event
        parts = tuple(map(part_of, reply.parts or (reply,)))
        if not any(part.asks for part in parts):
            return
        follow_up = FollowUp(
            portal=self._portal.member_id,
            key=event.key,
            user_id=event.user.id,
            bot_id=event.bot_id,
            dialog_id=event.answer_to,
            private=event.private,
            api=event.api,
            language=language,
            message_id=message_id,
            parts=parts,
        )
        await follow(self._parts, follow_up, attempt=1)

    def _pressed(self) -> int | None:
        """Return the id of our message whose button was pressed, if one was."""
        event = self._event
        is_press = isinstance(event, events.CommandAdded) and event.context == "keyboard"
        return event.message_id if is_press and event.author_id in (0, event.bot_id) and event.message_id else None

    # --- when it takes long

    async def ask_for_patience(self, language: str) -> None:
        """Say, once, that the portal is slow; the outcome replaces it."""
        if self._notice_tried or await self._find_notice() is not None:
            return
        try:
            self._notice = await self._speech.try_to_say(self._parts.texts.say(language, "errors.slow"))
        except Unavailable:
            return  # it was not posted, so the next attempt may try again
        self._notice_tried = True
        if self._notice is not None:
            now = self._parts.clock()
            await self._parts.store.notices.keep(self._key, self._portal.member_id, self._notice, now)

    async def _find_notice(self) -> int | None:
        """Return our message that is no last word: one that asks for patience, or what was said before an interruption."""
        if self._notice is None and self._starts > 1:
            store, portal = self._parts.store, self._portal.member_id
            said = await store.follow_ups.find(portal, self._event.key)
            self._notice = said.message_id if said and said.message_id else await store.notices.find(self._key)
        return self._notice

    # --- buttons

    async def _buttons(self, reply: Reply, language: str) -> list[imbot.AnyButton]:
        buttons: list[imbot.AnyButton] = []
        if reply.asks:
            buttons.extend(await self._ask(reply, language))
        if self._event.private:
            buttons.extend([await self._connecting(purpose, language) for purpose in reply.connects])
            buttons.extend(imbot.LinkButton(link.label, link.url) for link in reply.links)
        rows = keyboard(reply.buttons, self._parts.manifest, language)
        return [*buttons, imbot.RowBreak(), *rows] if buttons and rows else [*buttons, *rows]

    async def _connecting(self, purpose: Purpose, language: str) -> imbot.LinkButton:
        """Return a fresh link to a page of permission; those of its kind that the person had before serve no longer."""
        event = self._event
        state = await self._parts.store.states.open(
            self._portal.member_id,
            event.user.id,
            purpose,
            dialog_id=event.answer_to,
            bot_id=event.bot_id,
            language=language,
            now=self._parts.clock(),
        )
        label = self._parts.texts.say(language, _CONNECTS[purpose])
        return imbot.LinkButton(label, self._page_of_permission(purpose, state))

    def _page_of_permission(self, purpose: Purpose, state: str) -> str:
        settings = self._parts.settings
        if purpose == "bitrix24":
            query = urlencode({"client_id": settings.client_id, "state": state})
            return f"{settings.portal_url}/oauth/authorize/?{query}"
        if settings.cronofy is None:
            raise CronofyNotSetUp
        return authorize_url(settings.cronofy, settings.cronofy_url, state)

    async def _ask(self, reply: Reply, language: str) -> list[imbot.Button]:
        """Keep the question, and return the buttons that answer it."""
        event, texts, store = self._event, self._parts.texts, self._parts.store
        key = await store.questions.ask(
            self._portal.member_id,
            event.user.id,
            event.answer_to,
            tuple((call.name, call.words) for call in reply.asks),
            language=language,
            asked_at=int(self._parts.clock()),
            asked_by=event.key,
            confirms=not reply.suggests,
        )
        # A "yes" that was written before the question does not answer it, however late it arrives.
        self._at_end.append(store.order.carrying_out(self._portal.member_id, event.user.id, QUESTION, place_of(event)))
        command = self._parts.manifest.app.button_command
        yes, no = reply.agrees or texts.say(language, "confirm.button-yes"), texts.say(language, "confirm.button-no")
        return [
            imbot.Button(yes, command, f"confirm {key}", primary=True),
            imbot.Button(no, command, f"dismiss {key}"),
        ]
