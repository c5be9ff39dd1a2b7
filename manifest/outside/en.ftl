# How an event outside Bitrix24 is named. In a group nothing of it is shown.
at-time = “{ $title }” in “{ $calendar }”, { DAY($start, $now) }, { CLOCK($start) } ({ $zone })
on-day = “{ $title }” in “{ $calendar }”, { DAY($start, $now) }, all day
nameless = a meeting outside Bitrix24
removed-by-declining = { $meeting } (declining removes it from “{ $calendar }” for good)

# On its way: the calendar has not shown it yet.
sent-accepted = Sent, not confirmed yet: you are going to { $meeting }. I change this message as soon as the calendar shows it.
sent-tentative = Sent, not confirmed yet: you may come to { $meeting }. I change this message as soon as the calendar shows it.
sent-declined = Sent, not confirmed yet: you are not going to { $meeting }. I change this message as soon as the calendar shows it.
unsure = Cronofy does not say whether your answer has arrived: { $meeting }. I keep looking, send it again if need be, and change this message as soon as I know.
waiting = Not confirmed yet.
not-confirmed = I sent your answer, but the calendar does not show it: { $meeting }. Please look at it there.
not-known = I do not know whether your answer has arrived; the calendar does not show it: { $meeting }. Please look at it there.
lost = I can no longer see whether your answer has arrived: { $meeting }. Please look at your calendar.

accepted = You are going: { $meeting }.
tentative = You may come: { $meeting }.
declined = You are not going: { $meeting }.
removed = You are not going, and it is gone from your calendar: { $meeting }.
already-accepted = You have already accepted, nothing changed: { $meeting }.
already-tentative = You have already answered “maybe”, nothing changed: { $meeting }.
already-declined = You have already declined, nothing changed: { $meeting }.

status-needs_action = You have not answered yet: { $meeting }.
status-accepted = You have accepted: { $meeting }.
status-tentative = You have answered “maybe”: { $meeting }.
status-declined = You have declined: { $meeting }.
status-unknown = The calendar does not tell your answer: { $meeting }.

# Questions before an answer, and the buttons that give it.
removing-ask = Decline { $meeting }? That calendar removes what is declined, for good: you could not change your mind any more.
moved-ask-accepted = This has moved since I showed it: { $meeting }. Accept it all the same?
moved-ask-tentative = This has moved since I showed it: { $meeting }. Answer “maybe” all the same?
moved-ask-declined = This has moved since I showed it: { $meeting }. Decline it all the same?
accept-button = Accept
maybe-button = Maybe
decline-button = Decline

# Refusals.
unknown = I no longer know which meeting that was, so I changed nothing. Write “meetings” for a fresh list.
gone = It is not in your calendar any more, so nothing changed: { $meeting }.
removed-for-good = Declining has removed it from your calendar for good, so I cannot bring it back: { $meeting }.
superseded = This message reached me late: you have answered { $meeting } since then, and I kept that.
answered-since = You have answered this otherwise since: { $meeting }.
changed-since = You have changed your answer since, and I kept that: { $meeting }.
no-reset = Outside Bitrix24 an answer cannot be taken back, so nothing changed: { $meeting }. You can accept it, decline it, or answer “maybe”.
refused = Your answer was not taken: { $meeting }. { $why }
barred-deleted = It is not in your calendar any more, so nothing changed: { $meeting }.
barred-cancelled = It was cancelled, so there is nothing to answer: { $meeting }.
barred-over = It is over, so I changed nothing: { $meeting }.
barred-calendar-gone = Cronofy does not show me its calendar any more, so I cannot answer { $meeting }.
barred-disconnected = Your calendar does not let Cronofy in at the moment, so I cannot answer { $meeting }. Please connect it again at Cronofy, or answer in the calendar.
barred-managed = An application put this into your calendar, so it takes no answer from me: { $meeting }. Please answer it there.
barred-read-only = That calendar can only be read, so I cannot answer { $meeting }. Please answer it there, if you may.
barred-not-invited = Nobody has invited you to { $meeting }, so there is nothing to answer.
barred-not-offered = That calendar takes no answer to this from me: { $meeting }. Please answer it there.

# Why a row of a list has no buttons.
why-deleted = gone
why-cancelled = cancelled
why-over = over
why-calendar-gone = calendar gone
why-disconnected = not connected
why-managed = answer it there
why-read-only = read only
why-not-invited = own entry
why-not-offered = answer it there

# The same in a few words, for when many meetings are answered together.
brief = “{ $title }”, { DAY($start, $now) }, { CLOCK($start) }
sent-accepted-short = Sent, not confirmed: going to { $meeting }.
sent-tentative-short = Sent, not confirmed: maybe to { $meeting }.
sent-declined-short = Sent, not confirmed: not going to { $meeting }.
unsure-short = Not certain yet: { $meeting }.
not-known-short = Please check: { $meeting }.
not-confirmed-short = Please check: { $meeting }.
accepted-short = You are going: { $meeting }.
tentative-short = You may come: { $meeting }.
declined-short = You are not going: { $meeting }.
removed-short = Declined and gone: { $meeting }.
already-accepted-short = Already accepted: { $meeting }.
already-tentative-short = Already “maybe”: { $meeting }.
already-declined-short = Already declined: { $meeting }.
status-needs_action-short = Not answered: { $meeting }.
status-accepted-short = Accepted: { $meeting }.
status-tentative-short = “Maybe”: { $meeting }.
status-declined-short = Declined: { $meeting }.
status-unknown-short = Answer not told: { $meeting }.
removing-ask-short = Decline for good: { $meeting }?
moved-ask-accepted-short = Moved; accept { $meeting }?
moved-ask-tentative-short = Moved; maybe to { $meeting }?
moved-ask-declined-short = Moved; decline { $meeting }?
gone-short = Not there any more: { $meeting }.
removed-for-good-short = Removed for good: { $meeting }.
superseded-short = Answered since: { $meeting }.
answered-since-short = Answered since: { $meeting }.
changed-since-short = Changed since: { $meeting }.
no-reset-short = Cannot be taken back: { $meeting }.
refused-short = Not taken: { $meeting }.
barred-deleted-short = Not there any more: { $meeting }.
barred-cancelled-short = Cancelled: { $meeting }.
barred-over-short = Over: { $meeting }.
barred-calendar-gone-short = Calendar is gone: { $meeting }.
barred-disconnected-short = Calendar is not connected: { $meeting }.
barred-managed-short = Please answer there: { $meeting }.
barred-read-only-short = Can only be read: { $meeting }.
barred-not-invited-short = Own entry: { $meeting }.
barred-not-offered-short = Please answer there: { $meeting }.

answer-outside-title = Answer a meeting outside Bitrix24
answer-outside-params = which meeting
reset-outside-title = Why an answer outside Bitrix24 stays
reset-outside-params = which meeting
status-outside-title = Show your answer outside Bitrix24
status-outside-params = which meeting
restore-outside-title = Restore an answer outside Bitrix24
restore-outside-params = which meeting
confirm-outside-title = Look whether an answer has arrived
confirm-outside-params = which meeting
about = answer invitations in calendars outside Bitrix24
