"""What a hub takes and what it refuses, each refusal with its reason."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.check import LARGEST, Place, Push, Reason, Refused
from hub.envelope import START, digest_of
from hub.holdings import HubUnusable
from privacy.sealed import seal
from tests.hub.many_schools import FIRST_PLACE, TODAY, MadeSchool, monday, new_hub, take

SCHOOL, OTHER = MadeSchool(1), MadeSchool(2)


@pytest.fixture
def hub(tmp_path):
    return new_hub(tmp_path / "hub", [SCHOOL, OTHER])


def refused(hub, push, school=SCHOOL, today=TODAY) -> str:
    before = snapshot(hub)
    with pytest.raises(Refused) as caught:
        hub.take(school.uai, push, today)
    assert snapshot(hub) == before, "a refused push left something"
    return caught.value.reason.value


def snapshot(hub) -> dict:
    return {p: p.read_bytes() for p in hub.directory.rglob("*") if p.is_file()}


def test_a_release_of_the_school_is_kept_to_the_octet_and_signed_for(hub):
    body = SCHOOL.sealed("T1", 0)
    taken = hub.take(SCHOOL.uai, SCHOOL.push(hub, body, FIRST_PLACE), TODAY)
    assert hub.sent(SCHOOL.uai, "T1", "2026-W37") == body
    receipt = json.loads(taken.receipt)["payload"]
    assert (receipt["sha256"], receipt["position"]) == (digest_of(body), 0)
    assert taken.release.period == "2026-W37"


def test_the_same_push_again_gives_the_same_receipt_and_changes_nothing(hub):
    push = SCHOOL.push(hub, SCHOOL.sealed("T1", 0), FIRST_PLACE)
    first = hub.take(SCHOOL.uai, push, TODAY)
    before = snapshot(hub)
    again = hub.take(SCHOOL.uai, push, TODAY)
    assert (again.receipt, again.release) == (first.receipt, None)
    assert snapshot(hub) == before


def exact(release: dict) -> dict:
    return {**release, "method": {**release["method"], "sigma": 1.0}}


def with_more(release: dict) -> dict:
    return {**release, "device": "0123"}


def with_a_dimension_more(release: dict) -> dict:
    cells = [{**cell, "key": {**cell["key"], "device": "x"}} for cell in release["cells"]]
    return {**release, "cells": cells}


def sealed(change) -> bytes:
    return seal(change(SCHOOL.release("T1", 0)), SCHOOL.seal_key)


BAD_RELEASES = {
    Reason.SEAL_BROKEN: lambda: b"{}",
    Reason.FOREIGN_SEAL: lambda: OTHER.sealed("T1", 0),
    Reason.NOT_A_RELEASE: lambda: sealed(with_more),
    Reason.TOO_EXACT: lambda: sealed(exact),
    Reason.TABLE_NOT_TAKEN: lambda: sealed(lambda r: {**r, "table": "T6"}),
    Reason.PERIOD_OPEN: lambda: SCHOOL.sealed("T1", 60),
}


@pytest.mark.parametrize("reason", BAD_RELEASES)
def test_what_is_no_release_of_the_school_is_refused(hub, reason):
    body = BAD_RELEASES[reason]()
    assert refused(hub, SCHOOL.push(hub, body, FIRST_PLACE)) == reason


@pytest.mark.parametrize(
    "change",
    [
        with_a_dimension_more,
        lambda r: {**r, "format": 2},
        lambda r: {**r, "kind": "link_load"},
        lambda r: {**r, "cells": []},
        lambda r: {**r, "cells": r["cells"] * 2},
        lambda r: {**r, "ends": "2026-09-15"},
        lambda r: {**r, "starts": "2026-09-08", "ends": "2026-09-15"},
        lambda r: {**r, "origin": "elsewhere"},
        lambda r: {**r, "policy_digest": None},
        lambda r: {**r, "charter_digest": "x" * 5000},
        lambda r: {**r, "cells": [{**c, "noisy": "7"} for c in r["cells"]]},
        lambda r: {**r, "cells": [{**c, "exact": 7} for c in r["cells"]]},
    ],
)
def test_nothing_travels_inside_a_release(hub, change):
    assert refused(hub, SCHOOL.push(hub, sealed(change), FIRST_PLACE)) == "not-a-release"


@pytest.mark.parametrize(
    "change",
    [
        lambda m: {**m, "rho": 0.05},
        lambda m: {**m, "rho": m["rho"] / 2},
        lambda m: {**m, "mechanism": "none"},
        lambda m: {**m, "unit": "device"},
        lambda m: {**m, "measure": "megabytes"},
        lambda m: {**m, "cap": 50},
    ],
)
def test_the_noise_is_what_a_release_must_have(hub, change):
    body = sealed(lambda r: {**r, "method": change(r["method"])})
    assert refused(hub, SCHOOL.push(hub, body, FIRST_PLACE)) == "too-exact"


def test_a_push_cut_short_is_truncated_and_one_made_longer_altered(hub):
    push = SCHOOL.push(hub, SCHOOL.sealed("T1", 0), FIRST_PLACE)
    for length in (0, 1, len(push.body) // 2, len(push.body) - 1):
        cut = Push(push.table, push.period, push.envelope, push.body[:length])
        assert refused(hub, cut) == "truncated"
    longer = Push(push.table, push.period, push.envelope, push.body + b" ")
    assert refused(hub, longer) == "altered"


def test_an_envelope_of_another_key_hub_or_school_is_refused(hub):
    body = SCHOOL.sealed("T1", 0)
    stranger = OTHER.push(hub, body, FIRST_PLACE, uai=SCHOOL.uai)
    assert refused(hub, stranger) == "forged"
    assert refused(hub, SCHOOL.push("0" * 16, body, FIRST_PLACE)) == "foreign-hub"
    assert refused(hub, SCHOOL.push(hub, body, FIRST_PLACE, uai=OTHER.uai)) == "foreign-school"
    assert refused(hub, Push("T1", "2026-W37", b"", body)) == "envelope-broken"
    assert refused(hub, Push("T1", "2026-W37", SCHOOL.sealed_card(), body)) == "envelope-broken"


def test_what_was_taken_from_another_school_is_not_its_thiefs(hub):
    """The other school sends this school's push, with its own token."""
    push = SCHOOL.push(hub, SCHOOL.sealed("T1", 0), FIRST_PLACE)
    assert refused(hub, push, school=OTHER) == "forged"
    own = OTHER.push(hub, push.body, FIRST_PLACE)
    assert refused(hub, own, school=OTHER) == "foreign-seal"


