online-done = You are online.
dnd-done = Do not disturb is on: Bitrix24 holds notifications back until you write “online”. Colleagues are not shown this status by the new messenger.
away-done = Your status is now “away”, until you write “online”. Colleagues are not shown this status by the new messenger.
break-done = Your status is now “break”, until you write “online”. Colleagues are not shown this status by the new messenger.

# For a while; { $until } is one of the two lines below.
until-time = { CLOCK($end) } ({ $zone })
until-day = { DAY($end, $now) }, { CLOCK($end) } ({ $zone })
online-done-until = You are online until { $until }; then your former status returns.
dnd-done-until = Do not disturb is on until { $until }; then your former status returns. Colleagues are not shown this status by the new messenger.
away-done-until = Your status is “away” until { $until }; then your former one returns. Colleagues are not shown this status by the new messenger.
break-done-until = Your status is “break” until { $until }; then your former one returns. Colleagues are not shown this status by the new messenger.
timer-failed = I could not bring back your former status at the time that you gave. Please write “online” if you are back.
former-guessed = { $done } I was interrupted, so I can only bring back the last one that I know of: { $former }.
name-break = break
name-away = away
name-dnd = do not disturb
name-online = online

online-now = Your status is “online”.
dnd-now = Your status is “do not disturb”.
away-now = Your status is “away”.
break-now = Your status is “break”.
online-now-until = Your status is “online” until { $until }.
dnd-now-until = Your status is “do not disturb” until { $until }.
away-now-until = Your status is “away” until { $until }.
break-now-until = Your status is “break” until { $until }.
unknown-now = Bitrix24 shows a status that I do not know. Write “online” to reset it.

button-30m = 30 min
button-1h = 1 hour
button-day-end = Until my day ends
button-online = Online again

# Until when? Nothing was changed.
time-unknown = I understand “{ $said }”, but not until when, so I did nothing. Write for example “{ $word } for 45m”, “{ $word } until 15:00”, or just “{ $word }”.
time-when = I am not sure until when you mean, so I did nothing. Write for example “{ $word } for 45m”, “{ $word } until 5pm” or “{ $word } until tomorrow 9:00”.
time-past = That time has passed already, so I did nothing. Write for example “{ $word } until 9pm” or “{ $word } until tomorrow 9:00”.
time-twice = That time comes twice in the night when the clocks are put back, so I did nothing. Write for how long instead, for example “{ $word } for 8 hours”.
time-skipped = That time does not exist in the night when the clocks are put forward, so I did nothing. Write for how long instead, for example “{ $word } for 8 hours”.
time-far = I keep a status for 7 days at most, so I did nothing. For longer write just “{ $word }”, and “online” when you are back.
time-soon = That is no time at all, so I did nothing. Write for example “{ $word } for 45m”.
time-no-day-end = Bitrix24 does not tell me when your working day ends, so I did nothing. Write the time, for example “{ $word } until 18:00”.
time-no-meeting = I find no meeting in the next 7 days that you organise or have accepted, so I did nothing. Write the time instead, for example “{ $word } until 15:00”.
time-no-meeting-today = I find no meeting that you are in now or have later today, so I did nothing; only those that you organise or have accepted count. Write for example “{ $word } until my next meeting ends” or “{ $word } until 15:00”.
time-no-meeting-now = I find no meeting that you are in now, so I did nothing; only those that you organise or have accepted count. Write for example “{ $word } until my next meeting ends” or “{ $word } until 15:00”.
time-meetings = Several of your meetings may be meant, and they end at different times, so I did nothing. Write the time, for example “{ $word } until 15:00”.
time-no-calendar = I cannot read all of your calendars, so I did nothing. Write the time, for example “{ $word } until 15:00”, or “meetings” to see what is missing.
time-in-group = When your meetings end is none of this group's business, so I did nothing. Write to me in a private chat, or write the time, for example “{ $word } until 15:00”.

superseded = This message reached me late: you have changed your status since then, and I kept that.
changed-since = Your status has been changed since, so I left it as it is.
not-confirmed = I tried to set your status, but Bitrix24 kept another one. Write “status” to see which.

# Slash commands and help.
status-title = Show your status
online-title = Be online again
dnd-title = Do not disturb
away-title = Be away
break-title = Take a break
restore-presence-title = Restore a status
about = your presence
