"""The compiled expression against the readable twin, on generated slices and charters."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analyzer.activity import SLOW_RULES
from analyzer.behaviour import Shape, behaviours_of
from analyzer.classify import classify
from analyzer.expression import ADDED, classified
from analyzer.facts import APP_CATEGORY, Observed, facts_of, minute_table
from privacy.records import SLICE_SCHEMA, SiteSource, Transport
from school.catalogue import load_catalogue
from school.charter import Charter, Clause, Rule, When
from school.declared import Label
from school.lists import CATEGORY_OF_LIST
from school.load import School, load_school
from school.words import Behaviour, Category, LinkState, Period, Strength, Use, ZoneKind
from tests.school.declared import LYCEE, directory

CATALOGUE = load_catalogue()
MONDAY = datetime(2026, 9, 7, 4, 0, tzinfo=UTC)
TEXT = Label(fr="a", en="a")
STATES = [state.value for state in LinkState]
OBSERVED = [
    "site",
    "site_source",
    "ech",
    "list_category",
    "app",
    "transport",
    "server_port",
    "up_bytes",
    "down_bytes",
]


@lru_cache(maxsize=1)
def lycee() -> School:
    with TemporaryDirectory() as folder:
        written = directory(Path(folder))
        (written / "charter.yaml").write_bytes(LYCEE.read_bytes())
        return load_school(written)


@pytest.fixture(name="engine", scope="module")
def _engine():
    connection = ibis.duckdb.connect(threads=1, disabled_optimizers=SLOW_RULES)
    yield connection
    connection.disconnect()


def some(words) -> st.SearchStrategy:
    """None, or a set of words."""
    return st.none() | st.frozensets(st.sampled_from([str(w) for w in words]), min_size=1)


WHENS = st.builds(
    When,
    zone=some(ZoneKind),
    period=some(Period),
    category=some(Category),
    link=some(LinkState),
    evidence=some(Strength),
    behaviour=some(Behaviour),
    app=some(APP_CATEGORY),
    megabytes_at_least=st.none() | st.integers(1, 3),
)


@st.composite
def charters(draw) -> Charter:
    whens = [*draw(st.lists(WHENS, max_size=8)), When()]
    rules = tuple(
        Rule(f"r{n}", when, draw(st.sampled_from([use.value for use in Use])), "C1", TEXT)
        for n, when in enumerate(whens)
    )
    return Charter(TEXT, "1", (Clause("C1", TEXT),), rules)


SITES = [
    *("nrj.fr", "pix.fr", "youtube.com", "cloudfront.net", "nordvpn.com", "google.com"),
    *("unknown-site.fr", "windowsupdate.com", "steamcontent.com"),
]
SLICES = st.fixed_dictionaries(
    {
        "minute": st.integers(0, 20 * 60).map(lambda n: MONDAY + timedelta(minutes=n)),
        "zone": st.sampled_from(["salles", "bureaux", "internat", "serveurs", "unmatched", "gone"]),
        "site": st.none() | st.sampled_from(SITES),
        "site_source": st.sampled_from([source.value for source in SiteSource]),
        "ech": st.booleans(),
        "list_category": st.none() | st.sampled_from([*CATEGORY_OF_LIST, "liste_bu", "jobsearch"]),
        "app": st.none() | st.sampled_from([*APP_CATEGORY, "stun"]),
        "transport": st.sampled_from([transport.value for transport in Transport]),
        "server_port": st.sampled_from([53, 123, 443, 8000]),
        "up_bytes": st.sampled_from([0, 30_000, 95_999, 96_000, 96_001, 1_000_000]),
        "down_bytes": st.sampled_from([0, 179_999, 180_000, 960_000, 2_700_000, 2_700_001]),
        "active_s": st.sampled_from([0, 49, 50, 60]),
        "down_sumsq_bytes_s": st.sampled_from([0.0, 6.0e8, 1.536e10, 3.0e10, 3.2e10]),
        "age_s": st.sampled_from([0, 119, 120, 4000]),
    }
)
FILLED = {
    "flow": 1,
    "device": None,
    "ip_version": 4,
    "up_packets": 1,
    "down_packets": 1,
    "down_peak_bytes_s": 1,
    "end_reason": None,
}


def behaviours(rows) -> list[str]:
    """Each row is a flow of its own here; tests/analyzer_behaviour has flows of several slices."""
    return behaviours_of([Shape.of({**FILLED, **row, "flow": n}) for n, row in enumerate(rows)])


def by_twin(row, school: School, state: str, behaviour: str) -> tuple:
    seen = Observed(**{name: row[name] for name in OBSERVED}, behaviour=behaviour)
    kind = school.zones.kind_of(row["zone"])
    period = school.calendar.period_at(row["minute"])
    slot = school.calendar.slot_at(row["minute"])
    facts = facts_of(
        seen,
        zone_kind=kind,
        period=period,
        link_state=state,
        site_category=CATALOGUE.category_of(row["site"]),
    )
    found = classify(facts, school.charter)
    day = school.calendar.local_day(row["minute"])
    return (day, slot.name if slot else None, period, kind, facts.category, found.use, found.rule)


def by_engine(engine, rows, school: School, states) -> list[tuple]:
    numbered = [{**FILLED, **row, "flow": n} for n, row in enumerate(rows)]
    slices = ibis.memtable(pa.Table.from_pylist(numbered, schema=SLICE_SCHEMA))
    answer = classified(slices, school=school, catalogue=CATALOGUE, minutes=states)
    assert answer.columns == (*SLICE_SCHEMA.names, *ADDED)
    found = engine.to_pyarrow(answer).sort_by("flow").to_pylist()
    assert [row["flow"] for row in found] == list(range(len(rows)))
    return [tuple(row[name] for name in ADDED) for row in found]


def minutes_of(known: dict[datetime, str]) -> ibis.Table:
    return ibis.memtable(
        pa.table(
            {
                "minute": pa.array(list(known), pa.timestamp("s", tz="UTC")),
                "link_state": pa.array(list(known.values()), pa.string()),
            }
        )
    )


# One query a second on a busy machine: few examples of many slices, and no shrinking.
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    charter=st.one_of(charters(), st.just(None)),
    rows=st.lists(SLICES, min_size=1, max_size=80),
    data=st.data(),
)
def test_the_engine_says_what_the_twin_says(engine, charter, rows, data):
    school = replace(lycee(), charter=charter) if charter else lycee()
    known = {row["minute"]: data.draw(st.sampled_from([*STATES, ""])) for row in rows}
    told = {minute: state for minute, state in known.items() if state}
    for edge in (MONDAY, MONDAY + timedelta(hours=20)):  # the timetable spans both local days
        told.setdefault(edge, "calm")
    expected = [
        by_twin(row, school, told.get(row["minute"], "calm"), behaviour)
        for row, behaviour in zip(rows, behaviours(rows), strict=True)
    ]
    assert by_engine(engine, rows, school, minutes_of(told)) == expected


def test_every_use_category_and_behaviour_is_reached_by_both(engine):
    """Generated examples could all end in the last rule; this table is exhaustive on purpose."""
    school = lycee()
    base = {
        "minute": MONDAY + timedelta(hours=2, minutes=30),
        "zone": "bureaux",
        "site_source": "tls_sni",
        "ech": False,
        "list_category": None,
        "app": None,
        "transport": "tcp",
        "server_port": 443,
        "up_bytes": 30_000,
        "down_bytes": 960_000,
        "active_s": 60,
        "down_sumsq_bytes_s": 1.536e10,
        "age_s": 600,
    }
    sites = {entry.category: entry.suffix for entry in CATALOGUE}
    rows = [{**base, "site": site} for site in (*sites.values(), None, "unknown-site.fr")]
    rows += [{**base, "site": None, "app": app} for app in APP_CATEGORY]
    rows += [{**base, "site": None, "list_category": name} for name in CATEGORY_OF_LIST]
    rows += [{**base, "site": None, "transport": "udp", "server_port": 53}]
    expected = [
        by_twin(row, school, "busy", behaviour)
        for row, behaviour in zip(rows, behaviours(rows), strict=True)
    ]
    assert by_engine(engine, rows, school, minutes_of({base["minute"]: "busy"})) == expected
    assert {row[5] for row in expected} == {use.value for use in Use}
    assert {row[4] for row in expected} == {category.value for category in Category}


def test_minutes_may_bring_their_own_timetable(engine):
    school = lycee()
    day = school.calendar.local_day(MONDAY)
    table = minute_table(school.calendar, day, day + timedelta(days=1))
    states = pa.array(["saturated"] * table.num_rows, pa.string())
    minutes = ibis.memtable(table.append_column("link_state", states))
    row = {**dict.fromkeys(OBSERVED), "minute": MONDAY + timedelta(hours=2, minutes=30)}
    row |= {"zone": "bureaux", "site": "nrj.fr", "site_source": "tls_sni", "ech": False}
    row |= {"transport": "tcp", "server_port": 443, "up_bytes": 1, "down_bytes": 1}
    row |= {"active_s": 1, "down_sumsq_bytes_s": 1.0, "age_s": 0}
    (found,) = by_engine(engine, [row], school, minutes)
    assert found[1:] == (
        "M1",
        "lesson",
        "office",
        "web_radio",
        "resource_inappropriate",
        "web-radio-line-busy",
    )
