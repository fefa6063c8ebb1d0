"""pcap and pcapng: every byte order and clock, cut at each octet, damaged, or no capture at all."""

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.sources.files import NotACapture
from tests.collector import frames as f
from tests.collector.outcomes import mutated
from tests.support.metering import meter_file

FRAME = f.udp_frame(b"x" * 10, dport=9)
TIMES = [f.NOON_US + 250_000, f.NOON_US + 61_500_000]
FRAMES = [(time_us, FRAME) for time_us in TIMES]
MINUTES = [f.NOON_US // 1_000_000, f.NOON_US // 1_000_000 + 60]


def metered(tmp_path, data: bytes, **options):
    path = tmp_path / "file"
    path.write_bytes(data)
    return meter_file(path, **options)


def minutes(result) -> list[int]:
    return sorted(int(minute.timestamp()) for minute in result.slices["minute"].to_pylist())


def in_units(units: int, tsresol: int, order: str, offset=0) -> bytes:
    options = f.option(9, bytes([tsresol]), order)
    options += f.option(14, struct.pack(order + "q", offset), order) + f.option(0, b"", order)
    stamps = [(t - offset * 1_000_000) * units // 1_000_000 for t in TIMES]
    packets = b"".join(f.enhanced(stamp, FRAME, order) for stamp in stamps)
    return f.section(order) + f.interface(order, options=options) + packets


def modified(order: str) -> bytes:
    """Kuznetzov's pcap: eight more octets in each record header."""
    plain = f.pcap([], order=order)
    records = b"".join(
        struct.pack(order + "4I", t // 10**6, t % 10**6, len(FRAME), len(FRAME)) + b"\0" * 8 + FRAME
        for t in TIMES
    )
    return struct.pack(order + "I", 0xA1B2CD34) + plain[4:] + records


SAMPLES = {
    f"{name}, {'little' if order == '<' else 'big'} endian": make(order)
    for order in "<>"
    for name, make in {
        "pcap": lambda order: f.pcap(FRAMES, order=order),
        "pcap of nanoseconds": lambda order: f.pcap(FRAMES, order=order, nano=True),
        "modified pcap": modified,
        "pcapng": lambda order: f.pcapng(FRAMES, order),
        "pcapng of nanoseconds": lambda order: in_units(10**9, 9, order),
        "pcapng of milliseconds": lambda order: in_units(10**3, 3, order),
        "pcapng of 2^-20 seconds": lambda order: in_units(2**20, 0x94, order),
        "pcapng with an offset": lambda order: in_units(10**6, 6, order, offset=1_000_000_000),
        "two sections": lambda order: f.pcapng(FRAMES[:1], ">") + f.pcapng(FRAMES[1:], order),
        "unknown blocks between": lambda order: (
            f.pcapng(FRAMES[:1], order)
            + f.block(0x0BAD, b"abcdefgh", order)
            + f.enhanced(TIMES[1], FRAME, order)
        ),
    }.items()
}
samples = pytest.mark.parametrize("data", SAMPLES.values(), ids=SAMPLES)


@samples
def test_every_writing_of_the_same_packets_gives_the_same_slices(tmp_path, data):
    result = metered(tmp_path, data)
    assert result.fault is None
    assert minutes(result) == MINUTES
    assert result.totals.packets_parsed == 2


@pytest.mark.parametrize(
    "name", ["pcap, little endian", "pcapng, little endian", "two sections, big endian"]
)
def test_cut_at_each_octet_what_came_before_is_kept(tmp_path, name):
    data, before = SAMPLES[name], 0
    for n in range(len(data)):
        try:
            result = metered(tmp_path, data[:n])
        except NotACapture:
            assert before == 0
            continue
        assert before <= result.totals.packets_parsed <= 2
        before = result.totals.packets_parsed
        assert result.totals.gap() == 0
    assert before == 1


@samples
def test_octets_behind_the_last_record_are_a_fault_and_cost_nothing(tmp_path, data):
    result = metered(tmp_path, data + b"\xff\xfe")
    assert result.totals.packets_parsed == 2
    assert result.fault.offset == len(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0", b"\xd4\xc3", b"\xd4\xc3\xb2\xa1" + b"\0" * 19, b"PK\x03\x04" + b"\0" * 60,
     b"\x0a\x0d\x0d\x0a", f.section()[:20], b"GET / HTTP/1.1\r\n\r\n"],
    ids=["empty", "one octet", "half a magic", "header cut", "zip", "magic only", "section cut", "text"],
)  # fmt: skip
def test_what_is_no_capture_is_refused_with_a_sentence(tmp_path, data):
    with pytest.raises(NotACapture, match=r"^(the|this|a) .{10,80}$"):
        metered(tmp_path, data)


def test_a_record_of_an_absurd_length_ends_the_reading(tmp_path):
    absurd = struct.pack("<4I", 0, 0, (1 << 20) + 1, 2**32 - 1)
    result = metered(tmp_path, f.pcap(FRAMES) + absurd + b"\0" * (1 << 21))
    assert result.totals.packets_offered == 2
    assert result.fault.offset == len(f.pcap(FRAMES))


def test_a_packet_of_an_interface_that_was_not_declared_ends_the_reading(tmp_path):
    data = f.pcapng(FRAMES) + f.enhanced(TIMES[0], FRAME, number=1)
    result = metered(tmp_path, data)
    assert (result.totals.packets_offered, result.fault is None) == (2, False)


def test_interfaces_beyond_the_bound_end_the_reading(tmp_path):
    result = metered(tmp_path, f.section() + f.interface() * 1_025)
    assert "1024 interfaces" in result.fault.message


def test_simple_packets_have_the_first_interface_and_the_clock_so_far(tmp_path):
    simple = f.block(3, struct.pack("<I", len(FRAME)) + FRAME)
    result = metered(tmp_path, f.pcapng(FRAMES[:1]) + simple)
    assert result.totals.packets_parsed == 2
    assert minutes(result) == MINUTES[:1]


@pytest.mark.parametrize("tsresol", [0, 6, 0x80, 0xBF, 127])
@pytest.mark.parametrize("stamp", [0, 1, 2**63 - 1, 2**64 - 1])
@pytest.mark.parametrize("offset", [0, -(2**63), 2**63 - 1])
def test_time_stamps_outside_of_time_are_metered_all_the_same(tmp_path, tsresol, stamp, offset):
    options = f.option(9, bytes([tsresol])) + f.option(14, struct.pack("<q", offset))
    result = metered(
        tmp_path, f.section() + f.interface(options=options) + f.enhanced(stamp, FRAME)
    )
    assert result.totals.packets_parsed == 1
    assert len(result.slices) == 1
    assert sum(result.links["parsed"].to_pylist()) == 1


@given(data=mutated([*SAMPLES.values()]))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_mutated_file_is_read_faulty_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "mutated"
    path.write_bytes(data)
    try:
        result = meter_file(path)
    except NotACapture:
        return
    assert result.totals.gap() == 0


@given(data=st.binary(max_size=120))
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_octets_behind_a_pcapng_section_are_read_faulty_or_nothing(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "random"
    path.write_bytes(f.pcapng(FRAMES) + data)
    assert meter_file(path).totals.packets_parsed >= 2
