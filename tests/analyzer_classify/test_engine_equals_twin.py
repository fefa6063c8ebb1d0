"""The compiled expression against the readable twin, on generated facts, slices and charters.

The long form draws as many as one likes: `python -m tests.analyzer_classify.long --pairs 1000000`.
"""

import re
from dataclasses import replace
from datetime import timedelta
from random import Random

import ibis
import pytest

from analyzer import windows
from analyzer.classify import classify, deciding, passes
from analyzer.engines.embedded import SLOW_RULES
from analyzer.expression import classified
from analyzer.facts import APP_CATEGORY, minute_table
from privacy.records import SLICE_SCHEMA
from school.charter import SET_KEYS, SIZE_KEYS, Charter, Rule, When
from school.lists import CATEGORY_OF_LIST
from school.words import Category, Use
from tests.analyzer_classify import generated
from tests.analyzer_classify.compared import (
    CATALOGUE,
    OBSERVED,
    by_engine,
    by_twin,
    minutes_of,
    verdicts_by_engine,
    verdicts_by_twin,
)
from tests.analyzer_classify.generated import MONDAY, TEXT, lycee

FACTS, CHARTERS = 500, 24
SLICES = 240


@pytest.fixture(name="engine", scope="module")
def _engine():
    connection = ibis.duckdb.connect(threads=1, disabled_optimizers=SLOW_RULES)
    yield connection
    connection.disconnect()


@pytest.fixture(name="drawn", scope="module")
def _drawn():
    """12,000 pairs of facts and a charter."""
    draw = Random(20260907)  # noqa: S311 - examples, not secrets
    facts = [generated.facts(draw) for _ in range(FACTS)]
    return facts, [generated.charter(draw) for _ in range(CHARTERS)]


def test_the_expression_says_what_the_twin_says_of_twelve_thousand_pairs(engine, drawn):
    facts, charters = drawn
    assert len(facts) * len(charters) >= 10_000
    answers = verdicts_by_engine(engine, facts, charters)
    for charter, answer in zip(charters, answers, strict=True):
        assert answer == verdicts_by_twin(facts, charter)


def test_the_drawn_pairs_meet_every_key_and_every_tolerance(drawn):
    """Generated examples could all end in the last rule: every key must decide, and refuse."""
    facts, charters = drawn
    decided: set[str] = set()
    beyond = set()
    for charter in charters:
        for fact in facts:
            rule = deciding(fact, charter)
            decided |= {k for k in (*SET_KEYS, *SIZE_KEYS) if getattr(rule.when, k) is not None}
            if rule.tolerance:
                beyond.add(passes(rule.tolerance, fact))
    assert decided == {*SET_KEYS, *SIZE_KEYS}
    assert beyond == {True, False}
    for key in (*SET_KEYS, *SIZE_KEYS):
        alone = [
            Charter(TEXT, "1", (), (Rule("it", When(**{key: value}), "technical", "C1", TEXT),
                                    Rule("no", When(), "undetermined", "C1", TEXT)))
            for charter in charters
            for rule in charter.rules
            if (value := getattr(rule.when, key)) is not None
        ]  # fmt: skip
        said = {classify(fact, charter).rule for charter in alone for fact in facts}
        assert said == {"it", "no"}, key


@pytest.mark.parametrize("seed", range(4))
def test_of_whole_slices_with_their_windows_too(engine, seed):
    draw = Random(seed)  # noqa: S311 - examples, not secrets
    school = replace(lycee(), charter=generated.charter(draw))
    rows = [generated.slice_row(draw) for _ in range(SLICES)]
    states = generated.states(draw, rows)
    expected = by_twin(rows, school, states)
    assert by_engine(engine, rows, school, minutes_of(states)) == expected


EVERY_WINDOW = Charter(
    TEXT,
    "1",
    (),
    (
        Rule("flow", When(flow_megabytes_at_least=4), "technical", "C1", TEXT),
        Rule("day", When(device_day_megabytes_at_least=5), "abusive", "C1", TEXT),
        Rule(
            *("rest", When(), "residual_private", "C1", TEXT),
            tolerance=replace(generated.tolerance(Random(1)), minutes=2, megabytes=3),  # noqa: S311 - examples
        ),
    ),
)


def test_every_window_at_once(engine):
    draw = Random(7)  # noqa: S311 - examples, not secrets
    school = replace(lycee(), charter=EVERY_WINDOW)
    rows = [generated.slice_row(draw) for _ in range(SLICES)]
    states = generated.states(draw, rows)
    expected = by_twin(rows, school, states)
    assert by_engine(engine, rows, school, minutes_of(states)) == expected
    tolerated = EVERY_WINDOW.rules[2].tolerance
    assert tolerated is not None
    said = {(row[6], row[5]) for row in expected}
    assert said == {
        *(("flow", "technical"), ("day", "abusive")),
        *(("rest", "residual_private"), ("rest", tolerated.beyond)),
    }


