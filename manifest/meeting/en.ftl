# How a meeting is named. In a group only its number is shown.
number = meeting { $number }
number-and-title = meeting { $number } “{ $title }”
on-day = { $meeting }, { DAY($start, $now) }
at-time = { $meeting }, { DAY($start, $now) }, { CLOCK($start) } ({ $zone })
at-clock = { $meeting }, { CLOCK($start) } ({ $zone })
every-day = { $meeting }
at-time-somewhere = { $meeting }, { DAY($start, $now) }, { CLOCK($start) } in the organiser's time zone
whole-series = { $meeting }, whole series
one-day = { $meeting }, one day of a series

accepted = You are going: { $meeting }.
declined = You are not going: { $meeting }.
declined-series = You are not going: { $meeting }. Bitrix24 lets me answer a series only as a whole; a single day can be declined in the calendar.
undecided = Your answer is open again: { $meeting }.
already-accepted = You have already accepted, nothing changed: { $meeting }.
already-declined = You have already declined, nothing changed: { $meeting }.
already-undecided = You have not answered yet, nothing changed: { $meeting }.
reset-ask = Take back your answer to { $meeting }? The organiser will be told that you declined; Bitrix24 has no other word for it.
no-maybe = Bitrix24 knows no “maybe” and would tell the organiser that you declined, so nothing changed there: { $meeting }. You can write “accept { $number }”, “decline { $number }”, or answer later.

status-yes = You have accepted: { $meeting }.
status-no = You have declined: { $meeting }.
status-open = You have not answered yet: { $meeting }.
status-host = You are the organiser: { $meeting }.

host = You are the organiser of { $meeting }, so there is no invitation to answer.
unavailable = I find no invitation of yours with the number { $number }. Please check the number; nothing changed.
superseded = This message reached me late: you have answered { $meeting } since then, and I kept that.
not-confirmed = I tried to set your answer, but Bitrix24 does not show it: { $meeting }. Please look at it in your calendar.

other-days-stay = The other days of the series stay accepted.
changed-days-stay = Days of it that were moved or changed stay accepted.
changed-since = You have changed your answer since, and I kept that: { $meeting }.

# Questions before an answer, and their buttons.
accept-ask = Accept { $meeting }?
accept-button = Accept { $number }
accept-ask-short = Accept { $meeting }?
maybe-ask = Answer “maybe” to { $meeting }?
maybe-button = Maybe
maybe-ask-short = Maybe to { $meeting }?
decline-ask = Decline { $meeting }?
decline-button = Decline { $number }
decline-ask-short = Decline { $meeting }?
ask-in-both = { $question } In Bitrix24 it is { $meeting }.
ask-in-both-short = { $question } (Bitrix24: { $number })

# The same answers in a few words, for when many meetings are answered together.
brief = { $number } “{ $title }”
unavailable-short = No invitation: { $number }.
accepted-short = You are going: { $meeting }.
declined-short = You are not going: { $meeting }.
undecided-short = Open again: { $meeting }.
already-accepted-short = Already accepted: { $meeting }.
already-declined-short = Already declined: { $meeting }.
already-undecided-short = Not answered yet: { $meeting }.
reset-ask-short = Tell “declined”: { $meeting }?
no-maybe-short = No “maybe” here: { $meeting }.
status-yes-short = Accepted: { $meeting }.
status-no-short = Declined: { $meeting }.
status-open-short = Not answered: { $meeting }.
status-host-short = You organise it: { $meeting }.
host-short = You organise it: { $meeting }.
superseded-short = Answered since: { $meeting }.
changed-since-short = Changed since: { $meeting }.
not-confirmed-short = Please check: { $meeting }.

# Slash commands and help.
accept-title = Accept a meeting
accept-params = which meeting
decline-title = Decline a meeting
decline-params = which meeting
reset-title = Take back your answer
reset-params = which meeting
maybe-title = Answer “maybe”, where the calendar knows that
maybe-params = which meeting
meeting-status-title = Show your answer to a meeting
meeting-status-params = which meeting
accept-which-title = Choose an invitation to accept
decline-which-title = Choose an invitation to decline
restore-answer-title = Restore an answer
restore-answer-params = which meeting
about = answer an invitation