def test_address_envelope_and_release_name_one_thing(hub):
    push = SCHOOL.push(hub, SCHOOL.sealed("T1", 0), FIRST_PLACE)
    moved = Push("T1", "2026-W38", push.envelope, push.body)
    assert refused(hub, moved) == "misfiled"
    lying = SCHOOL.push(hub, push.body, FIRST_PLACE, period="2026-W38")
    assert refused(hub, lying) == "misfiled"


def test_a_week_that_is_held_is_never_replaced(hub):
    take(hub, SCHOOL, [0])
    other = SCHOOL.sealed("T1", 0)
    assert other != hub.sent(SCHOOL.uai, "T1", "2026-W37")
    assert refused(hub, SCHOOL.push(hub, other, hub.place(SCHOOL.uai))) == "period-held"
    assert refused(hub, SCHOOL.push(hub, other, FIRST_PLACE)) == "replayed"
    same = hub.sent(SCHOOL.uai, "T1", "2026-W37")
    assert refused(hub, SCHOOL.push(hub, same, hub.place(SCHOOL.uai))) == "period-held"


def test_a_chain_has_no_gap_and_no_second_beginning(hub):
    take(hub, SCHOOL, [0])
    body, place = SCHOOL.sealed("T1", 1), hub.place(SCHOOL.uai)
    for wrong in (Place(place.position + 1, place.previous), Place(place.position, START)):
        assert refused(hub, SCHOOL.push(hub, body, wrong)) == "out-of-chain"
    assert refused(hub, SCHOOL.push(hub, body, Place(-1, START))) == "out-of-chain"
    take(hub, SCHOOL, [1])
    assert hub.place(SCHOOL.uai).position == 4


def test_a_release_larger_than_any_is_refused(hub):
    body = b"x" * (LARGEST + 1)
    push = SCHOOL.push(hub, body, FIRST_PLACE)
    assert refused(hub, push) == "too-large"


def test_who_has_not_enrolled_or_has_left_pushes_nothing(hub):
    stranger = MadeSchool(9)
    push = stranger.push(hub, stranger.sealed("T1", 0), FIRST_PLACE)
    assert refused(hub, push, school=stranger) == "not-enrolled"
    hub.remove(SCHOOL.uai)
    push = SCHOOL.push(hub, SCHOOL.sealed("T1", 0), FIRST_PLACE)
    assert refused(hub, push) == "not-enrolled"


