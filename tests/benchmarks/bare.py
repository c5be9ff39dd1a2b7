"""What aiohttp costs by itself: `python -m tests.benchmarks.bare PORT` reads bodies and says ok."""

import sys

from aiohttp import web


async def handle(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(text="ok\n")


if __name__ == "__main__":
    app = web.Application()
    app.router.add_post("/", handle)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
