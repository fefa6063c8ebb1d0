"""`jauge hub serve`, on a day when forty weeks from September 2026 are over: `server.py HUB PORT`."""

import json
import sys
from pathlib import Path
from typing import Any

from cli.hub_server import accounts_of
from cli.serve import Ready, Service, run_server
from hub.app import create_app
from hub.holdings import Holdings
from tests.hub.many_schools import TODAY


def main() -> None:
    """Serve until terminated."""
    hub, port = Path(sys.argv[1]), int(sys.argv[2])
    held = Holdings(hub)

    def make(_service: Service, login: Any) -> Any:
        return create_app(held, login, today=lambda: TODAY)

    def said(ready: Ready) -> None:
        print(json.dumps({"address": ready.address}), flush=True)

    run_server(Service(hub, "127.0.0.1", port, accounts=accounts_of(hub)), said, make)


if __name__ == "__main__":
    main()
