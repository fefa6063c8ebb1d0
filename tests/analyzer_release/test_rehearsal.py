"""A draft charter, or another line, tried on a closed week: once, with noise, never exactly."""

from dataclasses import replace
from datetime import timedelta

import pytest

from analyzer.rehearsal import NotRehearsed, rehearse
from privacy.gate import noise
from privacy.gate.ledger import Ledger
from privacy.gate.refused import AlreadyReleased
from privacy.release import Shown, Withheld
from school.catalogue import load_catalogue
from school.load import load_school, with_capacity
from tests.analyzer_release.examples import (
    FILES,
    MONDAY,
    NEXT_MONDAY,
    declare,
    link_minutes,
    slice_row,
    write_part,
)

DRAFT = FILES["charter.yaml"].replace("use: pedagogical", "use: residual_private")
DAYS = [MONDAY + timedelta(days=offset) for offset in range(5)]


def draft_of(place, text=DRAFT):
    path = place.root.parent / "draft.yaml"
    path.write_text(text)
    return load_school(place.declared, instead={"charter.yaml": path})


def ask(place, draft, *, week=None, as_of=NEXT_MONDAY):
    return rehearse(place.root, draft, week=week, as_of=as_of, catalogue=load_catalogue())


def measured(place, site="atrium-sud.fr", devices=200, load=4.0):
    for day in DAYS:
        rows = [slice_row(day, "09:05", device, site) for device in range(devices)]
        write_part(place.root, "flows", day, rows)
        write_part(place.root, "link", day, link_minutes(day, "09:00", 20, load))
    return place


def exactly(monkeypatch):
    monkeypatch.setattr(noise, "draw", lambda counts, method: list(counts))


def test_a_draft_moves_a_use_and_says_so(empty, monkeypatch):
    exactly(monkeypatch)
    place = measured(empty)
    place.release()
    by_use = {use.use: use for use in ask(place, draft_of(place)).uses}
    assert by_use["pedagogical"].before == Shown(1000, 125.7, "fiable")
    assert isinstance(by_use["pedagogical"].after, Withheld)
    assert by_use["residual_private"].after.value == 1000
    assert by_use["pedagogical"].changed
    assert by_use["residual_private"].changed
    assert by_use["abusive"].changed is None


def test_the_charter_in_force_under_another_name_changes_nothing(empty, monkeypatch):
    exactly(monkeypatch)
    place = measured(empty)
    place.release()
    same = draft_of(place, FILES["charter.yaml"].replace('version: "1"', 'version: "2"'))
    assert [use.changed for use in ask(place, same).uses] == [False, None, None, None]


def test_a_wider_line_lifts_the_verdicts_that_rest_on_a_busy_one(empty, monkeypatch):
    exactly(monkeypatch)
    place = measured(empty, site="nrj.fr", load=9.5)
    place.release()
    wide = with_capacity(place.school, down_bit_s=200_000_000)
    by_use = {use.use: use for use in ask(place, wide).uses}
    assert by_use["resource_inappropriate"].before.value == 2 * 200  # 10 Mbit/s on two days
    assert isinstance(by_use["resource_inappropriate"].after, Withheld)
    assert by_use["residual_private"].after.value == 5 * 200


def test_a_measured_week_is_rehearsed_once_and_never_again(empty):
    place = measured(empty)
    place.release()
    ask(place, draft_of(place))
    with pytest.raises(AlreadyReleased):
        ask(place, draft_of(place, DRAFT.replace('version: "1"', 'version: "3"')))
    charges = Ledger(place.root / "private" / "ledger.jsonl").charges()
    assert [c.period for c in charges if c.table == "rehearsal"] == ["2026-W37"]
    assert place.published.periods("rehearsal") == ["2026-W37"]


def test_the_stored_rehearsal_carries_the_digest_of_the_draft(empty):
    place = measured(empty)
    place.release()
    draft = draft_of(place)
    ask(place, draft)
    released = place.published.release("rehearsal", "2026-W37")
    assert released.charter_digest == draft.charter_digest != place.school.charter_digest
    assert len(released.cells) == 4


