"""Records become slices of clock minutes; two directions become one flow; times are made ours."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.exports import joining
from collector.exports.joining import Joiner, spread
from collector.exports.times import AGE_MAX_MS, SPAN_MAX_MS, Clock, of_ntp, signed_ms
from tests.exports import wire as w
from tests.exports.listening import listen, new_listener

T = 256
MINUTE = w.NOW - w.NOW % 60


def absolute(*records, **header):
    return w.ipfix(w.ipfix_template(T, w.ABSOLUTE), w.flow_set(T, b"".join(records)), **header)


@pytest.mark.parametrize(
    ("start_s", "end_s", "octets", "shares"),
    [
        (10, 20, 100, {0: 100}),
        (0, 120, 100, {0: 50, 1: 50}),
        (30, 90, 101, {0: 50, 1: 51}),
        (45, 150, 7, {0: 1, 1: 4, 2: 2}),
        (59, 60, 10, {0: 10}),
        (60, 60, 10, {1: 10}),
        (0, 600, 3, {3: 1, 6: 1, 9: 1}),
    ],
)
def test_octets_are_spread_in_proportion_to_time(start_s, end_s, octets, shares):
    assert dict(spread(octets, start_s * 1_000, end_s * 1_000, 60_000)) == shares


@given(
    st.integers(0, 1 << 50),
    st.integers(0, 10**9),
    st.integers(0, SPAN_MAX_MS),
    st.sampled_from([10_000, 60_000]),
)
def test_the_shares_add_up_exactly_and_stay_inside_the_flow(amount, start, length, step):
    shares = dict(spread(amount, start, start + length, step))
    assert sum(shares.values()) == amount
    assert all(share > 0 for share in shares.values())
    assert all(start // step <= at <= (start + length) // step for at in shares)


def test_a_flow_over_three_minutes_is_three_slices_of_one_number():
    start = MINUTE - 150
    _, sink = listen(absolute(w.absolute(start=start, end=start + 120, octets=1_200, packets=12)))
    rows = sorted(sink.rows, key=lambda row: row["minute"])
    assert [row["up_bytes"] for row in rows] == [300, 600, 300]
    assert [row["up_packets"] for row in rows] == [3, 6, 3]
    assert [row["age_s"] for row in rows] == [0, 30, 90]
    assert len({row["flow"] for row in rows}) == 1
    assert rows[0]["minute"] == datetime.fromtimestamp(MINUTE - 180, UTC)
    links = {row["start"].timestamp(): row["up_bytes"] for row in sink.links_rows}
    assert links[MINUTE - 150] == 100
    assert sum(links.values()) == 1_200


def test_the_other_direction_joins_within_its_wait_and_keeps_the_number_after_it():
    listener, sink = new_listener()

    def offer(record, number, now):
        data = w.v9(
            w.v9_template(T, w.PLAIN), w.flow_set(T, record), sequence=number, now=now,
            uptime=1_000_000 + int((now - w.NOW) * 1_000),
        )  # fmt: skip
        listener.offer(data, source=w.EXPORTER, port=w.PORT, now=now)

    back = {"source": "198.51.100.7", "target": "10.0.0.1", "sport": 443, "dport": 50_000}
    offer(w.plain(octets=100), 0, w.NOW)
    listener.tick(w.NOW + 10)
    assert sink.rows == []
    offer(w.plain(octets=900, **back), 1, w.NOW + 15)
    listener.tick(w.NOW + 15 + joining.JOIN_S)
    assert [(r["up_bytes"], r["down_bytes"]) for r in sink.rows] == [(100, 900)]
    later = w.NOW + 200
    first, last = 1_150_000, 1_155_000
    offer(w.plain(octets=5, first=first, last=last, **back), 2, later)
    listener.tick(later + joining.JOIN_S)
    assert sink.rows[1]["flow"] == sink.rows[0]["flow"]
    assert sink.rows[1]["down_bytes"] == 5
    assert sink.rows[1]["age_s"] > 0


def test_a_flow_that_ended_is_followed_by_another_one():
    fields = [*w.PLAIN, (136, 1)]
    listener, sink = new_listener()
    for number, now in enumerate((w.NOW, w.NOW + 60)):
        data = w.v9(w.v9_template(T, fields), w.flow_set(T, w.plain() + b"\3"), sequence=number,
                    now=now, uptime=1_000_000 + number * 60_000)  # fmt: skip
        listener.offer(data, source=w.EXPORTER, port=w.PORT, now=now)
        listener.tick(now + joining.JOIN_S)
    assert len({row["flow"] for row in sink.rows}) == 2
    assert {row["end_reason"] for row in sink.rows} == {"ended"}


def test_running_totals_count_what_they_grew_by():
    fields = [
        (85, 8) if f[0] == w.OCTETS else (86, 4) if f[0] == w.PACKETS else f for f in w.ABSOLUTE
    ]
    start = w.NOW - 50
    body = b"".join(
        w.absolute(octets=n, packets=n // 100, start=start) for n in (1_000, 1_500, 4_000)
    )
    _, sink = listen(w.ipfix(w.ipfix_template(T, fields), w.flow_set(T, body)))
    assert sum(row["up_bytes"] for row in sink.rows) == 4_000
    assert sum(row["up_packets"] for row in sink.rows) == 40


def test_the_table_of_flows_is_bounded_and_loses_no_octet(monkeypatch):
    monkeypatch.setattr(joining, "FLOWS_MAX", 50)
    records = [w.v5_record(sport=10_000 + n, octets=7) for n in range(30)]
    datagrams = [
        w.v5(*[w.v5_record(f"10.0.0.{d}", sport=10_000 + n, octets=7) for n in range(30)], sequence=30 * d)
        for d in range(1, 11)
    ]  # fmt: skip
    assert len(records) == 30
    report, sink = listen(*datagrams)
    assert sum(row["up_bytes"] for row in sink.rows) == 300 * 7
    assert report["flows_forced"] == 250
    assert any(row["degraded"] for row in sink.links_rows)


def test_waiting_minutes_are_bounded(monkeypatch):
    monkeypatch.setattr(joining, "PIECES_MAX", 1_000)
    start = w.NOW - 3_600
    body = b"".join(
        w.absolute(sport=n, start=start, end=w.NOW, octets=6_100, packets=610) for n in range(30)
    )
    joiner_report, sink = listen(absolute(body))
    assert sum(row["up_bytes"] for row in sink.rows) == 30 * 6_100
    assert joiner_report["flows_forced"] > 0


def test_slices_stand_under_the_local_day_and_its_own_key():
    midnight = datetime(2026, 9, 21, 22, 0, tzinfo=UTC).timestamp()  # 22 September in Paris
    now = midnight + 70
    record = w.absolute(start=midnight - 60, end=midnight + 60, octets=1_000)
    listener, sink = new_listener()
    data = absolute(record, now=now)
    listener.offer(data, source=w.EXPORTER, port=w.PORT, now=now)
    listener.finish(now)
    assert sink.days == [date(2026, 9, 21), date(2026, 9, 22)]
    first, second = (table.to_pylist()[0] for table in sink.slice_parts)
    assert first["flow"] == second["flow"]
    assert first["device"] != second["device"]


@pytest.mark.parametrize(
    ("situation", "start", "end", "kept"),
    [
        ("as it should be", -10, -5, True),
        ("a little ahead", -10, 30, True),
        ("a year ahead", 0, 31_536_000, False),
        ("a year ago", -31_536_100, -31_536_000, False),
        ("ends before it starts", -5, -10, False),
    ],
)
def test_times_that_cannot_be_leave_the_octets_at_their_arrival(situation, start, end, kept):
    report, sink = listen(absolute(w.absolute(start=w.NOW + start, end=w.NOW + end, octets=9)))
    assert sum(row["up_bytes"] for row in sink.rows) == 9
    assert report["exporters"][0]["records_untimed"] == (0 if kept else 1)
    assert ("minute" in next(iter(sink.footers())).split(",")) is not kept


def test_an_exporter_whose_clock_is_wrong_is_read_by_ours():
    wrong = w.NOW - 86_400 * 400
    _, sink = listen(absolute(w.absolute(start=wrong - 20, end=wrong - 20), now=wrong))
    (row,) = sink.rows
    assert abs(row["minute"].timestamp() - (w.NOW - 20)) <= 60
    assert "minute" not in next(iter(sink.footers())).split(",")


def test_uptimes_are_read_over_their_wrap():
    clock = Clock(exported_ms=10_000_000, uptime_ms=1_000, now_ms=10_000_000)
    assert clock.of_uptime(2**32 - 4_000) == 10_000_000 - 5_000
    assert signed_ms(2**32 - 1) == -1


def test_a_very_long_record_is_spread_over_its_last_hours_only():
    clock = Clock(exported_ms=AGE_MAX_MS * 9, uptime_ms=None, now_ms=AGE_MAX_MS * 9)
    start, end, timed = clock.place(0, AGE_MAX_MS * 9)
    assert (end - start, timed) == (SPAN_MAX_MS, True)


@pytest.mark.parametrize(
    ("start", "end", "unit"),
    [((150, 4), (151, 4), "s"), ((154, 8), (155, 8), "ntp"), ((156, 8), (157, 8), "ntp"), ((158, 4), (159, 4), "delta")],
)  # fmt: skip
def test_every_unit_of_time_is_understood(start, end, unit):
    def stamp(second):
        moment = int(w.NOW) + second
        return {"s": moment, "ntp": (moment + 2_208_988_800) << 32, "delta": -second * 1_000_000}[
            unit
        ]

    fields = [start, end, *[f for f in w.ABSOLUTE if f[0] not in (w.START_MS, w.END_MS)]]
    record = stamp(-130).to_bytes(start[1], "big") + stamp(-10).to_bytes(end[1], "big")
    rest = w.values(fields[2:], e8=w.address("10.0.0.1"), e12=w.address("198.51.100.7"), e1=1_200,
                    e2=12, e7=50_000, e11=443, e4=6)  # fmt: skip
    report, sink = listen(w.ipfix(w.ipfix_template(T, fields), w.flow_set(T, record + rest)))
    assert report["exporters"][0]["records_untimed"] == 0
    seconds = sorted(row["minute"].timestamp() for row in sink.rows)
    assert seconds[0] == (int(w.NOW) - 130) // 60 * 60
    assert seconds[-1] == (int(w.NOW) - 10) // 60 * 60
    assert sum(row["up_bytes"] for row in sink.rows) == 1_200


def test_ipfix_uptimes_need_the_start_that_options_tell():
    fields = w.PLAIN
    init = w.flow_set(T + 1, bytes(4) + (int(w.NOW) * 1_000 - 1_000_000).to_bytes(8, "big"))
    report, sink = listen(
        w.ipfix(
            w.ipfix_options(T + 1, [(143, 4)], [(160, 8)]),
            init,
            w.ipfix_template(T, fields),
            w.flow_set(T, w.plain()),
        )
    )
    assert report["exporters"][0]["records_untimed"] == 0
    assert sink.rows[0]["minute"].timestamp() == (int(w.NOW) - 10) // 60 * 60
    silent, _ = listen(w.ipfix(w.ipfix_template(T, fields), w.flow_set(T, w.plain())))
    assert silent["exporters"][0]["records_untimed"] == 1


def test_ntp_time_stamps_carry_fractions():
    assert of_ntp((2_208_988_800 + 5) << 32 | 1 << 31) == 5_500


def test_without_a_school_the_asking_end_counts_as_its_side():
    _, sink = listen(
        w.v5(
            w.v5_record("198.51.100.7", "10.0.0.1", sport=443, dport=50_000, octets=900, first=991_000),
            w.v5_record(octets=100),
        ),
        declared=False,
    )  # fmt: skip
    (row,) = sink.rows
    assert (row["up_bytes"], row["down_bytes"], row["server_port"]) == (100, 900, 443)
    assert row["zone"] == "unmatched"


def test_quiet_steps_are_written_as_zeros_and_late_octets_as_another_row():
    listener, sink = new_listener()
    for second in range(0, 700, 10):
        listener.tick(w.NOW + second)
    starts = [row["start"] for row in sink.links_rows]
    assert len(starts) == len(set(starts)) == 39
    late = absolute(w.absolute(start=w.NOW + 5, end=w.NOW + 6, octets=44), now=w.NOW + 700)
    listener.offer(late, source=w.EXPORTER, port=w.PORT, now=w.NOW + 700)
    listener.finish(w.NOW + 700)
    assert sum(row["up_bytes"] for row in sink.links_rows) == 44
    assert len({row["start"] for row in sink.links_rows if row["up_bytes"]}) == 1


def test_the_joiner_forgets_nothing_that_waits():
    joiner = Joiner(lambda: 1)
    assert list(joiner.take(w.NOW)) == []
    assert len(joiner) == 0
