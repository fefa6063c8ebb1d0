"""From readings and events to slices: differences, minutes, NAT, losses. A table of situations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.conntrack import table as table_
from collector.conntrack.kernel import findings, next_reading
from collector.store import DirectoryStore
from tests.conntrack import wire as w
from tests.conntrack.following import STEP_MS, Followed
from tests.support.stores import footers

INSIDE = {"source": "10.0.0.2"}


def one(counts, **changes):
    return w.line(**{**INSIDE, "counts": counts, **changes})


def octets(rows):
    return [(row["minute"].minute, row["up_bytes"], row["down_bytes"]) for row in rows]


def test_what_passed_before_the_start_is_not_counted():
    followed = Followed()
    followed.read(0, one((9_000, 9, 90_000, 90)))
    followed.read(STEP_MS, one((9_100, 10, 90_400, 92)))
    report = followed.finish(STEP_MS + 5)
    assert [(r["up_bytes"], r["down_bytes"], r["up_packets"], r["down_packets"]) for r in followed.rows] == [(100, 400, 1, 2)]  # fmt: skip
    assert (report["ip_bytes"], report["flows"]) == (500, 1)


def test_a_long_flow_has_one_slice_in_each_minute_with_what_it_grew_by():
    followed = Followed()
    followed.read(0)
    followed.hear(1_000, w.new(**INSIDE))
    for step in range(1, 19):
        followed.read(step * STEP_MS, one((100 * step, step, 1_000 * step, step)))
    followed.finish(18 * STEP_MS)
    assert octets(followed.rows) == [
        (start, 600, 6_000) for start in (r["minute"].minute for r in followed.rows)
    ]
    assert len(followed.rows) == 3
    assert len({r["flow"] for r in followed.rows}) == 1
    assert [r["age_s"] for r in followed.rows] == [0, 59, 119]
    assert [r["end_reason"] for r in followed.rows] == [None] * 3


def test_a_connection_that_began_and_ended_between_readings_is_counted_by_its_last_event():
    followed = Followed()
    followed.read(0)
    followed.hear(1_000, w.new(**INSIDE, protocol=17))
    followed.hear(4_000, w.gone(**INSIDE, protocol=17, counts=(70, 1, 130, 1)))
    followed.finish(5_000)
    (row,) = followed.rows
    assert (row["up_bytes"], row["down_bytes"], row["end_reason"]) == (70, 130, "idle")
    assert (row["transport"], row["server_port"]) == ("udp", 443)


def test_its_last_event_is_enough_even_when_the_first_was_lost():
    followed = Followed()
    followed.read(0)
    followed.hear(4_000, w.gone(**INSIDE, counts=(70, 1, 130, 1)))
    assert followed.finish(5_000)["flows"] == 1
    assert followed.rows[0]["down_bytes"] == 130


def test_an_event_that_repeats_counts_nothing_twice():
    followed = Followed()
    followed.read(0)
    followed.hear(1_000, w.new(**INSIDE), w.new(**INSIDE))
    followed.read(STEP_MS, one((70, 1, 130, 1)), one((70, 1, 130, 1)))
    followed.read(2 * STEP_MS, one((70, 1, 130, 1)))
    followed.hear(21_000, w.gone(**INSIDE, counts=(75, 2, 130, 1)))
    report = followed.finish(22_000)
    assert (report["ip_bytes"], report["flows"]) == (205, 1)
    assert sum(r["up_packets"] for r in followed.rows) == 2


def test_tcp_that_said_goodbye_has_ended():
    followed = Followed()
    followed.read(0)
    followed.read(STEP_MS, one((70, 1, 130, 1), state=w.TIME_WAIT))
    followed.finish(STEP_MS)
    assert [r["end_reason"] for r in followed.rows] == ["ended"]


def test_a_new_connection_with_the_addresses_of_an_old_one_is_another_flow():
    followed = Followed()
    followed.read(0, one((50, 1, 50, 1), number=1))
    followed.read(STEP_MS, one((60, 2, 60, 2), number=1))
    followed.read(2 * STEP_MS, one((10, 1, 10, 1), number=2))
    report = followed.finish(2 * STEP_MS)
    assert (report["flows"], report["ip_bytes"], report["ends_lost"]) == (2, 40, 1)


def test_a_connection_that_is_missing_from_two_readings_lost_its_end():
    followed = Followed()
    followed.read(0)
    followed.read(STEP_MS, one((10, 1, 10, 1)))
    followed.read(2 * STEP_MS)
    assert len(followed.gateway.table) == 1  # one may miss it: the kernel resizes its table
    followed.read(3 * STEP_MS)
    assert len(followed.gateway.table) == 0
    report = followed.finish(3 * STEP_MS)
    assert (report["ends_lost"], report["ip_bytes"]) == (1, 20)


def test_a_reading_that_was_cut_short_ends_nothing():
    followed = Followed()
    followed.read(0)
    followed.read(STEP_MS, one((10, 1, 10, 1)))
    for step in range(2, 6):
        followed.read(step * STEP_MS, complete=False)
    assert len(followed.gateway.table) == 1
    assert followed.finish(60_000)["readings_failed"] == 4


def test_counters_that_somebody_set_to_zero_begin_anew():
    followed = Followed()
    followed.read(0)
    followed.read(STEP_MS, one((100, 1, 100, 1)))
    followed.read(2 * STEP_MS, one((30, 1, 40, 1)))
    assert followed.finish(2 * STEP_MS)["ip_bytes"] == 270


@pytest.mark.parametrize(
    ("situation", "changes", "zone", "up", "port"),
    [
        ("a pupil behind masquerade", {"source": "10.0.0.2"}, "salles", 100, 443),
        (
            "a visitor of a forwarded port",
            {"source": "198.51.100.9", "target": "203.0.113.1", "server": "10.0.9.4",
             "outside": "198.51.100.9", "dport": 8_080},
            "serveurs", 200, 8_080,
        ),
        (
            "no translation at all (IPv6)",
            {"source": "2001:db8:10::5", "target": "2001:db8:99::7", "outside": None},
            "salles", 100, 443,
        ),
    ],
)  # fmt: skip
def test_the_inside_address_places_the_flow_whoever_asked(situation, changes, zone, up, port):
    followed = Followed()
    followed.read(0)
    followed.read(STEP_MS, w.line(counts=(100, 1, 200, 2), **changes))
    followed.finish(STEP_MS)
    (row,) = followed.rows
    assert (row["zone"], row["up_bytes"], row["server_port"]) == (zone, up, port)
    assert (row["device"] is None) == (zone == "serveurs")


@pytest.mark.parametrize(
    ("situation", "changes", "reason"),
    [
        ("the gateway itself", {"source": "203.0.113.1"}, "no_inside"),
        ("accounting is off", {"source": "10.0.0.2", "counts": None}, "no_counter"),
    ],
)
def test_what_is_not_metered_is_counted_with_its_reason(situation, changes, reason):
    followed = Followed()
    followed.read(0)
    followed.read(STEP_MS, w.line(**changes))
    report = followed.finish(STEP_MS)
    assert report["connections_unused"] == {reason: 1}
    assert followed.rows == []


def test_between_two_zones_nothing_crosses_the_line():
    followed = Followed()
    followed.read(0)
    followed.read(STEP_MS, w.line(source="10.0.0.2", target="10.0.9.4", outside=None))
    followed.finish(STEP_MS)
    assert followed.rows == []
    assert sum(row["local_bytes"] for row in followed.sink.links_rows) == 300


def test_what_the_kernel_dropped_stands_in_the_identity_of_the_link_rows():
    followed = Followed()
    followed.read(0)
    followed.gateway.kernel_drops = 3
    followed.hear(1_000, w.new(**INSIDE), b"\1")
    followed.read(STEP_MS, one((10, 1, 10, 1)))
    report = followed.finish(STEP_MS)
    rows = followed.sink.links_rows
    told = {n: sum(r[n] for r in rows) for n in ("offered", "parsed", "kernel_drops", "rejected_truncated")}  # fmt: skip
    assert told == {"offered": 6, "parsed": 2, "kernel_drops": 3, "rejected_truncated": 1}
    assert report["messages_offered"] == 6
    assert any("events were lost" in note for note in report["notes"])
    assert sum(r["up_bytes"] + r["down_bytes"] for r in rows) == report["ip_bytes"] == 20


def test_a_full_table_takes_the_rest_when_it_ends(monkeypatch):
    monkeypatch.setattr(table_, "ENTRIES_MAX", 2)
    followed = Followed()
    followed.read(0)
    lines = [one((10, 1, 10, 1), sport=n, number=n) for n in range(1, 5)]
    followed.read(STEP_MS, *lines)
    followed.hear(11_000, w.gone(**INSIDE, sport=4, number=4, counts=(30, 3, 30, 3)))
    report = followed.finish(12_000)
    assert (report["flows"], report["ip_bytes"]) == (3, 2 * 20 + 60)
    assert report["connections_unused"] == {"table_full": 2}
    assert any(row["degraded"] for row in followed.sink.links_rows)


def test_the_stored_footer_says_what_conntrack_cannot_know(tmp_path):
    followed = Followed()
    store = DirectoryStore(tmp_path)
    followed.gateway._sink = store
    store.open()
    followed.read(0)
    followed.read(STEP_MS, one((10, 1, 10, 1), protocol=17))
    followed.finish(STEP_MS)
    store.close()
    (schema,) = footers(tmp_path, "flows")
    unknown = schema.metadata[b"jauge.unknown"].decode().split(",")
    assert {"site", "site_source", "ech", "app", "active_s", "end_reason"} <= set(unknown)
    assert not {"up_bytes", "up_packets", "minute", "zone"} & set(unknown)


@given(
    st.lists(
        st.tuples(st.integers(0, 5_000), st.integers(0, 5_000), st.integers(1, 25_000)),
        min_size=1,
        max_size=30,
    )
)
def test_whatever_the_readings_the_octets_add_up_and_no_minute_has_two_slices(steps):
    followed = Followed()
    followed.read(0)
    up = down = at = 0
    for more_up, more_down, later in steps:
        up, down, at = up + more_up, down + more_down, at + later
        followed.read(at, one((up, up and 1, down, down and 1)))
    followed.finish(at)
    rows = followed.rows
    assert sum(r["up_bytes"] for r in rows) == up
    assert sum(r["down_bytes"] for r in rows) == down
    minutes = [r["minute"] for r in rows]
    assert len(minutes) == len(set(minutes))


@pytest.mark.parametrize(
    ("switches", "says"),
    [
        ({}, ["modprobe nf_conntrack"]),
        ({"nf_conntrack_acct": "0", "nf_conntrack_events": "2"}, ["nf_conntrack_acct=1"]),
        ({"nf_conntrack_acct": "0", "nf_conntrack_events": "0"}, ["_acct=1", "_events=1"]),
        ({"nf_conntrack_acct": "1", "nf_conntrack_events": "1"}, []),
    ],
)
def test_findings_say_what_to_type(switches, says):
    found = findings(switches.get)
    assert len(found) == len(says)
    for sentence, part in zip(found, says, strict=True):
        assert part in sentence


@pytest.mark.parametrize(
    ("now", "took", "due"),
    [(100.5, 0.1, 110), (110.0, 0.1, 120), (100.5, 1.5, 120), (100.5, 30, 120)],
)
def test_readings_stand_at_whole_steps_so_that_minutes_are_whole(now, took, due):
    assert next_reading(now, took) == due
