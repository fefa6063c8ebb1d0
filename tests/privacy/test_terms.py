"""The order of what a DPO acknowledges: every respect, each way, and what needs no signature."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from privacy.acknowledgement import Decision, Standing, read, sign, state_of
from privacy.effects import effects
from privacy.keys import public_text
from privacy.log.entries import Entry
from privacy.sealed import SealBroken, seal
from privacy.settings import PrivacySettings
from privacy.terms import (
    Direction,
    SlotTerms,
    Terms,
    ZoneTerms,
    at_least_as_tight,
    differences,
)

LOOSER, TIGHTER, UNKNOWN = Direction.LOOSER, Direction.TIGHTER, Direction.UNKNOWN


def zone(name="salles", persons=300, **given):
    standard = {"measured": True, "counts_devices": True, "published_in": None, "places": "a" * 64}
    return ZoneTerms(name=name, persons=persons, **{**standard, **given})


SLOT = SlotTerms(name="M1", times="mon 08:00-08:55", persons=300)
LODGE = zone("loge", 1, published_in="bureaux")
ZONES = (zone(), zone("bureaux", 25), LODGE, zone("serveurs", 0, counts_devices=False))
BASE = Terms(inside="b" * 64, zones=ZONES, slots=(SLOT,), services=("Pix",))


def settings(**change):
    return BASE.model_copy(update={"settings": PrivacySettings.model_validate(change)})


def zones(*changed, without=()):
    kept = {each.name: each for each in ZONES if each.name not in without}
    return BASE.model_copy(
        update={"zones": tuple({**kept, **{each.name: each for each in changed}}.values())}
    )


def tables(**changed):
    return settings(tables=changed)


RESPECTS = [
    (settings(total_rho=0.02), {TIGHTER}, "total_rho"),
    (settings(profile="renforce"), {TIGHTER}, "profile"),
    (settings(retention_days=9), {LOOSER}, "retention_days"),
    (settings(retention_days=7), {TIGHTER}, "retention_days"),
    (settings(floor_persons=26), {TIGHTER}, "floor_persons"),
    (settings(display={"sigmas": 5}), {TIGHTER}, "display.sigmas"),
    (settings(display={"reliable_sigmas": 11}), {TIGHTER}, "display.reliable_sigmas"),
    (settings(display={"floor_devices_per_day": 12}), {TIGHTER}, "display.floor"),
    (tables(T1={"share": 0.2, "cap": 5}), {TIGHTER}, "T1: cost (rho)"),
    # Less of a device-day in every cell, but less noise on it, too: the DPO decides.
    (tables(T1={"share": 0.25, "cap": 4}), {TIGHTER, LOOSER}, "T1: noise (sigma)"),
    (tables(T2={"share": 0.15, "cap": 12}), {LOOSER, TIGHTER}, "T2: cap"),
    (tables(T1={"share": 0.2, "cap": 4}), {TIGHTER}, "T1: cap"),
    (tables(T1={"share": 0.2, "cap": 5}, T2={"share": 0.2, "cap": 10}), {TIGHTER, LOOSER}, "T2"),
    (zones(zone(persons=299)), {LOOSER}, "figures of zone salles"),
    (zones(zone(persons=301)), {TIGHTER}, "figures of zone salles"),
    (zones(zone("bureaux", 10)), {TIGHTER}, "figures of zone bureaux"),
    (zones(zone("bureaux", 10, published_in="salles"), without=("loge",)), {TIGHTER}, "zone loge"),
    (zones(zone("loge", 30)), {LOOSER}, "figures of zone loge"),
    (zones(zone(places="c" * 64)), {UNKNOWN}, "zone salles: subnets and VLANs"),
    (zones(zone(measured=False)), {TIGHTER}, "zone salles: measured"),
    (zones(zone("serveurs", 0)), {LOOSER}, "zone serveurs: counts_devices"),
    (zones(zone("cdi", 5)), {LOOSER}, "zone cdi"),
    (zones(zone("cour", 5, measured=False)), {UNKNOWN}, "zone cour"),
    (zones(without=("serveurs",)), {UNKNOWN}, "zone serveurs"),
    (zones(without=("salles",)), {TIGHTER}, "zone salles"),
    (BASE.model_copy(update={"inside": ""}), {UNKNOWN}, "addresses of the school"),
    (BASE.model_copy(update={"slots": ()}), {TIGHTER}, "figures of slot M1"),
    (BASE.model_copy(update={"services": ()}), {TIGHTER}, "figures of service Pix"),
    (BASE.model_copy(update={"services": ("Pix", "SOS")}), {LOOSER}, "figures of service SOS"),
    *(
        (BASE.model_copy(update={"slots": (slot,)}), {direction}, "figures of slot M1")
        for slot, direction in (
            (SLOT.model_copy(update={"persons": 301}), TIGHTER),
            (SLOT.model_copy(update={"persons": 299}), LOOSER),
            (SLOT.model_copy(update={"times": "mon 08:00-08:10"}), LOOSER),
        )
    ),
    (
        BASE.model_copy(update={"slots": (SLOT, SLOT.model_copy(update={"name": "Nuit"}))}),
        {LOOSER},
        "figures of slot Nuit",
    ),
]


@pytest.mark.parametrize(("after", "directions", "respect"), RESPECTS)
def test_each_respect_has_its_direction(after, directions, respect):
    found = differences(BASE, after)
    assert {each.direction for each in found} == directions
    assert any(each.respect.startswith(respect) for each in found)
    assert at_least_as_tight(after, BASE) is (directions == {TIGHTER})
    assert after.digest() != BASE.digest()


@pytest.mark.parametrize(("after", "directions", "respect"), RESPECTS)
def test_what_is_only_tighter_is_looser_the_other_way_round(after, directions, respect):
    if directions == {TIGHTER}:
        assert not at_least_as_tight(BASE, after)


def test_the_same_terms_differ_in_nothing():
    assert differences(BASE, Terms.model_validate(json.loads(BASE.model_dump_json()))) == ()


SETTINGS = st.builds(
    lambda rho, days, floor, sigmas: PrivacySettings.model_validate(
        {
            "total_rho": rho,
            "retention_days": days,
            "floor_persons": floor,
            "display": {"sigmas": sigmas},
        }
    ),
    st.sampled_from([0.01, 0.02, 0.0243]),
    st.integers(1, 14),
    st.integers(20, 22),
    st.sampled_from([4, 5]),
)


@given(SETTINGS, SETTINGS, SETTINGS)
def test_it_is_an_order(one, two, three):
    a, b, c = (Terms(settings=each) for each in (one, two, three))
    assert at_least_as_tight(a, a)
    if at_least_as_tight(a, b) and at_least_as_tight(b, a):
        assert a == b
    if at_least_as_tight(a, b) and at_least_as_tight(b, c):
        assert at_least_as_tight(a, c)
    if at_least_as_tight(a, b):
        assert a.settings.total_rho <= b.settings.total_rho
        assert a.settings.retention_days <= b.settings.retention_days


def test_the_effects_are_told_with_all_epsilons_and_the_price_of_a_month():
    found = effects(PrivacySettings())
    assert found["epsilon"]["device_day"] == pytest.approx(1.0, abs=0.005)
    assert found["epsilon"]["boarding_week"] == pytest.approx(8.60, abs=0.005)
    assert found["epsilon"]["t5bis_month"] == pytest.approx(7.6, abs=0.05)
    assert found["sigma"]["T1"] == 20.3


# --- decisions

DPO = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DECLARED = ("dpo_key_declared", {"public_key": public_text(DPO.public_key())})
STOP = ("capture_stopped_by_dpo", {"settings": "0" * 64})


def decided(decision=Decision.ACKNOWLEDGED, terms=BASE, after=0, key=DPO):
    return "dpo_decided", {"sealed": json.loads(sign(decision, terms, key, after=after))}


def state(*happened):
    return state_of(
        Entry(number, "2026-11-16T08:00:00Z", kind, facts)
        for number, (kind, facts) in enumerate(happened)
    )


WITHDRAWN = decided(Decision.WITHDRAWN, after=99)
TIGHT = settings(retention_days=7)


@pytest.mark.parametrize(
    ("happened", "terms", "expected"),
    [
        ([], BASE, Standing.NO_KEY),
        ([decided()], BASE, Standing.NO_KEY),
        ([DECLARED], BASE, Standing.NOT_DECIDED),
        ([DECLARED, decided()], BASE, Standing.IN_FORCE),
        ([DECLARED, decided()], TIGHT, Standing.IN_FORCE),
        ([DECLARED, decided()], settings(retention_days=9), Standing.LOOSER),
        # His latest acknowledgement counts: going back to looser settings is asked for again.
        ([DECLARED, decided(), decided(terms=TIGHT, after=1)], BASE, Standing.LOOSER),
        ([DECLARED, decided(), WITHDRAWN], BASE, Standing.WITHDRAWN),
        ([DECLARED, decided(), WITHDRAWN, decided()], BASE, Standing.WITHDRAWN),
        ([DECLARED, decided(), WITHDRAWN, decided(after=2)], BASE, Standing.IN_FORCE),
        ([DECLARED, decided(), STOP], BASE, Standing.STOPPED),
        ([DECLARED, decided(), STOP, decided()], BASE, Standing.STOPPED),
        ([DECLARED, decided(), STOP, DECLARED], BASE, Standing.STOPPED),
        ([DECLARED, decided(), STOP, decided(after=2)], BASE, Standing.IN_FORCE),
        ([DECLARED, decided(), DECLARED], BASE, Standing.NOT_DECIDED),
        ([DECLARED, decided(), STOP, WITHDRAWN], BASE, Standing.STOPPED),
    ],
)
def test_only_a_decision_that_answers_the_latest_one_counts(happened, terms, expected):
    assert state(*happened).standing(terms) is expected


def test_a_stop_leaves_what_was_acknowledged():
    assert state(DECLARED, decided(), STOP).covered(BASE) is Standing.IN_FORCE
    assert state().covered(BASE) is Standing.NO_KEY


@pytest.mark.parametrize(
    "change",
    [
        {"settings": "0" * 64},
        {"after": "1"},
        {"after": True},
        {"terms": {}, "settings": "0" * 64},
        {"decision": "maybe"},
        {"document": "other"},
    ],
)
def test_a_signed_paper_of_another_form_decides_nothing(change):
    payload = json.loads(sign(Decision.ACKNOWLEDGED, BASE, DPO))["payload"]
    with pytest.raises(SealBroken):
        read(seal(payload | change, DPO), DPO.public_key())
    del payload["terms"]
    with pytest.raises(SealBroken):
        read(seal(payload, DPO), DPO.public_key())
