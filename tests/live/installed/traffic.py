"""Real traffic through the gateway, inside the booted root: HTTP of `seconds`, from every address behind it.

`python3 traffic.py serve` in `internet`; `python3 traffic.py fetch SECONDS ADDRESS…` in a place.
"""

import http.client
import http.server
import socketserver
import sys
import time

PORT, OCTETS = 80, 200_000


class Page(http.server.BaseHTTPRequestHandler):
    """Gives the same octets to everybody."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(OCTETS))
        self.end_headers()
        self.wfile.write(bytes(OCTETS))

    def log_message(self, *_: object) -> None:
        return


def fetch(seconds: float, addresses: list[str]) -> None:
    end = time.monotonic() + seconds
    done = 0
    while time.monotonic() < end:
        for address in addresses:
            line = http.client.HTTPConnection("203.0.113.1", PORT, 10, source_address=(address, 0))
            line.request("GET", "/", headers={"Host": "www.lumni.fr"})
            done += len(line.getresponse().read())
            line.close()
        time.sleep(0.05)
    print(done)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        socketserver.ThreadingTCPServer(("203.0.113.1", PORT), Page).serve_forever()
    fetch(float(sys.argv[2]), sys.argv[3:])
