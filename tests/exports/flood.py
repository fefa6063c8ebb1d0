"""A flood for `jauge listen`, run inside a namespace: templates, forged senders, and a good exporter.

`python -m tests.exports.flood TEMPLATES FORGED`: the good exporter alone for WARM_S, a line `warm`, then
at a line on its input the flood.  Every 127.x.y.z is a local address of loopback, so a
datagram can come from any of them (IP_PKTINFO, ip(7)). Prints how many records the good one sent.
"""

import socket
import struct
import sys
import time

from tests.exports import wire as w

TARGET = ("127.0.0.1", 2055)
GOOD, DOMAINS = 4_000_000_000, 63
"""The good exporter is another domain than those of the flood."""
PER_DATAGRAM = 100
GOOD_PER_S = GOOD_FLOWS = 1_000
OCTETS = 100
BURST, PAUSE_S = 20, 0.009
"""Some 2,000 forged datagrams and 20,000 templates a second: what one process can read on a busy core."""
WARM_S = 5.0
T = 256
IP_PKTINFO = 8
"""linux/in.h; Python does not name it."""


def datagram(*sets: bytes, sequence: int, domain: int) -> bytes:
    """A v9 datagram of now; uptime and wall clock run together, as those of a real exporter do."""
    now = time.time()
    return w.v9(*sets, sequence=sequence, domain=domain, now=now, uptime=int(now * 1_000) % 2**32)


def template_datagram(number: int) -> bytes:
    """A hundred small templates, each of a number and a shape that were not there before."""
    first = number * PER_DATAGRAM
    sets = [
        w.v9_template(T + (first + i) % 60_000, [(1 + (first + i) % 200, 4), (2, 1 + i % 8)])
        for i in range(PER_DATAGRAM)
    ]
    return datagram(*sets, sequence=number // DOMAINS, domain=number % DOMAINS)


class Good:
    """An exporter with a record every millisecond, of a thousand flows in turn."""

    def __init__(self, sender: socket.socket) -> None:
        self._sender = sender
        self._started = time.monotonic()
        self.records = self._sequence = 0

    def send(self) -> None:
        """Send what is due; the template goes with the first records and is refreshed."""
        due = int((time.monotonic() - self._started) * GOOD_PER_S) + 1
        while self.records < due:
            count = min(20, due - self.records)
            uptime = int(time.time() * 1_000) % 2**32
            body = b"".join(
                w.plain(f"10.0.0.{1 + n % 250}", sport=2_000 + n % GOOD_FLOWS // 250,
                        octets=OCTETS, first=uptime, last=uptime)
                for n in range(self.records, self.records + count)
            )  # fmt: skip
            sets = [w.flow_set(T, body)]
            if self._sequence % 100 == 0:
                sets.insert(0, w.v9_template(T, w.PLAIN))
            self._sender.sendto(datagram(*sets, sequence=self._sequence, domain=GOOD), TARGET)
            self._sequence += 1
            self.records += count


def forged_source(number: int) -> list[tuple[int, int, bytes]]:
    """The control message that sends from 127.x.y.z, x > 0."""
    address = (127 << 24 | 1 << 16) + number
    return [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("=I4s4x", 0, address.to_bytes(4)))]


def main() -> None:
    templates, forged = (int(word) for word in sys.argv[1:3])
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    good = Good(sender)
    good.send()
    until = time.monotonic() + WARM_S
    while time.monotonic() < until:
        good.send()
        time.sleep(PAUSE_S)
    print("warm", flush=True)
    sys.stdin.readline()
    lie = w.v9(w.v9_template(T, w.PLAIN), w.flow_set(T, w.plain("10.0.99.99")), domain=7)
    due = 0
    for number in range(forged):
        sender.sendmsg([lie], forged_source(number), 0, TARGET)
        while due * forged < (number + 1) * (templates // PER_DATAGRAM):
            sender.sendto(template_datagram(due), TARGET)
            due += 1
        if number % BURST == 0:
            good.send()
            time.sleep(PAUSE_S)
    good.send()
    print(good.records)


if __name__ == "__main__":
    main()
