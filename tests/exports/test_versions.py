"""Each version's datagram becomes the same slice; options say what the octets mean."""

import pytest

from tests.exports import wire as w
from tests.exports.listening import listen

T = 256


def v9_plain(*records, **header):
    return w.v9(w.v9_template(T, w.PLAIN), w.flow_set(T, b"".join(records)), **header)


def ipfix_absolute(*records, **header):
    return w.ipfix(w.ipfix_template(T, w.ABSOLUTE), w.flow_set(T, b"".join(records)), **header)


BOTH = {
    "v5": w.v5(
        w.v5_record(octets=1_000, packets=10),
        w.v5_record("198.51.100.7", "10.0.0.1", sport=443, dport=50_000, octets=9_000, packets=12),
    ),
    "v9": v9_plain(
        w.plain(octets=1_000, packets=10),
        w.plain("198.51.100.7", "10.0.0.1", sport=443, dport=50_000, octets=9_000, packets=12),
    ),
    "ipfix": ipfix_absolute(
        w.absolute(octets=1_000, packets=10),
        w.absolute("198.51.100.7", "10.0.0.1", sport=443, dport=50_000, octets=9_000, packets=12),
    ),
}


@pytest.mark.parametrize("version", BOTH)
def test_two_directions_become_one_slice_seen_from_the_school(version):
    report, sink = listen(BOTH[version])
    (row,) = sink.rows
    assert (row["up_bytes"], row["down_bytes"]) == (1_000, 9_000)
    assert (row["up_packets"], row["down_packets"]) == (10, 12)
    assert (row["zone"], row["transport"], row["server_port"]) == ("salles", "tcp", 443)
    assert row["ip_version"] == 4
    assert row["device"] is not None
    assert (row["site"], row["site_source"]) == (None, "none")
    assert report["flows"] == 1
    assert report["datagrams_parsed"] == 1


@pytest.mark.parametrize("version", BOTH)
def test_link_rows_hold_the_same_octets_and_a_closed_identity(version):
    _, sink = listen(BOTH[version])
    total = {name: sum(row[name] for row in sink.links_rows) for name in (
        "up_bytes", "down_bytes", "local_bytes", "offered", "parsed", "kernel_drops", "shed")}  # fmt: skip
    assert (total["up_bytes"], total["down_bytes"], total["local_bytes"]) == (1_000, 9_000, 0)
    assert total["offered"] == total["parsed"] > 0
    assert all(row["counter_up_bytes"] is None for row in sink.links_rows)
    assert {row["interface"] for row in sink.links_rows} == {"exporter-1"}


def test_sflow_samples_count_their_rate_times_each():
    frame = w.ethernet(w.ipv4_header(octets=1_400))
    back = w.ethernet(w.ipv4_header("198.51.100.7", "10.0.0.1", octets=60, sport=443, dport=50_000))
    datagram = w.sflow(
        w.counter_sample(),
        w.flow_sample(w.raw_header(frame), rate=100),
        w.flow_sample(w.raw_header(back), rate=50, expanded=True),
    )
    report, sink = listen(datagram)
    (row,) = sink.rows
    assert (row["up_bytes"], row["up_packets"]) == (140_000, 100)
    assert (row["down_bytes"], row["down_packets"]) == (3_000, 50)
    assert report["exporters"][0]["scales"] == {"sampled": 2}


def test_sflow_reads_tags_ipv6_and_sampled_ip_structures():
    import struct
    from ipaddress import ip_address

    tags = b"\x88\xa8\0\x05\x81\0\0\x07"
    six = (
        struct.pack(">IHBB", 6 << 28, 60, 0, 64)
        + ip_address("2001:db8:10::5").packed
        + ip_address("2001:db8:ffff::1").packed
        + b"\x11\0\0\0\0\0\0\0"  # hop by hop, then UDP
        + struct.pack(">HHHH", 5_000, 53, 52, 0)
    )
    tagged = w.ethernet(w.ipv4_header(octets=100), tags=tags)
    four = struct.pack(">I", 3) + w.opaque(
        struct.pack(
            ">IIIIIIII", 300, 17, w.address("10.0.0.9"), w.address("198.51.100.9"), 6_000, 123, 0, 0
        )
    )
    report, sink = listen(
        w.sflow(
            w.flow_sample(w.raw_header(tagged), rate=1),
            w.flow_sample(w.raw_header(six, protocol=12), rate=1),
            w.flow_sample(four, rate=1),
            w.flow_sample(w.raw_header(w.ethernet(b"\0" * 28, kind=0x0806)), rate=1),
        )
    )
    seen = {(row["ip_version"], row["transport"], row["server_port"], row["up_bytes"]) for row in sink.rows}  # fmt: skip
    assert seen == {(4, "tcp", 443, 100), (6, "udp", 53, 100), (4, "udp", 123, 300)}
    assert report["exporters"][0]["records_rejected"] == {"not_ip": 1}


