"""Which flow gets which name: the machine that asked, the address that answered, in time."""

from ipaddress import ip_address
from itertools import permutations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collector.logs import names as names_
from collector.logs import reader as reader_
from collector.logs import unbound_join as join_
from collector.logs.reader import LogReader
from collector.reduced import Reduced
from tests.exports import wire as w
from tests.exports.listening import Kept

T0 = 1_790_000_000_000
PUPIL, OTHER, SERVER, PROXY = "10.10.0.2", "10.10.0.3", "198.51.100.7", "10.10.0.250"


def at(text):
    address = ip_address(text)
    return address.version, int(address)


def reading(*, proxies=()) -> LogReader:
    reader = LogReader(
        lambda name: Reduced(".".join(name.split(".")[-2:])),
        key=b"k" * 32,
        timezone=ZoneInfo("Europe/Paris"),
        proxies=tuple(map(at, proxies)),
    )
    reader.follow_dns(Path("unused"))
    reader.follow_proxy(Path("unused"))
    return reader


def dns(reader, *lines, now_ms=T0):
    for line in lines:
        reader.take(reader.logs[0], line.encode(), now_ms)


def proxy(reader, *lines, now_ms=T0):
    for line in lines:
        reader.take(reader.logs[1], line.encode(), now_ms)


def site(reader, client=PUPIL, server=SERVER, *, port=443, start_ms=0, end_ms=None):
    first = T0 + start_ms
    last = T0 + (start_ms if end_ms is None else end_ms)
    found = reader.names(at(client)[0], at(client)[1], at(server)[1], port, first, last)
    return found.site if found else None


def asked(name, *answers, client=PUPIL, serial=1):
    head = f"dnsmasq[1]: {serial} {client}/5353"
    return [f"{head} query[A] {name} from {client}", *(f"{head} reply x.example.net is {a}" for a in answers)]  # fmt: skip


def test_the_questions_name_counts_whatever_alias_answers():
    reader = reading()
    dns(reader, *asked("www.example.org", SERVER))
    assert site(reader, start_ms=200) == "example.org"


@pytest.mark.parametrize(
    ("situation", "flow", "expected"),
    [
        ("another machine", {"client": OTHER}, None),
        ("another address", {"server": "198.51.100.8"}, None),
        ("just before the line was read", {"start_ms": -4_000}, "example.org"),
        ("long before", {"start_ms": -60_000}, None),
        ("within ten minutes", {"start_ms": 599_000}, "example.org"),
        ("later", {"start_ms": 601_000}, None),
        ("on any port", {"port": 5_222}, "example.org"),
    ],
)
def test_only_the_machine_that_asked_and_only_for_a_while(situation, flow, expected):
    reader = reading()
    dns(reader, *asked("www.example.org", SERVER))
    assert site(reader, **flow) == expected


def test_a_flow_gets_the_answer_that_was_in_force_when_it_began():
    reader = reading()
    dns(reader, *asked("one.example.org", SERVER), now_ms=T0)
    dns(reader, *asked("two.example.net", SERVER, serial=2), now_ms=T0 + 100_000)
    assert site(reader, start_ms=50_000) == "example.org"
    assert site(reader, start_ms=150_000) == "example.net"


def test_an_answer_without_its_question_names_nothing_and_is_counted():
    reader = reading()
    dns(reader, asked("www.example.org", SERVER)[1])
    assert site(reader) is None
    assert reader.report()["files"][0]["rejected"] == {"no_question": 1}


def test_the_number_of_a_question_that_another_machine_used_joins_nothing():
    reader = reading()
    dns(reader, asked("www.example.org")[0], asked("x", SERVER, client=OTHER)[1])
    assert site(reader) is site(reader, client=OTHER) is None


def test_each_line_is_used_passed_or_rejected():
    reader = reading()
    dns(reader, *asked("www.example.org", SERVER), "dnsmasq[1]: started", "noise", "")
    report = reader.report()["files"][0]
    assert (report["lines"], report["used"], report["passed"]) == (5, 2, 1)
    assert report["rejected"] == {"format": 2}


