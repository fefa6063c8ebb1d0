"""A large day under a charter with windows is asked of some devices at a time: the same answers."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from analyzer.activity import MINUTES, Question
from analyzer.engines import HeldSlices, embedded, opened
from analyzer.facts import minute_table
from privacy.records import SLICE_SCHEMA
from school.catalogue import load_catalogue
from tests.analyzer_classify import generated
from tests.analyzer_classify.compared import FILLED
from tests.analyzer_classify.generated import MONDAY, lycee
from tests.analyzer_classify.test_engine_equals_twin import EVERY_WINDOW

TABLES = ["T1", "T2", "T4"]


def asked(school, slices):
    day = school.calendar.local_day(MONDAY)
    table = minute_table(school.calendar, day, day + timedelta(days=1))
    for name in ("link_state", "link_up", "link_down"):
        table = table.append_column(name, pa.array(["busy"] * table.num_rows, pa.string()))
    with opened() as engine:
        question = Question(
            engine,
            school=school,
            catalogue=load_catalogue(),
            published={zone.name: zone.name for zone in school.zones},
        )
        answers = question.ask(HeldSlices(slices), table.select(MINUTES.names), TABLES)
        again = question.ask(HeldSlices(slices), table.select(MINUTES.names), TABLES)
    whole = {name: sorted(map(repr, rows)) for name, rows in answers.items()}
    assert whole == {name: sorted(map(repr, rows)) for name, rows in again.items()}
    return whole


@pytest.mark.slow
@pytest.mark.parametrize("windows", [True, False])
def test_parts_by_device_give_the_same_answers(monkeypatch, windows):
    draw = Random(5)  # noqa: S311 - examples, not secrets
    school = replace(lycee(), charter=EVERY_WINDOW) if windows else lycee()
    rows = [
        {**FILLED, **generated.slice_row(draw), "device": draw.choice([-(2**62), -7, -1, 0, 1, 5])}
        for _ in range(300)
    ]
    slices = ds.dataset(pa.Table.from_pylist(rows, schema=SLICE_SCHEMA))
    whole = asked(school, slices)
    assert all(whole.values())
    monkeypatch.setattr(embedded, "MOST_IN_WINDOWS", 70)
    assert asked(school, slices) == whole
