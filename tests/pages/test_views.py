"""Each view states what is planted, compares like weeks or says why not, and never tells a withheld number."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from dashboards import beside, overview, pages
from dashboards.adoption import Adoption, adoptions
from dashboards.dated import events_of, marks, marks_of_week
from dashboards.events import Event, read_events
from dashboards.reading import Snapshot, with_exams
from dashboards.states import states
from dashboards.texts import Texts
from dashboards.views.before_after import NoSuchEvent, before_after_view
from dashboards.views.common import rule_of, school_days, usual_weeks
from dashboards.views.park import park_view
from dashboards.views.rehearsed import rehearsed_section
from dashboards.views.saturation import saturation_view
from dashboards.views.services import services_view
from dashboards.views.usages import usages_view
from privacy.derived import Refused
from tests.pages.more_releases import TRAINING
from tests.pages.published_school import NEW_LINE

FR = Texts("fr")
VIEWS = (saturation_view, services_view, usages_view, park_view)


def said(view) -> str:
    texts = [finding.text for finding in view.said]
    texts += [finding.text for part in view.sections for finding in part.said]
    return " ".join(texts)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Pronote", Adoption.ADOPTED),
        ("Éléa", Adoption.ADOPTED),
        ("ÉcoleDirecte", Adoption.NEVER),
        ("Lumni", Adoption.UNUSED),
        ("Capytale", Adoption.OCCASIONAL),
    ],
)
def test_a_service_is_called_what_its_weeks_show(snapshot: Snapshot, name: str, word: Adoption):
    usual = usual_weeks(snapshot.services, snapshot)
    found = {s.name: s for s in adoptions(usual, snapshot.services, rule_of(snapshot))}
    assert found[name].adoption is word


def test_no_verdict_on_a_service_before_two_months(snapshot: Snapshot):
    early = replace(snapshot, services=snapshot.services[:8])
    assert "trop tôt" in said(services_view(early, FR))
    assert "Adopté" not in said(services_view(early, FR))
    assert "Adoptés" in said(services_view(snapshot, FR))


def test_words_on_services_are_questions(snapshot: Snapshot):
    for finding in services_view(snapshot, FR).said:
        assert finding.text.endswith("?"), finding.text


def test_the_training_is_told_with_its_interval_and_its_weeks(snapshot: Snapshot):
    view = services_view(snapshot, FR)
    part = next(part for part in view.sections if part.ident.startswith("formation"))
    assert part.figures[0].title.startswith("Éléa\u00a0: en hausse nette")
    assert "±" in part.figures[0].title
    assert "5 semaines avant et 2 après" in part.notes[0]
    default = before_after_view(snapshot, FR, None)
    assert "Éléa" in default.said[0].text


def test_the_first_page_says_what_a_training_moved_and_which_services_to_ask_about(
    snapshot: Snapshot,
):
    told = overview.findings(snapshot, list(snapshot.link), FR)
    opening = [f for f in told if f.page == "services"]
    assert [f.level for f in opening] == ["info", "watch", "watch", "watch"]
    assert opening[0].text.startswith("Formation du 12 octobre. Éléa\u00a0: en hausse nette")
    assert opening[0].anchor in {part.ident for part in services_view(snapshot, FR).sections}
    for name, finding in zip(("Capytale", "Lumni", "ÉcoleDirecte"), opening[1:], strict=True):
        assert name in finding.text
        assert "Pronote" not in finding.text
    early = replace(snapshot, services=snapshot.services[:8])
    assert not [f for f in overview.findings(early, [], FR) if f.page == "services"]


def test_the_new_line_is_compared_by_school_weeks(snapshot: Snapshot):
    view = before_after_view(snapshot, FR, f"{NEW_LINE}-capacity")
    text = said(view)
    assert "la ligne dépasse 80" in text
    assert "moins souvent" in text
    note = " ".join(note for part in view.sections for note in part.notes)
    assert "Formation à Éléa" in note
    assert "Éléa\u00a0: en hausse" not in text  # it had a training of its own


def test_an_unknown_event_is_not_published(snapshot: Snapshot):
    with pytest.raises(NoSuchEvent):
        before_after_view(snapshot, FR, "2026-01-01-other")
    with pytest.raises(pages.NotPublished):
        pages.before_after_page(snapshot, FR, {"evenement": "x"})


@pytest.mark.parametrize(("day", "reason"), [(8, "few_before"), (35, "few_after")])
def test_under_two_like_weeks_on_a_side_nothing_is_compared(snapshot, day: int, reason: str):
    first = snapshot.weeks[0].starts
    weeks = tuple(w for w in snapshot.weeks if w.starts < first + timedelta(days=42))
    found = beside.like_weeks(weeks, first + timedelta(days=day), snapshot)
    assert isinstance(found, Refused)
    assert found.reason == reason
    assert "deux semaines de classe de chaque côté" in beside.refused_said(found, FR)


def test_a_week_of_exams_is_shown_and_compared_with_nothing(snapshot: Snapshot):
    exams = Event("exams", date(2026, 9, 14), date(2026, 9, 15), {})
    own = replace(snapshot, school=with_exams(snapshot.school, [exams]), events=(exams,))
    assert school_days(own)["2026-W38"] == ()
    assert "2026-W38" not in {r.period for r in usual_weeks(own.weeks, own)}
    like = beside.like_weeks(own.weeks, NEW_LINE, own)
    assert "2026-W38" not in {r.period for r in like.before}
    figure = usages_view(own, FR).sections[0].figures[0]
    assert "examens" in figure.svg


def test_events_are_letters_on_the_chart_and_words_under_it(snapshot: Snapshot):
    events = events_of(snapshot)
    assert [event.kind for event in events] == ["capacity", "training"]
    found = marks(events, date(2026, 9, 7), date(2026, 11, 15))
    assert marks_of_week(found, date(2026, 10, 12)) == "B"
    figure = usages_view(snapshot, FR).sections[0].figures[0]
    assert (
        "mark",
        "A\u00a0: 5 octobre, nouveau débit\u00a0: 50\u202fMbit/s au lieu de 20",
    ) in figure.legend
    subs = {line.head: line.sub for line in figure.table.lines}
    assert subs["semaine du 12 oct. 2026"] == "repère B"


def test_a_change_of_capacity_is_an_event_even_without_a_document(snapshot: Snapshot):
    bare = replace(snapshot, events=())
    assert [(e.kind, e.starts) for e in events_of(bare)] == [("capacity", NEW_LINE)]
    assert read_events({"events": [{"kind": "later-kind", "from": "x"}]}) == ()


def test_an_event_about_another_service_is_not_drawn(snapshot: Snapshot):
    found = marks(events_of(snapshot), date(2026, 9, 7), date(2026, 11, 15), service="Pronote")
    assert [mark.event.starts for mark in found] == [NEW_LINE]
    assert TRAINING not in [mark.event.starts for mark in found]


def test_the_rehearsal_tells_what_the_draft_moves(snapshot: Snapshot):
    part = rehearsed_section(snapshot, FR)
    text = " ".join(finding.text for finding in part.said)
    assert "Privé toléré compterait" in text
    assert "de moins" in text
    assert rehearsed_section(replace(snapshot, rehearsals=()), FR).empty
    unknown = rehearsed_section(replace(snapshot, days=snapshot.days[-1:]), FR)
    assert "ne change aucun usage" in unknown.said[0].text


def test_what_fills_the_line_and_the_updates_are_named(snapshot: Snapshot):
    text = said(saturation_view(snapshot, FR))
    assert "Mises à jour des machines, septembre 2026" in text
    assert "avant la nouvelle ligne" in text
    assert "peuvent-elles se faire la nuit" in text


def test_a_zone_has_an_active_share_of_its_declared_persons(snapshot: Snapshot):
    figure = park_view(snapshot, FR).sections[0].figures[0]
    assert len(figure.table.lines) == len(snapshot.school.zones)
    shown = [float(c.raw) for line in figure.table.lines for c in line.cells[:1] if c.raw]
    assert shown
    assert all(0 < share < 3 for share in shown)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_a_view_without_releases_says_why_and_what_to_do(snapshot: Snapshot, view):
    none = dict.fromkeys(
        ("weeks", "days", "link", "fills", "slots", "services", "volumes", "months", "rehearsals"),
        (),
    )
    found = view(replace(snapshot, **none), FR)
    assert found.empty.why
    assert found.empty.what


def test_a_view_without_one_table_keeps_the_rest(snapshot: Snapshot):
    for table in ("fills", "slots", "volumes", "months"):
        for view in VIEWS:
            found = view(replace(snapshot, **{table: ()}), FR)
            assert found.sections


def keys(snapshot: Snapshot, page: str = "uses") -> list[str]:
    return [state.key for state in states(snapshot, page, FR)]


def real(snapshot: Snapshot, **changes) -> Snapshot:
    origins = ((date(2026, 9, 7), date(2026, 11, 16), "measured"),)
    return replace(snapshot, status=replace(snapshot.status, origins=origins), **changes)


def test_old_pages_say_so(snapshot: Snapshot):
    as_of = snapshot.status.as_of
    assert "stale" not in keys(real(snapshot, today=as_of + timedelta(days=1)))
    assert "stale" in keys(real(snapshot, today=as_of + timedelta(days=2)))
    assert "stale" not in keys(replace(snapshot, today=as_of + timedelta(days=90)))  # a demo


def test_a_silent_probe_is_told(snapshot: Snapshot):
    coverage = tuple(replace(c, day=date(2026, 11, 12)) for c in snapshot.status.coverage)
    silent = replace(snapshot, status=replace(snapshot.status, coverage=coverage))
    assert "silent" in keys(silent)
    assert "silent" not in keys(snapshot)


def test_only_the_line_before_the_dpo_has_agreed(snapshot: Snapshot):
    assert "line_only" in keys(replace(snapshot, weeks=(), days=()))
    assert "line_only" not in keys(snapshot)


def test_holidays_and_the_open_week_are_told(snapshot: Snapshot):
    assert keys(snapshot) == ["open_week"]
    assert keys(snapshot, "load") == []
    assert "holiday" in keys(real(snapshot, today=date(2026, 10, 20)))


def every_figure(snapshot: Snapshot) -> list:
    views = [view(snapshot, FR) for view in VIEWS] + [before_after_view(snapshot, FR, None)]
    return [figure for view in views for part in view.sections for figure in part.figures]


def test_every_figure_and_its_table_have_the_same_totals(snapshot: Snapshot):
    found = every_figure(snapshot)
    assert len(found) >= 9
    for figure in found:
        rows = [float(line.cells[0].raw) for line in figure.table.lines if line.cells[0].raw]
        if figure.plotly:
            drawn = json.loads(figure.plotly)["data"][0]["y"]
            assert sum(rows) == pytest.approx(sum(drawn)), figure.ident
        else:  # named bars: each number of the table stands beside its bar
            told = [line.cells[0].text for line in figure.table.lines if line.cells[0].raw]
            labels = re.findall(r'class="value start"[^>]*>([^<]+)<', figure.svg)
            shown = [label.partition(" ± ")[0] for label in labels if not label.startswith("&lt;")]
            assert sorted(shown) == sorted(told), figure.ident


JARGON = (
    r"\b(flux|flow|flows|SNI|DNS|TLS|QUIC|TCP|UDP|HTTP|ASN|VPN|IP|MAC|VLAN|NAT|NetFlow|IPFIX|BGP|proxy|"
    r"port|ports|hash|epsilon|rho|sigma|zCDP|Parquet|pcap|SHA)\b"
)


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_no_word_of_network_jargon_on_the_committee_pages(snapshot: Snapshot, lang: str):
    from api.site import MAKERS

    for name, maker in MAKERS.items():
        if name == "trust":  # says what is dropped by its exact name: the DPO's questions
            continue
        html = maker(snapshot, Texts(lang), {"lang": lang})
        main = re.search(r"<main.*?</main>", html, re.S)[0]
        text = re.sub(
            r"<script.*?</script>|<svg.*?</svg>|<[^>]+>|\S*/api/\S*", " ", main, flags=re.S
        )
        assert re.findall(JARGON, text) == [], name
