"""A BitTorrent tracker in a few lines (BEP 3, compact answers of BEP 23), for two peers.

`python -m tests.support.tracker ADDRESS PORT` serves until it is ended.
"""

import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

INTERVAL_S = 60


class Tracker(BaseHTTPRequestHandler):
    """Answers announces with every other peer met so far."""

    peers: dict[tuple[str, int], None] = {}  # noqa: RUF012 - shared by requests on purpose

    def do_GET(self) -> None:
        """Answer one announce."""
        asked = parse_qs(urlsplit(self.path).query, encoding="latin-1")
        if "port" not in asked:  # a scrape: how many there are is nobody's business here
            self.send_error(404)
            return
        address = asked.get("ip", [self.client_address[0]])[0]
        peer = (address, int(asked["port"][0]))
        others = [known for known in self.peers if known != peer]
        self.peers[peer] = None
        compact = b"".join(socket.inet_aton(a) + p.to_bytes(2, "big") for a, p in others)
        body = b"d8:intervali%de5:peers%d:%se" % (INTERVAL_S, len(compact), compact)
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


if __name__ == "__main__":
    HTTPServer((sys.argv[1], int(sys.argv[2])), Tracker).serve_forever()
