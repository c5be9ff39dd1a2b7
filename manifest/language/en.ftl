done = I will speak English with you from now on.

# Slash commands and help.
language-title = Choose the language I answer in
about = the language I answer in
