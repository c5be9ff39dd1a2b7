# How a meeting is named. In a group only its number is shown.
number = meeting { $number }
number-and-title = meeting { $number } “{ $title }”
on-day = { $meeting }, { DAY($start, $now) }
at-time = { $meeting }, { DAY($start, $now) }, { CLOCK($start) } ({ $zone })
at-time-somewhere = { $meeting }, { DAY($start, $now) }, { CLOCK($start) } in the organiser's time zone
whole-series = { $meeting }, whole series
one-day = { $meeting }, one day of a series

accepted = You are going: { $meeting }.
declined = You are not going: { $meeting }.
undecided = Your answer is open again: { $meeting }.
already-accepted = You have already accepted, nothing changed: { $meeting }.
already-declined = You have already declined, nothing changed: { $meeting }.
already-undecided = You have not answered yet, nothing changed: { $meeting }.
reset-ask = Take back your answer to { $meeting }? The organiser will be told that you declined; Bitrix24 has no other word for it.
no-maybe = Bitrix24 knows no “maybe” and would tell the organiser that you declined, so nothing changed: { $meeting }. You can write “accept { $number }”, “decline { $number }”, or answer later.

status-yes = You have accepted: { $meeting }.
status-no = You have declined: { $meeting }.
status-open = You have not answered yet: { $meeting }.
status-host = You are the organiser: { $meeting }.

host = You are the organiser of { $meeting }, so there is no invitation to answer.
unavailable = I find no invitation of yours with the number { $number }. Please check the number; nothing changed.
superseded = This message reached me late: you have answered { $meeting } since then, and I kept that.
not-confirmed = I tried to set your answer, but Bitrix24 does not show it: { $meeting }. Please look at it in your calendar.

# Slash commands and help.
accept-title = Accept a meeting
accept-params = meeting number
decline-title = Decline a meeting
decline-params = meeting number
reset-title = Take back your answer
reset-params = meeting number
maybe-title = Why there is no “maybe”
maybe-params = meeting number
meeting-status-title = Show your answer to a meeting
meeting-status-params = meeting number
