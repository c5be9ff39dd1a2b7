"""Where the process begins: `statusbot` and `python -m bot`. Nearly all of its first second goes into `bot.commandline`."""

import gc
import signal
import sys


def main() -> None:
    gc.disable()
    try:
        from bot.commandline import cli  # noqa: PLC0415 - Ctrl-C meanwhile ends it without a traceback
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    gc.freeze()  # what is loaded is no garbage, and the first collection would look at all of it
    # So often that a collection takes a few milliseconds, for everybody waits for it (`make bench` shows it in the slowest
    # acknowledgements): it finds the cycles of a few dozen commands.
    gc.set_threshold(5_000, 20, 100)
    gc.enable()
    cli()


if __name__ == "__main__":
    main()
