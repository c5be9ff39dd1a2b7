"""`imbot.v2.Bot.*`, `.Revision.get` and `.Event.get` (contract D.1, E.8)."""

from datetime import UTC, datetime

from bot.emulator.answers import RestError
from bot.emulator.bodies_v2 import EVENTS
from bot.emulator.bots import Bot
from bot.emulator.event_auth import Actor
from bot.emulator.imbot import BotHouse
from bot.emulator.methods import Caller, Method, camel_keys
from bot.emulator.people import describe
from bot.emulator.php import INT_MAX, Json, Params, is_yes, mapping, to_int, to_text
from bot.emulator.subscriptions import callback_error

MOST_BOTS = 100
LONGEST_PAGE = 1000
REBIND_REVISION = 35  # from here on a changed address replaces the old one
TYPES = frozenset({"bot", "supervisor", "personal", "openline", "network"})
_BACKGROUNDS = frozenset("azure mint steel slate teal cornflower sky peach frost".split())
_SWITCHES = {"isHidden": "hidden", "isReactionsEnabled": "reactions", "isSupportOpenline": "support_openline"}


def own_bot(house: BotHouse, caller: Caller, params: Params) -> Bot:
    """Return the bot that a call is about; any token of its application will do, whoever the person is.

    Raises:
        RestError: `BOT_ID_REQUIRED`, `BOT_NOT_FOUND`, `BOT_OWNERSHIP_ERROR`.
    """
    bot_id = to_int(params.get("botId"))
    if bot_id <= 0:
        raise RestError(400, "BOT_ID_REQUIRED", "Bot id is not specified")
    bot = house.bots.by_id.get(bot_id)
    if bot is None:
        raise RestError(400, "BOT_NOT_FOUND", "Bot not found")
    if bot.app is not caller.app:
        raise RestError(400, "BOT_OWNERSHIP_ERROR", "Bot was installed by another rest application")
    return bot


