"""`jauge doctor`: an installation that is well passes; each check fails once, alone, and says what to type."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cli.diagnosis.checks import CHECKS, is_well, judge
from cli.diagnosis.facts import (
    Facts,
    InterfaceFacts,
    LinkFacts,
    ListsFacts,
    MachineFacts,
    SchoolFacts,
    StoreFacts,
    TrafficFacts,
    UnitFacts,
)
from cli.diagnosis.gather_machine import count_addresses, score_of
from cli.diagnosis.gather_school import lists_of
from cli.diagnosis.verdict import FAILED, OK, SKIPPED

TODAY = date(2026, 11, 27)
WELL = Facts(
    school=SchoolFacts(
        "/etc/jauge/school", interface="eth1", vlans=3, holidays_until=date(2028, 8, 31)
    ),
    machine=MachineFacts(TODAY, units=(UnitFacts("jauge-collector.service"),)),
    interface=InterfaceFacts(others=("eth0", "eth1")),
    traffic=TrafficFacts(frames=5_000, up=2_000, down=2_500, senders=40, inside=38, tagged=4_900),
    link=LinkFacts(
        offered=1_000_000, dropped=9_999, up_bytes=10**9, down_bytes=10**10, written_s_ago=899
    ),
    store=StoreFacts("/var/lib/jauge/store", days=8, bytes_a_day=1 << 30, named_share=0.5),
    lists=ListsFacts("/var/lib/jauge/lists/sites.lists", age_days=29),
)


def school(**changes):
    return replace(WELL, school=replace(WELL.school, **changes))


def machine(**changes):
    return replace(WELL, machine=replace(WELL.machine, **changes))


def unit(**changes):
    return machine(units=(replace(WELL.machine.units[0], **changes),))


def interface(**changes):
    return replace(WELL, interface=replace(WELL.interface, **changes))


def traffic(**changes):
    return replace(WELL, traffic=replace(WELL.traffic, **changes))


def link(**changes):
    return replace(WELL, link=replace(WELL.link, **changes))


def store(**changes):
    return replace(WELL, store=replace(WELL.store, **changes))


def lists(**changes):
    return replace(WELL, lists=replace(WELL.lists, **changes))


ILL = [
    ("files", school(problems=2)),
    ("rules", school(unproven_rules=1)),
    ("number", school(uai=False)),
    ("rate", school(line_declared=False)),
    ("rate", school(rate_today=False)),
    ("timezone", school(timezone_known=False)),
    ("holidays", school(holidays_until=date(2027, 7, 30))),
    ("holidays", school(holidays_until=None)),
    ("interface", interface(there=False)),
    ("interface", school(interface=None)),
    ("interface-up", interface(up=False)),
    ("permission", machine(may_capture=False)),
    ("inside-nat", interface(uplink=True)),
    ("inside-nat", traffic(inside=1)),
    ("inside-nat", traffic(inside=0)),
    ("both-ways", traffic(up=0)),
    ("both-ways", traffic(down=0)),
    ("both-ways", replace(link(up_bytes=0), traffic=TrafficFacts())),
    ("several-machines", traffic(senders=1)),
    ("vlan-tags", traffic(tagged=0)),
    ("drops", link(dropped=10_000)),
    ("fresh", link(written_s_ago=900)),
    ("named", store(named_share=0.49)),
    ("readable", store(refused="written by a newer Jauge")),
    ("readable", store(refused="there is no such directory", missing=True)),
    ("room", store(bytes_free=13 << 30)),
    ("acknowledged", store(acknowledged=False)),
    ("closed", store(open_paths=("/var/lib/jauge/store/flows",))),
    ("rotated", store(old_keys=1)),
    ("lists", lists(age_days=30)),
    ("lists", lists(refused="there is no such file", age_days=None)),
    ("clock", machine(clock_synchronised=False)),
    ("swap", machine(swap_in_clear=True)),
    ("running", unit(active=False)),
    ("hardened", unit(score=2.1)),
    ("silent", unit(sent_packets=1)),
    ("discreet", machine(lines_with_addresses=1)),
    ("minimised", store(addresses_kept=1)),
]


def test_an_installation_that_is_well_passes_every_check():
    assert {check.name: v.status for check, v in judge(WELL) if v.status != OK} == {}
    assert is_well(judge(WELL))


def test_there_are_twenty_checks_and_more_and_each_fails_in_this_table():
    names = [check.name for check in CHECKS]
    assert len(names) == len(set(names)) >= 20
    assert {name for name, _ in ILL} == set(names)


@pytest.mark.parametrize(("name", "facts"), ILL, ids=[f"{n}-{i}" for i, (n, _) in enumerate(ILL)])
def test_each_check_fails_alone_says_why_and_what_to_type(name, facts):
    verdicts = judge(facts)
    ill = {check.name: verdict for check, verdict in verdicts if verdict.status == FAILED}
    assert set(ill) == {name}
    assert not is_well(verdicts)
    assert ill[name].fr != ill[name].en
    assert all((ill[name].fr, ill[name].en, ill[name].mend))


NOTHING = Facts(school=SchoolFacts("/none", problems=1), machine=MachineFacts(TODAY, units=None))


def test_what_nobody_could_look_at_is_skipped_with_a_reason_and_never_passes():
    verdicts = {check.name: verdict for check, verdict in judge(NOTHING)}
    passed = {name for name, verdict in verdicts.items() if verdict.status == OK}
    assert passed == {"permission", "clock", "swap", "discreet"}, "what the machine was asked"
    skipped = [verdict for verdict in verdicts.values() if verdict.status == SKIPPED]
    assert len(skipped) == len(CHECKS) - len(passed) - 1
    assert all(verdict.fr and verdict.en for verdict in skipped)


def test_a_calm_line_accuses_nobody():
    calm = replace(WELL, traffic=TrafficFacts(frames=3, up=3, senders=1, inside=1), link=None)
    assert is_well(judge(calm))


@pytest.mark.parametrize(
    ("line", "holds"),
    [
        ("jauge: 12 spools sealed at 10:21:07.123456", False),
        ("Jauge is at http://127.0.0.1:8000/", False),
        ("listening on 0.0.0.0", False),
        ("2026-11-27T10:21:07+01:00 version 1.2.3", False),
        ("lost 10.10.3.7.", True),
        ("peer 10.10.3.7:443 gone", True),
        ("from 02:42:AC:11:00:02", True),
        ("from fe80::fc:ff:fe00:1", True),
        ("to 2001:db8:10:0:1:2:3:4", True),
    ],
)
def test_an_address_in_the_journal_is_found_and_a_time_of_day_is_none(line, holds):
    assert count_addresses(f"well\n{line}\nwell") == int(holds)


def test_a_lists_file_that_is_missing_says_so(tmp_path):
    assert lists_of(None, datetime.now(UTC)) is None
    assert "no such file" in lists_of(tmp_path / "none", datetime.now(UTC)).refused


def test_the_exposure_of_a_bare_unit_is_read_from_systemd(tmp_path):
    from tests.support.needs import need

    need("systemd-analyze", "systemd")
    bare = tmp_path / "jauge-bare.service"
    bare.write_text("[Service]\nExecStart=/bin/true\n")
    assert score_of(bare) > 9


def test_a_machine_that_counts_no_packets_says_so_and_not_that_it_has_no_systemd():
    (said,) = (v for check, v in judge(unit(sent_packets=None)) if check.name == "silent")
    assert (said.status, "BPF" in said.fr, "BPF" in said.en) == ("skipped", True, True)


def test_a_store_that_is_not_there_names_its_path_and_what_makes_one():
    gone = StoreFacts("/nope", refused="there is no such directory", missing=True)
    for facts, mend in (
        (replace(WELL, store=gone), "systemctl enable --now jauge-collector.service"),
        (
            replace(WELL, store=gone, machine=replace(WELL.machine, units=None)),
            "jauge capture --store /nope --school /etc/jauge/school",
        ),
    ):
        said = {check.name: verdict for check, verdict in judge(facts)}
        assert said["readable"].status == FAILED
        assert said["readable"].mend == mend
        assert "/nope" in said["readable"].en
        assert said["closed"].status == SKIPPED, "nobody could look"
