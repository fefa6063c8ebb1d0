"""Whatever bytes come: no exception, bounded memory, forged sources change one counter only."""

import random
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.exports import domain, exporter, spreading, templates, waiting
from collector.exports.exporter import Exporter
from tests.exports import wire as w
from tests.exports.listening import listen, new_listener

T = 256
FRAME = w.ethernet(w.ipv4_header())
WHOLE = {
    "v5": w.v5(w.v5_record(), w.v5_record("10.0.0.2")),
    "v9": w.v9(
        w.v9_template(T, [*w.PLAIN, (w.SAMPLER, 1)]),
        w.v9_options(T + 1, [(1, 4)], [(w.SAMPLER, 1), (50, 4)]),
        w.flow_set(T + 1, b"\0\0\0\0\1\0\0\0\x0a", padding=3),
        w.flow_set(T, w.plain() + b"\1" + w.plain("10.0.0.2") + b"\1"),
    ),
    "ipfix": w.ipfix(
        w.ipfix_template(T, [*w.ABSOLUTE, (82, 65_535), (188, 65_535, 35_632)]),
        w.ipfix_options(T + 1, [(302, 8)], [(305, 4), (306, 4)]),
        w.flow_set(T + 1, bytes(15) + b"\1" + bytes(4)),
        w.flow_set(T, w.absolute() + b"\x04eth0\xff\x00\x0bexample.com"),
    ),
    "sflow": w.sflow(
        w.flow_sample(w.raw_header(FRAME)),
        w.flow_sample(w.raw_header(FRAME), expanded=True),
        w.counter_sample(),
    ),
}


def closed(report) -> bool:
    entry = report["exporters"][0]
    numbers = entry["numbers"]
    records = entry["records_metered"] + entry["records_options"]
    return (
        entry["datagrams"]
        == entry["parsed"] + entry["duplicates"] + sum(entry["rejected"].values())
        and numbers["offered"] == numbers["parsed"] + numbers["lost"]
        and entry["records"] == records + sum(entry["records_rejected"].values())
    )


@pytest.mark.parametrize("version", WHOLE)
def test_whole_it_is_parsed(version):
    report, sink = listen(WHOLE[version])
    assert report["rejected"] == {}
    assert sink.rows
    assert closed(report)


@pytest.mark.parametrize("version", WHOLE)
def test_cut_at_each_octet_nothing_is_made_up(version):
    """A cut between two sets of v9 is a shorter datagram; everything else is refused whole."""
    whole, _ = listen(WHOLE[version])
    borders = {20, 68, 90, 106} if version == "v9" else set()
    for length in range(len(WHOLE[version])):
        report, cut = listen(WHOLE[version][:length])
        assert closed(report)
        assert report["ip_bytes"] <= whole["ip_bytes"]
        if length not in borders:
            assert sum(report["rejected"].values()) == 1, length
            assert cut.rows == []


def test_the_borders_of_the_v9_example_are_where_the_test_above_says():
    at, borders = 20, {20}
    data = WHOLE["v9"]
    while at < len(data):
        at += int.from_bytes(data[at + 2 : at + 4], "big")
        borders.add(at)
    assert borders == {20, 68, 90, 106, len(data)}


@pytest.mark.parametrize("version", WHOLE)
@given(data=st.data())
def test_mutated_nothing_raises_and_the_counts_close(version, data):
    mutated = bytearray(WHOLE[version])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        mutated[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(mutated)))
    trailing = data.draw(st.binary(max_size=12))
    report, _ = listen(WHOLE[version], bytes(mutated[:cut]) + trailing, bytes(mutated))
    assert closed(report)


@given(st.lists(st.binary(max_size=200), max_size=4))
def test_noise_after_any_version_number_raises_nothing(parts):
    starts = (b"\0\5", b"\0\x09", b"\0\x0a", b"\0\0\0\5\0\0\0\1", b"")
    report, _ = listen(*[start + part for part in parts for start in starts])
    assert closed(report)