class BotsV2:
    """Bots as v2 registers and shows them."""

    def __init__(self, house: BotHouse) -> None:
        """Act on `house`."""
        self._house = house

    def methods(self) -> list[Method]:
        runs = {
            "Revision.get": self._revision,
            "Bot.register": self._register,
            "Bot.update": self._update,
            "Bot.unregister": self._unregister,
            "Bot.get": self._get,
            "Bot.list": self._list,
            "Event.get": self._events,
        }
        return [Method(f"imbot.v2.{name}", "imbot", run) for name, run in runs.items()]

    def _revision(self, _caller: Caller, _params: Params) -> Json:
        return {"rest": self._house.options.revision, "web": 131, "mobile": 23, "desktop": 6}

    def _register(self, caller: Caller, params: Params) -> Json:
        """Create a bot, or return the one with this code exactly as it is (contract D.1)."""
        fields = camel_keys(mapping(camel_keys(params).get("fields")))
        code = to_text(fields.get("code"))
        if not code:
            raise RestError(400, "BOT_CODE_REQUIRED", "Bot code is not specified")
        known = self._house.bots.by_code(code)
        if known is None:
            return self._shown(self._create(caller, code, fields))
        if known.app is not caller.app:
            raise RestError(400, "BOT_CODE_ALREADY_TAKEN", "Bot with this code already exists")
        return self._shown(known)

    def _create(self, caller: Caller, code: str, fields: Params) -> Bot:
        properties = camel_keys(mapping(fields.get("properties")))
        if not to_text(properties.get("name")):
            raise RestError(400, "BOT_PROPERTIES_REQUIRED", "Bot properties are not specified")
        if to_text(fields.get("type")) not in TYPES | {""}:
            raise RestError(400, "BOT_INVALID_TYPE", "Wrong bot type")
        mode = _mode(fields) or "fetch"
        url = _webhook(fields)
        if mode == "webhook" and url is None:
            raise RestError(400, "BOT_WEBHOOK_URL_REQUIRED", "Webhook address is not specified")
        if len(self._house.bots.of_app(caller.app)) >= MOST_BOTS:
            raise RestError(400, "BOT_LIMIT_EXCEEDED", "Too many bots")
        names = {key: to_text(properties.get(key)) for key in ("name", "lastName", "workPosition")}
        bot = self._house.add(
            caller, code, api="v2", name=names["name"], last_name=names["lastName"], position=names["workPosition"]
        )
        bot.type = to_text(fields.get("type")) or "bot"
        bot.event_mode = mode
        _apply(bot, fields)
        if url is not None and mode == "webhook":
            self._house.bind(bot, dict.fromkeys(EVENTS, url), keep_old=False)
        return bot

    def _update(self, caller: Caller, params: Params) -> Json:
        params = camel_keys(params)
        bot = own_bot(self._house, caller, params)
        fields = camel_keys(mapping(params.get("fields")))
        mode, url = _mode(fields), _webhook(fields)
        _apply(bot, fields)
        user = self._house.bots.users[bot.id]
        properties = camel_keys(mapping(fields.get("properties")))
        user.name = to_text(properties.get("name")) or user.name
        if "lastName" in properties:
            user.last_name = to_text(properties["lastName"])
        if "workPosition" in properties:
            user.work_position = to_text(properties["workPosition"])
        self._rebind(bot, mode, url)
        return self._shown(bot)

    def _rebind(self, bot: Bot, mode: str | None, url: str | None) -> None:
        """Change where events go. Old revisions want both fields and leave the old address subscribed."""
        recent = self._house.options.revision >= REBIND_REVISION
        if mode is None and (url is None or not recent):
            return
        if mode is not None and mode != bot.event_mode:
            bot.log.clear()
        bot.event_mode = mode or bot.event_mode
        bot.api = "v2"
        urls = dict.fromkeys(EVENTS, url) if url is not None and bot.event_mode == "webhook" else {}
        keep_old = not recent or len(self._house.bots.of_app(bot.app)) > 1
        self._house.bind(bot, {event: address for event, address in urls.items() if address}, keep_old=keep_old)

    def _unregister(self, caller: Caller, params: Params) -> Json:
        bot = own_bot(self._house, caller, camel_keys(params))
        self._house.remove(bot, Actor(caller.user.id, self._house.options.event_auth))
        return {"result": True}

    def _get(self, caller: Caller, params: Params) -> Json:
        params = camel_keys(params)
        if params.get("code"):
            known = self._house.bots.by_code(to_text(params["code"]))
            params = {"botId": known.id if known else INT_MAX}
        return self._shown(own_bot(self._house, caller, params))

    def _list(self, caller: Caller, params: Params) -> Json:
        params = camel_keys(params)
        limit = to_int(params.get("limit")) or 50
        offset = to_int(params.get("offset"))
        wanted = to_text(mapping(params.get("filter")).get("type"))
        bots = [bot for bot in self._house.bots.of_app(caller.app) if wanted in {"", bot.type}]
        page = bots[offset : offset + limit]
        return {
            "bots": [self._described(bot) for bot in page],
            "users": [describe(self._house.bots.users[bot.id], self._house.options) for bot in page],
            "hasNextPage": len(bots) > offset + limit,
        }

    def _shown(self, bot: Bot) -> Json:
        user = describe(self._house.bots.users[bot.id], self._house.options)
        return {"bot": self._described(bot), "users": [user]}

    def _described(self, bot: Bot) -> dict[str, Json]:
        chats = [chat for chat in self._house.messenger.chats.values() if bot.id in chat.members]
        older: dict[str, Json] = {"appId": str(bot.app.id)} if self._house.options.revision < REBIND_REVISION else {}
        return {
            "id": bot.id,
            "code": bot.code,
            "type": bot.type,
            "isHidden": bot.hidden,
            "isSupportOpenline": bot.support_openline,
            "isReactionsEnabled": bot.reactions,
            "backgroundId": bot.background,
            "language": self._house.options.language,
            "moduleId": "rest",
            "eventMode": bot.event_mode,
            "countMessage": bot.messages,
            "countCommand": bot.fired,
            "countChat": sum(not chat.private for chat in chats),
            "countUser": sum(chat.private for chat in chats),
            **older,
        }

    def _events(self, caller: Caller, params: Params) -> Json:
        """Page through a fetch-mode bot's events: real types, the full bot, no tokens at all."""
        params = camel_keys(params)
        bot = own_bot(self._house, caller, params)
        limit = min(max(to_int(params.get("limit")) or 100, 1), LONGEST_PAGE)
        page, next_offset, has_more = self._house.bots.fetch(bot, to_int(params.get("offset")), limit)
        events: list[Json] = [
            {
                "eventId": event.id,
                "type": event.type,
                "date": datetime.fromtimestamp(int(event.at), UTC).isoformat(),
                "data": {"bot": self._described(bot), **event.data},
            }
            for event in page
        ]
        return {"events": events, "nextOffset": next_offset, "hasMore": has_more}


def _mode(fields: Params) -> str | None:
    mode = to_text(fields.get("eventMode"))
    if mode not in {"", "fetch", "webhook"}:
        raise RestError(400, "BOT_INVALID_EVENT_MODE", "Wrong event mode")
    return mode or None


def _webhook(fields: Params) -> str | None:
    url = to_text(fields.get("webhookUrl"))
    if url and callback_error(url):
        raise RestError(400, "BOT_INVALID_CALLBACK", "Wrong handler URL")
    return url or None


def _apply(bot: Bot, fields: Params) -> None:
    for name, attribute in _SWITCHES.items():
        if name in fields:
            setattr(bot, attribute, is_yes(fields[name]))
    if "backgroundId" in fields:
        background = to_text(fields["backgroundId"])
        bot.background = background if background in _BACKGROUNDS else None
