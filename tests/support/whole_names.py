"""The real `jauge` command with one part replaced: names are kept whole. For tests only.

Sites of a real run are registrable domains, and reserved names give only three of those. Started as
`python -m tests.support.whole_names capture …`; everything but the reducer is the product.
"""

import collector.reduce
from cli.main import run
from tests.support.metering import whole_name


def main() -> None:
    """Run the command."""
    collector.reduce.make_reducer = lambda *_: whole_name
    run()


if __name__ == "__main__":
    main()
