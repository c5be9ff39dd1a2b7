"""Until when a presence shall last, as people write it: "for 45m", "до завтра 9:00"; pure.

times = Times.load(folder, languages)     the words of manifest/times.toml, checked
expression = times.read("until 17:00")    what was said, without a clock or a zone
expression.ends(now=..., zone=..., day_end=..., meetings=...)   the instant, or the reason why there is none

Certain or not at all: what has two meanings, or one word too many, is asked about. In particular a number alone, a time of
day without "until", a day without a time, a bare hour that may be the morning's or the evening's, "5.11" and
"3/4", and a time that the zone's clocks show twice or skip. Today's time that has passed never becomes tomorrow's.

A length is elapsed time: a day is 24 hours, whatever the clocks do meanwhile. A month counts as 30 days and a year as 365;
both are refused as too far, but are told apart from what is no length. Nothing may last longer than 7 days.

A meeting is known by when it is, and by nothing else: the one that runs, the one that begins next. Two that would end at
different times are asked about, and "until my meeting" always is, which may mean its beginning.

No library reads texts here: those that do guess, such as the year in "12 345", a clock in "1h30", a date in "march".
"""

from bot.times.expression import LONGEST, Expression, Meeting, Reason, TimeUnclear, Which
from bot.times.reading import Times

__all__ = ["LONGEST", "Expression", "Meeting", "Reason", "TimeUnclear", "Times", "Which"]
