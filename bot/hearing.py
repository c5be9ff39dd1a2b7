"""What a push of Cronofy leads to (contract of Cronofy, 8).

A push may be repeated, be late, or be replayed by whoever has got hold of it, so it never says what is true, only where to look.
Only the demand to delete acts by itself; it counts for the account whose channel it came through, which closes with the account
and whose id no later account has.
"""

from dataclasses import replace

import structlog

from bot import events
from bot.accounts import Account
from bot.cronofy.oauth import Cronofy
from bot.following import Following
from bot.inbox import Entry
from bot.parts import Parts
from bot.speech import Address, Speech
from bot.store import Portal

log = structlog.get_logger()


async def hear(parts: Parts, event: events.AccountChanged, portal: Portal) -> str:
    """Do what a push asks for; return what became of it."""
    if event.what == "erased":
        return await _tell_erased(parts, event, portal)
    if parts.cronofy is None:
        return "ignored: Cronofy is not set up any more"
    account = await parts.store.accounts.find(event.portal, event.user_id)
    if account is None or account.channel_id != event.channel_id:
        return "ignored: not through the channel of the account"
    match event.what:
        case "change" | "synced":
            return await Following(parts, portal).hurry(event.user_id)
        case "disconnected":  # Cronofy itself writes to the person; lists tell it, too
            log.info("account.login-disconnected", user_id=event.user_id)
        case "erasure":
            await _erase(parts, parts.cronofy, event, account, Following(parts, portal))
    return "done"


async def _erase(
    parts: Parts, cronofy: Cronofy, event: events.AccountChanged, account: Account, following: Following
) -> None:
    """Forget an account and all that is known through it; its person is told even if this is interrupted."""
    store = parts.store
    news = replace(event, what="erased")
    await parts.inbox.put(Entry(news.key, news.lane, events.dump(news), sent_at=news.sent_at))
    await store.states.close(event.portal, event.user_id, "cronofy")
    await store.externals.forget(event.portal, event.user_id)
    await store.lists.forget_all_of(event.portal, event.user_id)
    await cronofy.unlink(account)
    # What was on its way cannot be seen any more, and messages that name it say so.
    await following.hurry(event.user_id)
    await store.follow_ups.forget(event.portal, event.user_id)
    log.info("account.erased", user_id=event.user_id)


async def _tell_erased(parts: Parts, event: events.AccountChanged, portal: Portal) -> str:
    if portal.bot_id is None:
        return "unanswered"
    person = await parts.store.people.find(event.portal, event.user_id)
    wanted = (person.language, portal.language, parts.settings.language)
    language = next(one for one in wanted if one in parts.manifest.app.languages)
    to = Address(portal.bot_id, event.user_id, "v2", str(event.user_id))
    said = await Speech(parts, portal, to).say(parts.texts.say(language, "cronofy.erased"))
    return "done" if said else "unanswered"
