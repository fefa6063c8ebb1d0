"""What never came is counted by distance: gap, reorder, duplicate, wrap and restart."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.exports.exporter import Exporter
from collector.exports.sequence import GAP_OPEN_S, Arrival, Sequence
from tests.exports import wire as w

T = 256
TOP = 2**32


def lost(arrivals) -> tuple[int, int, list[str]]:
    """Return (lost, restarts, verdicts) of (sequence, units[, seconds]) arrivals."""
    sequence = Sequence()
    verdicts = []
    for entry in arrivals:
        number, units, *at = entry
        second = at[0] if at else 0
        verdicts.append(
            sequence.offer(Arrival(number % TOP, units, second * 1_000, None, second)).value
        )
    sequence.finish()
    return sequence.lost, sequence.restarts, verdicts


@pytest.mark.parametrize(
    ("situation", "arrivals", "missing", "restarts"),
    [
        ("in order", [(0, 30), (30, 30), (60, 5)], 0, 0),
        ("joined late", [(7_000, 30), (7_030, 30)], 0, 0),
        ("one datagram lost", [(0, 30), (60, 30)], 30, 0),
        ("two gaps", [(0, 10), (15, 10), (30, 10)], 10, 0),
        ("overtaken", [(0, 30), (60, 30), (30, 30)], 0, 0),
        ("overtaken in part", [(0, 10), (40, 10), (20, 10)], 20, 0),
        ("last two swapped around a wrap", [(TOP - 10, 5), (0, 5), (TOP - 5, 5)], 0, 0),
        ("wrap", [(TOP - 20, 20), (0, 20)], 0, 0),
        ("gap over the wrap", [(TOP - 20, 10), (10, 5)], 20, 0),
        ("seen twice", [(0, 30), (0, 30), (30, 30)], 0, 0),
        ("restart at zero", [(9_000, 30, 0), (0, 30, 5), (30, 30, 6)], 0, 1),
        ("restart after four billion", [(TOP - 50_000_000, 30, 0), (0, 30, 5)], 0, 1),
        ("restart with a gap before it", [(0, 10, 0), (20, 10, 1), (0, 10, 5)], 10, 1),
        ("gap after a restart", [(500, 10, 0), (0, 10, 5), (30, 10, 6)], 20, 1),
    ],
)
def test_table_of_situations(situation, arrivals, missing, restarts):
    assert lost(arrivals)[:2] == (missing, restarts)


def test_a_duplicate_is_recognised_and_not_counted_as_late():
    assert lost([(0, 30), (30, 30), (0, 30)])[2] == ["next", "next", "duplicate"]


def test_what_comes_after_its_gap_was_closed_is_a_duplicate_of_a_loss():
    arrivals = [(0, 10, 0), (20, 10, 0), (30, 0, GAP_OPEN_S + 2), (10, 10, 0)]
    sequence = Sequence()
    for number, units, second in arrivals:
        now = max(second, GAP_OPEN_S + 2) if number == 10 else second
        verdict = sequence.offer(Arrival(number, units, 0, None, now))
    assert verdict.value == "duplicate"
    assert sequence.lost == 10


def test_an_uptime_that_starts_anew_is_a_restart_even_if_the_numbers_fit():
    sequence = Sequence()
    sequence.offer(Arrival(100, 1, 1_000_000, 900_000, 0))
    assert sequence.offer(Arrival(500, 1, 1_060_000, 3_000, 60)).value == "restart"
    assert sequence.lost == 0


def test_an_uptime_that_wraps_after_49_days_is_no_restart():
    sequence = Sequence()
    exported = 1_790_000_000_000
    sequence.offer(Arrival(100, 1, exported, TOP - 1_000, 0))
    assert sequence.offer(Arrival(103, 1, exported + 5_000, 4_000, 5)).value == "next"
    sequence.finish()
    assert sequence.lost == 2


@given(st.data())
def test_any_loss_reorder_and_repetition_closes_the_identity(data):
    """Datagrams of random sizes, some lost, shuffled within a window, some sent twice."""
    sizes = data.draw(st.lists(st.integers(1, 30), min_size=3, max_size=60))
    start = data.draw(st.sampled_from([0, 17, TOP - 40]))
    numbers, at = [], start
    for size in sizes:
        numbers.append((at, size))
        at += size
    kept = [
        n for i, n in enumerate(numbers) if i in (0, len(numbers) - 1) or data.draw(st.booleans())
    ]
    inner = kept[1:-1]
    repeated = [n for n in inner if data.draw(st.integers(0, 9)) == 0]
    order = random.Random(data.draw(st.integers(0, 99)))  # noqa: S311 - a test's shuffle
    mixed = sorted([*inner, *repeated], key=lambda n: numbers.index(n) + order.uniform(0, 16))
    sequence = Sequence()
    parsed = 0
    for number, units in [kept[0], *mixed, kept[-1]]:
        verdict = sequence.offer(Arrival(number % TOP, units, 0, None, 0))
        parsed += units if verdict.value != "duplicate" else 0
    sequence.finish()
    assert parsed == sum(units for _, units in kept)
    assert sequence.lost == sum(sizes) - parsed
    assert sequence.offered == sum(sizes)


def streams():
    v9_template = w.v9(w.v9_template(T, w.PLAIN), sequence=0)
    template = w.ipfix(w.ipfix_template(T, w.ABSOLUTE), sequence=0)
    sizes = [1 + n % 7 for n in range(200)]
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return {
        "v5": ([], [w.v5(*[w.v5_record()] * n, sequence=s) for n, s in zip(sizes, starts, strict=True)], sizes),
        "v9": (
            [v9_template],
            [w.v9(w.flow_set(T, w.plain() * n), sequence=i + 1) for i, n in enumerate(sizes)],
            [1] * 200,
        ),
        "ipfix": (
            [template],
            [w.ipfix(w.flow_set(T, w.absolute() * n), sequence=s) for n, s in zip(sizes, starts, strict=True)],
            sizes,
        ),
        "softflowd's ipfix": (
            [template],
            [w.ipfix(w.flow_set(T, w.absolute() * n), sequence=s + n) for n, s in zip(sizes, starts, strict=True)],
            sizes,
        ),
        "sflow": (
            [],
            [w.sflow(w.flow_sample(w.raw_header(w.ethernet(w.ipv4_header()))), sequence=i) for i in range(200)],
            [1] * 200,
        ),
    }  # fmt: skip


@pytest.mark.parametrize("version", streams())
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_five_percent_loss_with_reordering_and_repetition_is_reported_exactly(version, seed):
    first, datagrams, units = streams()[version]
    chance = random.Random(seed)  # noqa: S311 - a test's losses
    gone = {i for i in range(5, 195) if chance.random() < 0.05}
    sent = [i for i in range(200) if i not in gone]
    sent += [i for i in sent[10:-10] if chance.random() < 0.01]
    head, middle, tail = [0, 1, 2, 3], [i for i in sent if 3 < i < 196], [196, 197, 198, 199]
    middle.sort(key=lambda i: i + chance.uniform(0, 32))
    one = Exporter(0)
    for data in (*first, *(datagrams[i] for i in (*head, *middle, *tail))):
        one.offer(data, port=1, now=w.NOW)
    one.finish()
    assert one.lost == sum(units[i] for i in gone)
    assert one.offered == one.counts.units + one.lost
    assert one.counts.duplicates == len(sent) - len(set(sent))
    assert one.restarts == 0


def test_ipfix_data_that_waited_for_its_template_is_not_lost():
    one = Exporter(0)
    one.offer(w.ipfix(w.flow_set(T, w.absolute() * 3), sequence=0), port=1, now=w.NOW)
    one.offer(w.ipfix(w.ipfix_template(T, w.ABSOLUTE), sequence=3), port=1, now=w.NOW + 1)
    one.offer(w.ipfix(w.flow_set(T, w.absolute() * 2), sequence=3), port=1, now=w.NOW + 2)
    one.finish()
    assert (one.lost, one.counts.metered, one.offered) == (0, 5, 5)


def test_ipfix_data_whose_template_never_came_is_lost():
    one = Exporter(0)
    one.offer(w.ipfix(w.flow_set(T, w.absolute() * 3), sequence=0), port=1, now=w.NOW)
    one.offer(w.ipfix(w.ipfix_template(T + 1, w.ABSOLUTE), sequence=3), port=1, now=w.NOW + 1)
    one.finish()
    assert (one.lost, one.counts.metered, one.sets_undecodable) == (3, 0, 1)


def test_domains_number_on_their_own():
    one = Exporter(0)
    for domain, number in [(1, 0), (2, 500), (1, 1), (2, 501), (1, 5), (2, 502)]:
        one.offer(w.v9(sequence=number, domain=domain), port=1, now=w.NOW)
    one.finish()
    assert one.lost == 3


def test_a_restarted_exporter_on_another_port_starts_anew():
    one = Exporter(0)
    for port, number in [(1, 800), (1, 801), (2, 0), (2, 1)]:
        one.offer(w.v9(sequence=number), port=port, now=w.NOW)
    one.finish()
    assert (one.lost, one.offered) == (0, 4)
