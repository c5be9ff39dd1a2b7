"""Where the process begins: `statusbot` and `python -m bot`. Nearly all of its first second goes into `bot.commandline`."""

import gc
import signal
import sys


def main() -> None:
    # What a start builds is no garbage. Neither are events that wait in memory by the thousand: looking at them over and over shows
    # in the slowest acknowledgements (`make bench`).
    gc.set_threshold(100_000, 50, 50)
    try:
        from bot.commandline import cli  # noqa: PLC0415 - Ctrl-C meanwhile ends it without a traceback
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    cli()


if __name__ == "__main__":
    main()