def test_dnsmasq_without_serial_numbers_says_what_to_write():
    reader = reading()
    dns(reader, "dnsmasq[1]: reply www.example.org is 198.51.100.7")
    assert "log-queries=extra" in reader.notes()[0]


# --- unbound ---------------------------------------------------------------------------------


def unbound(name, client=PUPIL):
    return f"[1790000000] unbound[1:0] info: {client} {name}. A IN"


def test_unbound_alone_names_nothing_and_says_why():
    reader = reading()
    dns(reader, unbound("www.example.org"))
    assert site(reader) is None
    assert "dump_cache" in reader.notes()[0]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_unbound_and_its_cache_name_through_aliases_in_whatever_order_they_are_told(order):
    reader = reading()
    lines = (
        unbound("www.example.org"),
        "www.example.org.\t60\tIN\tCNAME\tmiddle.example.net.",
        "middle.example.net.\t60\tIN\tCNAME\tedge.example.net.",
        f"edge.example.net.\t60\tIN\tA\t{SERVER}",
    )
    dns(reader, *(lines[n] for n in order))
    assert site(reader, start_ms=100) == "example.org"
    assert site(reader, client=OTHER, start_ms=100) is None


def test_an_address_that_the_cache_no_longer_holds_answers_no_later_question():
    reader = reading()
    dns(reader, f"www.example.org.\t60\tIN\tA\t{SERVER}")
    dns(reader, unbound("www.example.org"), now_ms=T0 + 61_000)
    assert site(reader, start_ms=61_100) is None


def test_aliases_in_a_circle_end():
    reader = reading()
    dns(reader, "a.example.org.\t60\tIN\tCNAME\tb.example.org.", "b.example.org.\t60\tIN\tCNAME\ta.example.org.")  # fmt: skip
    dns(reader, f"a.example.org.\t60\tIN\tA\t{SERVER}", unbound("b.example.org"))
    assert site(reader, start_ms=100) == "example.org"


def test_no_name_is_kept_for_unbounds_join():
    reader = reading()
    dns(reader, unbound("canary-host.example.org"), "canary-host.example.org.\t60\tIN\tCNAME\tcanary-edge.example.net.")  # fmt: skip
    assert "canary" not in repr((vars(reader._unbound), reader.names._answers))


# --- proxies ---------------------------------------------------------------------------------


def squid(name, *, peer=f"HIER_DIRECT/{SERVER}", client=PUPIL, took=1_000):
    return f"1790000001.000 {took} {client} TCP_TUNNEL/200 900 CONNECT {name}:443 - {peer} -"


def filtered(name, *, second=20, client=PUPIL):
    return f"2026.9.21 16:13:{second} - {client} https://{name}/ GET 9 0"


def test_an_intercepting_proxy_names_the_clients_flow_to_the_server():
    reader = reading()
    proxy(reader, squid("www.example.org"))
    assert site(reader, start_ms=100) == "example.org"
    assert site(reader, client=PROXY, start_ms=100) is None


def test_a_declared_proxy_has_its_own_flows_named():
    reader = reading(proxies=[PROXY])
    proxy(reader, squid("www.example.org"))
    assert site(reader, client=PROXY, start_ms=100) == "example.org"
    assert site(reader, client=PROXY, start_ms=60_000) is None


def test_a_filter_names_a_web_flow_when_its_client_visited_one_site_only():
    reader = reading()
    proxy(reader, filtered("www.example.org"), filtered("img.example.org"))
    assert site(reader, start_ms=0, end_ms=2_000) == "example.org"
    assert site(reader, start_ms=0, end_ms=2_000, port=22) is None
    assert site(reader, client=OTHER, start_ms=0, end_ms=2_000) is None


