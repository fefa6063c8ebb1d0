"""The tables of names are bounded, and what is forgotten costs a name, never a packet."""

import numpy as np
import pytest

from collector.meter import layout as lay
from collector.reduced import Reduced
from collector.sources.files import replay
from tests.collector import frames as f
from tests.collector import quic_packets as q
from tests.support.metering import Memory, collected, meter_file, new_meter


def dns(i: int, host: str) -> bytes:
    return f.dns_frame(host, [f.a(f"198.18.{i >> 8 & 255}.{i & 255}")])


def initial(i: int) -> tuple[str, bytes]:
    host = f"q{i}.{'x' * 60}.{'y' * 60}.{'z' * 60}.{'w' * 50}.example"
    packet = q.initial(q.padded(q.crypto(0, f.client_hello(host))))
    return host, f.udp_frame(packet, sport=20_000 + i)


@pytest.mark.parametrize("waiting", ["names", "octets of names"])
def test_quic_names_find_room_when_the_waiting_names_are_nearly_full(tmp_path, waiting):
    """The loop leaves room for its own names only; datagrams are opened outside of it."""
    initials = [initial(i) for i in range(lay.QUIC_PENDING - 1)]
    if waiting == "names":
        hosts = [f"h{i}.example" for i in range(lay.NAME_PENDING - 3)]
    else:
        hosts = [
            f"h{i:06}.{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 40}.example" for i in range(4_200)
        ]
    many = [dns(i, host) for i, host in enumerate(hosts)]
    packets = [frame for _, frame in initials] + many
    path = f.write(tmp_path / "full.pcap", [(f.NOON_US + i, x) for i, x in enumerate(packets)])
    result = meter_file(path)
    named = {row["site"] for row in result.slices.to_pylist() if row["site_source"] == "quic_sni"}
    assert named == {host for host, _ in initials}


def hello_frame(i: int, host: str) -> bytes:
    hello = f.tls_records(f.client_hello(host))
    return f.tcp_frame(hello, source=f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}")


def test_names_are_forgotten_at_three_quarters_and_those_in_use_stay(tmp_path):
    """130,000 distinct names within two minutes: four in a thousand answers, one live flow."""
    template = f.dns_frame("h00000000.example", [f.a("198.18.0.1", ttl=1)])
    at = template.index(b"h00000000") + 1
    total = 130_000
    lasting = hello_frame(7, "reste.example")
    packets = [(f.NOON_US, f.dns_frame("garde.example", [f.a("203.0.113.77", ttl=3_600)]))]
    for i in range(total):
        now = f.NOON_US + 1 + i * 900
        if i % 10_000 == 0:
            packets.append((now, lasting))
        packets.append((now, template[:at] + b"%08d" % i + template[at + 8 :]))
    packets.append((now + 1, f.tcp_frame(target="203.0.113.77", flags=f.SYN, dport=8_443)))
    path = f.write(tmp_path / "names.pcap", packets)
    sink = Memory()
    meter = new_meter(sink)
    assert replay(path, meter) is None
    assert int(meter.word[lay.W_NAMES]) < total
    assert int(meter.tables["names"]["used"].sum()) == int(meter.word[lay.W_NAMES])
    result = collected(sink, meter, None)
    sites = {row["server_port"]: row["site"] for row in result.slices.to_pylist()}
    assert sites[443] == "reste.example"
    assert sites[8_443] == "garde.example"
    assert result.totals.gap() == 0


def test_no_octet_of_a_name_stays_behind(tmp_path):
    packets = [(f.NOON_US, f.dns_frame("canari.example", [f.a(f.SERVER)])),
               (f.NOON_US + 1, initial(1)[1])]  # fmt: skip
    sink = Memory()
    meter = new_meter(sink, reduce=lambda name: Reduced(site=None))
    replay(f.write(tmp_path / "canary.pcap", packets), meter)
    collected(sink, meter, None)
    memory = meter.memory.view(np.uint8).tobytes()
    arena = bytes(meter.tables["arena"])
    assert arena.count(0) == len(arena)
    assert b"canari" not in arena + bytes(meter.tables["quic_bytes"])
    assert memory.count(b"q1.xxxxx") == 0
