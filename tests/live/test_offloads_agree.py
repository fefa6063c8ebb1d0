"""One transfer, with the kernel's offloads and without: the same octets on the line, within 0.1 %.

With offloads the ring gets packets of up to 64 KiB that never were on the line; the virtio header
says how they will be cut, or how they were before. Compared is the direction that carries the
payload: of acknowledgements there truly are fewer when packets come merged. A busy machine makes
TCP send some of it again: the server's kernel says how much, and both ways are compared by what
they carried beyond that.
"""

import json
import subprocess
import sys

import pytest

from tests.support.capturing import Captured, capturing
from tests.support.needs import need_all, need_root
from tests.support.netns import GATEWAY_IF, GATEWAY_V4, GATEWAY_V6, Wire, wire

pytestmark = [pytest.mark.live, pytest.mark.alone, pytest.mark.timeout(200)]

PORT = 4_243
PAYLOAD = 30_000_000
TOLERANCE = 0.001
_SERVE = """
import json, socket, struct, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.create_server((sys.argv[1], {port}), family=family) as server:
    print("ready", flush=True)
    connection, _ = server.accept()
    with connection:
        connection.sendall(bytes({payload}))
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
        # struct tcp_info of linux/tcp.h: tcpi_data_segs_out, tcpi_bytes_sent, tcpi_bytes_retrans.
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 216)
        (segments,) = struct.unpack_from("=I", told, 156)
        sent, again = struct.unpack_from("=QQ", told, 200)
        print(json.dumps({{"segments": segments, "sent": sent, "again": again}}), flush=True)
"""
_FETCH = """
import socket, sys
with socket.create_connection((sys.argv[1], {port})) as connection:
    taken = 0
    while data := connection.recv(1 << 20):
        taken += len(data)
assert taken == {payload}
"""


Sent = dict[str, int]
"""What the server's kernel sent of one connection: segments with data, octets, octets again."""


def _transfer(both: Wire, address: str) -> Sent:
    """Fetch the payload once."""
    values = {"port": PORT, "payload": PAYLOAD}
    serving = both.gateway.within(sys.executable, "-c", _SERVE.format(**values), address)
    with subprocess.Popen(serving, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        both.school.call(sys.executable, "-c", _FETCH.format(**values), address)
        sent = json.loads(server.stdout.readline())
        assert server.wait(20) == 0
        assert sent["sent"] - sent["again"] == PAYLOAD
        return sent


def _capture(work, *, offloads: bool) -> tuple[Captured, int, dict[int, Sent]]:
    """Return the capture of both transfers, what the gateway's interface counted, what was sent."""
    with wire(offloads=offloads) as both:
        with capturing(both.gateway, work) as captured:
            transfers = {
                4: _transfer(both, GATEWAY_V4),
                6: _transfer(both, GATEWAY_V6),
            }
            sent = both.gateway.call("cat", f"/sys/class/net/{GATEWAY_IF}/statistics/tx_packets")
        return captured, int(sent), transfers


@pytest.fixture(scope="module")
def both_ways(tmp_path_factory) -> dict[bool, tuple[Captured, int, dict[int, Sent]]]:
    need_root()
    need_all(ip="iproute2", ethtool="ethtool")
    work = tmp_path_factory.mktemp("offloads")
    return {on: _capture(work / f"store-{on}", offloads=on) for on in (False, True)}


def _payload_way(way: tuple[Captured, int, dict[int, Sent]], version: int) -> tuple[float, float]:
    """Return (octets, packets) from the server, less the share that TCP sent again."""
    captured, _, transfers = way
    rows = captured.slices.to_pylist()
    own = [r for r in rows if r["server_port"] == PORT and r["ip_version"] == version]
    once = PAYLOAD / transfers[version]["sent"]
    octets, packets = (sum(r[name] for r in own) for name in ("down_bytes", "down_packets"))
    return octets * once, packets * once


def test_the_kernel_really_merged_packets_with_offloads_only(both_ways):
    assert both_ways[False][1] > 2 * PAYLOAD // 1_500
    assert both_ways[True][1] < both_ways[False][1] / 3


@pytest.mark.parametrize("version", [4, 6])
def test_octets_and_packets_agree_with_offloads_and_without(both_ways, version):
    (off_octets, off_packets), (on_octets, on_packets) = (
        _payload_way(both_ways[on], version) for on in (False, True)
    )
    assert off_octets > PAYLOAD
    assert abs(on_octets - off_octets) <= TOLERANCE * off_octets
    assert abs(on_packets - off_packets) <= 10 * TOLERANCE * off_packets


def test_nothing_was_lost_on_the_way(both_ways):
    for captured, _, _ in both_ways.values():
        totals = captured.totals
        accounted = totals["packets_parsed"] + sum(totals["rejected"].values())
        assert totals["packets_offered"] == accounted
        assert totals["kernel_drops"] == totals["shed"] == 0
