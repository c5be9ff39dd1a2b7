"""The chat page: an employee's side of the portal in a browser. Static files, and a live view of the state.

`view` says what is to be seen of the portal and `outside` what of Cronofy, `live` tells open pages what has changed of it, `routes` serves
both. What people do on the page goes through the emulator's own API, as everybody else's acts do.
"""
