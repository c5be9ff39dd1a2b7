# Above a list; { $zone } is the person's time zone.
heading-week = Your next 7 days, times in { $zone }:
heading-today = Today, times in { $zone }:
heading-tomorrow = Tomorrow, times in { $zone }:
heading-invitations = Invitations that wait for your answer, times in { $zone }:
heading-unanswered = Several invitations wait for your answer, times in { $zone }. Press a button, or write for example “{ $word } #1”:
heading-which = Which one do you mean? Times in { $zone }. Press a button, or write for example “{ $word } #1”:
heading-in-group = Only numbers here, since others read along. Write to me in a private chat for titles and times.
heading-question-in-group = Which one do you mean? Press a button, or write for example “{ $word } #1”. Only numbers here, since others read along.
# Instead of a list.
empty-week = Nothing is in your calendar in the next 7 days.
empty-today = Nothing more is in your calendar today.
empty-tomorrow = Nothing is in your calendar tomorrow.
empty-invitations = No invitation waits for your answer.
empty-unanswered = No invitation waits for your answer, so I changed nothing. To change an answer, add the number: “accept 651”, “decline 651”.
empty-which = I find no such meeting in your calendar.
# Likewise, when not all calendars could be read; what is missing is said below.
empty-week-so-far = So far I see nothing in your calendar in the next 7 days.
empty-today-so-far = So far I see nothing more in your calendar today.
empty-tomorrow-so-far = So far I see nothing in your calendar tomorrow.
empty-invitations-so-far = So far I see no invitation that waits for your answer.
empty-unanswered-so-far = So far I see no invitation that waits for your answer, so I changed nothing. To change an answer, add the number: “accept 651”, “decline 651”.
empty-which-so-far = So far I find no such meeting in your calendar.
# When there is nothing for a group to see.
empty-in-group = What is in your calendar then is none of this group's business; write to me in a private chat to see it.

# A row. In a group only the number and the answer are shown.
row = #{ $row } “{ $title }” ({ $number }), { $when }, { $answer }
row-own = #{ $row } “{ $title }”, { $when }, { $answer }
row-busy = #{ $row } { $answer }, { $when }
row-outside = #{ $row } “{ $title }” in “{ $calendar }”, { $when }, { $answer }
row-elsewhere = { $row }; in “{ $calendar }”: { $answer }
row-clash = { $row }; at the same time as “{ $title }”
row-in-group = #{ $row } meeting { $number }: { $answer }
row-series = { $row }, whole series
row-one-day = { $row }, one day of a series
row-place = { $row }, at { $place }
start = { DAY($start, $now) }, { CLOCK($start) }
hours = { DAY($start, $now) }, { CLOCK($start) }–{ CLOCK($end) }
overnight = { DAY($start, $now) }, { CLOCK($start) } – { DAY($end, $now) }, { CLOCK($end) }
all-day = { DAY($start, $now) }, all day
all-days = { DAY($start, $now) } – { DAY($end, $now) }, all day
answer-Y = accepted
answer-N = declined
answer-Q = not answered
answer-H = you organise it
answer-own = own entry
answer-busy = busy
answer-gone = not there any more
answer-needs_action = not answered
answer-accepted = accepted
answer-tentative = maybe
answer-declined = declined
answer-unknown = answer not told
answer-sent-accepted = “going” is on its way
answer-sent-tentative = “maybe” is on its way
answer-sent-declined = “not going” is on its way
answer-barred = { $answer } ({ $why })
page = Page { $page } of { $pages }

button-accept = #{ $row } Accept
button-maybe = #{ $row } Maybe
button-decline = #{ $row } Decline
button-undo = #{ $row } Undo
button-choose = #{ $row }
button-next = Next ›
button-back = ‹ Back

# References to a row, a title, the next meeting, all of a day.
closed = Bitrix24 does not show me your calendar, so please name a meeting by its number: “accept 651”. Nothing changed.
no-list = I have no recent list to count in. Write “meetings” for a fresh one, or the number of the meeting.
one-list = I show one list in a message, since the rows of two would have the same numbers. Please ask for this one by itself.
no-row = There is no #{ $row }: { $rows ->
    [one] my last list has one row only.
   *[other] my last list has { $rows } rows only.
}
own-entry = #{ $row } is an entry of your own, there is nothing to answer.
busy-entry = All I may know of #{ $row } is that you are busy then. Please look at it in your calendar.
no-page = { $pages ->
    [one] This list has one page only.
   *[other] This list has { $pages } pages only.
}
not-yours = This list is somebody else's. Write “meetings” for yours.
vanished = Meeting { $number } (#{ $row }) is not there any more, or you are not invited now. Nothing changed.
moved-ask = #{ $row } has moved since I listed it: { $meeting }. Do you still want this?
moved-ask-short = Moved, still? #{ $row }: { $meeting }.
no-next = I find no meeting ahead that you are invited to.
no-title = I find no meeting ahead with “{ $title }” in its title. Write “meetings” to see what there is; what you declined has to be named by its number.
no-title-in-group = I find no meeting of yours by that name. Please write its number.
clash = At the same time you have { $meeting }.
nothing-to-answer = There is nothing to change then: I find no such invitation of yours.
nothing-to-answer-so-far = So far I find no such invitation of yours, so I changed nothing.
all-accept = { $count ->
    [one] Accept this meeting?
   *[other] Accept these { $count } meetings?
}
all-decline = { $count ->
    [one] Decline this meeting?
   *[other] Decline these { $count } meetings?
}
all-reset = Take back your answer to these? Each organiser will be told that you declined; Bitrix24 has no other word for it.
all-line = • { $meeting }
all-more = { $more ->
    [one] There is one more; ask again for it afterwards.
   *[other] There are { $more } more; ask again for those afterwards.
}

# Slash commands and help.
meetings-title = Show your meetings of the next 7 days
today-title = Show your meetings of today
tomorrow-title = Show your meetings of tomorrow
invitations-title = Show the invitations that wait for your answer
row-accept-title = Accept a meeting of the list
row-maybe-title = Answer “maybe” to a meeting of the list
row-follow-title = Show in the list what became of an answer
row-follow-params = which meeting
row-decline-title = Decline a meeting of the list
row-undo-title = Take back what the button did
page-title = Show another part of the list
about = see what is ahead
