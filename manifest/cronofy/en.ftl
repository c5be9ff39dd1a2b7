link = Press the button and let me see your calendars outside Bitrix24 and answer invitations in them, by way of Cronofy. Their meetings then stand in your lists beside those of Bitrix24. The link is for you alone; it works once, within 10 minutes.
link-again = I had a permission for your calendars outside Bitrix24, but it is gone. Press the button to give it again; the link is for you alone and works once, within 10 minutes.
link-with-all-rights = I have a permission for your calendars outside Bitrix24, but it does not include all that I need. Press the button to give it again and leave nothing out; the link is for you alone and works once, within 10 minutes.
button = Connect calendars
private-only = The link is for you alone, so please write “connect cronofy” to me in a private chat.
done = Your calendars outside Bitrix24 are connected; write “meetings” to see what is in them. Write “disconnect cronofy” to end that.
already = Your calendars outside Bitrix24 are connected already; write “meetings” to see what is in them. Write “disconnect cronofy” to end that, or to connect another account afterwards.
former-stays = The account that you had connected before is forgotten here, but Cronofy did not take the permission back. You can end it in your settings at Cronofy.
forgotten = Your calendars outside Bitrix24 are disconnected: I have given the permission back at Cronofy and forgotten it.
forgotten-here-only = I have forgotten the permission for your calendars outside Bitrix24, but Cronofy does not take it back at the moment, so it still stands there. You can end it in your settings at Cronofy.
erased = Cronofy has told me that your data is to be deleted, so I have disconnected your calendars outside Bitrix24 and forgotten the permission. If you want them back, write “connect cronofy” to me in a private chat.
nothing-connected = You have connected no calendars outside Bitrix24, so there is nothing to disconnect.

# An account: whose it is, and a line for each login at a provider.
account = Account: { $who }
login = • { $login }: { $calendars }
login-without-calendars = • { $login }: no calendars yet
login-disconnected = { $login } does not let Cronofy in at the moment; connect it again at Cronofy.
login-syncing = { $login } is still being read, so invitations may be missing. If that lasts, tick all boxes when you connect it.
calendar = “{ $name }”
more-calendars = { $count } more
more-logins = • and { $count ->
    [one] { $count } more login
   *[other] { $count } more logins
}
relink-button = Connect { $login } again

# Instead of a result.
not-set-up = Calendars outside Bitrix24 are not set up here, so there is nothing to connect or disconnect. Please ask your administrator if you need them.
refused = Cronofy refused this, so I cannot say that it is done. Please check the result in your calendar, or try again later.
away = Cronofy, which leads me to your calendars outside Bitrix24, does not answer at the moment. Please try again a little later.
busy = Cronofy has too many requests from me at the moment. Please try again in about { $minutes ->
    [0] a minute
    [1] a minute
   *[other] { $minutes } minutes
}.
unreadable = Cronofy gave an answer that I do not understand. Please try again later, and tell your administrator if that does not help.
misconfigured = Cronofy does not accept this application. Please tell your administrator.
plan = What you ask for is not part of the plan that this application has at Cronofy. Please tell your administrator.
locked = Your account at Cronofy is locked. Please try again much later, or ask Cronofy’s support.
right-missing = Your permission does not include what this needs. Write “connect cronofy” to me in a private chat to give it again.
gone = There is no such event in your calendars outside Bitrix24, or not any more.
answer-refused = Your calendar does not take an answer to this invitation from me. Please answer it there.
not-external = An application put this event into your calendar, so I cannot answer it. Please answer it there.
code-refused = Cronofy does not accept this permission any more. Write “connect cronofy” to me in a private chat for a new link.
taken = This account is connected to somebody else here, so I did not connect it to you.
not-linked = You have connected no calendars outside Bitrix24. Write “connect cronofy” to me in a private chat.
link-broken = The permission for your calendars outside Bitrix24 is gone. Write “connect cronofy” to me in a private chat to give it again.

# Pages in the browser.
page-done-title = Your calendars are connected
page-done-text = You can close this page and go back to the chat with the bot, which tells you what it sees.
page-declined-title = Nothing was connected
page-declined-text = You did not agree, so nothing has changed. You can close this page. If you change your mind, press the button in the chat again, or write “connect cronofy” for a new one.
page-gone-title = This link is no longer valid
page-gone-text = Go back to the chat with the bot and write “connect cronofy” for a new one.
page-used-title = This link was used already
page-used-text = If it worked, the bot has told you so in the chat. Otherwise write “connect cronofy” there for a new one.
page-failed-title = This did not work
page-taken-text = This account is connected to somebody else here, and it stays theirs; nothing was changed. Please log in to your own calendar, then write “connect cronofy” to the bot for a new link.
page-no-reading-text = The right to read your events was left out, so nothing was connected. Write “connect cronofy” to the bot for a new link, and agree to all that is asked for.
page-no-answering-text = The right to answer invitations was left out, so nothing was connected. Write “connect cronofy” to the bot for a new link, and agree to all that is asked for.
page-no-rights-text = The rights to read your events and to answer invitations were left out, so nothing was connected. Write “connect cronofy” to the bot for a new link, and agree to all that is asked for.
page-later-title = Please try again
page-later-text = Something does not answer at the moment, and nothing has happened yet. Reload this page now, or go back to the chat with the bot and write “connect cronofy” for a new link.
page-lost-text = Something did not answer in time, and this link cannot be used again. Please go back to the chat with the bot and write “connect cronofy” for a new one.
page-broken-text = Cronofy does not accept the application at the moment. Please tell your administrator.

connect-cronofy-title = Connect a calendar outside Bitrix24, where that is set up
disconnect-cronofy-title = Disconnect a calendar outside Bitrix24
about = calendars outside Bitrix24, where they are set up
