"""The real `jauge` command whose day ends soon: its pseudonym key dies after some seconds. For tests only.

`python -m tests.canary.at_midnight AFTER COMMAND…`: the local day, its grace time included, is over so many
seconds after the start. The clock is untouched: the guard that watches it would refuse to delete.
"""

import sys
import time
from datetime import date
from typing import Any

import cli.collect
from cli.main import run


def _end_days_at(ends_s: float) -> None:
    from collector import custody
    from collector.keys import DayKeys

    today = date.fromtimestamp(ends_s)  # noqa: DTZ012 - only differences count
    custody.HOUSE_S = 1.0
    DayKeys.ends_s = lambda _self, day: ends_s + (day - today).days * 86_400


def main() -> None:
    """Run the command that follows."""
    ends_s = time.time() + float(sys.argv[1])
    sys.argv[1:] = sys.argv[2:]
    real = cli.collect.open_watched

    def opened(*arguments: Any, **options: Any) -> Any:
        _end_days_at(ends_s)  # not before: the process is confined while it has one thread
        return real(*arguments, **options)

    cli.collect.open_watched = opened
    run()


if __name__ == "__main__":
    main()
