"""*Services adoptés*: which licences stay, and where is training needed? Pure.

From T3: device-days of each followed service, week by week. Words are questions for the committee.
"""

import itertools
from collections.abc import Collection, Sequence

from dashboards import beside, uses
from dashboards.adoption import Adoption, Service, adoptions, mean, names, spans_enough
from dashboards.charts import Rank
from dashboards.dated import Event, events_of
from dashboards.events import TRAINING
from dashboards.reading import Snapshot, weeks_between
from dashboards.sentences import Finding
from dashboards.sentences import dip as dip_said
from dashboards.series import Words, ranks_figure, weeks_figure
from dashboards.tables import Datum, Line, Table, cell_of, empty_reason
from dashboards.texts import Texts
from dashboards.view import Empty, Section, Sheet, View
from dashboards.views.common import (
    by_period,
    latest_weeks,
    rule_of,
    usual_weeks,
    weeks_span,
)
from privacy.derived import Refused
from privacy.release import Shown, Withheld

CSV = "/api/v1/releases/T3"
LEVEL = {
    Adoption.ADOPTED: "good",
    Adoption.EMERGING: "info",
    Adoption.OCCASIONAL: "watch",
    Adoption.UNUSED: "watch",
    Adoption.NEVER: "watch",
    Adoption.TOO_EARLY: "info",
}
ORDER = tuple(LEVEL)
LEAST_FROM = 4
LEAST_NAMED = 2
"""Of four adopted services or more, the two least used are those to ask about."""


def services_view(snapshot: Snapshot, texts: Texts) -> View:
    """Return the view."""
    usual = usual_weeks(snapshot.services, snapshot)
    if not usual:
        empty = Empty(texts("services.none"), texts("services.none_what"))
        return View("services", (), (), empty=empty)
    found = adoptions(usual, snapshot.services, rule_of(snapshot))
    return View(
        "services",
        (*_dips(snapshot, texts), *_said(found, snapshot, texts)),
        (
            _latest(found, snapshot, texts),
            *_trainings(snapshot, texts),
            _weeks(snapshot, texts),
        ),
    )


def _said(found: Sequence[Service], snapshot: Snapshot, texts: Texts) -> list[Finding]:
    if not spans_enough(snapshot.services):
        return [Finding("info", texts("services.too_early"), "services")]
    said = []
    for word in ORDER:
        named = [service.name for service in found if service.adoption is word]
        if word is Adoption.ADOPTED and len(named) >= LEAST_FROM:
            least = texts.join([service.name for service in least_used(found)])
            text = texts("services.said.adopted_least", names=texts.join(named), least=least)
            said.append(Finding(LEVEL[word], text, "services"))
        elif named:
            text = texts(f"services.said.{word.value}", count=len(named), names=texts.join(named))
            said.append(Finding(LEVEL[word], text, "services"))
    return said


def opening(snapshot: Snapshot, texts: Texts) -> list[Finding]:
    """Return what *En bref* says of services: those to ask about, and what each training moved."""
    usual = usual_weeks(snapshot.services, snapshot)
    if not usual or not spans_enough(snapshot.services):
        return []
    asked = [s for s in adoptions(usual, snapshot.services, rule_of(snapshot))
             if LEVEL[s.adoption] == "watch"]  # fmt: skip
    return [
        *_dips(snapshot, texts),
        *_moved(snapshot, texts),
        *_said(asked, snapshot, texts),
    ]


def _dips(snapshot: Snapshot, texts: Texts) -> list[Finding]:
    """Return one finding for each service that was silent for some weeks and came back.

    What is usual for a service is taken from one side of its trainings only: they are meant to move it.
    """
    said = []
    for name in names(snapshot.services):
        for points in eras(name, snapshot):
            for dip in uses.dips(points):
                text = texts("services.dip", name=name, dip=dip_said(dip, texts))
                said.append(Finding("watch", text, "services", "weeks"))
    return said


def eras(name: str, snapshot: Snapshot) -> list[list[uses.Point]]:
    """Return the weeks of one service, divided at its trainings."""
    trained = [event.starts for event in _trained(snapshot) if event.service == name]

    def era(point: uses.Point) -> int:
        return sum(day <= point.starts for day in trained)

    points = uses.service_series(snapshot.services, snapshot.school, name)
    return [list(each) for _, each in itertools.groupby(points, era)]


def _moved(snapshot: Snapshot, texts: Texts) -> list[Finding]:
    """Return one finding for each training after which its service clearly moved."""
    said = []
    for event in _trained(snapshot):
        like = beside.like_weeks(snapshot.services, event.starts, snapshot)
        if isinstance(like, Refused):
            continue
        for one in beside.compared(
            like, {event.service: beside.of_service(event.service)}, snapshot
        ):
            if one.found.clear:
                text = texts("services.opening_training", day=texts.day_month(event.starts),
                             said=beside.said(one, texts))  # fmt: skip
                said.append(Finding("info", text, "services", _section_of(event)))
    return said


def _trained(snapshot: Snapshot) -> list[Event]:
    """Return the trainings about a followed service, the latest first."""
    known = [e for e in events_of(snapshot) if e.kind == TRAINING and e.service]
    return known[::-1]


def _section_of(event: Event) -> str:
    return f"formation-{event.key}"


def least_used(found: Sequence[Service]) -> list[Service]:
    """Return the adopted services that the fewest device-days use, at most `LEAST_NAMED`."""
    adopted = [s for s in found if s.adoption is Adoption.ADOPTED and isinstance(s.latest, Shown)]
    if len(adopted) < LEAST_FROM:
        return []
    return sorted(adopted, key=lambda s: s.latest.value if isinstance(s.latest, Shown) else 0)[
        :LEAST_NAMED
    ]