@pytest.mark.slow
def test_a_template_flood_holds_its_bound_and_the_known_template_stays():
    known = w.v9(w.v9_template(T, w.PLAIN), sequence=0, domain=9)
    listener, _sink = new_listener()
    fields = [(1 + n % 200, 4) for n in range(24)]
    exp = next(iter(listener._exporters.values()))
    offer = lambda data: listener.offer(data, source=w.EXPORTER, port=w.PORT, now=w.NOW)  # noqa: E731
    offer(known)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    chance = random.Random(3)  # noqa: S311 - a test's choice of sizes
    for n in range(20_000):
        number = T + n % 60_000
        some = fields[: chance.randint(1, 24)]
        offer(w.v9(w.v9_template(number, some), sequence=n, domain=n % 63))
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 16 << 20
    assert exp.templates() <= 64 * templates.TEMPLATES_MAX
    assert exp._budget.fields <= templates.FIELDS_HELD_MAX
    assert exp.counts.templates_refused["template_limit"] > 10_000
    listener.offer(
        w.v9(w.flow_set(T, w.plain()), sequence=1, domain=9), source=w.EXPORTER, port=w.PORT, now=w.NOW
    )  # fmt: skip
    assert exp.counts.metered == 1


def test_small_templates_have_a_bound_of_their_own():
    one = Exporter(0)
    for n in range(20_000):
        data = w.v9(w.v9_template(T + n // 63, [(1, 4)]), sequence=n // 63, domain=n % 63)
        one.offer(data, port=1, now=w.NOW)
    assert one.templates() == templates.TEMPLATES_HELD_MAX
    assert one.counts.templates_refused == {"template_limit": 20_000 - one.templates()}


def test_more_domains_than_the_bound_are_refused_while_the_old_are_in_use():
    one = Exporter(0)
    for n in range(exporter.DOMAINS_MAX + 10):
        one.offer(w.v9(domain=n), port=1, now=w.NOW)
    assert one.counts.rejected["domain_limit"] == 10
    later = w.NOW + exporter.DOMAIN_IDLE_S + 1
    assert one.offer(w.v9(domain=500), port=1, now=later) == []
    assert one.counts.rejected["domain_limit"] == 10


def test_many_ports_of_one_domain_keep_a_bounded_number_of_streams():
    one = Exporter(0)
    for port in range(1_000):
        one.offer(w.v9(sequence=port * 77), port=port, now=w.NOW)
    (only,) = one._domains.values()
    assert len(only._ports) == domain.PORTS_MAX
    assert (one.lost, one.offered) == (0, 1_000)


def test_a_forged_source_changes_one_counter_and_nothing_else():
    listener, sink = new_listener()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for n in range(20_000):
        source = f"203.0.{n % 250}.{n % 113}"
        listener.offer(WHOLE["v9"], source=source, port=n % 60_000, now=w.NOW)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    listener.finish(w.NOW)
    report = listener.report(1.0)
    assert report["rejected"] == {"forged": 20_000}
    assert report["datagrams_offered"] == 20_000
    assert sink.rows == []
    assert grown < 1 << 20


def test_data_before_its_template_waits_and_is_read_when_it_comes():
    early = w.v9(w.flow_set(T, w.plain(octets=77)), sequence=0)
    _, sink = listen(early, w.v9(w.v9_template(T, w.PLAIN), sequence=1))
    assert [row["up_bytes"] for row in sink.rows] == [77]


@pytest.mark.parametrize(("wait_s", "read"), [(waiting.HELD_S - 1, 1), (waiting.HELD_S + 1, 0)])
def test_data_waits_for_half_a_minute_and_not_longer(wait_s, read):
    one = Exporter(0)
    one.offer(w.v9(w.flow_set(T, w.plain()), sequence=0), port=1, now=w.NOW)
    later = w.v9(w.v9_template(T, w.PLAIN), sequence=1, now=w.NOW + wait_s, uptime=1_000_000 + int(wait_s * 1000))  # fmt: skip
    assert len(one.offer(later, port=1, now=w.NOW + wait_s)) == read
    assert one.sets_undecodable == 1 - read


def test_waiting_data_has_a_bounded_room():
    one = Exporter(0)
    for n in range(100):
        one.offer(w.v9(w.flow_set(T, bytes(1_400)), sequence=n), port=1, now=w.NOW)
    assert one._waiting._octets <= waiting.HELD_OCTETS_MAX
    assert one.sets_undecodable == 100 - waiting.HELD_OCTETS_MAX // 1_400


def test_a_template_that_was_not_refreshed_is_forgotten():
    one = Exporter(0)
    one.offer(w.v9(w.v9_template(T, w.PLAIN), sequence=0), port=1, now=w.NOW)
    later = w.NOW + templates.TEMPLATE_LIFE_S + 1
    uptime = 1_000_000 + (templates.TEMPLATE_LIFE_S + 1) * 1_000
    data = w.v9(w.flow_set(T, w.plain()), sequence=1, now=later, uptime=uptime)
    assert one.offer(data, port=1, now=later) == []


def test_a_template_may_be_redefined():
    swapped = [(w.DST4, 4), (w.SRC4, 4), *w.PLAIN[2:]]
    report, sink = listen(
        w.v9(w.v9_template(T, w.PLAIN), w.flow_set(T, w.plain("198.51.100.9", "198.51.100.7")), sequence=0),
        w.v9(w.v9_template(T, swapped), w.flow_set(T, w.plain("198.51.100.7", "10.0.0.1")), sequence=1),
    )  # fmt: skip
    assert {row["zone"] for row in sink.rows} == {"unmatched", "salles"}
    assert report["exporters"][0]["templates"] == 1


@pytest.mark.parametrize(
    "fields",
    [[], [(1, 0), (2, 0)], [(1, 4)] * 129, [(1, 60_000), (2, 60_000)]],
    ids=["no field", "no octet", "too many", "longer than a datagram"],
)
def test_a_template_that_makes_no_sense_is_refused(fields):
    report, sink = listen(w.v9(w.v9_template(T, fields), w.flow_set(T, bytes(40))))
    assert report["exporters"][0]["templates_refused"] == {"template": 1}
    assert sink.rows == []


def test_a_variable_length_past_its_set_ends_the_set():
    fields = [*w.ABSOLUTE, (82, 65_535)]
    body = w.absolute() + b"\x01x" + w.absolute() + b"\xfe" + bytes(20)
    report, sink = listen(w.ipfix(w.ipfix_template(T, fields), w.flow_set(T, body)))
    assert len(sink.rows) == 1
    assert report["exporters"][0]["records_rejected"] == {"record": 1}


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("no octets", {"octets": 0}, "no_counter"),
        ("more than a link carries", {"octets": 1 << 60}, "counter"),
    ],
)
def test_absurd_counters_are_refused(name, changes, reason):
    body = w.absolute(**changes)
    report, sink = listen(w.ipfix(w.ipfix_template(T, w.ABSOLUTE), w.flow_set(T, body)))
    assert report["exporters"][0]["records_rejected"] == {reason: 1}
    assert sink.rows == []


