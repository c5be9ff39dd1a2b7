"""Where the process begins: `statusbot` and `python -m bot`. Nearly all of its first second goes into `bot.commandline`."""

import gc
import signal
import sys


def main() -> None:
    # Rarely enough that a start, which leaves no garbage, is not looked through again and again, and so often that a collection takes
    # a few milliseconds: everybody waits for it, and the cycles of some ten commands are found by it (`make bench`).
    gc.set_threshold(5_000, 20, 100)
    try:
        from bot.commandline import cli  # noqa: PLC0415 - Ctrl-C meanwhile ends it without a traceback
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    cli()


if __name__ == "__main__":
    main()
