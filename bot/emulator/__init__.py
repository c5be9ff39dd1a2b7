"""A Bitrix24 portal, its authorization server and its event queue in one process: pure state machines.

For tests, the demo and benchmarks. `portal.Portal` is the state and the way in, `server` puts it on a socket, `transport`
under an httpx client, `seed` fills it with a small company. Nothing here imports the bot or is imported by it, or both
would share one mistake.
"""