def test_ipfix_reads_enterprise_and_variable_length_fields():
    fields = [*w.ABSOLUTE, (82, 65_535), (188, 65_535, 35_632), (77, 3, 9)]
    short, long = b"\x04eth0", b"\xff\x01\x2c" + b"x" * 300
    record = w.absolute(octets=5_000) + short + b"\x0fcdn.example.org" + b"\1\2\3"
    other = (
        w.absolute("10.0.0.2", octets=70)
        + long
        + b"\xff\x00\x0bexample.com\0"[:3]
        + b"example.com"
        + b"\1\2\3"
    )
    report, sink = listen(
        w.ipfix(w.ipfix_template(T, fields), w.flow_set(T, record + other, padding=3))
    )
    rows = {row["up_bytes"]: row for row in sink.rows}
    assert rows[5_000]["site"] == "example.org"
    assert rows[5_000]["site_source"] == "tls_sni"
    assert rows[70]["site"] == "example.com"
    assert report["exporters"][0]["records_metered"] == 2
    assert all("site" not in footer.split(",") for footer in sink.footers())


def test_ipfix_biflow_fields_count_the_other_direction():
    fields = [*w.ABSOLUTE, (1, 8, 29_305), (2, 4, 29_305)]
    record = w.absolute(octets=100, packets=2) + (7_000).to_bytes(8, "big") + (5).to_bytes(4, "big")
    _, sink = listen(w.ipfix(w.ipfix_template(T, fields), w.flow_set(T, record)))
    (row,) = sink.rows
    assert (row["up_bytes"], row["down_bytes"], row["down_packets"]) == (100, 7_000, 5)


def test_reduced_size_counters_are_read_at_their_announced_width():
    fields = [(w.SRC4, 4), (w.DST4, 4), (w.OCTETS, 3), (w.PACKETS, 1), (w.DPORT, 1)]
    record = w.values(
        fields, e8=w.address("10.0.0.1"), e12=w.address("198.51.100.7"), e1=70_000, e2=200, e11=53
    )
    _, sink = listen(w.ipfix(w.ipfix_template(T, fields), w.flow_set(T, record)))
    assert [(r["up_bytes"], r["up_packets"]) for r in sink.rows] == [(70_000, 200)]


def test_a_field_wider_than_its_type_is_skipped_and_never_read():
    fields = [*w.PLAIN, (w.PROTOCOL, 400)]
    wide = [(w.OCTETS, 64), *w.PLAIN[:4], *w.PLAIN[5:]]
    record = w.plain() + b"\xff" * 400
    report, sink = listen(
        w.v9(
            w.v9_template(T, fields),
            w.v9_template(T + 1, wide),
            w.flow_set(T, record),
            w.flow_set(T + 1, b"\xff" * (64 + 25)),
        )
    )
    assert [row["up_bytes"] for row in sink.rows] == [1_000]
    assert report["exporters"][0]["records_rejected"] == {"no_counter": 1}


