"""offered = parsed + rejected(by reason) + kernel drops + shed, whatever arrives."""

import struct

import pytest

from collector.meter import layout as lay
from privacy.records import Reject
from tests.collector import frames as f
from tests.support.metering import meter_file

IP = f.ipv4(f.udp(b"x" * 20, 40_000, 9), f.CLIENT, f.SERVER, 17)
GOOD = f.ethernet(IP)
TAG = struct.pack(">HH", 0x8100, 5)
MPLS_MIDDLE, MPLS_BOTTOM = b"\0\x01\0\x40", b"\0\x01\x01\x40"
SLL = b"\0\x04\0\x01\0\x06\x02\0\0\0\0\x01\0\0"

REJECTED = [
    (Reject.TRUNCATED, f.ETHERNET, GOOD[:13], "Ethernet header cut"),
    (Reject.TRUNCATED, f.ETHERNET, GOOD[:14], "nothing behind Ethernet"),
    (Reject.TRUNCATED, f.ETHERNET, GOOD[:33], "IPv4 header cut"),
    (Reject.TRUNCATED, f.ETHERNET, f.ethernet(b"\x60" + b"\0" * 38, 0x86DD), "IPv6 header cut"),
    (Reject.TRUNCATED, f.ETHERNET, GOOD[:12] + TAG[:3], "tag cut"),
    (Reject.TRUNCATED, f.ETHERNET, f.ethernet(MPLS_MIDDLE, 0x8847), "label stack cut"),
    (Reject.TRUNCATED, 113, SLL, "cooked header cut"),
    (Reject.TRUNCATED, f.RAW, b"", "an empty frame"),
    (Reject.NOT_IP, f.ETHERNET, f.ethernet(b"\0" * 46, 0x0806), "ARP"),
    (Reject.NOT_IP, f.ETHERNET, f.ethernet(b"\x42\x42\x03" + b"\0" * 43, 38), "spanning tree"),
    (Reject.NOT_IP, f.ETHERNET, f.ethernet(b"\x11\0\0\x01\0\x04\xc0\x21", 0x8864), "PPP control"),
    (Reject.NOT_IP, f.ETHERNET, f.ethernet(MPLS_BOTTOM + b"\0" * 20, 0x8847), "pseudowire"),
    (Reject.BAD_LINK, f.ETHERNET, GOOD[:12] + TAG * 5 + GOOD[12:], "five tags"),
    (Reject.BAD_LINK, f.ETHERNET, f.ethernet(MPLS_MIDDLE * 9 + IP, 0x8847), "nine labels"),
    (Reject.BAD_LINK, 192, b"\0\0\x04\0\x01\0\0\0" + GOOD, "PPI header of four octets"),
    (Reject.BAD_IP, f.RAW, b"\x50" + IP[1:], "version 5"),
    (Reject.BAD_IP, f.RAW, b"\x44" + IP[1:], "header of 16 octets"),
    (Reject.BAD_IP, f.RAW, IP[:2] + b"\0\x13" + IP[4:], "total of 19 octets"),
    (Reject.UNKNOWN_LINK, 147, GOOD, "a private link type"),
]
PARSED = [
    (f.ETHERNET, GOOD, "Ethernet"),
    (f.ETHERNET, GOOD[:12] + TAG * 4 + GOOD[12:], "four tags"),
    (f.ETHERNET, f.ethernet(MPLS_MIDDLE * 7 + MPLS_BOTTOM + IP, 0x8847), "eight labels"),
    (f.ETHERNET, f.ethernet(b"\x11\0\0\x01\0\x32\0\x21" + IP, 0x8864), "PPPoE"),
    (f.ETHERNET, GOOD.ljust(60, b"\0"), "padded"),
    (f.RAW, IP, "raw"),
    (228, IP, "raw IPv4"),
    (113, SLL + b"\x08\0" + IP, "cooked"),
    (276, b"\x08\0" + b"\0" * 18 + IP, "cooked v2"),
    (0, b"\x02\0\0\0" + IP, "loopback of a little-endian BSD"),
    (108, b"\0\0\0\x02" + IP, "OpenBSD loopback"),
    (9, b"\xff\x03\0\x21" + IP, "PPP"),
    (192, b"\0\0\x08\0\x01\0\0\0" + GOOD, "PPI"),
]


@pytest.mark.parametrize(
    ("reason", "link", "frame", "_"), REJECTED, ids=[f"{c[0].value}: {c[3]}" for c in REJECTED]
)
def test_each_reason_to_reject_is_counted_as_itself(tmp_path, reason, link, frame, _):
    result = meter_file(f.write(tmp_path / "x.pcap", [(f.NOON_US, frame, 200)], link=link))
    assert result.totals.rejected == {reason.value: 1}
    assert result.totals.gap() == 0
    assert result.links[f"rejected_{reason.value}"].to_pylist() == [1]
    assert len(result.slices) == 0


def test_no_reason_is_left_without_a_frame():
    assert {case[0] for case in REJECTED} == set(Reject)


@pytest.mark.parametrize(("link", "frame", "_"), PARSED, ids=[case[2] for case in PARSED])
def test_every_link_type_gives_the_same_flow(tmp_path, link, frame, _):
    result = meter_file(f.write(tmp_path / "x.pcap", [(f.NOON_US, frame)], link=link))
    assert result.totals.rejected == {}
    (row,) = result.slices.to_pylist()
    assert (row["up_bytes"], row["transport"], row["server_port"]) == (len(IP), "udp", 9)


@pytest.mark.parametrize(
    ("claimed", "captured", "wire", "counted"),
    [(48, 48, 48, 48), (48, 30, 48, 48), (48, 48, 60, 48), (0, 48, 70_000, 70_000),
     (60_000, 48, 1_000, 1_000), (48, 48, 40, 48)],
    ids=["whole", "snap length", "padding", "segmentation offload", "claims more than the wire",
         "wire shorter than captured"],
)  # fmt: skip
def test_ip_octets_are_what_is_claimed_and_at_most_what_was_sent(
    tmp_path, claimed, captured, wire, counted
):
    frame = (IP[:2] + struct.pack(">H", claimed) + IP[4:])[:captured]
    result = meter_file(f.write(tmp_path / "x.pcap", [(f.NOON_US, frame, wire)], link=f.RAW))
    assert result.totals.ip_bytes == counted


def test_link_rows_of_ten_seconds_add_up_and_silence_is_a_row_of_zeros(tmp_path):
    arp = f.ethernet(b"\0" * 46, 0x0806)
    seconds = [0, 1, 11, 45, 46]
    packets = [(f.NOON_US + s * 10**6, x) for s in seconds for x in (GOOD, arp)]
    links = meter_file(f.write(tmp_path / "x.pcap", packets)).links.to_pylist()
    assert [row["offered"] for row in links] == [4, 2, 0, 0, 4]
    assert [row["parsed"] for row in links] == [2, 1, 0, 0, 2]
    assert [row["rejected_not_ip"] for row in links] == [2, 1, 0, 0, 2]
    assert [int(row["start"].timestamp()) % 60 for row in links] == [0, 10, 20, 30, 40]


@pytest.mark.parametrize("cap", [0, lay.FLOW_CAP + 1])
def test_a_cap_outside_of_the_memory_is_refused(cap):
    with pytest.raises(ValueError, match="flow_cap"):
        lay.new_tables(seed=1, random=1, flow_cap=cap)