def test_what_the_committee_sees_is_not_the_exact_count(empty):
    place = measured(empty)
    place.release()
    seen = [use.after for use in ask(place, draft_of(place)).uses if isinstance(use.after, Shown)]
    assert [each.margin for each in seen] == [79.5]
    assert place.published.release("rehearsal", "2026-W37").cells[1].noisy != 1000


def test_simulated_days_are_rehearsed_as_often_as_one_likes_and_leave_nothing(place):
    draws = [ask(place, draft_of(place)).uses[1].after.value for _ in range(3)]
    assert len(set(draws)) > 1
    assert place.published.periods("rehearsal") == []
    assert not (place.root / "private" / "ledger.jsonl").exists()


def test_one_measured_day_makes_the_week_measured(empty):
    for day in DAYS:
        origin = "measured" if day == DAYS[2] else "simulated"
        rows = [slice_row(day, "09:05", 1, "atrium-sud.fr")]
        write_part(empty.root, "flows", day, rows, origin=origin)
    empty.release()
    assert ask(empty, draft_of(empty)).stored
    with pytest.raises(AlreadyReleased):
        ask(empty, draft_of(empty))


def test_an_open_week_is_refused_without_a_charge(empty):
    place = measured(empty)
    with pytest.raises(NotRehearsed, match="no closed week"):
        ask(place, draft_of(place), as_of=NEXT_MONDAY - timedelta(days=1))
    assert not (place.root / "private" / "ledger.jsonl").exists()


def test_a_week_whose_days_are_partly_erased_is_refused_without_a_charge(empty):
    place = empty
    for day in DAYS[1:]:
        write_part(place.root, "flows", day, [slice_row(day, "09:05", 1, "atrium-sud.fr")])
    with pytest.raises(NotRehearsed, match="1 of 5 school days"):
        ask(place, draft_of(place))
    assert not (place.root / "private" / "ledger.jsonl").exists()


def test_a_measured_week_that_is_not_released_yet_keeps_its_one_rehearsal(empty):
    place = measured(empty)
    with pytest.raises(NotRehearsed, match="5 of 5 school days are not released yet"):
        ask(place, draft_of(place))
    assert not (place.root / "private" / "ledger.jsonl").exists()


def test_a_week_released_in_part_is_compared_with_nothing(empty, monkeypatch):
    exactly(monkeypatch)
    place = measured(empty)
    place.release()
    (place.root / "public" / "releases" / "T6" / f"{DAYS[4]}.json").unlink()  # charged, and lost
    uses = ask(place, draft_of(place)).uses
    assert {(use.before, use.changed) for use in uses} == {(None, None)}


def test_a_damaged_release_of_the_week_is_told_before_anything_is_spent(empty):
    place = measured(empty)
    place.release()
    file = place.root / "public" / "releases" / "T6" / f"{DAYS[1]}.json"
    file.write_bytes(file.read_bytes().replace(b'"noisy":', b'"noisy":1', 1))
    with pytest.raises(NotRehearsed, match="a release of T6 cannot be used"):
        ask(place, draft_of(place))
    charges = Ledger(place.root / "private" / "ledger.jsonl").charges()
    assert "rehearsal" not in {charge.table for charge in charges}


def test_another_line_needs_a_name_where_there_are_several(empty):
    lines = FILES["lines.yaml"] + FILES["lines.yaml"].partition("lines:\n")[2].replace(
        "name: internet", "name: backup"
    )
    school = load_school(declare(empty.declared, lines=lines))
    with pytest.raises(KeyError):
        with_capacity(school, down_bit_s=10)
    changed = with_capacity(school, line="backup", down_bit_s=10)
    assert [line.capacity[0].down_bit_s for line in changed.lines] == [10_000_000, 10]
    assert changed.charter_digest != school.charter_digest


def test_the_digest_of_a_capacity_is_that_of_the_file_that_would_say_it(empty):
    wide = (
        FILES["lines.yaml"].replace("10 Mbit/s", "200 Mbit/s").replace("100 Mbit/s", "200 Mbit/s")
    )
    declared = load_school(declare(empty.declared, lines=wide))
    school = load_school(declare(empty.declared))
    assert with_capacity(school, down_bit_s=200_000_000).charter_digest == declared.charter_digest
    assert replace(school) == school
