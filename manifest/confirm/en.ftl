button-yes = Yes, do it
button-no = No, leave it
dismissed = All right, nothing changed.
nothing-asked = I have asked you nothing here, or too long ago, so nothing changed. To answer an invitation, add its number: “accept 651” or “decline 651”.
closed = I have dealt with this question already, it is too old, or it was meant for somebody else. Nothing changed now.

yes-title = Confirm what I asked
no-title = Leave everything as it is
confirm-title = Confirm
dismiss-title = Leave it
