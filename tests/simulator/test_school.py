"""The declared files, the devices and the names of the demonstration school."""

from collections import Counter

import numpy as np
import pytest

from school.catalogue import load_catalogue
from school.load import load_school
from simulator import declared
from simulator.people import DEVICES, ZONES, make_roster
from simulator.services import ACTIVITIES, SIDE_HOSTS, all_hosts

RESERVED = {"example.com", "example.net", "example.org"}
CATEGORY = {"peer_to_peer": None, "unnamed": None, "unlisted": None}


def test_declared_files_load_without_a_problem() -> None:
    school = load_school(declared.SCHOOL)
    assert {zone.name for zone in school.zones} == set(DEVICES)
    guests = next(zone for zone in school.zones if zone.name == "invites")
    assert guests.persons < 20
    assert guests.published_in == "wifi"


def test_closed_days_and_slots_are_those_of_the_school_calendar() -> None:
    calendar = load_school(declared.SCHOOL).calendar
    for day in declared.school_days(last=declared.AS_OF):
        assert declared.is_open(day) == calendar.is_school_day(day), day
    ours = [(slot.name, slot.period, slot.starts, slot.ends) for slot in declared.slots()]
    assert ours == [(s.name, s.period, s.starts, s.ends) for s in calendar.slots]


def test_each_zone_has_its_devices_inside_its_subnets() -> None:
    roster = make_roster(1)
    assert Counter(ZONES[n] for n in roster.zone) == DEVICES
    assert 600 <= len(roster) <= 630
    school = load_school(declared.SCHOOL)
    for number, name in enumerate(ZONES):
        four = next(zone for zone in school.zones if zone.name == name).subnets[0]
        inside = roster.ipv4[roster.zone == number]
        assert int(four.network_address) < inside.min()
        assert inside.max() < int(four.broadcast_address)
    assert len(np.unique(roster.mac, axis=0)) == len(roster)


@pytest.mark.parametrize("activity", ACTIVITIES, ids=lambda activity: activity.name)
def test_names_are_in_the_catalogue_or_reserved(activity) -> None:
    catalogue = load_catalogue()
    for host in activity.hosts:
        if host.name is None:
            assert activity.name in CATEGORY
            continue
        site = catalogue.site_of(host.name)
        assert site is not None
        assert (catalogue.entry(site) is None) == (site in RESERVED)


def test_some_traffic_is_in_no_catalogue_and_some_has_no_name() -> None:
    names = [host.name for host in all_hosts()]
    assert None in names
    assert any(name and name.endswith(".example.org") for name in names)
    assert any(host.name is None for host in SIDE_HOSTS)
