"""Real traffic through the gateway, inside the booted root: HTTP both ways, at a steady pace.

    python3 traffic.py serve                          in `internet`
    python3 traffic.py fetch SECONDS PER_S ADDRESS…   in a place; PER_S: exchanges a second, of all addresses
    python3 traffic.py count SECONDS                  on the gateway: the kernel's own counters, once a second

`count` asks nftables, which neither Jauge nor its collector uses: octets of IP that were forwarded.
"""

import http.client
import http.server
import itertools
import json
import socketserver
import subprocess
import sys
import time

PORT, DOWN, UP = 80, 200_000, 100_000
SERVER = "203.0.113.1"


class Page(http.server.BaseHTTPRequestHandler):
    """Gives the same octets to everybody, takes what comes."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(DOWN))
        self.end_headers()
        self.wfile.write(bytes(DOWN))

    def log_message(self, *_: object) -> None:
        return


def fetch(seconds: float, per_s: float, addresses: list[str]) -> None:
    """Exchange at a steady pace; what is late is caught up with."""
    begin, done = time.monotonic(), 0
    for number in itertools.count():
        due = begin + number / per_s
        if due - begin > seconds:
            break
        time.sleep(max(0.0, due - time.monotonic()))
        address = addresses[number % len(addresses)]
        line = http.client.HTTPConnection(SERVER, PORT, 10, source_address=(address, 0))
        line.request("POST", "/", bytes(UP), {"Host": "www.lumni.fr"})
        done += len(line.getresponse().read())
        line.close()
    print(done, flush=True)


def count(seconds: float) -> None:
    """Print, once a second: the time, octets forwarded up and down since the counters were made."""
    end = time.time() + seconds
    while time.time() < end:
        time.sleep(1 - time.time() % 1)
        said = subprocess.run(
            ["nft", "-j", "list", "counters", "table", "inet", "truth"],
            capture_output=True, check=True,
        ).stdout  # fmt: skip
        found = {
            item["counter"]["name"]: item["counter"]["bytes"]
            for item in json.loads(said)["nftables"] if "counter" in item
        }  # fmt: skip
        print(round(time.time()), found["up"], found["down"], flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        socketserver.ThreadingTCPServer((SERVER, PORT), Page).serve_forever()
    elif sys.argv[1] == "count":
        count(float(sys.argv[2]))
    else:
        fetch(float(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])
