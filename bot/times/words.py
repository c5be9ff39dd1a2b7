"""manifest/times.toml: the words of times, a table per language."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, NoReturn

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from bot.errors import ManifestError
from bot.times.expression import Which

FILE = "times.toml"


def _sayable(phrase: str) -> str:
    """Refuse what no text could match after it was normalised."""
    if not phrase or phrase != " ".join(phrase.split()) or phrase != phrase.casefold() or "\u0451" in phrase:
        raise ValueError(f"{phrase!r} must be lower case with single spaces, and ie for Cyrillic io")
    return phrase


Phrase = Annotated[str, AfterValidator(_sayable)]
Phrases = tuple[Phrase, ...]
Hour = Annotated[int, Field(ge=0, le=35)]
Unit = Annotated[timedelta, Field(gt=timedelta())]  # in the file as ISO 8601 writes it


@dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Words:
    """One language; an empty list says that the language has no such words.

    Attributes:
        until: Before a point in time.
        lasting: Before a length.
        about: May stand before a length and leaves it as it is.
        more: May stand between a number and its unit and changes nothing.
        of: May stand between a part and its unit.
        articles: Count as one before a unit, and as nothing behind a part.
        joiners: Between the terms of a length, and between a number and a part.
        numbers: In words; tens join with the ones behind them.
        parts: Parts of a whole, such as a half.
        alone: Units that mean one when no number precedes them.
        at: May stand before a time of day.
        on: May stand before a day.
        oclock: May stand behind an hour.
        ordinals: Endings of the number of a day.
        of_month: May stand between the number of a day and its month.
        noon: 12:00.
        midnight: 0:00 at either end of a day.
        day_end: The end of the working day, with or without a word of `until` or `lasting`.
        end_of: Between a word of `until` and a meeting: its end.
        over: Behind a word of `until` and a meeting: likewise.
        during: Before a meeting: as long as it lasts.
        meetings: What a meeting is called there, and which one that is.
        units: How long one is.
        hours: Words behind an hour; first and last hour that they go with, from 24 on those of the following day.
        days: Names of days as seen from today, and how far away they are.
        weekdays: From 1 for Monday to 7 for Sunday.
        months: From 1 to 12.
        vague: Words of what has to be asked about: they name a time, and leave it open.
        same: Forms of words that stand in the other lists; replaced before anything else.
    """

    until: Phrases
    lasting: Phrases
    about: Phrases
    more: Phrases
    of: Phrases
    articles: Phrases
    joiners: Phrases
    numbers: Mapping[Phrase, Annotated[float, Field(ge=1, lt=100)]]
    parts: Mapping[Phrase, Annotated[float, Field(gt=0, lt=1)]]
    alone: Phrases
    at: Phrases
    on: Phrases
    oclock: Phrases
    ordinals: Phrases
    of_month: Phrases
    noon: Phrases
    midnight: Phrases
    day_end: Phrases
    end_of: Phrases
    over: Phrases
    during: Phrases
    meetings: Mapping[Phrase, Which]
    units: Mapping[Phrase, Unit]
    hours: Mapping[Phrase, tuple[Hour, Hour]]
    days: Mapping[Phrase, Annotated[int, Field(ge=0)]]
    weekdays: Mapping[Phrase, Annotated[int, Field(ge=1, le=7)]]
    months: Mapping[Phrase, Annotated[int, Field(ge=1, le=12)]]
    vague: Phrases
    same: Mapping[Phrase, Phrase]


def load(folder: Path, languages: Iterable[str]) -> dict[str, Words]:
    """Read and check the words of `languages` in manifest/.

    Raises:
        ManifestError: The file is missing, unreadable, incomplete or contradicts itself.
    """
    file = folder / FILE
    try:
        tables = TypeAdapter(dict[str, Words]).validate_python(tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        _fail(file, "is missing")
    except ValidationError as error:
        first = error.errors()[0]
        _fail(file, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        _fail(file, str(error))
    for language in (wanted := tuple(languages)):
        if language not in tables:
            _fail(file, f"has no table for the language {language}")
        if unknown := set(tables[language].alone) - tables[language].units.keys():
            _fail(file, f"{language}.alone: there is no unit {min(unknown)!r}")
    return {language: tables[language] for language in wanted}


def _fail(file: Path, reason: str) -> NoReturn:
    raise ManifestError(f"{file}: {reason}")
