"""What the portal knows of our application, asked with the installer's token: two requests in all."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from bot.bitrix24.answers import BatchAnswer
from bot.bitrix24.methods import app, imbot
from bot.bitrix24.rest import Command
from bot.bitrix24.sync import UNINSTALLED, differences
from bot.check.report import REINSTALL, SYNC, Report, in_words
from bot.dispatch import wanted
from bot.errors import BitrixError, MethodMissing, NotConnected
from bot.service import Core
from bot.store import Portal

_DRIFT_S = 60


class Installation:
    """Examines one installation."""

    def __init__(self, report: Report, core: Core, portal: Portal) -> None:
        self._report = report
        self._parts = core.parts
        self._portal = portal
        self._caller = core.bitrix24.as_user(portal, portal.installer_id)
        self._wanted = wanted(core.parts.settings, core.parts.manifest, core.parts.texts)

    async def examine(self) -> None:
        if not self._parts.settings.admits(self._portal.member_id):
            self._report.problem(f"STATUSBOT_MEMBER_ID is not that of the installed portal: correct it, or {REINSTALL}")
        try:
            with self._asking("batch"):
                answers = await self._caller.batch(self._questions())
        except (BitrixError, NotConnected) as error:
            self._report.problem(in_words(error))
        else:
            self._clock(answers)
            if self._application(answers):
                self._scopes(answers)
                await self._bot(answers)
                self._events(answers)
            return
        self._report.skipped("clock, scopes, bot, commands, events: they need what is wrong above")

    def _asking(self, method: str) -> AbstractContextManager[None]:
        return self._report.asking(f"{self._parts.settings.portal_url}/rest/{method}")

    def _questions(self) -> Mapping[str, Command]:
        questions = {
            "time": Command("server.time", {}),
            "app": Command("app.info", {}),
            "scopes": Command("scope", {}),
            "events": Command("event.get", {}),
            "bots": Command("imbot.bot.list", {}),
        }
        if self._wanted.bot_api != "v1":
            questions["bot"] = Command("imbot.v2.Bot.get", {"code": self._wanted.profile.code})
        return questions

    def _answer(self, answers: BatchAnswer, key: str) -> Any:
        """Return the answer to a question; None after a refusal, which is reported."""
        error = answers.error_of(key)
        if error is None:
            return answers[key]
        error.method = self._questions()[key].method  # our key is all that a batch tells
        self._report.problem(in_words(error))
        return None

    def _clock(self, answers: BatchAnswer) -> None:
        told = self._answer(answers, "time")
        try:
            ahead_s = round(self._parts.clock() - datetime.fromisoformat(str(told)).timestamp())
        except ValueError:
            return
        if abs(ahead_s) <= _DRIFT_S:
            self._report.ok("clock agrees with the portal's")
            return
        self._report.problem(
            f"clock of this machine is {abs(ahead_s)} s {'ahead of' if ahead_s > 0 else 'behind'} the portal's: "
            "switch time synchronisation (NTP) on"
        )

    def _application(self, answers: BatchAnswer) -> bool:
        """Whether the token is one of the configured application, and that is in force."""
        told = self._answer(answers, "app")
        if not isinstance(told, dict):
            return False
        if told.get("CODE") != self._parts.settings.client_id:
            self._report.problem(
                "STATUSBOT_CLIENT_ID is not that of the installed application: copy it and the secret from the form again, "
                f"then {REINSTALL}"
            )
            return False
        if told.get("INSTALLED") in (False, "N"):
            self._report.problem(f"the installation was not finished: {REINSTALL}")
        if told.get("PAYMENT_EXPIRED") == "Y":
            self._report.problem("the portal's plan or trial has ended: an administrator has to renew it")
        self._report.ok(f"application is installed, the token of user {self._portal.installer_id} works")
        return True

    def _scopes(self, answers: BatchAnswer) -> None:
        granted = self._answer(answers, "scopes")
        if not isinstance(granted, list):
            return
        missing = [scope for scope in self._parts.manifest.scopes if scope not in granted]
        if not missing:
            self._report.ok(f"scopes are granted ({', '.join(self._parts.manifest.scopes)})")
            return
        self._report.problem(
            f"missing scope {', '.join(missing)}: tick it under Permissions in the form of the application, save, then {REINSTALL}"
        )

    # --- the bot

    async def _bot(self, answers: BatchAnswer) -> None:
        refused = answers.error_of("bot") if self._wanted.bot_api != "v1" else MethodMissing()
        if refused is None:
            await self._bot_v2(answers["bot"])
        elif isinstance(refused, MethodMissing) and self._wanted.bot_api == "v2":
            self._report.problem("the portal has no bot API v2: set STATUSBOT_BOT_API to auto")
        elif isinstance(refused, MethodMissing):
            self._bot_v1(answers)
        elif refused.code == "bot_not_found":
            self._report.problem(f"the bot is not registered at the portal: {SYNC}")
        elif refused.code == "bot_ownership_error":
            self._report.problem(
                f"the bot code {self._wanted.profile.code!r} belongs to another application: remove that one's bot, then {SYNC}"
            )
        else:
            self._answer(answers, "bot")

    async def _bot_v2(self, told: Any) -> None:
        bot = told.get("bot") if isinstance(told, dict) else None
        bot_id = str(bot.get("id")) if isinstance(bot, dict) else ""
        if not isinstance(bot, dict) or not self._is_ours(bot_id, "v2"):
            return
        if bot.get("eventMode") != "webhook":
            self._report.problem(f"the bot's events wait to be fetched instead of being sent: {SYNC}")
        try:
            with self._asking("imbot.v2.Command.list"):
                listed = await imbot.command_list(self._caller, int(bot_id))
        except BitrixError as error:
            self._report.problem(in_words(error))
            return
        if differing := differences(listed, self._wanted.commands):
            self._report.problem(f"commands differ from manifest/ ({', '.join(differing)}): {SYNC}")
        else:
            self._report.ok(f"commands are those of manifest/ ({len(listed)})")

    def _bot_v1(self, answers: BatchAnswer) -> None:
        told = self._answer(answers, "bots")
        bots = list(told.values()) if isinstance(told, dict) else told if isinstance(told, list) else []
        code = self._wanted.profile.code
        bot_id = next((str(bot.get("ID")) for bot in bots if isinstance(bot, dict) and bot.get("CODE") == code), "")
        if told is not None and self._is_ours(bot_id, "v1"):
            self._report.note("bot API v1 does not list commands: `statusbot sync` registers all of them each time")

    def _is_ours(self, bot_id: str, api: imbot.Api) -> bool:
        """Whether the portal has the bot, and our database knows it as the same."""
        if not bot_id.isdecimal():
            self._report.problem(f"the bot is not registered at the portal: {SYNC}")
            return False
        if (int(bot_id), api) != (self._portal.bot_id, self._portal.bot_api):
            self._report.problem(f"the bot {bot_id} (API {api}) is not the one that the database knows: {SYNC}")
            return False
        self._report.ok(f"bot {bot_id} is registered (API {api})")
        return True

    # --- subscriptions

    def _events(self, answers: BatchAnswer) -> None:
        told = self._answer(answers, "events")
        if told is None:
            return
        bound = [binding.handler for binding in app.bindings(told) if binding.event == UNINSTALLED]
        if bound == [self._wanted.events_url]:
            self._report.ok(f"events go to {self._wanted.events_url}")
            return
        where = ", ".join(bound) or "nowhere"
        self._report.problem(
            f"events go to {where} instead of {self._wanted.events_url} ({UNINSTALLED}): {SYNC}, and correct the addresses "
            "in the form of the application (`statusbot manifest`)"
        )
