"""The news that an account at Cronofy is connected: what it replaced is given back, its channel is opened, its person is told."""

from functools import partial

import structlog

from bot import events
from bot.bitrix24.methods import imbot
from bot.calendars import Say, describe_account
from bot.channels import Channels
from bot.cronofy.methods.identity import userinfo
from bot.cronofy.oauth import Cronofy
from bot.errors import CronofyError, NotLinked
from bot.parts import Parts
from bot.replies import Link
from bot.speech import Address, Speech
from bot.store import Portal
from bot.texts import Safe

log = structlog.get_logger()


async def tell_linked(parts: Parts, event: events.AccountLinked, portal: Portal) -> str:
    """Finish a connection that is stored already; return what became of it."""
    if parts.cronofy is None:
        return "ignored: Cronofy is not set up any more"
    say = partial(parts.texts.say, event.language)
    lines, links = await _news(parts.cronofy, event, say)
    if event.former:  # its events are none of the new one's
        await parts.store.externals.forget(event.portal, event.user_id)
        if not await _give_back(parts.cronofy, event):
            lines.append(say("cronofy.former-stays"))
    await Channels(parts.cronofy, parts.settings, parts.store).try_to_open(event.portal, event.user_id)
    to = Address(portal.bot_id or event.bot_id, event.user_id, "v2", event.dialog_id)
    buttons = [imbot.LinkButton(link.label, link.url) for link in links]
    return "done" if await Speech(parts, portal, to).say(Safe("\n".join(lines)), buttons) else "unanswered"


async def _news(cronofy: Cronofy, event: events.AccountLinked, say: Say) -> tuple[list[Safe], tuple[Link, ...]]:
    """Return what the person is told; less when Cronofy does not tell more, since the connection is there all the same."""
    try:
        identity = await userinfo(cronofy.as_account(event.portal, event.user_id))
    except NotLinked as error:  # forgotten or taken back meanwhile
        return [say(error.text)], ()
    except CronofyError as error:
        log.info("account.not-shown", reason=type(error).__name__)
        return [say("cronofy.done")], ()
    lines, links = describe_account(say, identity)
    return [say("cronofy.done"), *lines], links


async def _give_back(cronofy: Cronofy, event: events.AccountLinked) -> bool:
    """Give back the permission for the account that was replaced, unless somebody here has connected it since.

    Its tokens are gone, so it is named by its id, which is no secret and may wait in the inbox. Its channel goes with the permission.
    """
    if await cronofy.accounts.of_sub(event.portal, event.former) is not None:
        return True
    try:
        await cronofy.oauth.revoke_account(event.former)
    except CronofyError as error:
        log.warning("account.not-revoked", user_id=event.user_id, reason=type(error).__name__)
        return False
    return True
