"""The real `jauge` command with one part broken: a device's pseudonym is its MAC. For tests only."""

import collector.resolve
from cli.main import run


def main() -> None:
    """Run the command."""
    collector.resolve.device_pseudonym = lambda _key, identity: int.from_bytes(identity[:6], "big")
    run()


if __name__ == "__main__":
    main()