@pytest.mark.parametrize(("minutes", "megabytes"), [(1, None), (2, None), (None, 3)])
def test_a_budget_ends_with_the_minute_or_the_octet_that_passes_it(engine, minutes, megabytes):
    draw = Random(11)  # noqa: S311 - examples, not secrets
    budget = replace(generated.tolerance(draw), minutes=minutes, megabytes=megabytes)
    rule = Rule("all", When(), "residual_private", "C1", TEXT, replace(budget, beyond="technical"))
    school = replace(lycee(), charter=Charter(TEXT, "1", (), (rule,)))
    rows = [generated.slice_row(draw) for _ in range(60)]
    states = generated.states(draw, rows)
    expected = by_twin(rows, school, states)
    assert by_engine(engine, rows, school, minutes_of(states)) == expected
    assert {row[5] for row in expected} == {"residual_private", "technical"}


def test_windows_are_built_only_where_the_charter_looks_at_them():
    slices = ibis.table(ibis.Schema.from_pyarrow(SLICE_SCHEMA), name="slices")
    for charter, built in ((lycee().charter, False), (EVERY_WINDOW, True)):
        answer = classified(
            slices,
            school=replace(lycee(), charter=charter),
            catalogue=CATALOGUE,
            minutes=minutes_of({MONDAY: ("calm", "calm")}),
        )
        assert (" OVER (" in ibis.to_sql(answer, dialect="duckdb")) is built


@pytest.mark.parametrize("dialect", ["duckdb", "pyspark"])
def test_the_windows_are_standard_sql_for_both_engines(dialect):
    """Spark wants no frame on a rank, and the frame of the sums spelt out."""
    columns = {"flow": "int64", "device": "int64", "octets": "int64", "day": "date"}
    columns |= {"minute": "timestamp('UTC')", "category": "string", "rule": "string"}
    table = windows.with_volumes(ibis.table(columns, name="slices"), EVERY_WINDOW)
    table = windows.with_budgets(table, EVERY_WINDOW)
    sql = " ".join(ibis.to_sql(table, dialect=dialect).split()).replace("`", '"')
    frame = "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    assert sql.count(frame) == 3
    assert sql.count("DENSE_RANK() OVER (") == 1
    partitions = re.findall(r"PARTITION BY (.*?) ORDER BY", sql)
    assert len(partitions) == 4
    for partition in partitions:
        assert '"device"' in partition
        assert '"day"' in partition


def base_row(**changed) -> dict:
    row = {**dict.fromkeys(OBSERVED), "minute": MONDAY + timedelta(hours=2, minutes=30)}
    row |= {"flow": 1, "device": 1, "zone": "bureaux", "site_source": "tls_sni", "ech": False}
    row |= {"transport": "tcp", "server_port": 443, "up_bytes": 30_000, "down_bytes": 960_000}
    return row | {"active_s": 60, "down_sumsq_bytes_s": 1.536e10, "age_s": 600} | changed


def test_every_use_category_and_behaviour_is_reached_by_both(engine):
    """This table is exhaustive on purpose."""
    school = lycee()
    sites = {entry.category: entry.suffix for entry in CATALOGUE}
    rows = [base_row(site=site) for site in (*sites.values(), None, "unknown-site.fr")]
    rows += [base_row(app=app) for app in APP_CATEGORY]
    rows += [base_row(list_category=name) for name in CATEGORY_OF_LIST]
    rows += [base_row(transport="udp", server_port=53)]
    states = {rows[0]["minute"]: ("calm", "busy")}
    expected = by_twin(rows, school, states)
    assert by_engine(engine, rows, school, minutes_of(states)) == expected
    assert {row[5] for row in expected} == {use.value for use in Use}
    assert {row[4] for row in expected} == {category.value for category in Category}


def test_minutes_may_bring_their_own_timetable(engine):
    school = lycee()
    day = school.calendar.local_day(MONDAY)
    table = minute_table(school.calendar, day, day + timedelta(days=1))
    minutes = table.append_column("link_state", [["saturated"] * table.num_rows])
    row = base_row(site="nrj.fr")
    (found,) = by_engine(engine, [row], school, ibis.memtable(minutes))
    assert found[1:] == (
        "M1",
        "lesson",
        "office",
        "web_radio",
        "resource_inappropriate",
        "web-radio-line-busy",
    )


def test_minutes_that_do_not_tell_what_the_charter_looks_at_are_refused(engine):
    day = lycee().calendar.local_day(MONDAY)
    table = minute_table(lycee().calendar, day, day + timedelta(days=1))
    minutes = ibis.memtable(table.append_column("link_state", [["calm"] * table.num_rows]))
    looks = Rule("up", When(link_up=frozenset({"busy"})), "technical", "C1", TEXT)
    charter = replace(lycee().charter, rules=(looks, *lycee().charter.rules))
    with pytest.raises(ValueError, match="the charter looks at link_up"):
        by_engine(engine, [base_row()], replace(lycee(), charter=charter), minutes)
