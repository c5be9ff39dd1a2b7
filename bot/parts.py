"""What carrying out events takes; built once for the whole service."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.bitrix24.oauth import Bitrix24
from bot.bitrix24.outbox import Outbox
from bot.context import Router
from bot.cronofy.oauth import Cronofy
from bot.grammar import Grammar
from bot.inbox import Inbox
from bot.manifest import Manifest
from bot.metrics import Metrics
from bot.settings import Settings
from bot.store import Store
from bot.texts import Texts
from bot.times import Times


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    settings: Settings
    manifest: Manifest
    texts: Texts
    grammar: Grammar
    times: Times
    router: Router
    store: Store
    inbox: Inbox
    bitrix24: Bitrix24
    outbox: Outbox
    cronofy: Cronofy | None
    metrics: Metrics
    clock: Callable[[], float] = time.time