@pytest.mark.parametrize(
    ("options", "record_sampler", "octets", "scale"),
    [
        (None, None, 1_000, "unscaled"),
        ((w.INTERVAL, None, 1), None, 1_000, "exact"),
        ((w.INTERVAL, None, 128), None, 128_000, "sampled"),
        ((50, 7, 10), 7, 10_000, "sampled"),
        ((50, 7, 10), 8, 1_000, "unscaled"),
        ((50, 7, 0), 7, 1_000, "unscaled"),
    ],
    ids=["silent", "every packet", "1 in 128", "its sampler", "another sampler", "absurd"],
)
def test_octets_are_scaled_only_by_an_announced_interval(options, record_sampler, octets, scale):
    fields = list(w.PLAIN)
    record = w.plain()
    if record_sampler is not None:
        fields.append((w.SAMPLER, 1))
        record += bytes([record_sampler])
    sets = [w.v9_template(T, fields)]
    if options is not None:
        element, sampler, interval = options
        described = [(w.SAMPLER, 1)] if sampler is not None else []
        body = bytes(4) + (bytes([sampler]) if sampler is not None else b"")
        sets.append(w.v9_options(T + 1, [(1, 4)], [*described, (element, 4)], padding=2))
        sets.append(w.flow_set(T + 1, body + interval.to_bytes(4, "big"), padding=1))
    report, sink = listen(w.v9(*sets, w.flow_set(T, record)))
    assert [row["up_bytes"] for row in sink.rows] == [octets]
    assert report["exporters"][0]["scales"] == {scale: 1}
    marked = "up_bytes,down_bytes,up_packets,down_packets" if scale == "unscaled" else ""
    assert sink.footers("jauge.unscaled") == {marked}


def test_ipfix_selector_ratio_is_interval_and_space():
    scope, fields = [(302, 8)], [(305, 4), (306, 4)]
    body = (5).to_bytes(8, "big") + (1).to_bytes(4, "big") + (99).to_bytes(4, "big")
    record = w.absolute(octets=10) + (5).to_bytes(8, "big")
    _, sink = listen(
        w.ipfix(
            w.ipfix_options(T + 1, scope, fields),
            w.flow_set(T + 1, body),
            w.ipfix_template(T, [*w.ABSOLUTE, (302, 8)]),
            w.flow_set(T, record),
        )
    )
    assert [row["up_bytes"] for row in sink.rows] == [1_000]


def test_v5_scales_by_its_header():
    _, sink = listen(w.v5(w.v5_record(octets=50, packets=2), sampling=0x4000 | 20))
    assert [(row["up_bytes"], row["up_packets"]) for row in sink.rows] == [(1_000, 40)]


def test_the_footer_says_what_each_source_could_not_know():
    _, five = listen(BOTH["v5"])
    (unknown,) = five.footers()
    assert set(unknown.split(",")) == {
        "site", "site_source", "ech", "list_category", "app", "active_s", "down_peak_bytes_s",
        "down_sumsq_bytes_s", "end_reason",
    }  # fmt: skip
    row = five.rows[0]
    assert (row["active_s"], row["down_peak_bytes_s"], row["down_sumsq_bytes_s"]) == (0, 0, 0.0)
    fields = [*w.PLAIN, (136, 1)]
    _, nine = listen(
        w.v9(w.v9_template(T, fields), w.flow_set(T, w.plain() + b"\3" + w.plain("10.0.0.2") + b"\2"))
    )  # fmt: skip
    assert "end_reason" not in next(iter(nine.footers())).split(",")
    assert {row["end_reason"] for row in nine.rows} == {"ended", None}


def test_inside_to_inside_and_multicast_are_local_and_leave_no_slice():
    report, sink = listen(
        w.v5(
            w.v5_record("10.0.0.1", "10.0.9.5", octets=300),
            w.v5_record("10.0.0.1", "224.0.0.251", octets=50),
        )
    )
    assert sink.rows == []
    assert sum(row["local_bytes"] for row in sink.links_rows) == 350
    assert report["ip_bytes"] == 350


def test_a_zone_that_counts_no_devices_gets_none():
    _, sink = listen(w.v5(w.v5_record("10.0.9.1")))
    assert [(row["zone"], row["device"]) for row in sink.rows] == [("serveurs", None)]


def test_the_exported_mac_is_the_device_until_it_shows_to_be_a_routers():
    fields = [*w.PLAIN, (56, 6)]
    mac = (0x020000000001).to_bytes(6, "big")

    def run(addresses):
        body = b"".join(w.plain(f"10.0.0.{n}") + mac for n in addresses)
        _, sink = listen(w.v9(w.v9_template(T, fields), w.flow_set(T, body)))
        return {row["device"] for row in sink.rows}

    assert len(run([1, 2, 3])) == 1
    assert len(run([1, 2, 3, 4, 5, 6])) > 1
