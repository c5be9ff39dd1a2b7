"""The first thing a person hears from the bot, when they open it or add it to a group."""

from bot import events
from bot.admission import is_served
from bot.bitrix24.methods import imbot
from bot.parts import Parts
from bot.speech import Address, Speech
from bot.store import Portal

# Commands behind the buttons: what most people come for.
_OFFERS = ("meetings", "invitations", "help")


async def greet(parts: Parts, joined: events.ChatJoined, portal: Portal) -> str:
    """Say what the bot is for, with buttons to try it; return what became of it."""
    user = joined.user
    if not is_served(user, allow_extranet=parts.settings.allow_extranet):
        return "ignored: outsider"
    person = await parts.store.people.find(portal.member_id, user.id)
    wanted = (person.language, joined.language, parts.settings.language)
    language = next(one for one in wanted if one in parts.manifest.app.languages)
    key = "help.greeting" if joined.private else "help.greeting-in-group"
    buttons = [
        imbot.Button(
            parts.texts.say(language, f"help.button-{command}"),
            parts.manifest.app.button_command,
            f"{command} @{language}",
            once=False,
        )
        for command in _OFFERS
    ]
    to = Address(joined.bot_id, user.id, joined.api, joined.answer_to)
    said = await Speech(parts, portal, to).say(parts.texts.say(language, key), buttons)
    return "done" if said else "unanswered"
