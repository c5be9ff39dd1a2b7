# What was written is not certain enough to act on. Nothing was done.
unclear-empty = I see no text in your message. Write “help” to see what I understand.
unclear-long = That is too long for me to be sure what you want, so I did nothing. Write for example “accept 651”, or “help”.
unclear-unknown = I am not sure what you want, so I did nothing. I understand for example “accept 651”, “decline 651”, “meetings”, “dnd for 1h”, “undo”. Write “help” for all of it.
unclear-suggestion = I am not sure what you want, so I did nothing. Did you mean “{ $suggested }”?
suggestion-button = Yes: { $suggested }
unclear-unknown-slash = I do not know this slash command, so I did nothing. Write “help” to see those I know.
unclear-stale-button = I do not know this button any more, so I did nothing. Write “help” to see what I understand.
unclear-which = Which meeting? Write its number as well, for example “{ $word } 651”, its row in my last list (“{ $word } #2”), “{ $word } next”, or part of its title.
unclear-number = I am not sure which meeting you mean, so I did nothing. Write its number in plain digits, for example “{ $word } 651”, or its row in my last list: “{ $word } #2”.
unclear-row = Do you mean a row of my last list, or the number of a meeting? I did nothing. Write for example “{ $word } #2” for the row, or “accept 651” for the number.
unclear-separate = Is that one number or several? I did nothing. Put a comma and a space between numbers: “{ $word } 651, 652”.
unclear-too-many = That is more than I take at once, so I did nothing. Please send at most 20 in one message.
unclear-language = I speak English and Russian, so I changed nothing. Write “{ $word } en” or “{ $word } ru”.
unclear-extra = { $command ->
    [connect] I understand “{ $word }”, but not what stands after it, so I did nothing. Write “connect” to let me act for you in Bitrix24, or “connect cronofy” for a calendar outside it.
    [disconnect] I understand “{ $word }”, but not what stands after it, so I did nothing. Write “disconnect” to take back what lets me act for you in Bitrix24, or “disconnect cronofy” for a calendar outside it.
   *[other] I understand “{ $word }”, but not what stands after it, so I did nothing. Write just “{ $word }”.
}
unclear-extra-meeting = { $command ->
    [undo] “{ $word }” takes back the last thing that I did for you, and no meeting stands after it; so I did nothing. Write just “{ $word }” for that, or “decline 651” not to go to a meeting.
   *[other] “{ $word }” stands without a meeting, so I did nothing. Write just “{ $word }”, or for one meeting “accept 651”, “decline 651” or “status 651”.
}
unclear-lines = I do not understand every line of your message, so I did none of it. Write one command per line, for example “accept 651”.

# The sender, or the message, is none that I may act for.
staff-only = Sorry, I only work for employees of this portal. Nothing was changed.
forwarded = This is a forwarded message, and I act only on your own words. Please write the command yourself.
not-proven = I cannot prove that this command came from you, so nothing was changed. Please write it to me once more yourself.
not-connected = I have no permission from Bitrix24 to act for you yet, so nothing was changed. Press the button to give it; I then carry out your message, if that takes no longer than 10 minutes. Write “connect” for a new link.
not-lasting = I may act for you now, but not later, so I could not end this at the time that you gave; your status was not changed. Press the button to give me a permission that lasts; I then carry out your message, if that takes no longer than 10 minutes.
no-room = There was no room here for all of it: I left out what only explains, lists or asks. Please ask for that by itself.
too-late = Your message reached me too late, so I did not carry it out. Please send it again if you still want it.
too-late-to-finish = Something held me up, and now it is too late to go on. Please check the result, and send your message again if you still want it.
given-up = I tried several times to carry out your message and could not finish. Please check the result and send it again if needed.

# The portal.
portal-away = Bitrix24 does not answer at the moment. Please try again a little later.
busy = Bitrix24 has too many requests at the moment. Please try again a little later.
refused = Bitrix24 refused this, so I cannot say that it is done. Please check the result, or try again later.
not-permitted = Bitrix24 does not let me do this for you. Please ask your administrator to check the rights of the application.
missing-right = The application lacks a right that this needs. Please ask your administrator to tick all permissions in its form at the portal.
no-access = Your administrator has not given you access to this application, so nothing was changed. Please ask for it.
plan = Bitrix24 does not allow applications here: the plan does not include them, or your account has never logged in. Please ask your administrator.
confirmation-denied = Your administrator has refused at the portal that the application may do this. Nothing was changed.
confirmation-needed = Your administrator has to confirm at the portal that the application may do this. Nothing was changed.
blocked = Bitrix24 has blocked applications because of overload. Please tell your administrator, and try again later.
application-gone = The application is not active in your Bitrix24 any more. Please tell your administrator.
portal-closed = Your Bitrix24 is closed or has been deleted. Please tell your administrator.
portal-moved = Your Bitrix24 has moved to another address, and I do not follow it by myself. Nothing was changed; please ask your administrator to set the new address (STATUSBOT_PORTAL) for me.
method-missing = Your Bitrix24 does not know how to do this: it is too old, or a part of it is switched off. Please tell your administrator.
method-blocked = Bitrix24 takes no more requests of this kind from me at the moment. Please try again in about { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}.
slow = Bitrix24 is slow at the moment. I am still working on your message; the result will appear here.
internal = Something went wrong on my side. Please check the result before you try again; the administrator finds the cause in my log.
