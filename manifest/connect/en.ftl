link = Press the button and let me act for you in Bitrix24. The link is for you alone; it works once, within 10 minutes.
button = Connect
private-only = The link is for you alone, so please write “connect” to me in a private chat.
# In a group, instead of errors.not-connected.
elsewhere = I have no permission from Bitrix24 to act for you yet, so nothing was changed. Please write “connect” to me in a private chat. Once you are connected I carry out your message here, if that takes no longer than 10 minutes.
elsewhere-lasting = I may act for you now, but not later, so I could not end this at the time that you gave; your status was not changed. Please write “connect” to me in a private chat. Once you are connected I carry out your message here, if that takes no longer than 10 minutes.
done = You are connected: I can act for you in Bitrix24 now. Write “disconnect” to end that.
done-too-late = You are connected: I can act for you in Bitrix24 now. What you wrote before has waited too long, so I did not carry it out; please send it again if you still want it.
forgotten = I have forgotten your permission to act for you, and whatever waited for it. As long as you do not write to me, I can do nothing in your name. If you do, Bitrix24 normally sends me a new permission along with your message.
forgotten-with-timer = I have forgotten your permission to act for you, and whatever waited for it. Your presence now stays as it is: without permission I cannot end it at the time that you gave. Write “online” when you are back.
cronofy-stays = Your calendars outside Bitrix24 are connected by a permission of their own, which stays; “disconnect cronofy” ends it.

# Pages in the browser.
page-about-title = Status Bot
page-about-text = This bot lives in your Bitrix24 chat. Open a chat with it and write “help”.
page-done-title = You are connected
page-done-text = You can close this page and go back to the chat with the bot.
page-gone-title = This link is no longer valid
page-gone-text = Go back to the chat with the bot and write “connect” for a new one.
page-used-title = This link was used already
page-used-text = If it worked, the bot has told you so in the chat. Otherwise write “connect” there for a new one.
page-other-title = This did not work
page-other-text = The permission is not that of the person who asked for this link, so it was thrown away. Please log in to Bitrix24 as yourself and write “connect” to the bot for a link of your own.
page-later-title = Please try again
page-later-text = Something does not answer at the moment, and nothing has happened yet. Reload this page now, or go back to the chat with the bot and write “connect” for a new link.
page-lost-title = This did not work
page-lost-text = Something did not answer in time, and this link cannot be used again. Please go back to the chat with the bot and write “connect” for a new one.
page-broken-title = This did not work
page-broken-text = Bitrix24 does not accept the application at the moment. Please tell your administrator.

connect-title = Let me act for you
disconnect-title = Make me forget your permission
about = let me act for you, or make me forget it