def test_every_reason_is_tried_somewhere_here_and_has_its_sentence():
    from pathlib import Path

    from dashboards.texts import LANGUAGES, Texts

    text = Path(__file__).read_text("utf-8")
    for reason in Reason:
        assert f'"{reason.value}"' in text or f"Reason.{reason.name}:" in text, reason
        assert all(Texts(lang)(f"hub.refused.{reason.value}") for lang in LANGUAGES)


def test_what_a_power_cut_left_of_a_push_is_taken_up_by_the_same_push(hub, monkeypatch):
    push = SCHOOL.push(hub, SCHOOL.sealed("T1", 0), FIRST_PLACE)

    def cut(*_):
        raise OSError("cut")

    with monkeypatch.context() as patched:
        patched.setattr("hub.holdings.write_once", cut)
        with pytest.raises(OSError, match="cut"):
            hub.take(SCHOOL.uai, push, TODAY)
    assert hub.held(SCHOOL.uai) == []
    with pytest.raises(FileNotFoundError):
        hub.sent(SCHOOL.uai, "T1", push.period)
    assert hub.take(SCHOOL.uai, push, TODAY).release is not None


def test_a_file_altered_on_the_hubs_disk_is_not_given_as_the_schools(hub):
    take(hub, SCHOOL, [0])
    path = hub.directory / "schools" / SCHOOL.uai / "releases/T1/2026-W37.json"
    path.write_bytes(path.read_bytes().replace(b"simulated", b"simulateD"))
    with pytest.raises(HubUnusable, match="damaged"):
        hub.sent(SCHOOL.uai, "T1", "2026-W37")
    with pytest.raises(HubUnusable, match="damaged"):
        list(hub.releases(SCHOOL.uai, TODAY))


def test_an_envelope_that_is_missing_on_the_disk_is_noticed(tmp_path):
    hub = new_hub(tmp_path / "hub", [SCHOOL])
    take(hub, SCHOOL, [0, 1])
    (hub.directory / "schools" / SCHOOL.uai / "chain/000001.json").unlink()
    from hub.holdings import Holdings

    with pytest.raises(HubUnusable, match="missing"):
        Holdings(hub.directory).held(SCHOOL.uai)


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    hub = new_hub(tmp_path_factory.mktemp("property") / "hub", [SCHOOL])
    return hub, SCHOOL.push(hub, SCHOOL.sealed("T4", 0), FIRST_PLACE)


ENVELOPE_END = -1
"""Stands for the last octet of the envelope, a new line."""


@settings(max_examples=300, deadline=None)
@example(
    where=ENVELOPE_END, flip=ord("\n") ^ ord(" ")
)  # white space is white space to a JSON reader
@given(where=st.integers(0, 1 << 20), flip=st.integers(1, 255))
def test_any_altered_octet_of_a_release_or_its_envelope_is_refused(standing, where, flip):
    hub, push = standing
    parts = [bytearray(push.envelope), bytearray(push.body)]
    place = len(parts[0]) - 1 if where == ENVELOPE_END else where % sum(map(len, parts))
    part, offset = (0, place) if place < len(parts[0]) else (1, place - len(parts[0]))
    parts[part][offset] ^= flip
    altered = Push(push.table, push.period, bytes(parts[0]), bytes(parts[1]))
    try:
        taken = hub.take(SCHOOL.uai, altered, TODAY)
    except Refused:
        return
    raise AssertionError(f"octet {offset} of part {part} was altered and taken: {taken}")


def test_the_push_that_the_property_alters_is_taken_as_it_is(tmp_path):
    hub = new_hub(tmp_path / "hub", [SCHOOL])
    push = SCHOOL.push(hub, SCHOOL.sealed("T4", 0), FIRST_PLACE)
    assert hub.take(SCHOOL.uai, push, monday(1)).release.table == "T4"


def test_a_field_beside_the_seal_is_signed_by_nobody_and_refused(hub):
    document = json.loads(SCHOOL.sealed("T1", 0))
    document["seal"]["device"] = "0123"
    from privacy import canonical

    body = canonical.dump(document) + b"\n"
    assert refused(hub, SCHOOL.push(hub, body, FIRST_PLACE)) == "seal-broken"


def test_an_envelope_is_for_one_file_not_for_another_that_the_school_sealed_too(hub):
    """Both are whole, of the same week and as long as each other: only the digest tells them apart."""
    body = SCHOOL.sealed("T4", 0)
    other = next(
        o for o in iter(lambda: SCHOOL.sealed("T4", 0), b"") if len(o) == len(body) and o != body
    )
    push = SCHOOL.push(hub, body, FIRST_PLACE)
    assert refused(hub, Push(push.table, push.period, push.envelope, other)) == "altered"
