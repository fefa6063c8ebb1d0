"""The sealed document `annotations`: declared events, new lines and exams, oldest first."""

from dataclasses import replace
from datetime import date

from analyzer.annotations import annotations_document
from school.load import load_school
from simulator.declared import SCHOOL


def events(school) -> list[tuple[str, str, str]]:
    found = annotations_document(school)["events"]
    return [(event["kind"], event["from"], event["to"]) for event in found]


def test_a_change_of_capacity_is_an_event_by_itself():
    school = load_school(SCHOOL)
    assert events(school) == [
        ("capacity", "2026-10-05", "2026-10-05"),
        ("training", "2026-10-12", "2026-10-12"),
    ]
    found = annotations_document(school)["events"]
    assert found[0]["down_mbit_s"] == [20, 50]
    assert found[1]["service"] == "Éléa"


def test_exam_days_around_a_weekend_are_one_session():
    school = load_school(SCHOOL)
    exams = frozenset(date(2026, 12, day) for day in (10, 11, 14, 18))
    school = replace(school, calendar=replace(school.calendar, exams=exams))
    assert events(school)[-2:] == [
        ("exams", "2026-12-10", "2026-12-14"),
        ("exams", "2026-12-18", "2026-12-18"),
    ]
