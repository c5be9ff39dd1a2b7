"""What babel loads with a language and is never said here: 5 MB, which it would keep for as long as the process lives.

Plural rules, numbers, days and months stay. What is forgotten here is not loaded again: whoever asks babel for it gets a KeyError or nothing.
"""

from typing import Any, Final, cast

from babel import Locale, localedata
from babel.core import get_global

# Of every language: names of units, currencies, time zones, languages and places, short numbers, spans of dates.
_UNSAID = (
    "unit_patterns", "unit_display_names", "compound_unit_patterns", "currency_names", "currency_names_plural",
    "currency_symbols", "compact_currency_formats", "compact_decimal_formats", "time_zones", "meta_zones", "languages",
    "scripts", "territories", "variants", "date_fields", "interval_formats",
)  # fmt: skip
# Of the world: what is spoken and paid where, and which zones lie there.
_UNASKED: Final = (
    "territory_languages", "territory_currencies", "all_currencies", "territory_zones", "zone_territories", "zone_aliases",
    "meta_zones", "windows_zone_mapping",
)  # fmt: skip


def locale_of(language: str) -> Locale:
    """Return a language by the name of its locale, and forget the rest.

    Raises:
        UnknownLocaleError, ValueError: there is no such language.
    """
    locale = Locale.parse(language, sep="-")
    for name in ("root", str(locale)):
        data = localedata.load(name)
        for unsaid in _UNSAID:
            data.pop(unsaid, None)
    for unasked in _UNASKED:
        cast("dict[str, Any]", get_global(unasked)).clear()
    return locale
