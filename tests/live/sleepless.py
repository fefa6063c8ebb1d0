"""The real `jauge` command under faketime. For tests only.

libfaketime 0.9.10 that leaves the monotonic clock alone makes clock_nanosleep(2), and so `time.sleep`, fail
with EINVAL; select(2) waits as well.
"""

import select
import time

from cli.main import run


def main() -> None:
    """Run the command."""
    time.sleep = lambda seconds: select.select([], [], [], seconds) and None
    run()


if __name__ == "__main__":
    main()
