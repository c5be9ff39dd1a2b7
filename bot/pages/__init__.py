"""The pages that browsers are sent to with a code: `GET /bitrix24` (contract B.1) and `GET /cronofy`.

Whoever opens one may be anybody, so they believe nothing but what the authorization server says about the code, and tell nothing but
what the person has to do next. What a code brought and the news for the person are stored in one transaction: a kill leaves either
nothing of it or all of it.
"""

from bot.pages.bitrix24 import Bitrix24Page
from bot.pages.cronofy import CronofyPage

__all__ = ["Bitrix24Page", "CronofyPage"]
