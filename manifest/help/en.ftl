head = Write to me, or use the slash commands:
line = • { $word } — { $title }
line-with-number = • { $word } 651 — { $title }
foot = Several meetings at once: “accept 651, 652”. I act only with your own rights.

help-title = What I understand
button-title = Buttons of the bot