def _latest(found: Sequence[Service], snapshot: Snapshot, texts: Texts) -> Section:
    latest = latest_weeks(snapshot.services, snapshot)
    span = weeks_span(latest, texts)
    ordered = sorted(found, key=lambda s: -s.latest.value if isinstance(s.latest, Shown) else 1)
    rows = [_rank(service) for service in ordered]
    words = Words(
        ident="services-latest",
        title=_first(ordered, span, texts),
        unit=texts("services.unit", span=span),
        csv=CSV,
        how=texts("how.services"),
        name=texts("services.week"),
    )
    return Section(
        ident="adoption",
        title=texts("services.latest"),
        lead=texts("services.rule"),
        figures=(ranks_figure(rows, words, texts("services.service"), texts),),
        sheets=(Sheet("adoptions", _words_table(ordered, texts), csv=CSV, shaded=False),),
        notes=(texts("services.count"),),
    )


def _first(ordered: Sequence[Service], span: str, texts: Texts) -> str:
    first = ordered[0]
    if not isinstance(first.latest, Shown):
        return texts("services.title_withheld", span=span)
    return texts(
        "services.title",
        name=first.name,
        value=texts.number(first.latest.value),
        margin=texts.number(first.latest.margin),
        span=span,
    )


def _rank(service: Service) -> Rank:
    if isinstance(service.latest, Withheld):
        return Rank(service.name, below=service.latest.below)
    return Rank(service.name, value=service.latest.value, margin=service.latest.margin)


def _words_table(found: Sequence[Service], texts: Texts) -> Table:
    least = {service.name for service in least_used(found)}
    return Table(
        caption=texts("services.words"),
        corner=texts("services.service"),
        columns=(texts("services.verdict"), texts("services.weeks_shown"), texts("services.ask")),
        lines=tuple(
            Line(
                service.name,
                (
                    Datum(texts(f"services.word.{service.adoption.value}")),
                    Datum(
                        texts("services.of", n=service.weeks_shown, weeks=service.weeks),
                        raw=str(service.weeks_shown),
                    ),
                    Datum(texts(f"services.question.{_question(service, least)}")),
                ),
            )
            for service in found
        ),
    )


def _question(service: Service, least: Collection[str]) -> str:
    return "adopted_least" if service.name in least else service.adoption.value


def _trainings(snapshot: Snapshot, texts: Texts) -> list[Section]:
    return [_training(event, snapshot, texts) for event in _trained(snapshot)]


def _training(event: Event, snapshot: Snapshot, texts: Texts) -> Section:
    day, name = texts.day_month(event.starts), event.service
    like = beside.like_weeks(snapshot.services, event.starts, snapshot)
    title = texts("services.training", name=name, day=day)
    if isinstance(like, Refused):
        text = beside.refused_said(like, texts)
    else:
        found = beside.compared(like, {name: beside.of_service(name)}, snapshot)
        text = beside.said(found[0], texts) if found else texts("services.not_followed", name=name)
    ident = _section_of(event)
    values = by_period(snapshot.services, service=name)
    words = Words(
        ident=f"{ident}-weeks",
        title=text,
        unit=texts("services.unit_weeks", name=name),
        csv=CSV,
        how=texts("how.compare"),
        name=texts("services.week"),
    )
    figures = (weeks_figure(values, words, snapshot, texts, service=name),) if values else ()
    notes = () if isinstance(like, Refused) else (beside.weeks_said(like, texts),)
    said = Finding("info", texts("services.training_question", name=name), "services")
    return Section(ident, title, said=(said,), figures=figures, notes=notes)


def _weeks(snapshot: Snapshot, texts: Texts) -> Section:
    return Section(
        ident="semaines",
        title=texts("services.by_week"),
        sheets=(
            Sheet("services-terms", _terms_table(snapshot, texts), shaded=False),
            Sheet("services-weeks", _weeks_table(snapshot, texts), csv=CSV),
        ),
        notes=(texts("usages.withheld_help"),),
    )


def _weeks_table(snapshot: Snapshot, texts: Texts) -> Table:
    releases = snapshot.services
    axis = weeks_between(releases[0].period, releases[-1].period)
    lines = []
    for name in [cell.get("service") for cell in releases[-1].cells]:
        shown = by_period(releases, service=name)
        top = max((d.value for d in shown.values() if isinstance(d, Shown)), default=1)
        lines.append(
            Line(
                name,
                tuple(
                    cell_of(
                        shown.get(week), texts, top=top,
                        reason=empty_reason(week, snapshot.school, texts),
                    )
                    for week in axis
                ),
            )
        )  # fmt: skip
    return Table(
        caption=texts("services.weeks_caption"),
        corner=texts("services.service"),
        columns=tuple(" ".join(texts.day_tick(snapshot.school.week(w).starts)) for w in axis),
        lines=tuple(lines),
    )


def _terms_table(snapshot: Snapshot, texts: Texts) -> Table:
    """Return the mean school week of each service, term by term, from the released weeks."""
    rule = rule_of(snapshot)
    terms = []
    for term in snapshot.school.terms:
        of_term = [r for r in snapshot.services if r.period in set(term.weeks)]
        weeks = usual_weeks(of_term, snapshot)
        if weeks:
            terms.append((term, weeks))
    names = [cell.get("service") for cell in snapshot.services[-1].cells]
    return Table(
        caption=texts("services.terms"),
        corner=texts("services.service"),
        columns=tuple(
            texts("services.term", count=len(weeks), number=term.name.partition("-T")[2],
                  year=term.name.partition("-T")[0], n=len(weeks))
            for term, weeks in terms
        ),
        lines=tuple(
            Line(
                name,
                tuple(cell_of(mean(weeks, name).shown(rule), texts) for _, weeks in terms),
            )
            for name in names
        ),
    )  # fmt: skip
