"""What the contract leaves open, and what differs between providers: each variant behind a switch."""

from dataclasses import dataclass
from typing import Literal, TypedDict
from urllib.parse import urlsplit


class OptionValues(TypedDict, total=False):
    """Keyword form of `Options`."""

    api_origin: str
    app_origin: str
    access_life_s: int
    withheld_scopes: frozenset[str]
    rotating_refresh: bool
    page_size: int
    page_life_s: float
    stale_page: Literal[404, 410]
    last_page: Literal["missing", "empty"]
    next_page_origin: str
    answer_delay_s: float
    writes_apply: bool
    decline_deletes: frozenset[str]
    series_answered: bool
    refused_as: Literal["forbidden", "unprocessable"]
    push_own_answers: bool


@dataclass(slots=True)
class Options:
    """Settings of one data centre; may be changed while it runs."""

    api_origin: str = "https://api.cronofy.com"
    app_origin: str = "https://app.cronofy.com"  # of the pages in the browser; may be the same
    access_life_s: int = 3600
    withheld_scopes: frozenset[str] = frozenset()  # asked for and not granted (2.2)
    rotating_refresh: bool = False  # a refresh token serves once (11 i)
    page_size: int = 50  # events on a page (11 g)
    page_life_s: float = 300.0  # (11 g)
    stale_page: Literal[404, 410] = 410  # what a page that is no longer kept answers (4.2)
    last_page: Literal["missing", "empty"] = "missing"  # how the last page spells `next_page` (4.2)
    next_page_origin: str = ""  # where `next_page` leads; empty: to the API, as it should
    answer_delay_s: float = 3.0  # from 202 to the event, by Cronofy's clock (11 b)
    writes_apply: bool = True  # False: providers refuse what was accepted with 202, and nobody says so (5.2)
    decline_deletes: frozenset[str] = frozenset({"exchange", "office365"})  # provider_service (5.3; Outlook.com: 11 e)
    series_answered: bool = False  # an answer to one occurrence is one to the whole series (11 d)
    refused_as: Literal["forbidden", "unprocessable"] = "forbidden"  # read-only calendar, flag false: 403 or 422 (11 a)
    push_own_answers: bool = False  # (11 c)

    @property
    def hosts(self) -> tuple[str, str]:
        """Return the hosts of API and pages."""
        return urlsplit(self.api_origin).netloc, urlsplit(self.app_origin).netloc
