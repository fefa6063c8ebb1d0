"""The real `jauge` command with one part replaced: names are kept whole. For tests only.

Sites of a real run are registrable domains, and reserved names give only three of those. Started as
`python -m tests.support.whole_names capture …`; everything but the reducer is the product. The
reducer is replaced when the meter is made: importing it earlier would start threads in the process
that holds the socket.
"""

from typing import Any

import cli.collect
from cli.main import run


def main() -> None:
    """Run the command."""
    make_meter = cli.collect._meter

    def with_whole_names(*arguments: Any, **options: Any) -> Any:
        import collector.reduce
        from tests.support.metering import whole_name

        collector.reduce.make_reducer = lambda *_: whole_name
        return make_meter(*arguments, **options)

    cli.collect._meter = with_whole_names
    run()


if __name__ == "__main__":
    main()
