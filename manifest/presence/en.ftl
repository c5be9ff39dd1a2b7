online-done = You are online.
dnd-done = Do not disturb is on: Bitrix24 holds notifications back until you write “online”. Colleagues are not shown this status by the new messenger.
away-done = Your status is now “away”, until you write “online”. Colleagues are not shown this status by the new messenger.
break-done = Your status is now “break”, until you write “online”. Colleagues are not shown this status by the new messenger.

online-now = Your status is “online”.
dnd-now = Your status is “do not disturb”.
away-now = Your status is “away”.
break-now = Your status is “break”.
unknown-now = Bitrix24 shows a status that I do not know. Write “online” to reset it.

superseded = This message reached me late: you have changed your status since then, and I kept that.
not-confirmed = I tried to set your status, but Bitrix24 kept another one. Write “status” to see which.

# Slash commands and help.
status-title = Show your status
online-title = Be online again
dnd-title = Do not disturb
away-title = Be away
break-title = Take a break