def test_a_filter_names_nothing_when_two_sites_could_be_meant():
    reader = reading()
    proxy(reader, filtered("www.example.org"), filtered("www.example.net", second=21))
    assert site(reader, start_ms=0, end_ms=2_000) is None
    assert reader.report()["flows_ambiguous"] == 1


# --- bounds ----------------------------------------------------------------------------------


def test_every_table_holds_its_bound(monkeypatch):
    for module, name in (
        (names_, "KEYS_MAX"), (names_, "CLIENTS_MAX"), (reader_, "PENDING_MAX"), (join_, "ASKED_MAX"),
        (join_, "ASKERS_MAX"), (join_, "HELD_MAX"), (join_, "ADDRESSES_MAX"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, 10)
    reader = reading()
    for n in range(200):
        client = f"10.10.1.{n}"
        dns(reader, *asked(f"w{n}.example.org", SERVER, client=client, serial=n + 1))
        dns(reader, unbound(f"w{n}.example.org", client), unbound("one.example.org", client))
        dns(reader, f"w{n}.example.org.\t60\tIN\tCNAME\te{n}.example.net.")
        dns(reader, f"w{n}.example.org.\t60\tIN\tA\t198.51.100.{n}")
        dns(reader, f"many.example.org.\t60\tIN\tA\t198.51.100.{n}")
        proxy(reader, filtered("www.example.org", client=client))
    join = reader._unbound
    sizes = (
        len(reader.names), len(reader.names._visits), len(reader.logs[0].pending), len(join.asked),
        len(join.aliases), len(join.addresses), max(len(a) for a in join.addresses.values()),
        max(len(askers) for _, askers in join.asked.values()),
    )  # fmt: skip
    assert set(sizes) == {10}


# --- into slices -----------------------------------------------------------------------------


def listened(reader, *datagrams, sink=None):
    from collector.exports.listener import Listener, ListenSetup
    from collector.exports.places import Identities, Places
    from collector.exports.tables import Minimiser
    from collector.placement import place_zones
    from tests.exports.listening import PARIS, school_zones

    sink = sink or Kept()
    minimiser = Minimiser(
        places=Places(place_zones(school_zones())),
        identities=Identities(),
        site_of=lambda name: name,
        key_of_day=lambda day: b"k" * 32,
        timezone=PARIS,
        logged=reader.names,
    )
    ids = iter(range(1, 100))
    listener = Listener(ListenSetup((w.EXPORTER,), minimiser, lambda: next(ids)), sink)
    for data in datagrams:
        listener.offer(data, source=w.EXPORTER, port=1, now=w.NOW)
    listener.finish(w.NOW)
    return sink


def test_the_stored_slice_bears_the_site_and_the_footer_no_longer_calls_it_unknown():
    reader = reading()
    dns(reader, *asked("canary.example.org", SERVER), now_ms=int(w.NOW * 1_000) - 20_000)
    fields = w.ABSOLUTE
    body = w.absolute(PUPIL) + w.absolute(PUPIL, "198.51.100.99", sport=2)
    sink = listened(reader, w.ipfix(w.ipfix_template(256, fields), w.flow_set(256, body)))
    named = {(row["site"], row["site_source"]) for row in sink.rows}
    assert named == {("example.org", "log"), (None, "none")}
    assert {"site" in footer.split(",") for footer in sink.footers()} == {True, False}
    assert "canary" not in repr(sink.rows)


def test_a_name_that_the_exporter_brings_goes_before_the_logs():
    reader = reading()
    dns(reader, *asked("www.example.org", SERVER), now_ms=int(w.NOW * 1_000) - 20_000)
    fields = [*w.ABSOLUTE, (188, 65_535, 35_632)]
    body = w.absolute(PUPIL) + b"\x0bwww.else.fr"
    sink = listened(reader, w.ipfix(w.ipfix_template(256, fields), w.flow_set(256, body)))
    assert {(row["site"], row["site_source"]) for row in sink.rows} == {("www.else.fr", "tls_sni")}
