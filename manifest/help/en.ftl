head = Write to me, or use slash commands:
line = • { $words } — { $about }
foot = Name a meeting by number (“accept 651”), row (“accept #2”), “next” or part of its title. “dnd for 45m” ends by itself. “help accept” explains one command. I act only with your own rights.

# One command.
one = “{ $word }”: { $title }.
one-also = You can also say: { $words }.
one-example = For example: { $examples }.
example-meeting = “{ $word } 651”, “{ $word } #2” (a row of my last list), “{ $word } next”, “{ $word } standup” (part of a title), “{ $word } all today”
example-until = “{ $word }”, “{ $word } for 45m”, “{ $word } until 15:00”, “{ $word } until tomorrow 9:00”
example-language = “{ $word } en”, “{ $word } ru”
example-command = “{ $word }”, “{ $word } dnd”
example-none = “{ $word }”

# The first thing a person hears.
greeting = Hello! I answer meeting invitations and set your presence for you, always with your own rights. Try “meetings”, “accept 651” or “dnd for 1h”, or press a button.
greeting-in-group = Hello, everybody! Mention me with “accept 651” or “dnd for 1h”, and I answer your meeting invitations and set your presence, always for whoever writes. Titles and times I show in private chats only.
button-meetings = My meetings
button-invitations = My invitations
button-help = What can you do?

help-title = What I understand
button-title = Buttons of the bot
about = what I understand