def test_a_thousand_sets_of_one_octet_records_stay_quick():
    """The densest datagram: 65,000 records of one octet, none of them a flow."""
    data = w.v9(w.v9_template(T, [(w.PROTOCOL, 1)]), w.flow_set(T, bytes(65_000)))
    started = time.monotonic()
    report, _ = listen(data)
    assert time.monotonic() - started < 2
    assert report["exporters"][0]["records_rejected"] == {"no_address": 65_000}


DAY_HALF_MS = 12 * 3_600_000


def long_records(count, *, sequence, now=w.NOW):
    """A v5 datagram whose records each speak of twelve hours."""
    ends = {"first": 10_000, "last": 10_000 + DAY_HALF_MS, "octets": 100_000}
    records = [w.v5_record(f"10.0.{sequence % 250}.{n + 1}", **ends) for n in range(count)]
    uptime = 10_000 + DAY_HALF_MS
    return w.v5(*records, sequence=sequence, uptime=uptime + int((now - w.NOW) * 1_000), now=now)


def test_records_that_speak_of_hours_are_spread_as_far_as_minutes_were_earned():
    one = Exporter(0)
    flows = [
        flow for n in range(20)
        for flow in one.offer(long_records(30, sequence=30 * n), port=1, now=w.NOW)
    ]  # fmt: skip
    spread = [flow for flow in flows if flow.end_ms - flow.start_ms == DAY_HALF_MS]
    assert len(flows) == 600
    assert len(spread) == spreading.MINUTES_MAX // 720
    assert one.counts.untimed == 600 - len(spread)
    assert sum(flow.octets for flow in flows) == 600 * 100_000
    second = one.offer(long_records(30, sequence=600, now=w.NOW + 1), port=1, now=w.NOW + 1)
    assert sum(flow.timed for flow in second) == spreading.MINUTES_PER_S // 720


def test_ordinary_records_earn_and_cost_no_minutes():
    one = Exporter(0)
    for n in range(200):
        one.offer(w.v5(*[w.v5_record()] * 30, sequence=30 * n), port=1, now=w.NOW)
    assert one.counts.untimed == 0
