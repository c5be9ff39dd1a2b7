nothing = I have changed nothing for you in the last 24 hours that could be undone.
not-last = Your last command changed something else, or not only this. Write “undo” to take that back; nothing changed now.
with-it = { $question } Together with it your former answers return: { $meetings }.

# Slash commands and help.
undo-title = Undo your last command
about = take back your last change
