"""DNS answers (RFC 1035 section 4): the question's name, through CNAMEs, to each address."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.meter import dns
from collector.meter.layout import REJECT, VALUE
from tests.collector import frames as f
from tests.collector.outcomes import mutated, octets, prefixes
from tests.support.metering import meter_file

HOST = "ent.lycee.example"
QUESTION = f.dns_name(HOST) + b"\0\1\0\1"
V6_CLIENT, V6_SERVER = "2001:db8:1::5", "2600::9"
SECOND = 1_000_000


def question(data: bytes):
    out = octets(bytes(255))
    outcome, length, after = dns.pull_question(octets(data), 0, len(data), out)
    return outcome, out.tobytes()[:length].decode("latin-1"), after


def test_a_whole_question_gives_its_name_and_what_follows_does_not_matter():
    assert question(QUESTION) == (VALUE, HOST, len(QUESTION))
    assert question(QUESTION + b"rest") == (VALUE, HOST, len(QUESTION))


def test_every_proper_prefix_of_a_question_is_rejected():
    assert {question(part)[0] for part in [*prefixes(QUESTION)][:-1]} == {REJECT}


@pytest.mark.parametrize(
    "data",
    [b"\0\0\1\0\1", b"\xc0\x0c\0\1\0\1", b"\x40" + b"a" * 64 + b"\0\0\1\0\1",
     f.dns_name(".".join(["a" * 60] * 5)) + b"\0\1\0\1"],
    ids=["the root", "a pointer", "a label of 64", "a name of 304"],
)  # fmt: skip
def test_questions_that_name_no_host_are_rejected(data):
    assert question(data)[0] == REJECT


@given(data=mutated([QUESTION]) | st.binary(max_size=300))
def test_a_mutated_question_is_a_value_or_rejected(data):
    outcome, name, after = question(data)
    assert outcome in {VALUE, REJECT}
    assert len(name) <= 253
    assert after <= len(data)


@pytest.mark.parametrize(
    ("data", "after"),
    [(f.dns_name(HOST), 19), (b"\xc0\x0c", 2), (b"\x01a\xc0\x0c", 4), (b"\xc0", -1), (b"\x05ab", -1),
     (b"\x80a", -1), (b"", -1)],
)  # fmt: skip
def test_skipping_a_name(data, after):
    assert dns.skip_name(octets(data), 0, len(data)) == after


# --- through the meter ---------------------------------------------------------------------------


def sites(tmp_path, packets):
    """Return {server port: (site, source)} of the flows behind `packets`."""
    metered = meter_file(f.write(tmp_path / "dns.pcap", packets))
    rows = metered.slices.to_pylist()
    return {row["server_port"]: (row["site"], row["site_source"]) for row in rows}


def asked(answers, *, after_us=SECOND, client=f.CLIENT, server=f.SERVER, name=HOST, **options):
    return [
        (f.NOON_US, f.dns_frame(name, answers, client=client, **options)),
        (f.NOON_US + after_us, f.tcp_frame(flags=f.SYN, source=client, target=server)),
    ]


NAMED, UNNAMED = (HOST, "dns"), (None, "none")


@pytest.mark.parametrize(
    ("answers", "options", "expected"),
    [
        ([f.a(f.SERVER)], {}, NAMED),
        ([f.cname("edge.cdn.example"), f.a(f.SERVER, owner=f.dns_name("edge.cdn.example"))], {}, NAMED),
        ([f.a("198.51.100.1"), f.a(f.SERVER)], {}, NAMED),
        ([f.Answer(65, b"\0\1\0"), f.a(f.SERVER)], {}, NAMED),
        ([f.a(V6_SERVER)], {"client": V6_CLIENT, "server": V6_SERVER}, NAMED),
        ([f.a(f.SERVER)], {"name": "ENT.Lycee.Example"}, NAMED),
        ([f.https(f.SERVER)], {}, NAMED),
        ([f.https("198.51.100.1", f.SERVER, target="svc.example")], {}, NAMED),
        ([f.https(V6_SERVER)], {"client": V6_CLIENT, "server": V6_SERVER}, NAMED),
        ([f.https(f.SERVER, kind=64)], {}, NAMED),
        ([f.Answer(65, f.https(f.SERVER).data[:-1])], {}, UNNAMED),
        ([f.a(f.SERVER)], {"additional": [f.EDNS]}, NAMED),
        ([f.a("198.51.100.1")], {}, UNNAMED),
        ([f.a("198.51.100.1")], {"additional": [f.a(f.SERVER, owner=f.dns_name("ns.example"))]}, UNNAMED),
        ([], {}, UNNAMED),
        ([f.a(f.SERVER)], {"flags": 0x0100}, UNNAMED),
        ([f.a(f.SERVER)], {"flags": 0x8183}, UNNAMED),
        ([f.a(f.SERVER)], {"flags": 0xA980}, UNNAMED),
        ([f.Answer(1, b"\xcb\0\x71\x09\0")], {}, UNNAMED),
    ],
    ids=["A", "behind a CNAME", "one of two", "behind an HTTPS record", "AAAA", "capitals",
         "hint of an HTTPS record", "second hint, another target", "IPv6 hint", "hint of an SVCB record",
         "hint cut short",
         "with EDNS", "another address", "a name server's address", "no answer", "a query", "NXDOMAIN", "another opcode", "five octets"],
)  # fmt: skip
def test_an_answer_names_the_flow_that_follows(tmp_path, answers, options, expected):
    assert sites(tmp_path, asked(answers, **options))[443] == expected


@pytest.mark.parametrize(
    ("ttl", "after_s", "expected"),
    [
        (300, 299, NAMED),
        (300, 301, UNNAMED),
        (1, 59, NAMED),
        (1, 61, UNNAMED),
        (86_400, 3_599, NAMED),
        (86_400, 3_601, UNNAMED),
        (2**32 - 1, 3_601, UNNAMED),
    ],
)
def test_an_answer_lives_as_long_as_its_bounded_ttl(tmp_path, ttl, after_s, expected):
    packets = asked([f.a(f.SERVER, ttl)], after_us=after_s * SECOND)
    assert sites(tmp_path, packets)[443] == expected


def test_an_answer_names_the_flows_of_the_client_that_asked_only(tmp_path):
    packets = asked([f.a(f.SERVER)])
    other = f.tcp_frame(flags=f.SYN, source="10.1.2.4", dport=8_443)
    packets.append((f.NOON_US + 2 * SECOND, other))
    assert sites(tmp_path, packets) == {53: UNNAMED, 443: NAMED, 8_443: UNNAMED}


def test_mdns_and_llmnr_name_nothing(tmp_path):
    payload = f.dns_answer(HOST, [f.a(f.SERVER)])
    heard = f.udp_frame(payload, source="10.1.0.1", target=f.CLIENT, sport=5_353, dport=41_000)
    packets = [(f.NOON_US, heard), (f.NOON_US + 1, f.tcp_frame(flags=f.SYN))]
    assert sites(tmp_path, packets)[443] == UNNAMED


def test_an_answer_cut_at_each_octet_is_counted_and_harmless(tmp_path):
    whole = f.dns_frame(HOST, [f.cname("edge.example"), f.a(f.SERVER), f.a("198.51.100.1")])
    packets = [(f.NOON_US + n, whole[:n], len(whole)) for n in range(len(whole) + 1)]
    metered = meter_file(f.write(tmp_path / "cut.pcap", packets))
    assert metered.totals.packets_offered == len(whole) + 1
    assert metered.totals.gap() == 0
    assert metered.totals.rejected == {"truncated": 34}


ANSWER = f.dns_answer(HOST, [f.cname("edge.example"), f.a(f.SERVER), f.a(V6_SERVER)])


@given(payloads=st.lists(mutated([ANSWER]), min_size=1, max_size=20))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_mutated_answers_are_counted_and_harmless(tmp_path_factory, payloads):
    path = tmp_path_factory.getbasetemp() / "mutated-dns.pcap"
    framed = [f.udp_frame(data, source=f.RESOLVER, target=f.CLIENT, sport=53) for data in payloads]
    f.write(path, [(f.NOON_US + i, frame) for i, frame in enumerate(framed)])
    assert meter_file(path).totals.packets_parsed == len(payloads)
