"""Cronofy beside the portal: calendars of Google and Microsoft that an application reads and answers in (contract: cronofy.md).

`cronofy.Cronofy` is the state and the way in, `server` puts it on a socket, `seed` gives the demo company calendars outside
Bitrix24. Section numbers in these modules are those of that contract.
"""
